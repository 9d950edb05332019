"""The waveform: least and greatest sample of every pixel column."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme
from phonegui.views.row import GAP, TimeRow, hairline
from phonegui.views.time_range import TimeRange

Samples = npt.NDArray[np.float32]

_BLOCK = 64
_SAMPLES_PER_PIXEL_OF_A_LINE = 2.0


class PeakPyramid:
    """Least and greatest values of a signal over blocks of 1, 64, 512, 4096, ... samples.

    Parameters
    ----------
    samples
        Shape (n,), kept without a copy.
    """

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self._levels: list[tuple[int, Samples, Samples]] = [(1, samples, samples)]
        factor = _BLOCK
        while len(self._levels[-1][1]) > 4096:
            block, low, high = self._levels[-1]
            self._levels.append((block * factor, _over(np.minimum, low, factor), _over(np.maximum, high, factor)))
            factor = 8

    def peaks(self, edges: npt.NDArray[np.float64]) -> tuple[Samples, Samples]:
        """Return the least and greatest sample between edges.

        Parameters
        ----------
        edges
            In samples, ascending, within 0..n, shape (columns + 1,).

        Returns
        -------
        low, high
            Shape (columns,). Each column takes in the first sample of the next, so that neighbours join.
        """
        width = float(edges[-1] - edges[0]) / max(len(edges) - 1, 1)
        block, low, high = next(level for level in reversed(self._levels) if level[0] * 2 <= max(width, 2.0))
        first = np.clip((edges[:-1] / block).astype(np.intp), 0, len(low) - 1)
        last = np.clip(np.ceil(edges[1:] / block).astype(np.intp), first + 1, len(low))
        start, stop = int(first[0]), int(last[-1])
        at, joined = first - start, last - 1 - start
        lows, highs = low[start:stop], high[start:stop]
        return (
            np.minimum(np.minimum.reduceat(lows, at), lows[joined]),
            np.maximum(np.maximum.reduceat(highs, at), highs[joined]),
        )


def _over(extreme: np.ufunc, values: Samples, factor: int) -> Samples:
    result: Samples = extreme.reduceat(values, np.arange(0, len(values), factor))
    return result


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
        self._pyramid: PeakPyramid | None = None
        self._rate = 1
        self._peak = 1.0
        self.setMinimumHeight(5 * GAP)

    @property
    def seconds(self) -> float:
        """Duration of the samples."""
        return len(self._pyramid.samples) / self._rate if self._pyramid else 0.0

    @property
    def peak(self) -> float:
        """Amplitude at the top of the row."""
        return self._peak

    def set_samples(self, samples: Samples | None, sample_rate: int) -> None:
        """Show samples (n,) at a rate in Hz; None shows nothing."""
        if samples is not None and sample_rate <= 0:
            raise ValueError(f"the sample rate must be positive, not {sample_rate} Hz")
        self._pyramid = None
        self._peak = 1.0
        if samples is not None and len(samples):
            values = np.ascontiguousarray(samples, dtype=np.float32)
            self._pyramid = PeakPyramid(values)
            low, high = self._pyramid.peaks(np.array([0.0, len(values)]))
            largest = max(abs(float(low[0])), abs(float(high[0])))
            self._peak = largest if math.isfinite(largest) and largest > 0 else 1.0
        self._rate = sample_rate
        self.refresh()

    def y_of(self, amplitude: float) -> float:
        """Return the height of an amplitude in logical pixels from the top."""
        room = self.height() / 2 - 1
        return self.height() / 2 - amplitude / self._peak * room

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw the grid, the samples and the scale."""
        painter.setPen(hairline(self.theme.grid))
        for time in self.tick_times():
            painter.drawLine(QPointF(self.x_of(time), 0), QPointF(self.x_of(time), plot.height()))
        painter.setPen(hairline(self.theme.hairline))
        painter.drawLine(QPointF(plot.left(), self.y_of(0)), QPointF(plot.left() + plot.width(), self.y_of(0)))
        if self._pyramid is not None and self.time_range.span > 0:
            samples_per_pixel = self.time_range.span * self._rate / (plot.width() * self.devicePixelRatioF())
            if samples_per_pixel < _SAMPLES_PER_PIXEL_OF_A_LINE:
                self._paint_line(painter, plot, self._pyramid.samples)
            else:
                self._paint_peaks(painter, plot, self._pyramid)
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
        heights = [self.y_of(float(value)) for value in samples[first:last]]
        painter.save()
        painter.setClipRect(plot)
        painter.setPen(hairline(self.theme.wave))
        places = [self.x_of((first + number) / self._rate) for number in range(len(heights))]
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(places, heights, strict=True)]))
        painter.restore()

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
            text = f"{amplitude:.2f}".replace("-", "−") if amplitude else "0"
            painter.drawText(right - metrics.horizontalAdvance(text), baseline, text)
