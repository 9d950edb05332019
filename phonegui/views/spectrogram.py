"""The features the network reads: one row for each cepstral coefficient."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme
from phonegui.views.heatmap import HeatmapRow
from phonegui.views.row import GAP
from phonegui.views.time_range import TimeRange


class SpectrogramView(HeatmapRow):
    """Cepstral coefficients over time, the zeroth at the bottom."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="MFCC",
            description="Mel-frequency cepstral coefficients over time, as the network reads them.",
            parent=parent,
        )
        self._levels = (-1.0, 1.0)
        self._unit = "σ"
        self.setMinimumHeight(5 * GAP)

    @property
    def levels(self) -> tuple[float, float]:
        """Values at the ends of the colour map."""
        return self._levels

    def set_features(self, features: npt.NDArray[np.floating] | None, hop_seconds: float, *, unit: str = "σ") -> None:
        """Show features.

        Parameters
        ----------
        features
            Shape (T, coefficients); None shows nothing.
        hop_seconds
            Time between frames; frame *t* is centred on ``t * hop_seconds``.
        unit
            Unit of the values, written at the colour key; by default standard deviations.
        """
        self._unit = unit
        if features is None or not features.size:
            self.set_bytes(None, hop_seconds)
            return
        values = np.nan_to_num(np.asarray(features, dtype=np.float32), posinf=0.0, neginf=0.0)
        self._levels = _round_levels(values)
        low, high = self._levels
        scaled = np.clip((values - low) * (255.0 / (high - low)), 0.0, 255.0)
        self.set_bytes(np.ascontiguousarray(np.rint(scaled).astype(np.uint8).T[::-1]), hop_seconds)

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw the frames, the numbers of the coefficients and the colour key."""
        self.paint_picture(painter, plot)
        self.paint_title(painter, "coefficient")
        if not self.rows:
            return
        self._paint_numbers(painter, plot)
        low, high = (f"{value:+.1f}".replace("-", "−") for value in self._levels)
        self.paint_key(painter, plot, {0.0: low, 1.0: high}, f"value, {self._unit}" if self._unit else "value")

    def _paint_numbers(self, painter: QPainter, plot: QRect) -> None:
        metrics = painter.fontMetrics()
        edges = self.row_edges(plot)
        step = next(
            (step for step in (1, 2, 4, 6, 12) if step * plot.height() / self.rows >= metrics.capHeight() + 3),
            self.rows,
        )
        painter.setPen(QColor(self.theme.muted))
        for coefficient in range(0, self.rows, step):
            row = self.rows - 1 - coefficient
            text = str(coefficient)
            baseline = (edges[row] + edges[row + 1] + metrics.capHeight()) / 2
            painter.drawText(QPointF(plot.left() - GAP - metrics.horizontalAdvance(text), baseline), text)


def _round_levels(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return round values that all but the outermost hundredth lie between, symmetric when they lie about zero."""
    thinned = values.reshape(-1)[:: max(1, values.size // 100_000)]
    low, high = (float(value) for value in np.percentile(thinned, [1.0, 99.0]))
    if low < 0 < high and max(-low, high) < 3 * min(-low, high):
        high = math.ceil(2 * max(-low, high)) / 2
        return -high, high
    return (low, high) if high > low else (low - 0.5, low + 0.5)
