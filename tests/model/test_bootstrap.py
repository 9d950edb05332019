from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from model.bootstrap import FEWEST_SPEAKERS, grouping, matched_pairs, paired_test, ratio_interval

ERRORS, LENGTHS = [1, 5, 2, 9], [10, 12, 20, 15]


def every_resample(*columns: list[int]) -> np.ndarray:
    """Return the sums of all samples of the rows with replacement, which a bootstrap draws from."""
    rows = np.array(columns, float).T
    return np.array(
        [rows[list(chosen)].sum(axis=0) for chosen in itertools.product(range(len(rows)), repeat=len(rows))]
    )


def test_the_interval_is_that_of_all_possible_resamples():
    found = ratio_interval(ERRORS, LENGTHS, np.arange(4), resamples=100_000)
    sums = every_resample(ERRORS, LENGTHS)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], (0.025, 0.975))
    assert found.value == pytest.approx(sum(ERRORS) / sum(LENGTHS))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


def test_utterances_of_a_speaker_are_drawn_together():
    # Three speakers of ten utterances each: the interval is that of three samples, not of thirty.
    errors, lengths = np.repeat([1, 5, 9], 10), np.full(30, 10)
    together = ratio_interval(errors, lengths, np.repeat(np.arange(3), 10), resamples=50_000)
    alone = ratio_interval(errors, lengths, np.arange(30))
    sums = every_resample([10, 50, 90], [100, 100, 100])
    # Of 27 samples each end is met once, more often than the 2.5 % cut off there.
    low, high = np.quantile(sums[:, 0] / sums[:, 1], (0.025, 0.975), method="inverted_cdf")
    assert (together.low, together.high) == pytest.approx((low, high), abs=0.01)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_a_known_spread_gives_the_interval_of_the_normal_distribution():
    random = np.random.default_rng(0)
    values = random.normal(3.0, 1.0, 2000)
    found = ratio_interval(values, np.ones(2000), np.arange(2000))
    half = 1.96 / math.sqrt(2000)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.1)


def test_the_same_call_gives_the_same_interval_and_nothing_gives_none():
    assert ratio_interval(ERRORS, LENGTHS, range(4)) == ratio_interval(ERRORS, LENGTHS, range(4))
    assert math.isnan(ratio_interval([], [], []).value)
    assert math.isnan(ratio_interval([1], [0], [0]).low)
    assert ratio_interval([2], [4], [0]).low == ratio_interval([2], [4], [0]).high == 0.5


def test_speakers_are_the_groups_where_there_are_enough():
    speakers = [f"s{k % FEWEST_SPEAKERS}" for k in range(20)]
    groups, name = grouping([*speakers, "", ""])
    assert name == "speaker"
    assert len(set(groups)) == FEWEST_SPEAKERS + 2  # those without a speaker each stand alone
    assert groups[0] == groups[FEWEST_SPEAKERS]
    groups, name = grouping(["s1"] * 10 + ["s2"] * 10)
    assert name == "utterance" and len(set(groups)) == 20


def test_the_exact_probability_is_that_of_all_changes_of_sign():
    for values in ([3], [1, -1], [2, 2, 2], [5, -1, 2, 0, 3, 1], [4, 4, -3, 1, 1, 1, -2, 6]):
        signs = itertools.product((-1, 1), repeat=len(values))
        sums = [abs(sum(s * abs(v) for s, v in zip(sign, values, strict=True))) for sign in signs]
        expected = np.mean([total >= abs(sum(values)) for total in sums])
        assert matched_pairs(values)[1] == pytest.approx(expected)
    assert matched_pairs([0, 0, 0]) == (0.0, 1.0)


def test_many_pairs_use_the_normal_distribution():
    random = np.random.default_rng(1)
    values = random.normal(0.3, 1.0, 400)
    z, p = matched_pairs(values)
    assert z == pytest.approx(values.mean() / (values.std(ddof=1) / 20))
    # By the simulation of as many changes of sign.
    flipped = (random.choice((-1, 1), (20_000, 400)) * values).mean(axis=1)
    assert p == pytest.approx(np.mean(np.abs(flipped) >= abs(values.mean())), abs=0.005)
    assert matched_pairs(-values)[0] == -z


def test_the_false_alarms_are_as_many_as_promised():
    random = np.random.default_rng(2)
    alarms = [matched_pairs(random.integers(-3, 4, 60))[1] < 0.05 for _ in range(1000)]
    assert 0.03 < np.mean(alarms) < 0.075


def test_a_better_system_is_found_better_and_the_same_one_is_not():
    random = np.random.default_rng(3)
    lengths = random.integers(20, 60, 100)
    first = random.binomial(lengths, 0.3)
    better = paired_test(first, np.maximum(0, first - random.integers(0, 4, 100)), lengths, np.arange(100))
    assert better.difference.high < 0 and better.improvement > 0.999 and better.p < 0.001
    same = paired_test(first, first, lengths, np.arange(100))
    assert (same.difference.value, same.improvement, same.p) == (0.0, 0.5, 1.0)
    worse = paired_test(np.maximum(0, first - 1), first, lengths, np.arange(100))
    assert worse.difference.low > 0 and worse.improvement < 0.001
    assert math.isnan(paired_test([], [], [], []).p)
