"""Editing a tier of labelled stretches of time; knows no widget. Every operation is a value that can be undone."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np

SHORTEST = 0.005
"""Least length of an interval in seconds; no edit makes a shorter one."""

_ROUNDING = 1e-5  # seconds


class Interval(NamedTuple):
    """A labelled stretch of time: seconds from the start of the recording, and its phoneme."""

    start: float
    end: float
    symbol: str


@dataclass(frozen=True)
class Tier:
    """Intervals in order of time, touching or with gaps between them, none overlapping.

    Attributes
    ----------
    intervals
        Within 0 and `duration`.
    duration
        Length of the recording in seconds.
    """

    intervals: tuple[Interval, ...]
    duration: float

    def at(self, time: float) -> int | None:
        """Return the index of the interval at a time in seconds, None in a gap."""
        index = bisect.bisect_right(self.intervals, time, key=lambda item: item.start) - 1
        return index if index >= 0 and time < self.intervals[index].end else None

    def after(self, time: float) -> int:
        """Return the index of the first interval that begins at a time or later."""
        return bisect.bisect_left(self.intervals, time, key=lambda item: item.start)

    def gap(self, time: float) -> tuple[float, float] | None:
        """Return start and end of the gap at a time, None where an interval is or nothing fits."""
        if self.at(time) is not None or not 0 <= time <= self.duration:
            return None
        place = self.after(time)
        start = self.intervals[place - 1].end if place else 0.0
        end = self.intervals[place].start if place < len(self.intervals) else self.duration
        return (start, end) if end - start >= SHORTEST else None

    def joined(self, index: int) -> bool:
        """Return whether an interval begins where the one before it ends."""
        return 0 < index < len(self.intervals) and self.intervals[index - 1].end == self.intervals[index].start


@dataclass(frozen=True)
class Change:
    """Some intervals in a row replaced by others.

    Attributes
    ----------
    name
        What was done, for the menu of what can be undone.
    first
        Index of the first interval replaced.
    removed, added
        What stood there before, and what stands there after.
    """

    name: str
    first: int
    removed: tuple[Interval, ...]
    added: tuple[Interval, ...]

    @property
    def inverse(self) -> Change:
        """What undoes it."""
        return Change(self.name, self.first, self.added, self.removed)

    @property
    def empty(self) -> bool:
        """Whether it leaves everything as it is."""
        return self.removed == self.added

    def apply(self, tier: Tier) -> Tier:
        """Return the tier after the change; raise ValueError when the tier is not the one it was made for."""
        last = self.first + len(self.removed)
        if tier.intervals[self.first : last] != self.removed:
            raise ValueError("the change was made for another tier")
        return Tier((*tier.intervals[: self.first], *self.added, *tier.intervals[last:]), tier.duration)


def relabel(tier: Tier, index: int, symbol: str) -> Change:
    """Give an interval another phoneme."""
    old = tier.intervals[index]
    return Change("correct a phoneme", index, (old,), (Interval(old.start, old.end, symbol),))


def move_start(tier: Tier, index: int, time: float) -> Change:
    """Move the start of an interval, as far as there is room, and with it the end of one that touches it."""
    old = tier.intervals[index]
    latest = old.end - SHORTEST
    if not tier.joined(index):
        earliest = tier.intervals[index - 1].end if index else 0.0
        new = Interval(_within(time, earliest, latest, old.start), old.end, old.symbol)
        return Change("move a boundary", index, (old,), (new,))
    before = tier.intervals[index - 1]
    time = _within(time, before.start + SHORTEST, latest, old.start)
    moved = (Interval(before.start, time, before.symbol), Interval(time, old.end, old.symbol))
    return Change("move a boundary", index - 1, (before, old), moved)


def move_end(tier: Tier, index: int, time: float) -> Change:
    """Move the end of an interval, as far as there is room, and with it the start of one that touches it."""
    if tier.joined(index + 1):
        return move_start(tier, index + 1, time)
    old = tier.intervals[index]
    latest = tier.intervals[index + 1].start if index + 1 < len(tier.intervals) else tier.duration
    new = Interval(old.start, _within(time, old.start + SHORTEST, latest, old.end), old.symbol)
    return Change("move a boundary", index, (old,), (new,))


def split(tier: Tier, index: int, time: float) -> Change | None:
    """Cut an interval in two of the same phoneme; None where a part would be too short."""
    old = tier.intervals[index]
    if not old.start + SHORTEST <= time <= old.end - SHORTEST:
        return None
    parts = (Interval(old.start, time, old.symbol), Interval(time, old.end, old.symbol))
    return Change("split a phoneme", index, (old,), parts)


def merge(tier: Tier, index: int) -> Change | None:
    """Join an interval with the next, over a gap too, under the first one's phoneme; None after the last."""
    if index + 1 >= len(tier.intervals):
        return None
    first, second = tier.intervals[index : index + 2]
    return Change("merge phonemes", index, (first, second), (Interval(first.start, second.end, first.symbol),))


def insert(tier: Tier, start: float, end: float, symbol: str) -> Change | None:
    """Put an interval into a gap, cut to its length; None where there is none."""
    gap = tier.gap(0.5 * (start + end))
    if gap is None:
        return None
    start, end = max(start, gap[0]), min(end, gap[1])
    if end - start < SHORTEST:
        return None
    return Change("insert a phoneme", tier.after(start), (), (Interval(start, end, symbol),))


def delete(tier: Tier, index: int) -> Change:
    """Take an interval out; a gap stays."""
    return Change("delete a phoneme", index, (tier.intervals[index],), ())


def replace_all(tier: Tier, intervals: Sequence[Interval], name: str) -> Change:
    """Put other intervals in the place of all."""
    return Change(name, 0, tier.intervals, tidy(intervals, tier.duration))


def tidy(intervals: Sequence[Interval], duration: float) -> tuple[Interval, ...]:
    """Return intervals from elsewhere as a tier holds them: within the recording, in order, without overlap.

    What is left shorter than `SHORTEST` by that is left out.
    """
    if _is_tidy(intervals, duration):
        return tuple(intervals)
    kept: list[Interval] = []
    reached = 0.0
    for item in sorted(intervals, key=attrgetter("start", "end")):
        start, end = max(item.start, reached), min(item.end, duration)
        if end - start >= SHORTEST:
            fits = start == item.start and end == item.end
            kept.append(item if fits else Interval(start, end, item.symbol))
            reached = end
    return tuple(kept)


def _is_tidy(intervals: Sequence[Interval], duration: float) -> bool:
    """Return whether tidying would change nothing; of an hour's, this is told in a tenth of the time."""
    if not intervals:
        return True
    columns = zip(*intervals, strict=True)
    starts, ends = (np.array(column) for column in islice(columns, 2))
    apart = bool(np.all(starts[1:] >= ends[:-1]) and np.all(ends - starts >= SHORTEST))
    return apart and bool(starts[0] >= 0.0 and ends[-1] <= duration)


def alike(some: Sequence[Interval], others: Sequence[Interval]) -> bool:
    """Return whether intervals are the same but for the rounding of times in files."""
    return len(some) == len(others) and all(
        one.symbol == other.symbol and max(abs(one.start - other.start), abs(one.end - other.end)) < _ROUNDING
        for one, other in zip(some, others, strict=True)
    )


def _within(time: float, low: float, high: float, otherwise: float) -> float:
    """Return the time moved between two bounds; `otherwise` where the bounds leave no room."""
    return min(max(time, low), high) if low <= high else otherwise
