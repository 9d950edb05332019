"""A row of the timeline: a picture over the shared time range, with margins that line up with those of other rows."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, small_font, text_font
from phonegui.views.margins import GAP
from phonegui.views.over_time import OverTime
from phonegui.views.pointer import Drag, RowPointer
from phonegui.views.time_range import TimeRange


class TimeRow(OverTime):
    """Base of the rows: margins, mouse, and a kept picture that is drawn anew only when something changed.

    A subclass draws what moves with time in `paint_plot`, the rest in `paint_margins`, and calls `refresh` when its
    data change.

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

    title_clicked = Signal()
    title_dragged = Signal(QPoint)  # place of the pointer on the screen

    # What dragging does without a key or the middle button.
    drag = Drag.SELECT
    # Whether the title folds the row and moves it.
    foldable = True

    def __init__(
        self, time_range: TimeRange, theme: Theme, *, title: str, description: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(time_range, parent)
        self.theme = theme
        self.title = title
        self._picture = QPixmap()
        self._stale = self._stale_plot = True
        self._has_time = False
        self.folded = False
        self._open_heights = (0, 0)
        self._pointer = RowPointer(self)
        self.setAccessibleName(title)
        self.setAccessibleDescription(description)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # Not the window's menu of docks.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        time_range.changed.connect(self._show_other_time)

    # -- geometry

    def sizeHint(self) -> QSize:
        """Return a width that shows something beside the margins."""
        return QSize(640, self.minimumHeight())

    # -- folding

    def title_rect(self) -> QRect:
        """Return where the title lies, empty where it does nothing."""
        height = self.folded_height() if self.foldable else 0
        return QRect(0, 0, self._margins.left - self._margins.symbol - GAP, height)

    def folded_height(self) -> int:
        """Return the height of the title alone."""
        return QFontMetrics(self.font()).height()

    def set_folded(self, folded: bool) -> None:
        """Show the title alone, or all of the row again."""
        if folded == self.folded:
            return
        self.folded = folded
        if folded:
            self._open_heights = (self.minimumHeight(), self.maximumHeight())
            self.setFixedHeight(self.folded_height())
        else:
            self.setMinimumHeight(self._open_heights[0])
            self.setMaximumHeight(self._open_heights[1])
        self.refresh()

    # -- drawing

    def apply_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Draw the picture anew at the next opportunity."""
        self._stale = True
        self.update()

    def _show_other_time(self) -> None:
        """Draw the plot anew, and the margins too where there was no time to show before."""
        has_time = self.time_range.span > 0
        self._stale = self._stale or has_time != self._has_time
        self._stale_plot, self._has_time = True, has_time
        self.update()

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw all of the row; `plot` is `plot_rect`, the painter's font the small one."""
        self.paint_margins(painter, plot)
        painter.save()
        painter.setClipRect(plot, Qt.ClipOperation.IntersectClip)
        self.paint_plot(painter, plot)
        painter.restore()

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw what moves with time within `plot`, which is `plot_rect`; the painter's font is the small one."""
        raise NotImplementedError

    def paint_in_steps(self, painter: QPainter, plot: QRect) -> Iterator[None]:
        """Draw the same, and yield wherever a window may do something else."""
        self.paint_plot(painter, plot)
        yield

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw what stays while time moves: title, labels, keys."""
        self.paint_title(painter)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy the kept picture, drawing it first where there is none of this size."""
        ratio = self.devicePixelRatioF()
        size = QSize(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        if self._picture.size() != size:
            self._picture = QPixmap(size)
            self._stale = True
        if self._stale or self._stale_plot:
            self._picture.setDevicePixelRatio(ratio)
            self._draw(self._picture)
            self._stale = self._stale_plot = False
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._picture)

    def paint_colors(self, painter: QPainter, place: QPointF, pixels: npt.NDArray[np.uint32]) -> None:
        """Draw an image of colours ``0xffRRGGBB`` (height, width), one to a device pixel, its top left at `place`."""
        height, width = pixels.shape
        if height and width:
            data = np.ascontiguousarray(pixels)
            image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(self.devicePixelRatioF())
            painter.drawImage(place, image)

    def _draw(self, picture: QPixmap) -> None:
        plot = self.plot_rect()
        painter = QPainter(picture)
        painter.setFont(small_font(self.font()))
        if self._stale:
            painter.fillRect(self.rect(), QColor(self.theme.background))
            if self.folded:
                self.paint_title(painter)
            else:
                self.paint_margins(painter, plot)
        if not self.folded:
            painter.setClipRect(plot)
            painter.fillRect(plot, QColor(self.theme.background))
            self.paint_plot(painter, plot)
        painter.end()

    def paint_ticks(self, painter: QPainter, color: str, height: float) -> None:
        """Draw a hairline of a height in pixels from the top at each labelled tick."""
        painter.setPen(hairline(color))
        for x in self.places_of(np.array(self.tick_times())):
            painter.drawLine(QPointF(x, 0), QPointF(x, height))

    def paint_title(self, painter: QPainter, *lines: str) -> None:
        """Write the title at the top left, and smaller facts such as the unit below it."""
        metrics = painter.fontMetrics()
        painter.setFont(text_font(self.font()))
        height = painter.fontMetrics().height()
        top = 0
        if self.height() < height + metrics.height() * len(lines):
            lines, top = (), max(0, (self.height() - height) // 2)
        painter.setPen(QColor(self.theme.text if self.time_range.span > 0 else self.theme.muted))
        baseline = top + painter.fontMetrics().ascent()
        painter.drawText(GAP, baseline, self.title)
        if self.foldable:
            self.paint_triangle(painter, baseline - painter.fontMetrics().xHeight() / 2)
        painter.setFont(small_font(self.font()))
        painter.setPen(QColor(self.theme.muted))
        for number, line in enumerate(lines):
            painter.drawText(GAP, top + height + metrics.ascent() + number * metrics.height(), line)

    def paint_triangle(self, painter: QPainter, middle: float) -> None:
        """Draw what folds the row: a triangle that points down, or at the title when the row is folded."""
        across, along = GAP / 2 - 1, GAP / 4
        corners = [(-across, -along), (across, -along), (0, along)]
        if self.folded:
            corners = [(y, x) for x, y in corners]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.muted))
        painter.drawPolygon(QPolygonF([QPointF(GAP / 2 - 0.5 + x, middle + y) for x, y in corners]))
        painter.restore()

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
        self._pointer.wheel(event)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag or a click."""
        self._pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a drag; tell the time under the pointer."""
        self._pointer.move(event)
        self._tell_time(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or tell a click."""
        self._pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the recording."""
        if event.button() == Qt.MouseButton.LeftButton and not self.title_rect().contains(event.position().toPoint()):
            self.time_range.fit()

    def event(self, event: QEvent) -> bool:
        """Zoom with two fingers; end a drag where no release will come."""
        if event.type() in (QEvent.Type.Hide, QEvent.Type.WindowDeactivate):
            self.let_go()
        if isinstance(event, QNativeGestureEvent) and self._pointer.gesture(event):
            event.accept()
            return True
        return super().event(event)

    def let_go(self) -> None:
        """End what the mouse drags."""
        self._pointer.let_go()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that no time is under the pointer."""
        self.hovered.emit(math.nan)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the margins anew in another font."""
        if event.type() == QEvent.Type.FontChange:
            self.measure_margins()
            if self.folded:
                self.setFixedHeight(self.folded_height())
            self.refresh()
        super().changeEvent(event)

    def _tell_time(self, x: float) -> None:
        self.hovered.emit(self.time_at(x) if self.in_plot(x) else math.nan)


def hairline(color: str) -> QPen:
    """Return a pen one device pixel wide."""
    pen = QPen(QColor(color), 1)
    pen.setCosmetic(True)
    return pen
