"""Confidence intervals of error rates, and whether the difference of two systems is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
CONFIDENCE = 0.95
FEWEST_SPEAKERS = 5
"""With fewer speakers than these, utterances are resampled: a handful of speakers has too few samples of itself."""

_EXACT = 16  # differences up to which all changes of sign are gone through
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedTest:
    """What is known about the difference of two systems on the same utterances, the second less the first.

    Attributes
    ----------
    difference
        Difference of the ratios (errors per phoneme), with its bootstrap interval.
    improvement
        Part of the resamples in which the second system makes fewer errors, ties counting half.
    z
        Statistic of the matched-pairs test, 0 where all differences are equal to 0.
    p
        Two-sided probability of such a difference by chance.
    """

    difference: Interval
    improvement: float
    z: float
    p: float


def grouping(speakers: Sequence[str]) -> tuple[npt.NDArray[np.int64], str]:
    """Return a group number for each utterance, and what the groups are: ``"speaker"`` or ``"utterance"``.

    Utterances of one speaker resemble each other, so that speakers are drawn as a whole where there are enough of them.
    Utterances without a speaker are each a group of their own.
    """
    if len(set(filter(None, speakers))) < FEWEST_SPEAKERS:
        return np.arange(len(speakers)), "utterance"
    numbers: dict[tuple[str, int], int] = {}
    keys = [(speaker, -1 if speaker else index) for index, speaker in enumerate(speakers)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64), "speaker"


def ratio_interval(
    errors: npt.ArrayLike, lengths: npt.ArrayLike, groups: npt.ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Return the ratio of two sums over utterances with its percentile bootstrap interval.

    Groups of utterances are drawn with replacement, as many as there are (Bisani and Ney 2004, "Bootstrap estimates
    for confidence intervals in ASR performance evaluation", ICASSP).

    Parameters
    ----------
    errors, lengths : (N,)
        Errors and reference phonemes of each utterance; lengths of 1 make it an interval of the mean.
    groups : (N,)
        Number of each utterance's group, from 0.
    resamples, seed
        How many samples are drawn, and where the random numbers start: the same call gives the same interval.
    """
    sums = _group_sums(groups, errors, lengths)
    value = _ratio(sums[:, 0].sum(), sums[:, 1].sum())
    if not len(sums):
        return Interval(math.nan, math.nan, math.nan)
    drawn = _resampled(sums, resamples, seed)
    low, high = _percentiles(_ratio(drawn[:, 0], drawn[:, 1]))
    return Interval(float(value), low, high)


def paired_test(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    lengths: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PairedTest:
    """Compare the errors of two systems on the same utterances.

    The interval and the probability of improvement come from a bootstrap in which both systems are given the same
    resampled groups (Bisani and Ney 2004); ``z`` and ``p`` from `matched_pairs` on the differences of the groups.

    Parameters
    ----------
    first, second, lengths : (N,)
        Errors of either system, and reference phonemes, of each utterance.
    groups, resamples, seed
        As in `ratio_interval`.
    """
    sums = _group_sums(groups, first, second, lengths)
    if not len(sums):
        return PairedTest(Interval(math.nan, math.nan, math.nan), math.nan, 0.0, math.nan)
    drawn = _resampled(sums, resamples, seed)
    apart = _ratio(drawn[:, 1] - drawn[:, 0], drawn[:, 2])
    low, high = _percentiles(apart)
    value = _ratio(sums[:, 1].sum() - sums[:, 0].sum(), sums[:, 2].sum())
    improvement = float(np.mean(apart < 0) + 0.5 * np.mean(apart == 0))
    z, p = matched_pairs(sums[:, 1] - sums[:, 0])
    return PairedTest(Interval(float(value), low, high), improvement, z, p)


def matched_pairs(differences: npt.ArrayLike) -> tuple[float, float]:
    """Return statistic and two-sided probability of the matched-pairs test that differences are 0 on average.

    The test of Gillick and Cox (1989, "Some statistical issues in the comparison of speech recognition algorithms",
    ICASSP), NIST's MAPSSWE, with whole utterances or speakers as its segments: their mean over its standard error is
    normal. Where at most 16 differences are not 0 the probability is exact instead: the part of all changes of their
    signs that lie at least as far out.

    Parameters
    ----------
    differences : (N,)
        Errors of one system less those of the other, a number for each segment.
    """
    values = np.asarray(differences, np.float64)
    nonzero = values[values != 0]
    if not len(nonzero):
        return 0.0, 1.0
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    z = float(values.mean()) / (spread / math.sqrt(len(values))) if spread else math.copysign(math.inf, values.mean())
    if len(nonzero) > _EXACT:
        return z, math.erfc(abs(z) / math.sqrt(2))
    sums = np.zeros(1)
    for value in np.abs(nonzero):
        sums = np.concatenate([sums + value, sums - value])
    far = abs(float(nonzero.sum())) - 1e-9
    return z, float(np.mean(np.abs(sums) >= far))


def _group_sums(groups: npt.ArrayLike, *columns: npt.ArrayLike) -> Floats:
    """Return the sums of each group, shape (groups, columns)."""
    numbers = np.asarray(groups, np.int64)
    return np.stack([np.bincount(numbers, np.asarray(column, np.float64)) for column in columns], axis=1)


def _resampled(sums: Floats, resamples: int, seed: int) -> Floats:
    """Return the totals of samples of groups drawn with replacement, shape (resamples, columns)."""
    random = np.random.default_rng(seed)
    count = len(sums)
    totals = np.empty((resamples, sums.shape[1]))
    rows = max(1, _BLOCK // count)
    for start in range(0, resamples, rows):
        drawn = random.integers(0, count, (min(rows, resamples - start), count))
        for column in range(sums.shape[1]):
            totals[start : start + rows, column] = sums[drawn, column].sum(axis=1)
    return totals


def _ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    bottom = np.asarray(below, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = np.asarray(above, np.float64) / np.where(bottom == 0, np.nan, bottom)
    return ratio


def _percentiles(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return math.nan, math.nan
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)
