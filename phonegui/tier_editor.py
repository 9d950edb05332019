"""The mouse on the reference tier: dragging boundaries, asking for a phoneme's editor or menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent

from phonegui.editing import Change, Tier, move_end, move_start
from phonegui.views.transcript import TranscriptView

_REACH = 4  # pixels from a boundary at which it can be grabbed
_KINDS = {
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
}


class TierEditor(QObject):
    """Watches the transcript's mouse; what is not on the reference tier goes on to the transcript.

    Parameters
    ----------
    row
        The view that draws the tier.
    """

    dragging = Signal(object)  # Change that letting go now would make
    dragged = Signal(object)  # Change to be made
    edit_wanted = Signal(int)  # index of the interval whose phoneme is to be corrected
    menu_wanted = Signal(float, QPoint)  # time in seconds and place on the screen

    def __init__(self, row: TranscriptView) -> None:
        super().__init__(row)
        self._row = row
        self._tier: Tier | None = None
        self._grabbed: tuple[int, bool] | None = None  # interval, and whether its start was grabbed
        self._change: Change | None = None
        row.installEventFilter(self)

    def set_tier(self, tier: Tier | None) -> None:
        """Take the tier that is shown; None where there is nothing to edit."""
        self._tier = tier
        self._grabbed = self._change = None

    def rect(self) -> QRect:
        """Return where the reference tier lies in the row."""
        return self._row.tier_rects(self._row.plot_rect())[1]

    def box(self, index: int) -> QRect:
        """Return where an interval is drawn, in pixels of the row, as far as it is shown."""
        rect = self.rect()
        if self._tier is None:
            return rect
        item = self._tier.intervals[index]
        left, right = (round(self._row.x_of(time)) for time in (item.start, item.end))
        left, right = max(rect.left(), left), min(rect.right(), right)
        return QRect(left, rect.top(), max(1, right - left), rect.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what happens on the reference tier."""
        if watched is not self._row or event.type() not in _KINDS or not isinstance(event, QMouseEvent):
            return False
        if self._grabbed is not None:
            return self._drag(event)
        if self._tier is None or not self.rect().contains(event.position().toPoint()):
            return False
        return self._handle(event, self._tier)

    def _handle(self, event: QMouseEvent, tier: Tier) -> bool:
        x, kind = event.position().x(), event.type()
        near = self._near(tier, x)
        if kind == QEvent.Type.MouseMove:
            if event.buttons() or near is None:
                return False  # the row shows the pointer's shape by itself
            self._row.setCursor(Qt.CursorShape.SplitHCursor)
            self._row.hovered.emit(self._row.time_at(x))
            return True
        if kind == QEvent.Type.MouseButtonDblClick and event.button() == Qt.MouseButton.LeftButton:
            index = tier.at(self._row.time_at(x))
            if index is None:
                return False
            self._grabbed = None
            self.edit_wanted.emit(index)
            return True
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.RightButton:
            self.menu_wanted.emit(self._row.time_at(x), event.globalPosition().toPoint())
            return True
        plain = not event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton and near and plain:
            self._grabbed, self._change = near, None
            return True
        return False

    def _drag(self, event: QMouseEvent) -> bool:
        """Follow the pointer until the button is let go."""
        if self._tier is None or self._grabbed is None:
            return False
        if event.type() == QEvent.Type.MouseMove:
            index, start = self._grabbed
            time = self._row.time_at(event.position().x())
            self._change = (move_start if start else move_end)(self._tier, index, time)
            self.dragging.emit(self._change)
        elif event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
            change, self._grabbed, self._change = self._change, None, None
            if change is not None:
                self.dragged.emit(change)
        return True

    def _near(self, tier: Tier, x: float) -> tuple[int, bool] | None:
        """Return the boundary that can be grabbed at a place: its interval, and whether it is its start."""
        place = tier.after(self._row.time_at(x))
        found: list[tuple[float, int, bool]] = []
        for index in range(max(0, place - 2), min(len(tier.intervals), place + 2)):
            item = tier.intervals[index]
            for time, start in ((item.start, True), (item.end, False)):
                distance = abs(self._row.x_of(time) - x)
                if distance <= _REACH:
                    found.append((distance, index, start))
        return min(found)[1:] if found else None
