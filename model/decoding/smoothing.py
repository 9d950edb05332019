"""Estimating n-gram probabilities from counts: interpolated modified Kneser-Ney and Witten-Bell smoothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.decoding.types import FloatArray

Codes = NDArray[np.int64]
Estimates = tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]
"""Log-probabilities and back-off weights of each order, as `NGramModel` takes them."""

_FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where a corpus is too small to tell them from its counts, as KenLM has them."""


def kneser_ney(padded: list[Codes], order: int, classes: int, blank: int) -> Estimates:
    """Estimate by interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998, section 3).

    Below the highest order, an n-gram counts as often as there are different classes before it; those at the beginning
    of a sequence, which nothing precedes, as often as they occur.
    """
    counts = [ngram_counts(padded, n, classes) for n in range(1, order + 1)]
    adjusted = [counts[-1]]
    for n in range(order - 1, 0, -1):
        kinds = np.count_nonzero(counts[n].reshape(classes, -1, classes), axis=0).astype(np.float64)
        if n > 1:
            begins = slice(blank * len(kinds) // classes, (blank + 1) * len(kinds) // classes)
            kinds[begins] = counts[n - 1][begins]
        adjusted.insert(0, kinds)

    def shares(found: FloatArray) -> tuple[FloatArray, FloatArray]:
        taken = np.array([0.0, *_discounts(found)])[np.minimum(found, 3).astype(np.int64)]
        seen = found.sum(axis=1)
        return _over(found - taken, seen), np.where(seen > 0, _over(taken.sum(axis=1), seen), 1.0)

    return _interpolated(adjusted, shares)


def witten_bell(padded: list[Codes], order: int, classes: int, blank: int) -> Estimates:
    """Estimate by interpolated Witten-Bell smoothing (Chen and Goodman 1998, section 2.6)."""

    def shares(found: FloatArray) -> tuple[FloatArray, FloatArray]:
        seen, kinds = found.sum(axis=1), np.count_nonzero(found, axis=1)
        return _over(found, seen + kinds), np.where(seen > 0, _over(kinds, seen + kinds), 1.0)

    return _interpolated([ngram_counts(padded, n, classes) for n in range(1, order + 1)], shares)


SMOOTHINGS: dict[str, Callable[[list[Codes], int, int, int], Estimates]] = {
    "kneser-ney": kneser_ney,
    "witten-bell": witten_bell,
}
"""Each takes sequences with their beginnings and ends, the order, the number of classes and the blank."""


def ngram_counts(padded: list[Codes], n: int, classes: int) -> FloatArray:
    """Return how often each n-gram occurs, (V ** (n - 1), V); the beginning alone is none."""
    places = [context_rows(item, n, classes) * classes + item[n - 1 :] for item in padded if len(item) >= n]
    found = np.concatenate([item[1:] if n == 1 else item for item in places]) if places else np.zeros(0, np.int64)
    return np.bincount(found, minlength=classes**n).reshape(-1, classes).astype(np.float64)


def context_rows(padded: Codes, n: int, classes: int) -> Codes:
    """Return the number of each context of n - 1 classes that something follows, in order."""
    rows = np.zeros(max(len(padded) - n + 1, 0), np.int64)
    for place in range(n - 1):
        rows = rows * classes + padded[place : place + len(rows)]
    return rows


def _interpolated(counts: list[FloatArray], shares: Callable[[FloatArray], tuple[FloatArray, FloatArray]]) -> Estimates:
    """Return what n-grams get of their own, and of shorter ones in their context's stead."""
    log_probs, backoffs = [], []
    classes = counts[0].shape[1]
    lower = np.full((1, classes), 1.0 / classes)
    for n, found in enumerate(counts, 1):
        # A context never seen has a weight of 1: the shorter one speaks for it.
        share, backoff = shares(found)
        lower = share + backoff[:, None] * np.tile(lower, (len(found) // len(lower), 1))
        log_probs.append(np.log(np.where((found > 0) | (n == 1), lower, np.nan)))
        if n > 1:
            backoffs.append(np.log(backoff))
    return tuple(log_probs), tuple(backoffs)


def _discounts(counts: FloatArray) -> tuple[float, ...]:
    """Return what n-grams seen once, twice, and more often give up (Chen and Goodman 1998, equation 17)."""
    seen = [np.count_nonzero(counts == k) for k in (1, 2, 3, 4)]
    if not all(seen):
        return _FALLBACK
    y = seen[0] / (seen[0] + 2 * seen[1])
    found = tuple(k - (k + 1) * y * seen[k] / seen[k - 1] for k in (1, 2, 3))
    return found if all(0 < discount <= k for k, discount in enumerate(found, 1)) else _FALLBACK


def _over(above: NDArray[Any], below: NDArray[Any]) -> FloatArray:
    """Return a quotient, 0 where there is nothing to divide by."""
    divisor = below if above.ndim == 1 else below[:, None]
    quotient: FloatArray = np.divide(above, divisor, out=np.zeros(above.shape), where=divisor > 0)
    return quotient
