"""The one range of time that all rows show, and the arithmetic of times on a screen."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from phonegui.views.selection import Selection

SHORTEST = 0.01
"""Least time that can be shown, in seconds."""

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
_STEPS_ABOVE_A_MINUTE = (60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)


class TimeRange(QObject):
    """The part of a recording that is shown; every row reads it and draws anew when it changes.

    There is one of these for all rows instead of links between them, so that no row can be off by a rounding.

    Attributes
    ----------
    selection
        The part that is selected, shown or not.
    """

    changed = Signal(float, float)  # shown start and end, s

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.selection = Selection(self)
        self._duration = 0.0
        self._start = 0.0
        self._end = 0.0
        self._edges: npt.NDArray[np.float64] = np.zeros(0)

    @property
    def duration(self) -> float:
        """Length of the recording in seconds; 0 when there is none."""
        return self._duration

    @property
    def start(self) -> float:
        """First shown time in seconds."""
        return self._start

    @property
    def end(self) -> float:
        """Last shown time in seconds."""
        return self._end

    @property
    def span(self) -> float:
        """Shown seconds."""
        return self._end - self._start

    def edges(self, columns: int) -> npt.NDArray[np.float64]:
        """Return the times at the edges of so many columns of even width, shape (columns + 1,); not to be changed."""
        known = self._edges
        if len(known) != columns + 1 or known[0] != self._start or known[-1] != self._end:
            self._edges = np.linspace(self._start, self._end, columns + 1)
            self._edges.setflags(write=False)
        return self._edges

    def set_duration(self, seconds: float) -> None:
        """Set the length of the recording; what showed all of it keeps doing so, other ranges stay as they fit."""
        showed_all = self._start <= 0.0 and self._end >= self._duration
        self._duration = max(0.0, float(seconds))
        if showed_all:
            self.fit()
        else:
            self.show(self._start, self._end)
        self.selection.set_duration(self._duration)

    def show(self, start: float, end: float) -> None:
        """Show `start` to `end` seconds, moved and shortened to lie within the recording."""
        if not (math.isfinite(start) and math.isfinite(end)):
            return
        start, end = min(start, end), max(start, end)
        span = min(max(end - start, SHORTEST), self._duration)
        # Round trips through pixels must not creep: only what lies outside is moved.
        start = min(max(start + 0.5 * (end - start - span), 0.0), self._duration - span)
        new = (start, start + span)
        if new != (self._start, self._end):
            self._start, self._end = new
            self.changed.emit(*new)

    def fit(self) -> None:
        """Show all of the recording."""
        self.show(0.0, self._duration)

    def pan(self, seconds: float) -> None:
        """Move the shown part later by `seconds`, up to the ends of the recording."""
        shift = min(max(seconds, -self._start), self._duration - self._end)
        self.show(self._start + shift, self._end + shift)

    def zoom(self, factor: float, anchor: float) -> None:
        """Divide the shown span by `factor` while the time `anchor` stays where it is on the screen."""
        span = min(max(self.span / factor, SHORTEST), self._duration)
        share = (anchor - self._start) / self.span if self.span > 0 else 0.5
        start = anchor - share * span
        self.show(start, start + span)


def tick_step(span: float, pixels: float, *, spacing: float = 88.0) -> float:
    """Return the round number of seconds between ticks that lie at least `spacing` pixels apart."""
    wanted = span * spacing / max(pixels, 1.0)
    steps = (*_STEPS, *_STEPS_ABOVE_A_MINUTE)
    return next((step for step in steps if step >= wanted), steps[-1] * math.ceil(wanted / steps[-1]))


def tick_times(start: float, end: float, step: float) -> list[float]:
    """Return the multiples of `step` from `start` to `end`, both included, in seconds."""
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
    return [round(index * step, 6) for index in range(first, last + 1)]


def format_time(seconds: float, *, decimals: int = 3, longest: float | None = None) -> str:
    """Return a time as ``0.5``, ``1:02.5`` or ``1:00:02.5``.

    Parameters
    ----------
    decimals
        Digits after the point.
    longest
        The greatest time written beside this one; decides whether minutes and hours are written. None takes `seconds`.
    """
    units = round(abs(seconds) * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    minutes, rest = divmod(whole, 60)
    tail = f".{fraction:0{decimals}d}" if decimals else ""
    sign = "−" if seconds < 0 and units else ""
    largest = max(whole, seconds if longest is None else longest)
    if largest >= 3600:
        return f"{sign}{minutes // 60}:{minutes % 60:02d}:{rest:02d}{tail}"
    if largest >= 60:
        return f"{sign}{minutes}:{rest:02d}{tail}"
    return f"{sign}{rest}{tail}"


def format_clock(seconds: float) -> str:
    """Return a time as ``00:03.214``, with hours in front where there are any."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60000)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:" if hours else ""
    return f"{front}{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def decimals_of(step: float) -> int:
    """Return how many digits after the point tell multiples of `step` apart, at most 3."""
    return next((digits for digits in range(3) if abs(step * 10**digits - round(step * 10**digits)) < 1e-9), 3)


def unit_of(longest: float) -> str:
    """Return the unit that labels of `format_time` have when the greatest of them is `longest` seconds."""
    return "h:min:s" if longest >= 3600 else "min:s" if longest >= 60 else "s"
