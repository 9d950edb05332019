"""What the mouse does in a row: select, move an edge of the selection, pan, zoom."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from phonegui.views.row import TimeRow

_ZOOM_PER_NOTCH = 1.25
_WHEEL_NOTCH = 120
_PAN_PER_NOTCH = 0.1
_EDGE = 4
"""How near the pointer must come to an edge of the selection to move it, in pixels."""


_SCROLL_MS = 16
_LONGEST_STEP = 0.1  # seconds that are made up for when the window was busy
_SPANS_PER_SECOND, _FASTEST = 0.01, 2.0
"""How far the rows scroll for a pixel that the pointer is beyond their edge, in what they show, and at most."""


class Drag(Enum):
    """What dragging does."""

    SELECT = "select"
    PAN = "pan"
    TITLE = "title"


class RowPointer:
    """Turns mouse events of a row into changes of what is shown and selected.

    Dragging selects, and on an edge of the selection moves it; beyond the edge of the row it scrolls. With Shift or the
    middle button, and where the row says so, it pans. A click without a drag is told to the row; with Shift it extends
    the selection. The title has clicks and drags of its own.
    """

    def __init__(self, row: TimeRow) -> None:
        self._row = row
        self._pressed: QPointF | None = None
        self._button = Qt.MouseButton.NoButton
        self._mode = Drag.SELECT
        self._anchor = 0.0  # the time that stays: the grabbed one when panning, the other edge when selecting
        self._dragging = False
        self._beyond = 0.0  # where the pointer is that selects beyond an edge
        self._scrolled = 0.0  # when it was scrolled last
        self._scroll = QTimer(row, interval=_SCROLL_MS)
        self._scroll.timeout.connect(self._scroll_on)

    @property
    def dragging(self) -> bool:
        """Whether a drag is under way."""
        return self._dragging

    def press(self, event: QMouseEvent) -> None:
        """Begin a drag or a click."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._scroll.stop()
        self._pressed, self._button, self._dragging = event.position(), event.button(), False
        self._anchor = self._row.time_at(self._pressed.x())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        panning = shift or event.button() == Qt.MouseButton.MiddleButton
        on_title = self._row.title_rect().contains(self._pressed.toPoint())
        self._mode = Drag.TITLE if on_title else Drag.PAN if panning else self._row.drag
        if self._mode is Drag.SELECT:
            other = self._other_edge(self._pressed.x())
            self._anchor = self._anchor if other is None else other

    def move(self, event: QMouseEvent) -> None:
        """Go on with a drag; show by the pointer's shape what one would do here."""
        here = event.position()
        if self._pressed is None:
            self._show_shape(here)
            return
        along = here.y() - self._pressed.y() if self._mode is Drag.TITLE else here.x() - self._pressed.x()
        if abs(along) >= QApplication.startDragDistance():
            self._dragging = True
        if not self._dragging:
            return
        time_range = self._row.time_range
        if self._mode is Drag.TITLE:
            self._row.title_dragged.emit(event.globalPosition().toPoint())
        elif self._mode is Drag.PAN:
            self._row.setCursor(Qt.CursorShape.ClosedHandCursor)
            # From where it was grabbed, so that the pointer finds its place again after an end was hit.
            time_range.pan(self._anchor - self._row.time_at(here.x()))
        else:
            self._select_to(here.x())
            self._beyond = here.x()
            if here.x() == self._within(here.x()):
                self._scroll.stop()
            elif not self._scroll.isActive():
                self._scrolled = time.monotonic()
                self._scroll.start()

    def release(self, event: QMouseEvent) -> None:
        """End a drag, or tell a click."""
        if self._pressed is None or event.button() != self._button:
            return
        here = event.position()
        clicked = not self._dragging and event.button() == Qt.MouseButton.LeftButton
        self.let_go()
        if clicked and self._mode is Drag.TITLE:
            self._row.title_clicked.emit()
        clicked = clicked and self._mode is not Drag.TITLE and self._row.in_plot(here.x())
        if clicked and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._row.time_range.selection.extend(self._row.time_at(here.x()))
        elif clicked:
            self._row.clicked.emit(self._row.time_at(here.x()), here.y())

    def let_go(self) -> None:
        """End a drag where it is, as where no release will come: the row is gone, or something else has the mouse."""
        self._pressed, self._dragging = None, False
        self._scroll.stop()
        self._row.unsetCursor()

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; sideways or with Shift, pan."""
        time_range, delta = self._row.time_range, event.angleDelta()
        sideways = delta.x() if abs(delta.x()) > abs(delta.y()) else 0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = sideways or delta.y()
        if sideways and event.pixelDelta().x():
            # A touchpad moves what lies under the fingers.
            time_range.pan(-event.pixelDelta().x() / self._row.plot_rect().width() * time_range.span)
        elif sideways:
            time_range.pan(-sideways / _WHEEL_NOTCH * _PAN_PER_NOTCH * time_range.span)
        elif delta.y():
            self._zoom(_ZOOM_PER_NOTCH ** (delta.y() / _WHEEL_NOTCH), event.position().x())

    def gesture(self, event: QNativeGestureEvent) -> bool:
        """Zoom about the fingers; return whether the gesture was one for a row."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._zoom(max(0.1, 1.0 + event.value()), event.position().x())
        return True

    def _zoom(self, factor: float, x: float) -> None:
        time_range = self._row.time_range
        anchor = min(max(self._row.time_at(x), time_range.start), time_range.end)
        time_range.zoom(factor, anchor)

    def _select_to(self, x: float) -> None:
        self._row.time_range.selection.select(self._anchor, self._row.time_at(self._within(x)))

    def _scroll_on(self) -> None:
        """Show more of what lies beyond the edge that the pointer is at, and select it."""
        if QApplication.activePopupWidget() is not None:
            self.let_go()
            return
        time_range, distance = self._row.time_range, self._beyond - self._within(self._beyond)
        speed = min(max(distance * _SPANS_PER_SECOND, -_FASTEST), _FASTEST)
        before, now = time_range.start, time.monotonic()
        time_range.pan(speed * time_range.span * min(now - self._scrolled, _LONGEST_STEP))
        self._scrolled = now
        if time_range.start == before:
            self._scroll.stop()  # the end of the recording
        self._select_to(self._beyond)

    def _within(self, x: float) -> float:
        plot = self._row.plot_rect()
        return min(max(x, plot.left()), plot.left() + plot.width())

    def _other_edge(self, x: float) -> float | None:
        """Return the edge of the selection that stays when the pointer takes the one at `x`, if there is one."""
        selected = self._row.time_range.selection.range
        if selected is None:
            return None
        start, end = (abs(self._row.x_of(time) - x) for time in selected)
        return None if min(start, end) > _EDGE else selected[1 if start < end else 0]

    def _show_shape(self, here: QPointF) -> None:
        edge = self._row.drag is Drag.SELECT and self._row.in_plot(here.x()) and self._other_edge(here.x()) is not None
        if self._row.title_rect().contains(here.toPoint()):
            self._row.setCursor(Qt.CursorShape.PointingHandCursor)
        elif edge:
            self._row.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self._row.unsetCursor()
