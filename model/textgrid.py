"""Praat's TextGrid files: labelled stretches of time in tiers."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from model.errors import FileError, UserError, reason, shown
from model.files import file_size, write_text

_LARGEST = 32 << 20
_MOST_INTERVALS = 1_000_000
_ROUNDING = 0.001
"""Seconds by which neighbours may overlap: some programs write times with three digits."""

# Praat reads the same tokens in the long and the short form: strings, numbers and flags that stand alone. All other
# words are there for people, and what follows an exclamation mark is a remark.
_TOKENS = re.compile(r'"(?P<string>[^"]*+(?:""[^"]*+)*+)"|(?P<remark>!.*)|(?P<word>[^\s"]++)|(?P<open>")')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

HEARD = "heard"
"""Name of the tier of what a network heard; it is never taken for a reference."""


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of time: seconds from the start of the recording, and its text."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Tier:
    """Intervals of one kind in order of time, e.g. phones or words."""

    name: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True)
class PointTier:
    """Marks at single times, as pairs of seconds and text, e.g. clicks."""

    name: str
    points: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class TextGrid:
    """Tiers over the same recording, which lasts from `start` to `end` seconds."""

    start: float
    end: float
    tiers: tuple[Tier | PointTier, ...]

    @property
    def interval_tiers(self) -> tuple[Tier, ...]:
        """The tiers of intervals."""
        return tuple(tier for tier in self.tiers if isinstance(tier, Tier))


def read_textgrid(path: str | Path) -> TextGrid:
    """Read the tiers of a TextGrid file, in Praat's long or short text form.

    UTF-8 and UTF-16 are told apart as Praat does; other files are taken for Latin-1.

    Raises
    ------
    FileError
        The file cannot be read, or is no TextGrid; names the line of the mistake.
    """
    path = Path(path)
    return _Reader(path, _read_text(path)).grid()


def write_textgrid(path: str | Path, grid: TextGrid) -> None:
    """Write a TextGrid in Praat's long text form, whole or not at all; raise as `textgrid_text`, and FileError."""
    write_text(path, textgrid_text(grid))


def textgrid_text(grid: TextGrid) -> str:
    """Return a TextGrid in Praat's long text form.

    Gaps are filled with empty intervals, so that every tier reaches without a break from the start to the end, as
    Praat demands. Times are rounded to microseconds.

    Raises
    ------
    UserError
        Intervals overlap, have no length, or lie outside the grid.
    """
    start, end = _rounded(grid.start), _rounded(grid.end)
    if not start < end:
        raise UserError(f"A TextGrid from {start} to {end} seconds cannot be written; it must have a length.")
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", f"xmin = {start!r}", f"xmax = {end!r}"]
    lines += ["tiers? <exists>", f"size = {len(grid.tiers)}", "item []:"]
    for number, tier in enumerate(grid.tiers, 1):
        kind = "IntervalTier" if isinstance(tier, Tier) else "TextTier"
        lines += [f"    item [{number}]:", f'        class = "{kind}"', f"        name = {_quoted(tier.name)}"]
        lines += [f"        xmin = {start!r}", f"        xmax = {end!r}"]
        lines += _interval_lines(tier, start, end) if isinstance(tier, Tier) else _point_lines(tier)
    return "\n".join([*lines, ""])


def _interval_lines(tier: Tier, start: float, end: float) -> list[str]:
    intervals = _contiguous(tier, start, end)
    lines = [f"        intervals: size = {len(intervals)}"]
    for place, interval in enumerate(intervals, 1):
        lines += [f"        intervals [{place}]:", f"            xmin = {interval.start!r}"]
        lines += [f"            xmax = {interval.end!r}", f"            text = {_quoted(interval.text)}"]
    return lines


def _point_lines(tier: PointTier) -> list[str]:
    lines = [f"        points: size = {len(tier.points)}"]
    for place, (time, text) in enumerate(tier.points, 1):
        lines += [f"        points [{place}]:", f"            number = {_rounded(time)!r}"]
        lines += [f"            mark = {_quoted(text)}"]
    return lines


def _contiguous(tier: Tier, start: float, end: float) -> list[Interval]:
    filled: list[Interval] = []
    reached = start
    for interval in tier.intervals:
        first, last = _rounded(interval.start), _rounded(interval.end)
        if not reached <= first < last <= end:
            raise UserError(
                f"The interval {shown(interval.text)} of the tier {shown(tier.name)}, {first} to {last} s, overlaps "
                f"the one before it, has no length, or does not end by {end} s."
            )
        if reached < first:
            filled.append(Interval(reached, first, ""))
        filled.append(Interval(first, last, interval.text))
        reached = last
    if reached < end:
        filled.append(Interval(reached, end, ""))
    return filled


def _rounded(seconds: float) -> float:
    return round(float(seconds), 6)


def _quoted(text: str) -> str:
    # Names of files may hold what no UTF-8 spells; Praat's strings hold no control characters.
    spelled = text.encode("utf-8", "replace").decode("utf-8")
    plain = "".join(c if c.isprintable() else " " for c in spelled)
    return '"' + plain.replace('"', '""') + '"'


def _read_text(path: Path) -> str:
    if file_size(path, wanted="a TextGrid file") > _LARGEST:
        raise FileError(path, "is too large for a TextGrid (over 32 MB)")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


class _Reader:
    """Takes a TextGrid's tokens one after the other."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text
        self._tokens = self._scan()
        self._place = 0
        self._left = _MOST_INTERVALS

    def grid(self) -> TextGrid:
        """Return the grid."""
        if not self._string("ooTextFile").startswith("ooTextFile") or self._string("TextGrid") != "TextGrid":
            raise FileError(self._path, 'is not a TextGrid in Praat\'s text form; choose "Save as text file" in Praat')
        start, end = self._times("the whole")
        if self._take("<exists>") != "<exists>":
            return TextGrid(start, end, ())
        return TextGrid(start, end, tuple(self._tier() for _ in range(self._count("tiers"))))

    def _tier(self) -> Tier | PointTier:
        kind = self._string("the class of a tier")
        if kind not in ("IntervalTier", "TextTier"):
            self._fail(f"has a tier of the class {shown(kind)}, which is neither IntervalTier nor TextTier")
        name = self._string("the name of a tier")
        self._times("a tier")
        count = self._count("intervals")
        if kind == "TextTier":
            points = [(self._number("the time of a point"), self._string("the text of a point")) for _ in range(count)]
            return PointTier(name, tuple(points))
        intervals: list[Interval] = []
        reached = -math.inf
        for _ in range(count):
            start, end = self._times("an interval")
            if start < reached - _ROUNDING:
                self._fail(f"has an interval that begins before the one before it ends ({start} s)")
            reached = max(reached, end)
            intervals.append(Interval(start, end, self._string("the text of an interval")))
        return Tier(name, tuple(intervals))

    def _times(self, of: str) -> tuple[float, float]:
        start, end = self._number(f"the start of {of}"), self._number(f"the end of {of}")
        if start > end:
            self._fail(f"ends {of} ({end} s) before it begins ({start} s)")
        return start, end

    def _count(self, of: str) -> int:
        count = self._number(f"the number of {of}")
        if count < 0 or count != int(count):
            self._fail(f"has {shown(count)} where the number of {of} should be")
        self._left -= int(count)
        if self._left < 0:
            self._fail(f"claims to hold over {_MOST_INTERVALS} intervals")
        return int(count)

    def _number(self, wanted: str) -> float:
        token = self._take(wanted)
        value = float(token) if _NUMBER.fullmatch(token) else math.nan
        if not math.isfinite(value):
            found = token.removeprefix('"')
            self._fail(f"has {shown(found)} where {wanted} should be")
        return value

    def _string(self, wanted: str) -> str:
        token = self._take(wanted)
        if not token.startswith('"'):
            self._fail(f"has {shown(token)} where {wanted} should be in quotation marks")
        return token[1:]

    def _take(self, wanted: str) -> str:
        token = next(self._tokens, None)
        if token is None:
            raise FileError(self._path, f"ends where {wanted} should be; it is cut short or no TextGrid")
        return token

    def _scan(self) -> Iterator[str]:
        """Yield numbers and flags as they are, strings after one quotation mark."""
        for match in _TOKENS.finditer(self._text):
            self._place = match.start()
            if match["string"] is not None:
                yield '"' + match["string"].replace('""', '"')
            elif match["open"] is not None:
                self._fail("has a quotation mark that is never closed")
            elif match["word"] is not None and (match["word"][0] == "<" or _NUMBER.fullmatch(match["word"])):
                yield match["word"]

    def _fail(self, problem: str) -> NoReturn:
        line = self._text.count("\n", 0, self._place) + 1
        raise FileError(self._path, f"{problem}, in line {line}")
