"""Phonemes by their fields, an array each: an hour has tens of thousands, and the window must not wait for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from operator import attrgetter, is_
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.phonemes import PHONEME_CLASSES, phoneme_class

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.transcript import TimedPhoneme

CLASSES = (*PHONEME_CLASSES, "blank")
"""Classes by their number in `PhonemeColumns.classes`."""

_KEPT = 4
_FEW = 200
_SYMBOL, _START, _END, _CONFIDENCE = map(attrgetter, ("symbol", "start", "end", "confidence"))


class PhonemeColumns:
    """The fields of phonemes.

    Attributes
    ----------
    phonemes
        In order of time.
    symbols
        What each is.
    starts, ends
        Seconds, shape (n,).
    confidence
        0..1, NaN where it is not known, shape (n,).
    classes
        Index in `CLASSES`, shape (n,).
    """

    def __init__(self, phonemes: Sequence[TimedPhoneme]) -> None:
        count = len(phonemes)
        self.phonemes = phonemes
        self.symbols = list(map(_SYMBOL, phonemes))
        self.starts = np.fromiter(map(_START, phonemes), np.float64, count)
        self.ends = np.fromiter(map(_END, phonemes), np.float64, count)
        self.confidence = np.fromiter(map(_CONFIDENCE, phonemes), np.float64, count)
        numbers = {symbol: _class_number(symbol) for symbol in set(self.symbols)}
        self.classes = np.fromiter(map(numbers.__getitem__, self.symbols), np.intp, count)

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle of each in seconds, shape (n,)."""
        middles: npt.NDArray[np.float64] = 0.5 * (self.starts + self.ends)
        return middles

    def edited(self, phonemes: Sequence[TimedPhoneme]) -> PhonemeColumns:
        """Return the columns of other phonemes; what both have at the beginning and the end is taken over."""
        first, last = shared_ends(self.phonemes, phonemes)
        middle = PhonemeColumns(phonemes[first : len(phonemes) - last])
        end = len(self.phonemes) - last
        made = PhonemeColumns.__new__(PhonemeColumns)
        made.phonemes = phonemes
        made.symbols = [*self.symbols[:first], *middle.symbols, *self.symbols[end:]]
        for name in ("starts", "ends", "confidence", "classes"):
            old = getattr(self, name)
            setattr(made, name, np.concatenate([old[:first], getattr(middle, name), old[end:]]))
        return made


@lru_cache(maxsize=256)
def _class_number(symbol: str) -> int:
    return CLASSES.index(phoneme_class(symbol))


def shared_ends(some: Sequence[object], others: Sequence[object]) -> tuple[int, int]:
    """Return how many objects two sequences share at the beginning and, of the rest, at the end: the same objects."""
    first = _same(some, others)
    room = min(len(some), len(others)) - first
    return first, _same(islice(reversed(some), room), islice(reversed(others), room))


def _same(some: Iterable[object], others: Iterable[object]) -> int:
    """Return how many pairs from the first on are the same object twice."""
    alike = list(map(is_, some, others))
    return alike.index(False) if False in alike else len(alike)


_lock = threading.Lock()
_kept: list[PhonemeColumns] = []


def forget() -> None:
    """Keep the columns of nothing any more."""
    with _lock:
        _kept.clear()


def columns_of(phonemes: Sequence[TimedPhoneme], before: PhonemeColumns | None = None) -> PhonemeColumns:
    """Return the columns of phonemes; those of the last few transcripts are kept, so that a worker can prepare them.

    Parameters
    ----------
    phonemes
        In order of time; not changed any more.
    before
        Of what they were edited from, where that is known.
    """
    if len(phonemes) < _FEW:
        return PhonemeColumns(phonemes)
    with _lock:
        found = next((item for item in _kept if item.phonemes is phonemes), None)
    if found is None:
        found = PhonemeColumns(phonemes) if before is None else before.edited(phonemes)
    with _lock:
        _kept[:] = [item for item in _kept if item.phonemes is not phonemes][-_KEPT + 1 :]
        _kept.append(found)
    return found
