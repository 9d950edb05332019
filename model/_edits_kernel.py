"""Compiled kernel of edits between two long sequences: the bit-parallel algorithm, in pieces as Hirschberg cuts them.

A column of the table of distances is kept as the differences between its neighbours, 64 to a word: where the distance
grows by one (`grows`), and where it falls (`falls`); after Myers (1999) and Hyyrö (2003). Where all columns would take
too much memory, the second sequence is cut in the middle, the first where both halves together cost least (Hirschberg,
1975).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.decoding._jit import inlined, jit

Labels = NDArray[np.int32]
Words = NDArray[np.uint64]

SUBSTITUTION, DELETION, INSERTION = range(3)

_ZERO, _ONE, _LAST = np.uint64(0), np.uint64(1), np.uint64(63)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@jit
def edit_path(first: Labels, second: Labels, classes: int, most_words: int) -> Any:
    """Find a shortest list of edits that makes the first sequence into the second.

    Parameters
    ----------
    first, second : (M,), (N,)
        Labels from 0.
    classes
        How many labels there are.
    most_words
        How many words of each kind all columns of a piece may take.

    Returns
    -------
    (edits, 3)
        Kind, place in the first and place in the second of each, in no order.
    """
    found = np.empty((len(first) + len(second), 3), np.int64)
    count = 0
    pieces = np.empty((64 + len(second), 4), np.int64)
    pieces[0, 0], pieces[0, 1], pieces[0, 2], pieces[0, 3] = 0, len(first), 0, len(second)
    left = 1
    while left:
        left -= 1
        a, a_end, b, b_end = pieces[left, 0], pieces[left, 1], pieces[left, 2], pieces[left, 3]
        while a < a_end and b < b_end and first[a] == second[b]:
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and first[a_end - 1] == second[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
        if b_end - b < 2 or (b_end - b) * ((a_end - a + 63) // 64) <= most_words:
            count = _trace(first[a:a_end], second[b:b_end], classes, a, b, found, count)
            continue
        middle = (b + b_end) // 2
        cut = a + _cheapest_cut(first[a:a_end], second[b:middle], second[middle:b_end], classes)
        pieces[left, 0], pieces[left, 1], pieces[left, 2], pieces[left, 3] = a, cut, b, middle
        left += 1
        pieces[left, 0], pieces[left, 1], pieces[left, 2], pieces[left, 3] = cut, a_end, middle, b_end
        left += 1
    return found[:count]


@jit
def _masks(labels: Labels, classes: int) -> Words:
    """Return where each label stands, 64 places to a word, (classes, words)."""
    masks = np.zeros((classes, (len(labels) + 63) // 64), np.uint64)
    for place in range(len(labels)):
        masks[labels[place], place >> 6] |= _ONE << np.uint64(place & 63)
    return masks


@inlined
def _next_column(mask: Words, grows: Words, falls: Words) -> None:
    """Go on by the label with a mask: change the differences of a column, (words,), into those of the next."""
    more, less = _ONE, _ZERO
    for word in range(len(mask)):
        plus, minus = grows[word], falls[word]
        same = mask[word] | less
        level = (((same & plus) + plus) ^ plus) | same | minus
        right_plus, right_minus = minus | (_ALL ^ (level | plus)), level & plus
        carried_plus, carried_minus = right_plus >> _LAST, right_minus >> _LAST
        right_plus, right_minus = (right_plus << _ONE) | more, (right_minus << _ONE) | less
        more, less = carried_plus, carried_minus
        grows[word], falls[word] = right_minus | (_ALL ^ (level | right_plus)), right_plus & level


@jit
def _distances(first: Labels, second: Labels, classes: int) -> Any:
    """Return the distance of the second sequence to every beginning of the first, (M + 1,)."""
    masks = _masks(first, classes)
    grows, falls = np.full(masks.shape[1], _ALL), np.zeros(masks.shape[1], np.uint64)
    for column in range(len(second)):
        _next_column(masks[second[column]], grows, falls)
    distances = np.empty(len(first) + 1, np.int64)
    distances[0] = len(second)
    for place in range(len(first)):
        bit = np.uint64(place & 63)
        step = np.int64((grows[place >> 6] >> bit) & _ONE) - np.int64((falls[place >> 6] >> bit) & _ONE)
        distances[place + 1] = distances[place] + step
    return distances


@jit
def _cheapest_cut(first: Labels, before: Labels, after: Labels, classes: int) -> int:
    """Return where to cut the first sequence, so that its parts are nearest to what comes before and after."""
    costs = _distances(first, before, classes)
    costs += _distances(first[::-1].copy(), after[::-1].copy(), classes)[::-1]
    return int(np.argmin(costs))


@jit
def _trace(
    first: Labels, second: Labels, classes: int, first_start: int, second_start: int, found: Any, count: int
) -> int:
    """Write the edits of a piece behind those found, with the places where it starts; return how many there are."""
    masks = _masks(first, classes)
    words = masks.shape[1]
    grows, falls = np.empty((len(second), words), np.uint64), np.empty((len(second), words), np.uint64)
    plus, minus = np.full(words, _ALL), np.zeros(words, np.uint64)
    for column in range(len(second)):
        _next_column(masks[second[column]], plus, minus)
        grows[column], falls[column] = plus, minus
    i, j = len(first), len(second)
    while i or j:
        word, bit = (i - 1) >> 6, np.uint64((i - 1) & 63)
        if j == 0 or (i > 0 and (grows[j - 1, word] >> bit) & _ONE):
            kind, i = DELETION, i - 1
        elif i == 0 or (j > 1 and (falls[j - 2, word] >> bit) & _ONE):
            kind, j = INSERTION, j - 1
        else:
            i, j = i - 1, j - 1
            if first[i] == second[j]:
                continue
            kind = SUBSTITUTION
        found[count, 0], found[count, 1], found[count, 2] = kind, first_start + i, second_start + j
        count += 1
    return count
