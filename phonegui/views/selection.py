"""The selected part of a recording: what is played, zoomed to, looked at in the table and saved."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

SHORTEST_SELECTION = 0.001
"""Least time that can be selected, in seconds; anything shorter is no selection."""


class Selection(QObject):
    """A stretch of the recording, or nothing; shared by all that select, show or use it."""

    changed = Signal(object)  # (start, end) in seconds, or None when nothing is selected

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._range: tuple[float, float] | None = None
        self._duration = 0.0

    @property
    def range(self) -> tuple[float, float] | None:
        """Start and end in seconds, start before end; None when nothing is selected."""
        return self._range

    @property
    def span(self) -> float:
        """Selected seconds; 0 when nothing is selected."""
        return self._range[1] - self._range[0] if self._range else 0.0

    def set_duration(self, seconds: float) -> None:
        """Set the length of the recording; what is selected beyond its end is let go."""
        self._duration = max(0.0, seconds)
        if self._range is not None:
            self.select(*self._range)

    def select(self, start: float, end: float) -> None:
        """Select what lies between two times, in either order, and within the recording; too little is nothing."""
        if not (math.isfinite(start) and math.isfinite(end)):
            return
        first = min(max(min(start, end), 0.0), self._duration)
        last = min(max(start, end, 0.0), self._duration)
        self._take((first, last) if last - first >= SHORTEST_SELECTION else None)

    def extend(self, time: float) -> None:
        """Move the edge nearer to a time there; without a selection there is nothing to move."""
        if self._range is not None:
            start, end = self._range
            self.select(*((time, end) if abs(time - start) < abs(time - end) else (start, time)))

    def clear(self) -> None:
        """Select nothing."""
        self._take(None)

    def _take(self, new: tuple[float, float] | None) -> None:
        if new != self._range:
            self._range = new
            self.changed.emit(new)
