"""An utterance with what was heard in it, set against its reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.corpus import Utterance
from model.decoding import Hypothesis
from model.metrics import ErrorCounts, aligned, edit_distance

Ints = npt.NDArray[np.int32]

REACH_SECONDS = 0.15
"""How far from its peak a phoneme is shown at most, on either side."""


@dataclass(frozen=True, eq=False)
class ScoredUtterance:
    """An utterance with what was heard in it, set against its reference.

    Attributes
    ----------
    utterance
        Whose reference it is.
    hypothesis
        Class indices heard, silence included.
    frames
        Posterior frame of each, (L,).
    pairs
        Positions in reference and hypothesis that stand opposite each other, silence and spoken noise left out, (P, 2);
        -1 where nothing stands opposite.
    counts
        Phone errors, silence and spoken noise left out.
    distance
        Edits over all labels, silence included.
    seconds
        Duration.
    """

    utterance: Utterance
    hypothesis: tuple[int, ...]
    frames: Ints
    pairs: Ints
    counts: ErrorCounts
    distance: int
    seconds: float

    @property
    def reference(self) -> tuple[int, ...]:
        """Class indices of the reference."""
        return self.utterance.labels or ()

    def span(self, pair: int, step_seconds: float) -> tuple[float, float]:
        """Return from when to when one of the pairs lies, in seconds.

        What was heard lies about its peak, up to the middle between it and its neighbours; what was not heard, between
        the peaks of its neighbours.
        """
        j = int(self.pairs[pair, 1])
        times = self.frames * step_seconds
        if j >= 0:
            before = (times[j - 1] + times[j]) / 2 if j else 0.0
            after = (times[j] + times[j + 1]) / 2 if j + 1 < len(times) else self.seconds
            return max(float(before), times[j] - REACH_SECONDS), min(float(after), times[j] + REACH_SECONDS)
        heard_before = self.pairs[:pair, 1]
        heard_after = self.pairs[pair:, 1]
        heard_before, heard_after = heard_before[heard_before >= 0], heard_after[heard_after >= 0]
        start = float(times[heard_before[-1]]) if len(heard_before) else 0.0
        end = float(times[heard_after[0]]) if len(heard_after) else self.seconds
        return start, max(start, end)


@dataclass(frozen=True)
class ErrorInstance:
    """One place where something was said and something heard.

    Attributes
    ----------
    number
        The utterance's place in the scored corpus.
    pair
        The place in the utterance's pairs.
    said, heard
        Class indices, 0 (the blank) for nothing.
    start, end
        Seconds from the start of the recording.
    """

    number: int
    pair: int
    said: int
    heard: int
    start: float
    end: float


def score_utterance(
    utterance: Utterance, hypothesis: Hypothesis, *, silent: frozenset[int], seconds: float
) -> ScoredUtterance:
    """Set a hypothesis against its utterance's reference."""
    reference, labels = utterance.labels or (), tuple(int(label) for label in hypothesis.labels)
    pairs = aligned(reference, labels, ignore=silent)
    deletions = sum(j < 0 for _, j in pairs)
    insertions = sum(i < 0 for i, _ in pairs)
    substitutions = sum(i >= 0 and j >= 0 and reference[i] != labels[j] for i, j in pairs)
    counts = ErrorCounts(substitutions, deletions, insertions, len(pairs) - insertions)
    places = np.array(pairs, np.int32).reshape(-1, 2)
    distance = edit_distance(reference, labels)
    return ScoredUtterance(utterance, labels, hypothesis.frames, places, counts, distance, seconds)
