"""An utterance with what was heard in it, set against its reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.corpus import Utterance
from model.decoding import Hypothesis
from model.metrics import ErrorCounts, aligned, edit_distance
from model.timed_edits import timed_pairs

Ints = npt.NDArray[np.int32]
Spans = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ScoredUtterance:
    """An utterance with what was heard in it, set against its reference.

    Attributes
    ----------
    utterance
        Whose reference it is.
    hypothesis
        Class indices heard, silence included.
    said_spans, heard_spans
        Start and end in seconds of every label of the reference and of the hypothesis, (M, 2) and (L, 2); empty where
        they were not asked for.
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
    said_spans: Spans
    heard_spans: Spans
    pairs: Ints
    counts: ErrorCounts
    distance: int
    seconds: float

    @property
    def reference(self) -> tuple[int, ...]:
        """Class indices of the reference."""
        return self.utterance.labels or ()

    def span(self, pair: int) -> tuple[float, float]:
        """Return from when to when one of the pairs lies, in seconds: where it was heard, else where it was said."""
        i, j = (int(place) for place in self.pairs[pair])
        start, end = (self.heard_spans[j] if j >= 0 else self.said_spans[i]).tolist()
        return start, end


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
    utterance: Utterance,
    hypothesis: Hypothesis,
    *,
    silent: frozenset[int],
    seconds: float,
    spans: tuple[Spans, Spans] | None = None,
) -> ScoredUtterance:
    """Set a hypothesis against its utterance's reference.

    Parameters
    ----------
    silent
        Class indices of silence and spoken noise.
    seconds
        Duration.
    spans
        Start and end of every label said and heard. With them, labels that lie near each other in time are set against
        each other where the number of errors leaves a choice. Without them errors are counted, but have no place.
    """
    reference, labels = utterance.labels or (), tuple(int(label) for label in hypothesis.labels)
    if spans is None:
        pairs = np.array(aligned(reference, labels, ignore=silent), np.int32).reshape(-1, 2)
        spans = (_NOWHERE, _NOWHERE)
    else:
        pairs = timed_pairs(reference, labels, *(item.mean(axis=1) for item in spans), ignore=silent)
    deletions, insertions = int((pairs[:, 1] < 0).sum()), int((pairs[:, 0] < 0).sum())
    together = pairs[(pairs >= 0).all(axis=1)].tolist()
    substitutions = sum(reference[i] != labels[j] for i, j in together)
    counts = ErrorCounts(substitutions, deletions, insertions, len(pairs) - insertions)
    distance = edit_distance(reference, labels)
    return ScoredUtterance(utterance, labels, *spans, pairs, counts, distance, seconds)


_NOWHERE: Spans = np.zeros((0, 2), np.float32)
