"""References in TextGrid files beside recordings, and as the session and the editor need them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from model import textgrid
from model.errors import FileError, UserError
from model.textgrid import HEARD, read_textgrid
from phonegui.editing import Interval, Tier, tidy
from phonegui.phoneme_columns import shared_ends
from phonegui.pipeline import Reference

if TYPE_CHECKING:
    from model.phonemes import SymbolTable
    from model.textgrid import TextGrid
    from model.textgrid import Tier as GridTier
    from model.transcript import TimedPhoneme

SUFFIX = ".TextGrid"
TIER_NAME = "phones"
_NAMES = ("phones", "phonemes", "phone", "phoneme", "reference", "segments", "mau")
_PHONEMES_AT_LEAST = 0.5  # share of a nameless tier's labels


def beside(path: str | Path) -> Path:
    """Return where the TextGrid of a recording lies, or would lie."""
    path = Path(path)
    with contextlib.suppress(OSError, ValueError):
        for suffix in (SUFFIX, SUFFIX.lower()):
            if path.with_suffix(suffix).is_file():
                return path.with_suffix(suffix)
    return path.with_suffix(SUFFIX)


def read_reference(path: str | Path, table: SymbolTable, seconds: float) -> Reference:
    """Read the phonemes of a recording of so many seconds from a TextGrid.

    Raises
    ------
    FileError
        It cannot be read, or has no tier of phonemes of the table.
    """
    return _reference_in(path, read_textgrid(path), table, seconds)


def _reference_in(path: str | Path, grid: TextGrid, table: SymbolTable, seconds: float) -> Reference:
    found = _phoneme_tier(grid, table)
    if found is None:
        raise FileError(path, "has no tier of phonemes; name one “phones”")
    intervals = [Interval(item.start, item.end, item.text.strip()) for item in found.intervals if item.text.strip()]
    return reference_of(Tier(tidy(intervals, seconds), seconds), table)


def write_reference(path: str | Path, tier: Tier) -> None:
    """Write a tier to a TextGrid, whole or not at all; other tiers that are in the file stay in it.

    It takes the place of the tier that is read as the reference by its name; where none has such a name, it is put
    before the others.

    Raises
    ------
    FileError
        The file cannot be written, or what is there is no TextGrid.
    """
    phones = textgrid.Tier(
        TIER_NAME, tuple(textgrid.Interval(item.start, item.end, item.symbol) for item in tier.intervals)
    )
    start, end, tiers = 0.0, tier.duration, (phones,)
    if Path(path).exists():
        old = read_textgrid(path)
        start, end = min(start, old.start), max(end, old.end)
        place = _named_place(old)
        if place is None:
            tiers = (phones, *old.tiers)
        else:
            phones = textgrid.Tier(old.tiers[place].name, phones.intervals)
            tiers = (*old.tiers[:place], phones, *old.tiers[place + 1 :])
    textgrid.write_textgrid(path, textgrid.TextGrid(start, end, tiers))


def reference_of(tier: Tier, table: SymbolTable, before: Reference | None = None) -> Reference:
    """Return a tier as the session compares it: what is no phoneme of the table is left out.

    Of the reference it had `before` an edit, all that the edit left as it was is taken over: an hour has tens of
    thousands of phonemes, and the window waits.
    """
    old = before.tier if before is not None and before.table.symbols == table.symbols else None
    if before is None or before.phonemes is None or old is None or len(old.intervals) != len(before.labels):
        labels, phonemes = _timed(tier.intervals, table)
        return Reference(table, labels, phonemes, tier)
    first, last = shared_ends(old.intervals, tier.intervals)
    end = len(old.intervals) - last
    labels, phonemes = _timed(tier.intervals[first : len(tier.intervals) - last], table)
    labels = (*before.labels[:first], *labels, *before.labels[end:])
    return Reference(table, labels, (*before.phonemes[:first], *phonemes, *before.phonemes[end:]), tier)


def _timed(intervals: Sequence[Interval], table: SymbolTable) -> tuple[tuple[int, ...], tuple[TimedPhoneme, ...]]:
    """Return labels and phonemes of intervals, of a phoneme of the table each."""
    from model.transcript import TimedPhoneme

    known: dict[str, int] = {}
    for symbol in {item.symbol for item in intervals}:
        with contextlib.suppress(ValueError):
            known[symbol] = table.index(symbol)
    items = [item for item in intervals if item.symbol in known]
    labels = tuple(known[item.symbol] for item in items)
    starts, ends, _ = zip(*items, strict=True) if items else ((), (), ())
    names = map(table.symbols.__getitem__, labels)
    return labels, tuple(map(TimedPhoneme, names, starts, ends, repeat(1.0)))


def with_tier(phonemes: Sequence[TimedPhoneme], table: SymbolTable, seconds: float) -> Reference:
    """Return phonemes of a recording of so many seconds as a reference with a tier, the one that is edited first."""
    return reference_of(Tier(tidy(intervals_of(phonemes), seconds), seconds), table)


def intervals_of(phonemes: Sequence[TimedPhoneme]) -> list[Interval]:
    """Return phonemes with times as intervals."""
    symbols, starts, ends, _ = zip(*phonemes, strict=True) if phonemes else ((), (), (), ())
    return list(map(Interval, starts, ends, symbols))


def known_beside(path: str, table: SymbolTable, seconds: float) -> tuple[Reference | None, str]:
    """Return the reference beside a recording, None without one, and a sentence when it cannot be read.

    A TextGrid of nothing but transcripts of this program's holds no reference.
    """
    place = beside(path)
    try:
        grid = read_textgrid(place) if place.is_file() else None
        if grid is None or all(tier.name == HEARD for tier in grid.interval_tiers):
            return None, ""
        return _reference_in(place, grid, table, seconds), ""
    except (UserError, OSError, ValueError) as error:
        return None, f"The reference beside the recording is left out. {error}"


def _phoneme_tier(grid: TextGrid, table: SymbolTable) -> GridTier | None:
    place = _named_place(grid)
    named = grid.tiers[place] if place is not None else None
    if isinstance(named, textgrid.Tier):
        return named
    tiers = [tier for tier in grid.interval_tiers if tier.name != HEARD]
    best = max(tiers, key=lambda tier: _share(tier, table), default=None)
    return best if best is not None and _share(best, table) >= _PHONEMES_AT_LEAST else None


def _named_place(grid: TextGrid) -> int | None:
    """Return which tier of a grid is the reference by its name, to be read and to be replaced; None without one."""
    places = [(place, _plain(tier.name)) for place, tier in enumerate(grid.tiers) if isinstance(tier, textgrid.Tier)]
    return next((place for wanted in _NAMES for place, name in places if name == wanted), None)


def _plain(name: str) -> str:
    """Return a tier's name without the speaker that aligners put before it: ``Mary - phones``."""
    return name.strip().lower().split(" - ")[-1]


def _share(tier: GridTier, table: SymbolTable) -> float:
    """Return what part of a tier's labels are phonemes of a table."""
    labels = [item.text.strip() for item in tier.intervals if item.text.strip()]
    known = 0
    for label in labels:
        with contextlib.suppress(ValueError):
            table.index(label)
            known += 1
    return known / len(labels) if labels else 0.0
