"""The features the network reads, one row for each cepstral coefficient, or the spectrum they are made from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, color_map
from phonegui.views.heatmap import HeatmapRow, packed
from phonegui.views.pyramids import FramePyramid
from phonegui.views.row import GAP
from phonegui.views.time_range import TimeRange

FEATURE_KINDS = ("MFCC", "log-mel")
"""What the row can show: what the network reads, and the spectrum it is made from."""

LEAST_CONTRAST, MOST_CONTRAST = 0.5, 4.0

_FREQUENCIES = (250, 500, 1000, 2000, 4000, 8000)


class SpectrogramView(HeatmapRow):
    """Cepstral coefficients over time, the zeroth at the bottom; or the energy in mel bands, the lowest there."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title=FEATURE_KINDS[0],
            description="Features over time: cepstral coefficients as the network reads them, or energy in mel bands.",
            parent=parent,
        )
        self._levels = (-1.0, 1.0)
        self._unit = "σ"
        self._bands: npt.NDArray[np.float64] | None = None
        self.contrast = 1.0
        self.setMinimumHeight(5 * GAP)

    @property
    def levels(self) -> tuple[float, float]:
        """Values at the ends of the colour map: with more contrast they lie nearer to the middle."""
        low, high = self._levels
        middle, half = 0.5 * (low + high), 0.5 * (high - low) / self.contrast
        return middle - half, middle + half

    def set_contrast(self, contrast: float) -> None:
        """Spread the colours over a smaller part of the values (above 1) or a greater one (below)."""
        self.contrast = min(max(contrast, LEAST_CONTRAST), MOST_CONTRAST)
        self.refresh()

    def set_features(
        self,
        pyramid: FramePyramid | None,
        levels: tuple[float, float],
        hop_seconds: float,
        *,
        unit: str = "σ",
        bands: npt.NDArray[np.float64] | None = None,
    ) -> None:
        """Show features.

        Parameters
        ----------
        pyramid
            As `phonegui.views.pictures` makes it; None shows nothing.
        levels
            Values at the ends of the colour map.
        hop_seconds
            Time between frames; frame *t* is centred on ``t * hop_seconds``.
        unit
            Unit of the values, written at the colour key; by default standard deviations.
        bands
            Frequency in Hz of each row from the lowest; None for cepstral coefficients.
        """
        self._unit, self._levels, self._bands = unit, levels, bands
        self.title = FEATURE_KINDS[0] if bands is None else "Log-mel"
        self.setAccessibleName(self.title)
        self.set_pyramid(pyramid, hop_seconds)

    def packed_map(self) -> list[int]:
        """Return the colour map, its middle part spread by the contrast."""
        places = np.clip(np.rint((np.arange(256) - 127.5) * self.contrast + 127.5), 0, 255).astype(np.intp)
        return packed(color_map(self.color_map, self.theme)[places])

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the numbers of the coefficients or the frequencies, and the colour key."""
        self.paint_title(painter, "coefficient" if self._bands is None else "kHz")
        if not self.rows:
            return
        if self._bands is None:
            self._paint_numbers(painter, plot)
        else:
            self._paint_frequencies(painter, plot, self._bands)
        digits = 0 if self._levels[1] - self._levels[0] > 20 else 1
        low, high = (f"{value:+.{digits}f}".replace("-", "−") for value in self.levels)
        self.paint_key(painter, plot, {0.0: low, 1.0: high}, f"value, {self._unit}" if self._unit else "value")

    def _paint_frequencies(self, painter: QPainter, plot: QRect, bands: npt.NDArray[np.float64]) -> None:
        """Write round frequencies where they lie between the bands, from below, as many as there is room for."""
        metrics = painter.fontMetrics()
        painter.setPen(QColor(self.theme.muted))
        lowest = plot.height() + metrics.height()
        for frequency in (item for item in _FREQUENCIES if bands[0] <= item <= bands[-1]):
            row = float(np.interp(frequency, bands, np.arange(len(bands))))
            middle = plot.height() * (1.0 - (row + 0.5) / len(bands))
            baseline = min(max(middle + metrics.capHeight() / 2, metrics.capHeight()), plot.height() - 1)
            if baseline <= lowest - metrics.capHeight() - 3:
                text = f"{frequency / 1000:g}"
                painter.drawText(QPointF(plot.left() - GAP - metrics.horizontalAdvance(text), baseline), text)
                lowest = baseline

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
            middle = (edges[row] + edges[row + 1] + metrics.capHeight()) / 2
            baseline = min(max(middle, metrics.capHeight()), plot.height() - 1)
            painter.drawText(QPointF(plot.left() - GAP - metrics.horizontalAdvance(text), baseline), text)
