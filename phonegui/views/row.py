"""A row of the timeline: a picture over the shared time range, with margins that line up with those of other rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from phonegui.theme import Theme, small_font, text_font
from phonegui.views.time_range import TimeRange, tick_step, tick_times

GAP = 8
"""The rhythm of the layout, in logical pixels."""

_ZOOM_PER_NOTCH = 1.25
_WHEEL_NOTCH = 120


@dataclass(frozen=True)
class Margins:
    """Room beside the picture of a row, in logical pixels.

    Attributes
    ----------
    left, right
        Whole margins, the same in every row of one font.
    names
        Width of the column of titles and class names at the far left.
    symbol
        Width of the widest symbol label.
    """

    left: int
    right: int
    names: int
    symbol: int


def margins(font: QFont) -> Margins:
    """Return the margins that rows drawn in a font have."""
    metrics = QFontMetrics(small_font(font))
    names = metrics.horizontalAdvance("approximant")
    symbol = max(metrics.horizontalAdvance(text) for text in ("SPN", "blank", "−0.00"))
    left = GAP + names + GAP // 2 + symbol + GAP // 2 + metrics.horizontalAdvance("SPN") + 2 * GAP
    right = GAP + GAP + GAP // 2 + metrics.horizontalAdvance("−0.0") + GAP // 2 + metrics.height() + GAP
    return Margins(_to_rhythm(left), _to_rhythm(right), names, symbol)


def _to_rhythm(pixels: float) -> int:
    return GAP * math.ceil(pixels / GAP)


class TimeRow(QWidget):
    """Base of the rows: margins, mouse, and a kept picture that is drawn anew only when something changed.

    A subclass draws itself in `paint_row` and calls `refresh` when its data change.

    Parameters
    ----------
    time_range
        The shown part of the recording, shared by all rows.
    theme
        Colours to begin with.
    title
        Short name, drawn at the left.
    description
        What the row shows, for assistive software.
    """

    hovered = Signal(float)  # time in seconds under the pointer, NaN when it left
    clicked = Signal(float, float)  # time in seconds and height in pixels of a click that was no drag

    def __init__(
        self, time_range: TimeRange, theme: Theme, *, title: str, description: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.time_range = time_range
        self.theme = theme
        self.title = title
        self._picture = QPixmap()
        self._stale = True
        self._pressed: QPointF | None = None
        self._grabbed = 0.0
        self._dragging = False
        self._margins = margins(self.font())
        self.setAccessibleName(title)
        self.setAccessibleDescription(description)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        time_range.changed.connect(self.refresh)

    # -- geometry

    @property
    def margins(self) -> Margins:
        """Room beside the picture."""
        return self._margins

    def plot_rect(self) -> QRect:
        """Return where the picture lies, in logical pixels of this widget."""
        width = self.width() - self._margins.left - self._margins.right
        return QRect(self._margins.left, 0, max(1, width), self.height())

    def x_of(self, seconds: float) -> float:
        """Return the horizontal place of a time, in logical pixels."""
        plot = self.plot_rect()
        span = self.time_range.span or 1.0
        return plot.left() + (seconds - self.time_range.start) / span * plot.width()

    def time_at(self, x: float) -> float:
        """Return the time in seconds at a horizontal place; the inverse of `x_of`."""
        plot = self.plot_rect()
        return self.time_range.start + (x - plot.left()) / plot.width() * self.time_range.span

    def column_edges(self, columns: int) -> npt.NDArray[np.float64]:
        """Return the times in seconds at the edges of `columns` columns of the picture, shape (columns + 1,)."""
        return np.linspace(self.time_range.start, self.time_range.end, columns + 1)

    def tick_times(self) -> list[float]:
        """Return the times of the labelled ticks."""
        if self.time_range.span <= 0:
            return []
        step = tick_step(self.time_range.span, self.plot_rect().width())
        return tick_times(self.time_range.start, self.time_range.end, step)

    def sizeHint(self) -> QSize:
        """Return a width that shows something beside the margins."""
        return QSize(640, self.minimumHeight())

    # -- drawing

    def apply_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Draw the picture anew at the next opportunity."""
        self._stale = True
        self.update()

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw the row; `plot` is `plot_rect`, the painter's font the small one."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy the kept picture, drawing it first where there is none of this size."""
        ratio = self.devicePixelRatioF()
        size = QSize(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        if self._picture.size() != size:
            self._picture = QPixmap(size)
            self._stale = True
        if self._stale:
            self._picture.setDevicePixelRatio(ratio)
            self._draw(self._picture)
            self._stale = False
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._picture)

    def _draw(self, picture: QPixmap) -> None:
        picture.fill(QColor(self.theme.background))
        painter = QPainter(picture)
        painter.setFont(small_font(self.font()))
        self.paint_row(painter, self.plot_rect())
        painter.end()

    def paint_title(self, painter: QPainter, *lines: str) -> None:
        """Write the title at the top left, and smaller facts such as the unit below it."""
        metrics = painter.fontMetrics()
        painter.setFont(text_font(self.font()))
        height = painter.fontMetrics().height()
        top = 0
        if self.height() < height + metrics.height() * len(lines):
            lines, top = (), max(0, (self.height() - height) // 2)
        painter.setPen(QColor(self.theme.text if self.time_range.span > 0 else self.theme.muted))
        painter.drawText(GAP, top + painter.fontMetrics().ascent(), self.title)
        painter.setFont(small_font(self.font()))
        painter.setPen(QColor(self.theme.muted))
        for number, line in enumerate(lines):
            painter.drawText(GAP, top + height + metrics.ascent() + number * metrics.height(), line)

    def paint_indexed(
        self, painter: QPainter, place: QPointF, pixels: npt.NDArray[np.uint8], colors: list[int]
    ) -> None:
        """Draw an image of colour indices (height, width), one entry to a device pixel, with its top left at `place`.

        Parameters
        ----------
        colors
            ``0xAARRGGBB`` of each index.
        """
        height, width = pixels.shape
        if not height or not width:
            return
        data = np.ascontiguousarray(pixels)
        image = QImage(data.data, width, height, width, QImage.Format.Format_Indexed8)
        image.setColorTable(colors)
        image.setDevicePixelRatio(self.devicePixelRatioF())
        painter.drawImage(place, image)

    # -- mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; sideways or with Shift, pan."""
        delta = event.angleDelta()
        sideways = delta.x() if abs(delta.x()) > abs(delta.y()) else 0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = sideways or delta.y()
        if sideways:
            self.time_range.pan(-sideways / _WHEEL_NOTCH * 0.1 * self.time_range.span)
        elif delta.y():
            anchor = min(max(self.time_at(event.position().x()), self.time_range.start), self.time_range.end)
            self.time_range.zoom(_ZOOM_PER_NOTCH ** (delta.y() / _WHEEL_NOTCH), anchor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag or a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._grabbed = self.time_at(self._pressed.x())
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan while the left button is held; tell the time under the pointer."""
        here = event.position()
        if self._pressed is not None:
            if abs(here.x() - self._pressed.x()) >= QApplication.startDragDistance():
                self._dragging = True
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._dragging:
                # From where it was grabbed, so that the pointer finds its place again after an end was hit.
                self.time_range.pan(self._grabbed - self.time_at(here.x()))
        self._tell_time(here.x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or tell a click."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        here = event.position()
        if self._pressed is not None and not self._dragging and self._in_plot(here.x()):
            self.clicked.emit(self.time_at(here.x()), here.y())
        self._pressed = None
        self._dragging = False
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the recording."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.time_range.fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that no time is under the pointer."""
        self.hovered.emit(math.nan)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the margins anew in another font."""
        if event.type() == QEvent.Type.FontChange:
            self._margins = margins(self.font())
            self.refresh()
        super().changeEvent(event)

    def _in_plot(self, x: float) -> bool:
        plot = self.plot_rect()
        return self.time_range.span > 0 and plot.left() <= x <= plot.left() + plot.width()

    def _tell_time(self, x: float) -> None:
        self.hovered.emit(self.time_at(x) if self._in_plot(x) else math.nan)


def hairline(color: str) -> QPen:
    """Return a pen one device pixel wide."""
    pen = QPen(QColor(color), 1)
    pen.setCosmetic(True)
    return pen
