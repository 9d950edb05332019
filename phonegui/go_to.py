"""Going to a time by its number."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QWidget

from phonegui.floating_line import FloatingLine
from phonegui.playback import Playback
from phonegui.views.row import GAP
from phonegui.views.time_range import format_clock
from phonegui.views.timeline import TimelineView

_TIME = r"(?:\d+:){0,2}\d+(?:[.,]\d*)?"
_TIMES = re.compile(rf"({_TIME})\s*s?(?:\s*(?:-|–|to|\s)\s*({_TIME})\s*s?)?")
_HELP = "Write a time like 75.3 or 1:15.3, or two for a stretch to select: 12.5 - 13.2."


class GoTo(QObject):
    """Carries out the action that asks for a time.

    Parameters
    ----------
    timeline, playback
        What is moved, and where the cursor is placed.
    """

    told = Signal(str)  # why nothing moved, one sentence

    def __init__(self, timeline: TimelineView, playback: Playback, parent: QWidget) -> None:
        super().__init__(parent)
        self._timeline, self._playback = timeline, playback
        self.line: FloatingLine | None = None

    def go_to_time(self) -> None:
        """Ask for a time above the time axis, with the one in the middle of the window or the selection there."""
        timeline = self._timeline
        if not timeline.time_range.duration:
            self.told.emit("There is nothing to go to: open a recording first.")
            return
        selected = timeline.selection.range
        start, end = timeline.visible_range()
        now = " - ".join(map(format_clock, selected)) if selected else format_clock(0.5 * (start + end))
        self.line = FloatingLine("Time to go to", timeline)
        self.line.setToolTip(_HELP)
        self.line.chosen.connect(self.go)
        self.line.left.connect(lambda: timeline.setFocus(Qt.FocusReason.OtherFocusReason))
        plot, height = timeline.axis.plot_rect(), timeline.axis.height()
        width = self.line.fontMetrics().horizontalAdvance("00:00:00.000 - 00:00:00.000") + 4 * GAP
        top = timeline.axis.y() + height - max(height, self.line.sizeHint().height())
        self.line.open(now, QRect(plot.center().x(), top, 1, self.line.sizeHint().height()), narrowest=width)

    def go(self, text: str) -> None:
        """Show a time and place the cursor there, or show and select what lies between two."""
        times = times_of(text)
        shown = self._timeline.time_range
        if times is None:
            self.told.emit(_HELP)
        elif times[0] > shown.duration:
            self.told.emit(f"The recording ends at {format_clock(shown.duration)}.")
        elif len(times) == 2:
            self._timeline.selection.select(*times)
            self._show(*times)
        else:
            self._timeline.selection.clear()
            self._show(times[0], times[0])
            self._playback.place_cursor(times[0])

    def _show(self, start: float, end: float) -> None:
        """Move the window, where need be, until a stretch lies in its middle; widen it where it is too short."""
        shown = self._timeline.time_range
        if shown.start <= start and end <= shown.end:
            return
        self._timeline.history.begin()
        half = 0.5 * max(shown.span, 1.2 * (end - start))
        self._timeline.show_range(0.5 * (start + end) - half, 0.5 * (start + end) + half)


def times_of(text: str) -> tuple[float, ...] | None:
    """Return the one or two times in seconds that a text spells, in their order; None where it spells none."""
    match = _TIMES.fullmatch(text.strip().lower())
    if match is None:
        return None
    times = sorted(_seconds(part) for part in match.groups() if part is not None)
    if not all(map(math.isfinite, times)):
        return None
    return tuple(times) if len(set(times)) == len(times) else (times[0],)


def _seconds(text: str) -> float:
    seconds = 0.0
    for part in text.replace(",", ".").split(":"):
        seconds = 60.0 * seconds + float(part)
    return seconds
