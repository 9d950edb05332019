"""The entropy of the posteriors: how unsure the network was in each frame."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, blend
from phonegui.views.pyramids import PeakPyramid
from phonegui.views.row import GAP, TimeRow, hairline
from phonegui.views.time_range import TimeRange

_FILL = 0.22


class EntropyView(TimeRow):
    """Entropy in bits over time: 0 where one class has all the probability."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Entropy",
            description="Entropy of the posteriors of every frame in bits: 0 where the network was sure.",
            parent=parent,
        )
        self._pyramid: PeakPyramid | None = None
        self._step = 1.0
        self._top = 1.0
        self.setMinimumHeight(2 * GAP)

    @property
    def top(self) -> float:
        """Bits at the top of the row."""
        return self._top

    def set_entropy(self, pyramid: PeakPyramid | None, step_seconds: float) -> None:
        """Show the bits of frames so many seconds apart; None shows nothing."""
        self._pyramid = pyramid if pyramid is not None and len(pyramid.samples) else None
        self._step = step_seconds
        self._top = float(max(1, math.ceil(self._pyramid.greatest()))) if self._pyramid else 1.0
        self.refresh()

    def y_of(self, bits: float) -> float:
        """Return the height of an entropy in logical pixels from the top."""
        return 1 + (1.0 - bits / self._top) * (self.height() - 2)

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the grid, and the line over its area."""
        self.paint_ticks(painter, self.theme.grid, plot.height())
        painter.setPen(hairline(self.theme.hairline))
        painter.drawLine(QPointF(plot.left(), self.y_of(0)), QPointF(plot.left() + plot.width(), self.y_of(0)))
        if self._pyramid is not None and self.time_range.span > 0:
            self._paint_line(painter, plot, self._pyramid)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the scale."""
        if self._pyramid is not None:
            self._paint_scale(painter, plot)
        self.paint_title(painter, "bits")

    def _paint_line(self, painter: QPainter, plot: QRect, pyramid: PeakPyramid) -> None:
        """Draw an image: each column filled up to its greatest value, and strong from its least to its greatest."""
        ratio = self.devicePixelRatioF()
        edges = self.column_edges(round(plot.width() * ratio)) / self._step + 0.5
        edges = edges[edges < len(pyramid.samples) + 1.0]
        if len(edges) < 2:
            return
        low, high = pyramid.peaks(np.minimum(edges, len(pyramid.samples)))
        room = (self.height() - 2) * ratio / self._top
        bottom = (self.height() - 1) * ratio
        top, foot = np.floor(bottom - high * room), np.floor(bottom - low * room)
        rows = np.arange(round(plot.height() * ratio))[:, None]
        pixels = (rows >= top).astype(np.uint8) + ((rows >= top) & (rows <= foot + ratio - 1))
        fill = blend(self.theme.wave, self.theme.background, _FILL)
        colors = [0, QColor(fill).rgba(), QColor(self.theme.wave).rgba()]
        self.paint_indexed(painter, QPointF(plot.topLeft()), pixels, colors)

    def _paint_scale(self, painter: QPainter, plot: QRect) -> None:
        metrics = painter.fontMetrics()
        if plot.height() < 2 * metrics.height():
            return
        painter.setPen(QColor(self.theme.muted))
        right = plot.left() - GAP
        for text, baseline in ((f"{self._top:.0f}", metrics.capHeight() + 1), ("0", plot.height() - 1)):
            painter.drawText(right - metrics.horizontalAdvance(text), baseline, text)
