"""The waveform: least and greatest sample of every pixel column."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme
from phonegui.views.pyramids import PeakPyramid
from phonegui.views.row import GAP, TimeRow, hairline
from phonegui.views.time_range import TimeRange

Samples = npt.NDArray[np.float32]

_SAMPLES_PER_PIXEL_OF_A_LINE = 2.0


class WaveformView(TimeRow):
    """The samples of the recording, scaled to its greatest."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Waveform",
            description="Amplitude of the recording over time, as a part of full scale.",
            parent=parent,
        )
        self.note = ""  # why there is no waveform
        self._pyramid: PeakPyramid | None = None
        self._rate = 1
        self._peak = 1.0
        self.setMinimumHeight(5 * GAP)

    @property
    def peak(self) -> float:
        """Amplitude at the top of the row."""
        return self._peak

    def set_peaks(self, pyramid: PeakPyramid | None, sample_rate: int) -> None:
        """Show the peaks of samples at a rate in Hz; None shows nothing."""
        if pyramid is not None and sample_rate <= 0:
            raise ValueError(f"the sample rate must be positive, not {sample_rate} Hz")
        self._pyramid = pyramid if pyramid is not None and len(pyramid.samples) else None
        self._peak = self._pyramid.greatest() if self._pyramid else 1.0
        self._rate = sample_rate
        self.refresh()

    def y_of(self, amplitude: float) -> float:
        """Return the height of an amplitude in logical pixels from the top."""
        room = self.height() / 2 - 1
        return self.height() / 2 - amplitude / self._peak * room

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the grid and the samples."""
        self.paint_ticks(painter, self.theme.grid, plot.height())
        painter.setPen(hairline(self.theme.hairline))
        painter.drawLine(QPointF(plot.left(), self.y_of(0)), QPointF(plot.left() + plot.width(), self.y_of(0)))
        if self._pyramid is not None and self.time_range.span > 0:
            samples_per_pixel = self.time_range.span * self._rate / (plot.width() * self.devicePixelRatioF())
            if samples_per_pixel < _SAMPLES_PER_PIXEL_OF_A_LINE:
                self._paint_line(painter, plot, self._pyramid.samples)
            else:
                self._paint_peaks(painter, plot, self._pyramid)
        elif self._pyramid is None and self.note and self.time_range.span > 0:
            painter.fillRect(plot, QColor(self.theme.background))
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, self.note)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the scale."""
        if self._pyramid is not None:
            self._paint_scale(painter, plot)
        self.paint_title(painter, "amplitude,", "1 = full scale")

    def _paint_peaks(self, painter: QPainter, plot: QRect, pyramid: PeakPyramid) -> None:
        ratio = self.devicePixelRatioF()
        edges = self.column_edges(round(plot.width() * ratio)) * self._rate
        edges = edges[edges < len(pyramid.samples) + 1.0]  # the last edge may be the end and a rounding more
        if len(edges) < 2:
            return
        low, high = pyramid.peaks(edges)
        rows = np.arange(round(plot.height() * ratio))[:, None]
        middle, room = self.height() * ratio / 2, (self.height() / 2 - 1) * ratio
        top = np.floor(middle - high / self._peak * room)
        bottom = np.ceil(middle - low / self._peak * room)
        pixels = ((rows >= top) & (rows < np.maximum(bottom, top + 1))).astype(np.uint8)
        self.paint_indexed(painter, QPointF(plot.topLeft()), pixels, [0, QColor(self.theme.wave).rgba()])

    def _paint_line(self, painter: QPainter, plot: QRect, samples: Samples) -> None:
        first = max(0, math.floor(self.time_range.start * self._rate) - 1)
        last = min(len(samples), math.ceil(self.time_range.end * self._rate) + 2)
        places = self.places_of(np.arange(first, last) / self._rate)
        heights = self.y_of(0) - samples[first:last] * ((self.y_of(0) - self.y_of(self._peak)) / self._peak)
        painter.setPen(hairline(self.theme.wave))
        points = zip(places.tolist(), heights.tolist(), strict=True)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))

    def _paint_scale(self, painter: QPainter, plot: QRect) -> None:
        metrics = painter.fontMetrics()
        if plot.height() < 3 * metrics.height():
            return
        painter.setPen(QColor(self.theme.muted))
        right = plot.left() - GAP
        for amplitude, baseline in (
            (self._peak, metrics.capHeight() + 1),
            (0.0, (plot.height() + metrics.capHeight()) // 2),
            (-self._peak, plot.height() - 1),
        ):
            text = amplitude_text(amplitude)
            painter.drawText(right - metrics.horizontalAdvance(text), baseline, text)


def amplitude_text(amplitude: float) -> str:
    """Return an amplitude in few characters that are never all 0 where it is not: ``0.50``, ``0.023``, ``2e−4``."""
    size = abs(amplitude)
    if not size:
        return "0"
    if size >= 0.001:
        text = f"{amplitude:.2f}" if size >= 0.1 else f"{amplitude:.3f}"
    else:
        mantissa, exponent = f"{amplitude:.0e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")
