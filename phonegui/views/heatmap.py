"""Pictures of frames: values over time and rows, drawn through a colour map at the resolution of the screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, color_map
from phonegui.views.pyramids import Bytes, FramePyramid
from phonegui.views.row import GAP, TimeRow
from phonegui.views.time_range import TimeRange


class HeatmapRow(TimeRow):
    """Base of the rows that show frames: 8-bit values through a colour map, frame *t* centred on ``t * step``."""

    def __init__(
        self, time_range: TimeRange, theme: Theme, *, title: str, description: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(time_range, theme, title=title, description=description, parent=parent)
        self._pyramid: FramePyramid | None = None
        self._step = 1.0
        self._table: npt.NDArray[np.uint32] | None = None
        self.color_map = "viridis"

    def set_color_map(self, name: str) -> None:
        """Draw through another of `phonegui.theme.COLOR_MAPS`; raise ValueError on other names."""
        color_map(name, self.theme)
        self.color_map = name
        self.refresh()

    def set_pyramid(self, pyramid: FramePyramid | None, step_seconds: float) -> None:
        """Show frames so many seconds apart, the first row at the top; None shows nothing."""
        if pyramid is not None and not step_seconds > 0:
            raise ValueError(f"frames must be a positive time apart, not {step_seconds} s")
        self._pyramid = pyramid if pyramid is not None and pyramid.rows and pyramid.frames else None
        self._step = step_seconds
        self.refresh()

    @property
    def rows(self) -> int:
        """Number of rows shown."""
        return self._pyramid.rows if self._pyramid else 0

    def row_edges(self, plot: QRect) -> npt.NDArray[np.float64]:
        """Return the edges of the rows in logical pixels from the top of the widget, shape (rows + 1,)."""
        ratio = self.devicePixelRatioF()
        device: npt.NDArray[np.float64] = np.rint(np.linspace(0, plot.height() * ratio, self.rows + 1))
        return plot.top() + device / ratio

    def packed_map(self) -> list[int]:
        """Return the colour map, each entry as ``0xffRRGGBB``."""
        return packed(color_map(self.color_map, self.theme))

    def color_tables(self) -> list[tuple[slice, list[int]]]:
        """Return which rows are drawn through which colours."""
        return [(slice(0, self.rows), self.packed_map())]

    def refresh(self) -> None:
        """Draw everything anew, through the colours of the moment."""
        self._table = None
        super().refresh()

    def _color_table(self) -> npt.NDArray[np.uint32]:
        """Return the colours of each row, shape (rows, 256)."""
        if self._table is None:
            self._table = np.empty((self.rows, 256), np.uint32)
            for rows, colors in self.color_tables():
                self._table[rows] = np.array(colors, np.uint32)
        return self._table

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the frames."""
        self.paint_rows(painter, plot, 0, self.rows)

    def paint_rows(self, painter: QPainter, plot: QRect, top: int, bottom: int) -> None:
        """Draw the frames of the rows from `top` to before `bottom`."""
        if self._pyramid is None or self.time_range.span <= 0:
            return
        ratio = self.devicePixelRatioF()
        edges = self.column_edges(round(plot.width() * ratio)) / self._step + 0.5
        first, values = self._pyramid.sample(edges)
        rows = self.row_edges(plot)[top : bottom + 1]
        heights = np.diff(np.rint(rows * ratio)).astype(np.intp)
        colors = self._color_table()[np.arange(top, bottom)[:, None], values[top:bottom]]
        place = QPointF(plot.left() + first / ratio, float(rows[0]))
        self.paint_colors(painter, place, np.repeat(colors, heights, axis=0))

    def paint_key(self, painter: QPainter, plot: QRect, labels: dict[float, str], name: str) -> None:
        """Draw the colour key at the right: `labels` by their height (0 bottom, 1 top), `name` along the edge."""
        ratio = self.devicePixelRatioF()
        metrics = painter.fontMetrics()
        height = min(plot.height(), 20 * GAP)
        top = plot.top()
        left = plot.left() + plot.width() + GAP
        rows = max(1, round(height * ratio))
        steps = np.linspace(255, 0, rows).round().astype(np.uint8)[:, None]
        key = np.repeat(steps, round(GAP * ratio), axis=1)
        self.paint_indexed(painter, QPointF(left, top), key, self.packed_map())
        painter.setPen(QColor(self.theme.muted))
        for share, text in labels.items():
            middle = top + (1.0 - share) * height
            baseline = min(max(middle + metrics.capHeight() / 2, top + metrics.capHeight()), top + height)
            painter.drawText(QPointF(left + GAP + GAP // 2, baseline), text)
        if metrics.horizontalAdvance(name) + GAP <= height:
            painter.save()
            # Reading downwards, the baseline is to the left of the letters.
            painter.translate(self.width() - GAP // 2 - metrics.ascent(), top)
            painter.rotate(90)
            painter.drawText(QPointF((height - metrics.horizontalAdvance(name)) / 2, 0), name)
            painter.restore()


def packed(table: Bytes) -> list[int]:
    """Return colours (256, 3) as ``0xffRRGGBB``."""
    wide = table.astype(np.uint32)
    colors: list[int] = (0xFF000000 | wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]).tolist()
    return colors
