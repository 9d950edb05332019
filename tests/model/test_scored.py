from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from model.metrics import ErrorCounts, edit_distance, error_counts
from model.phonemes import DEFAULT_TABLE
from tests.model.scored_helpers import scored

SILENT = DEFAULT_TABLE.silent()


def random_rows(count: int) -> list[tuple[str, str]]:
    random = np.random.default_rng(0)
    symbols = np.array(["SIL", "AA", "IY", "T", "S"])
    return [
        (" ".join(random.choice(symbols, random.integers(1, 12))), " ".join(random.choice(symbols, size)))
        for size in random.integers(0, 12, count)
    ]


def test_counts_are_those_of_the_metrics_and_silence_counts_in_the_distance_alone():
    rows = random_rows(100)
    score = scored(*rows)
    for (reference, heard), item in zip(rows, score.utterances, strict=True):
        said, labels = DEFAULT_TABLE.encode(reference), DEFAULT_TABLE.encode(heard)
        plain = error_counts(said, labels, ignore=SILENT)
        assert (item.counts.errors, item.counts.reference_length) == (plain.errors, plain.reference_length)
        assert item.counts.insertions - item.counts.deletions == plain.insertions - plain.deletions
        assert item.distance == edit_distance(said, labels)
    found = score.evaluation
    assert found.utterances == 100
    assert found.mean_levenshtein == pytest.approx(np.mean([item.distance for item in score.utterances]))
    assert found.phone_error_rate == pytest.approx(score.errors.sum() / score.lengths.sum())
    assert found.phone_error_rate_interval[0] < found.phone_error_rate < found.phone_error_rate_interval[1]
    assert (found.resampled, found.groups) == ("utterance", 100)


def fewest_edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Return the Levenshtein distance by its recurrence (Wagner and Fischer 1974)."""
    row = list(range(len(heard) + 1))
    for i, said in enumerate(reference, 1):
        corner, row[0] = row[0], i
        for j, label in enumerate(heard, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (said != label))
    return row[-1]


def test_scores_are_those_of_the_recurrence_over_letters_and_of_a_plain_bootstrap():
    rows = random_rows(120)
    speakers = [f"s{k % 8}" for k in range(120)]
    score = scored(*rows, speakers=tuple(speakers))
    letters = [tuple(DEFAULT_TABLE.to_letters(DEFAULT_TABLE.encode(side)) for side in row) for row in rows]
    distances = np.array([fewest_edits(*pair) for pair in letters])
    spoken = [[[name for name in side.split() if name != "SIL"] for side in row] for row in rows]
    errors = np.array([fewest_edits(*pair) for pair in spoken])
    lengths = np.array([len(reference) for reference, _ in spoken])
    found = score.evaluation
    assert found.mean_levenshtein == pytest.approx(distances.mean())
    assert found.phone_error_rate == pytest.approx(errors.sum() / lengths.sum())
    assert found.substitutions + found.deletions + found.insertions == errors.sum()
    heard = sum(len(heard) for _, heard in spoken)
    assert heard - lengths.sum() == found.insertions - found.deletions

    random, members = np.random.default_rng(1), [np.flatnonzero(np.array(speakers) == f"s{k}") for k in range(8)]
    rates, means = [], []
    for _ in range(4000):
        drawn = np.concatenate([members[k] for k in random.integers(0, 8, 8)])
        rates.append(errors[drawn].sum() / lengths[drawn].sum())
        means.append(distances[drawn].mean())
    assert found.phone_error_rate_interval == pytest.approx(tuple(np.quantile(rates, (0.025, 0.975))), rel=0.02)
    assert found.mean_levenshtein_interval == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), rel=0.02)


def test_an_error_lies_where_it_was_heard_and_a_deletion_where_it_was_said():
    score = scored(("K AE T S IY", "K AA S IY D"))
    substitution, deletion, insertion = score.errors_of(0)
    names = DEFAULT_TABLE.symbols
    assert (names[substitution.said], names[substitution.heard]) == ("AE", "AA")
    assert (names[deletion.said], deletion.heard) == ("T", 0)
    assert (insertion.said, names[insertion.heard]) == (0, "D")
    # Both at 0.1, 0.2, ... 0.5 seconds.
    assert (substitution.start, substitution.end) == pytest.approx((0.15, 0.25))
    assert (deletion.start, deletion.end) == pytest.approx((0.25, 0.35))
    assert (insertion.start, insertion.end) == pytest.approx((0.45, 0.55))


def test_every_place_lies_within_the_recording():
    score = scored(*random_rows(100))
    for number, item in enumerate(score.utterances):
        for pair in range(len(item.pairs)):
            place = score.instance(number, pair)
            assert 0.0 <= place.start <= place.end <= 3.0
        assert len(score.errors_of(number)) == item.counts.errors


def test_nothing_heard_is_all_deleted():
    score = scored(("K AE T", ""))
    assert [place.start for place in score.errors_of(0)] == pytest.approx([0.05, 0.15, 0.25])
    assert score.counts == ErrorCounts(0, 3, 0, 3)


def test_groups_add_up_to_the_whole():
    rows = random_rows(60)
    score = scored(*rows, speakers=tuple("abcdef"[k % 6] for k in range(60)))
    for groups in (score.by_speaker, score.by_length):
        assert sum(group.utterances for group in groups) == 60
        assert sum(group.counts.errors for group in groups) == score.counts.errors
        edits = sum(group.mean_levenshtein * group.utterances for group in groups)
        assert edits == pytest.approx(score.distances.sum())
    rates = [group.counts.rate for group in score.by_speaker]
    assert rates == sorted(rates, reverse=True)
    assert score.evaluation.resampled == "speaker" and score.evaluation.groups == 6
    assert scored(*rows).by_speaker == []


def test_utterances_fall_into_the_lengths_that_name_them():
    score = scored((" ".join(["T"] * 25), "T"), (" ".join(["T"] * 26), "T"), (" ".join(["T"] * 151), "T"))
    assert [group.name for group in score.by_length] == ["1–25", "26–50", "over 150"]


def test_a_reference_of_silence_alone_has_no_rate():
    score = scored(("SIL", "SIL"))
    assert math.isnan(score.evaluation.phone_error_rate)
    assert score.evaluation.mean_levenshtein == 0.0
