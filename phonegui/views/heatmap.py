"""Pictures of frames: values over time and rows, drawn through a colour map at the resolution of the screen."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, color_map
from phonegui.views.row import GAP, TimeRow
from phonegui.views.time_range import TimeRange

Bytes = npt.NDArray[np.uint8]


class FramePyramid:
    """Rows of 8-bit values over time, with ever coarser copies for drawing many frames on few pixels.

    Parameters
    ----------
    values
        Shape (rows, frames).
    peaks
        Whether frames that share a pixel show their greatest value; otherwise their mean.
    """

    def __init__(self, values: Bytes, *, peaks: bool) -> None:
        self.levels = [np.ascontiguousarray(values)]
        while self.levels[-1].shape[1] > 1:
            finer = self.levels[-1]
            even = finer[:, : finer.shape[1] // 2 * 2].reshape(len(finer), -1, 2)
            if peaks:
                coarser = even.max(axis=2)
            else:
                coarser = ((even[..., 0].astype(np.uint16) + even[..., 1] + 1) // 2).astype(np.uint8)
            if finer.shape[1] % 2:
                coarser = np.concatenate([coarser, finer[:, -1:]], axis=1)
            self.levels.append(np.ascontiguousarray(coarser))

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.levels[0].shape[1])

    def sample(self, edges: npt.NDArray[np.float64]) -> tuple[int, Bytes]:
        """Return the values of pixel columns.

        Parameters
        ----------
        edges
            Edges of the columns, in frames (0 is the left edge of the first frame), ascending, shape (columns + 1,).

        Returns
        -------
        first
            Number of the first column that any frame lies under.
        values
            Shape (rows, columns drawn), for the columns from `first` on that lie within the frames.
        """
        centres = 0.5 * (edges[:-1] + edges[1:])
        inside = np.flatnonzero((centres >= 0) & (centres < self.frames))
        if not len(inside):
            return 0, np.zeros((len(self.levels[0]), 0), np.uint8)
        first, last = int(inside[0]), int(inside[-1]) + 1
        frames_per_pixel = float(edges[1] - edges[0])
        level = min(max(0, math.ceil(math.log2(max(frames_per_pixel, 1e-9)))), len(self.levels) - 1)
        source = self.levels[level]
        # Where frames share a pixel, the block that its right edge ends in: no block falls between two pixels.
        places = centres[first:last] if not level else np.nextafter(edges[first + 1 : last + 1] / 2**level, -np.inf)
        return first, source[:, np.clip(places.astype(np.intp), 0, source.shape[1] - 1)]


class HeatmapRow(TimeRow):
    """Base of the rows that show frames: 8-bit values through a colour map, frame *t* centred on ``t * step``."""

    # Frames that share a pixel show their greatest value rather than their mean.
    peaks = False

    def __init__(
        self, time_range: TimeRange, theme: Theme, *, title: str, description: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(time_range, theme, title=title, description=description, parent=parent)
        self._pyramid: FramePyramid | None = None
        self._step = 1.0
        self.color_map = "viridis"

    def set_color_map(self, name: str) -> None:
        """Draw through another of `phonegui.theme.COLOR_MAPS`; raise ValueError on other names."""
        color_map(name, self.theme)
        self.color_map = name
        self.refresh()

    def set_bytes(self, values: Bytes | None, step_seconds: float) -> None:
        """Show values (rows, frames), the first row at the top; None shows nothing."""
        if values is not None and not step_seconds > 0:
            raise ValueError(f"frames must be a positive time apart, not {step_seconds} s")
        self._pyramid = None if values is None or not values.size else FramePyramid(values, peaks=self.peaks)
        self._step = step_seconds
        self.refresh()

    @property
    def rows(self) -> int:
        """Number of rows shown."""
        return len(self._pyramid.levels[0]) if self._pyramid else 0

    @property
    def seconds(self) -> float:
        """Time at the right edge of the last frame."""
        return (self._pyramid.frames - 0.5) * self._step if self._pyramid else 0.0

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

    def paint_picture(self, painter: QPainter, plot: QRect) -> None:
        """Draw the frames."""
        if self._pyramid is None or self.time_range.span <= 0:
            return
        ratio = self.devicePixelRatioF()
        edges = self.column_edges(round(plot.width() * ratio)) / self._step + 0.5
        first, values = self._pyramid.sample(edges)
        tops = self.row_edges(plot)
        heights = np.diff(np.rint(tops * ratio)).astype(np.intp)
        for rows, colors in self.color_tables():
            place = QPointF(plot.left() + first / ratio, float(tops[rows.start]))
            self.paint_indexed(painter, place, np.repeat(values[rows], heights[rows], axis=0), colors)

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
        if metrics.horizontalAdvance(name) <= height:
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
