from __future__ import annotations

import math

import numpy as np
import pytest

from model import metrics
from model.metrics import ErrorCounts, aligned, edit_distance, edits, error_counts, total_counts
from model.phonemes import DEFAULT_TABLE


def plain_distance(a: list[int], b: list[int]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def pairs() -> list[tuple[list[int], list[int]]]:
    random = np.random.default_rng(0)
    return [
        (random.integers(1, 42 if number % 2 else 4, random.integers(0, 30)).tolist(),
         random.integers(1, 42 if number % 2 else 4, random.integers(0, 30)).tolist())
        for number in range(200)
    ]  # fmt: skip


def test_the_distance_is_that_of_a_plain_program():
    for reference, hypothesis in pairs():
        expected = plain_distance(reference, hypothesis)
        assert edit_distance(reference, hypothesis) == expected
        assert edit_distance(hypothesis, reference) == expected
        assert error_counts(reference, hypothesis).errors == expected


def test_counts_fit_the_lengths():
    for reference, hypothesis in pairs():
        counts = error_counts(reference, hypothesis)
        assert counts.reference_length == len(reference)
        assert counts.reference_length - counts.deletions + counts.insertions == len(hypothesis)


def test_edits_make_the_reference_into_the_hypothesis():
    for reference, hypothesis in pairs():
        result = list(reference)
        for edit in reversed(edits(reference, hypothesis)):
            if edit.kind == "substitution":
                result[edit.reference] = hypothesis[edit.hypothesis]
            elif edit.kind == "deletion":
                del result[edit.reference]
            else:
                result.insert(edit.reference, hypothesis[edit.hypothesis])
        assert result == hypothesis


def test_what_stands_opposite_is_in_order_whole_and_as_wrong_as_the_counts():
    ignore = {3}
    for reference, hypothesis in pairs():
        found = aligned(reference, hypothesis, ignore=ignore)
        rows, columns = [i for i, _ in found if i >= 0], [j for _, j in found if j >= 0]
        assert rows == [i for i, label in enumerate(reference) if label not in ignore]
        assert columns == [j for j, label in enumerate(hypothesis) if label not in ignore]
        wrong = sum(i < 0 or j < 0 or reference[i] != hypothesis[j] for i, j in found)
        assert wrong == error_counts(reference, hypothesis, ignore=ignore).errors


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ([1, 2, 3], [1, 2, 3], (0, 0, 0)),
        ([1, 2, 3], [1, 9, 3], (1, 0, 0)),
        ([1, 2, 3], [1, 3], (0, 1, 0)),
        ([1, 3], [1, 2, 3], (0, 0, 1)),
        ([], [5, 6], (0, 0, 2)),
        ([5, 6], [], (0, 2, 0)),
        ([], [], (0, 0, 0)),
    ],
)
def test_errors_are_told_apart(reference: list[int], hypothesis: list[int], expected: tuple[int, int, int]):
    counts = error_counts(reference, hypothesis)
    assert (counts.substitutions, counts.deletions, counts.insertions) == expected
    assert counts.errors == sum(expected)


def test_silence_and_noise_are_left_out_of_the_rate():
    silent = DEFAULT_TABLE.silent()
    reference = DEFAULT_TABLE.encode("SIL K AE T SIL")
    assert error_counts(reference, DEFAULT_TABLE.encode("K AE T SPN SPN"), ignore=silent).errors == 0
    counts = error_counts(reference, DEFAULT_TABLE.encode("SPN K AA T"), ignore=silent)
    assert (counts.substitutions, counts.reference_length) == (1, 3)
    assert counts.rate == pytest.approx(1 / 3)
    assert error_counts(reference, DEFAULT_TABLE.encode("K AE T")).errors == 2


def test_counts_add_up():
    total = total_counts(error_counts(reference, hypothesis) for reference, hypothesis in pairs())
    assert total.errors == sum(plain_distance(*pair) for pair in pairs())
    assert total.reference_length == sum(len(reference) for reference, _ in pairs())
    assert total_counts([]) == ErrorCounts()


def test_the_rate_of_nothing_is_no_number():
    assert math.isnan(ErrorCounts().rate)
    assert error_counts([3], [4, 5, 6]).rate == 3.0


def test_labels_may_come_from_arrays():
    reference, hypothesis = np.array([1, 2, 3]), np.array([1, 3], np.int32)
    assert edit_distance(reference, hypothesis) == 1  # type: ignore[arg-type]
    assert error_counts(reference, hypothesis).deletions == 1  # type: ignore[arg-type]


def test_long_sequences_are_compared_as_short_ones_are(monkeypatch):
    expected = [(edit_distance(*pair), error_counts(*pair).errors) for pair in pairs()]
    monkeypatch.setattr(metrics, "_MOST_PAIRS", -1)

    assert [(edit_distance(*pair), error_counts(*pair).errors) for pair in pairs()] == expected
