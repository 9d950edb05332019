"""Edits are as few as the edit distance says, and pair what lies together in time."""

from __future__ import annotations

import numpy as np
import pytest

from model.metrics import edit_distance
from model.timed_edits import timed_edits, timed_pairs


def apply(reference, hypothesis, edits):
    """Return the reference changed by the edits, each taken from the hypothesis."""
    result, place = [], 0
    for edit in edits:
        result += reference[place : edit.reference]
        place = edit.reference
        if edit.kind != "insertion":
            place += 1
        if edit.kind != "deletion":
            result.append(hypothesis[edit.hypothesis])
    return result + reference[place:]


@pytest.mark.parametrize("seed", range(40))
def test_edits_are_shortest_and_lead_to_the_hypothesis(seed):
    random = np.random.default_rng(seed)
    reference = random.integers(1, 4, random.integers(0, 12)).tolist()
    hypothesis = random.integers(1, 4, random.integers(0, 12)).tolist()
    times = [np.sort(random.uniform(0, 5, len(items))) for items in (reference, hypothesis)]
    found = timed_edits(reference, hypothesis, *times)
    assert len(found) == edit_distance(reference, hypothesis)
    assert apply(reference, hypothesis, found) == hypothesis


@pytest.mark.parametrize("near", [0, 1, 2])
def test_of_several_shortest_lists_the_nearest_in_time_is_taken(near):
    reference_times = np.array([0.0, 1.0, 2.0])
    found = timed_edits([5, 5, 5], [5], reference_times, reference_times[[near]])
    assert [edit.reference for edit in found] == [place for place in range(3) if place != near]
    substituted = timed_edits([1, 2, 3], [7], reference_times, reference_times[[near]])
    assert [edit.kind for edit in substituted].index("substitution") == near


def test_nothing_against_something():
    none, two = np.zeros(0), np.array([0.1, 0.2])
    assert [edit.kind for edit in timed_edits([], [1, 2], none, two)] == ["insertion"] * 2
    assert [edit.kind for edit in timed_edits([1, 2], [], two, none)] == ["deletion"] * 2
    assert timed_edits([], [], none, none) == []


def test_long_sequences_are_still_aligned(monkeypatch):
    monkeypatch.setattr("model.timed_edits._MOST_CELLS", 3)
    times = np.arange(3.0)
    assert [edit.reference for edit in timed_edits([1, 2, 3], [1, 3], times, times[[0, 2]])] == [1]


@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_those_of_the_edits_and_what_is_ignored_stands_nowhere(seed):
    random = np.random.default_rng(seed)
    reference = random.integers(1, 5, random.integers(0, 12)).tolist()
    hypothesis = random.integers(1, 5, random.integers(0, 12)).tolist()
    times = [np.sort(random.uniform(0, 5, len(items))) for items in (reference, hypothesis)]
    pairs = timed_pairs(reference, hypothesis, *times, ignore={4}).tolist()
    assert [i for i, _ in pairs if i >= 0] == [i for i, label in enumerate(reference) if label != 4]
    assert [j for _, j in pairs if j >= 0] == [j for j, label in enumerate(hypothesis) if label != 4]
    assert all(i >= 0 or j >= 0 for i, j in pairs)
    wrong = sum(i < 0 or j < 0 or reference[i] != hypothesis[j] for i, j in pairs)
    spoken = [[label for label in items if label != 4] for items in (reference, hypothesis)]
    kept = [
        times[side][np.array(items) != 4] if items else times[side]
        for side, items in enumerate((reference, hypothesis))
    ]
    assert wrong == edit_distance(*spoken) == len(timed_edits(*spoken, *kept))


def brute(reference, hypothesis, first, second):
    """Return the fewest edits, and of those the least sum of distances in time, by trying all."""
    if not reference or not hypothesis:
        return len(reference) + len(hypothesis), 0.0
    edits, apart = brute(reference[1:], hypothesis[1:], first[1:], second[1:])
    ways = [(edits + (reference[0] != hypothesis[0]), apart + min(abs(first[0] - second[0]), 1.0))]
    for edits, apart in (
        brute(reference[1:], hypothesis, first[1:], second),
        brute(reference, hypothesis[1:], first, second[1:]),
    ):
        ways.append((edits + 1, apart))
    return min(ways)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_lies_nearer_among_the_shortest(seed):
    random = np.random.default_rng(seed)
    reference = random.integers(1, 3, random.integers(0, 6)).tolist()
    hypothesis = random.integers(1, 3, random.integers(0, 6)).tolist()
    first, second = (np.sort(random.uniform(0, 3, len(items))) for items in (reference, hypothesis))
    pairs = timed_pairs(reference, hypothesis, first, second).tolist()
    together = [(i, j) for i, j in pairs if i >= 0 and j >= 0]
    edits = len(pairs) - len(together) + sum(reference[i] != hypothesis[j] for i, j in together)
    apart = sum(min(abs(first[i] - second[j]), 1.0) for i, j in together)
    assert (edits, apart) == pytest.approx(brute(reference, hypothesis, first.tolist(), second.tolist()))
