"""Edits are as few as the edit distance says, and pair what lies together in time."""

from __future__ import annotations

import numpy as np
import pytest

from model.metrics import edit_distance
from model.timed_edits import timed_edits


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
