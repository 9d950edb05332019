"""Back and forward through the parts of the recording that were shown."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from phonegui.views.time_range import TimeRange

_MOST = 100
_PAUSE_SECONDS = 0.4


class ZoomHistory(QObject):
    """Remembers where the view rested: a turn of the wheel or a drag, however many steps it takes, is one change.

    Parameters
    ----------
    time_range
        What is remembered and moved.
    clock
        Seconds that always grow.
    """

    changed = Signal(bool, bool)  # whether there is a way back, and one forward

    def __init__(
        self, time_range: TimeRange, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._time_range = time_range
        self._clock = clock
        self._back: list[tuple[float, float]] = []
        self._forward: list[tuple[float, float]] = []
        self._shown = (time_range.start, time_range.end)
        self._duration = time_range.duration
        self._last_change = -_PAUSE_SECONDS
        self._moving = False
        self.paused = False
        time_range.changed.connect(self._note)

    def back(self) -> None:
        """Show what was shown before."""
        self._move(self._back, self._forward)

    def forward(self) -> None:
        """Show again what was left by going back."""
        self._move(self._forward, self._back)

    def begin(self) -> None:
        """Let what comes next be a change of its own, however soon it follows."""
        self._last_change = -_PAUSE_SECONDS

    def clear(self) -> None:
        """Forget everything: another recording is shown."""
        self._back.clear()
        self._forward.clear()
        self._shown = (self._time_range.start, self._time_range.end)
        self.begin()
        self._tell()

    def _move(self, source: list[tuple[float, float]], target: list[tuple[float, float]]) -> None:
        if not source:
            return
        target.append(self._shown)
        self._moving = True
        self._time_range.show(*source.pop())
        self._moving = False
        self.begin()
        self._tell()

    def _note(self, start: float, end: float) -> None:
        before, self._shown = self._shown, (start, end)
        # A recording that grows or is replaced moves the view, but nobody went anywhere.
        grown, self._duration = self._duration != self._time_range.duration, self._time_range.duration
        if self._moving or self.paused or grown:
            return
        now = self._clock()
        rested = now - self._last_change >= _PAUSE_SECONDS
        self._last_change = now
        if rested:
            self._back = [*self._back[1 - _MOST :], before]
            self._forward.clear()
            self._tell()

    def _tell(self) -> None:
        self.changed.emit(bool(self._back), bool(self._forward))
