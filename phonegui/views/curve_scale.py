"""Scales of a plot: where ticks stand, how they are written, and how many points a curve needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` onto pixels from `first` to `last`, straight or by their logarithm."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def pixels(self, values: Floats) -> Floats:
        """Return the pixel of each value; NaN where it has none."""
        if not self.log:
            return self.first + (np.asarray(values) - self.low) * self._slope(self.low, self.high)
        with np.errstate(invalid="ignore", divide="ignore"):
            levels = np.log10(np.where(np.asarray(values) > 0, values, np.nan))
        low, high = math.log10(self.low), math.log10(self.high)
        return self.first + (levels - low) * self._slope(low, high)

    def pixel(self, value: float) -> float:
        """Return the pixel of one value."""
        return float(self.pixels(np.array([value]))[0])

    def value(self, pixel: float) -> float:
        """Return the value at a pixel of a straight scale."""
        return self.low + (pixel - self.first) / self._slope(self.low, self.high)

    def ticks(self, most: int) -> list[float]:
        """Return round values between the ends, at most about so many."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return _even_ticks(self.low, self.high, most)

    def _slope(self, low: float, high: float) -> float:
        return (self.last - self.first) / max(1e-300, high - low)


def value_range(curves: list[Floats], *, log: bool) -> tuple[float, float]:
    """Return the ends of a scale that shows all numbers of some curves with a little air.

    Straight scales begin at zero where the curves come near it. Without any number the scale is 0 to 1, or 0.1 to 1.
    """
    known = [curve[np.isfinite(curve) & (curve > 0 if log else True)] for curve in curves]
    known = [curve for curve in known if len(curve)]
    if not known:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = min(float(c.min()) for c in known), max(float(c.max()) for c in known)
    if log:
        if high < 1.5 * low:
            middle = math.sqrt(low * high)
            low, high = middle / 1.5, middle * 1.5
        return low / 1.08, high * 1.08
    if low >= 0 and low < 0.5 * high:
        return 0.0, high * 1.05
    if high == low:
        return low - (0.1 * abs(low) or 1.0), high + (0.1 * abs(high) or 1.0)
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def trimmed_range(curves: list[Floats], lines: list[Floats], *, log: bool) -> tuple[float, float]:
    """Return the ends for ghosts and lines together, the highest hundredth of the ghosts let go beyond the edge."""
    shown = list(lines)
    for curve in curves:
        known = curve[np.isfinite(curve)]
        if len(known):
            shown.append(np.array([known.min(), float(np.percentile(known, 99))]))
    return value_range(shown, log=log)


def thinned(x: Floats, y: Floats) -> tuple[Floats, Floats, bool]:
    """Return a curve in pixels with at most two points a column, its lowest and highest, and whether it was thinned."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    columns = np.floor(x).astype(np.int64)
    if len(x) < 4 or len(x) < 2 * (columns[-1] - columns[0] + 1):
        return x, y, False
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    extremes = np.stack([np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)], axis=1)
    return np.repeat(columns[starts] + 0.5, 2), extremes.reshape(-1), True


def written(value: float) -> str:
    """Return a value in few characters: ``0.0021``, ``1.4``, ``12,000``, ``2e-05``."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size and size < 1e-3:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def labels(values: Sequence[float]) -> list[str]:
    """Return the texts of some ticks: as short as `written` makes them, longer where two would be the same."""
    texts = [written(value) for value in values]
    digits = 3
    while len(set(texts)) < len(set(values)) and digits < 9:
        digits += 1
        texts = [f"{value:,.{digits}g}".replace("-", "−") for value in values]
    return texts


def duration(seconds: float) -> str:
    """Return a length of time as people say it: ``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def time_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers of seconds, minutes, hours or days between two times."""
    steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400]
    span = max(1e-9, high - low)
    step = next((s for s in steps if span / s <= most), 86400 * max(1, math.ceil(span / 86400 / most)))
    return [n * float(step) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _even_ticks(low: float, high: float, most: int) -> list[float]:
    raw = max(1e-300, (high - low) / max(1, most))
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999) * power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12 - math.floor(math.log10(step))) for n in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    for digits in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [
            digit * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for digit in digits
            if low <= digit * 10.0**power <= high
        ]
        if len(ticks) <= most + 1:
            return ticks or _even_ticks(low, high, most)
    every = math.ceil(len(ticks) / most)
    return ticks[::every]
