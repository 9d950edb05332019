"""What scoring a corpus gives: every utterance with its errors, and the sums of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from model.bootstrap import Interval, grouping, ratio_interval
from model.config import DecodingConfig
from model.corpus import Utterance
from model.decoding import Hypothesis
from model.metrics import ErrorCounts, aligned, edit_distance, total_counts
from model.phonemes import SymbolTable

Ints = npt.NDArray[np.int32]

REACH_SECONDS = 0.15
"""How far from its peak a phoneme is shown at most, on either side."""

_LENGTHS = (25, 50, 75, 100, 150)


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found; the fields are those of the command's JSON.

    Attributes
    ----------
    utterances
        Utterances scored.
    phone_error_rate
        Errors per reference phoneme (0..1, more when insertions abound), silence and spoken noise removed.
    substitutions, deletions, insertions
        The errors by kind.
    mean_levenshtein
        Edits per utterance over all labels, silence included, as the course scores.
    seconds
        Wall time of network and decoding.
    reference_phonemes
        Phonemes of the references, silence and spoken noise removed.
    phone_error_rate_interval, mean_levenshtein_interval
        Bounds of the 95 % confidence intervals.
    resampled
        What the intervals' bootstrap draws: ``"speaker"`` or ``"utterance"``.
    groups
        How many of these there are.
    """

    utterances: int
    phone_error_rate: float
    substitutions: int
    deletions: int
    insertions: int
    mean_levenshtein: float
    seconds: float
    reference_phonemes: int = 0
    phone_error_rate_interval: tuple[float, float] = (0.0, 0.0)
    mean_levenshtein_interval: tuple[float, float] = (0.0, 0.0)
    resampled: str = "utterance"
    groups: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)


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


@dataclass(frozen=True)
class GroupScore:
    """Scores of the utterances that have something in common: a speaker, or their length."""

    name: str
    utterances: int
    counts: ErrorCounts
    mean_levenshtein: float


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


@dataclass(frozen=True, eq=False)
class CorpusScore:
    """A corpus scored with one checkpoint and one way of decoding.

    Attributes
    ----------
    corpus, checkpoint
        Their names, for the user.
    table
        Symbols of the labels.
    settings
        How it was decoded.
    step_seconds
        Time between posterior frames.
    utterances
        In corpus order.
    problems
        A sentence for every recording that was left out.
    seconds
        Wall time of network and decoding.
    decoding_seconds
        Wall time of decoding alone.
    """

    corpus: str
    checkpoint: str
    table: SymbolTable
    settings: DecodingConfig
    step_seconds: float
    utterances: tuple[ScoredUtterance, ...]
    problems: tuple[str, ...]
    seconds: float
    decoding_seconds: float

    @cached_property
    def counts(self) -> ErrorCounts:
        """Phone errors of all utterances together."""
        return total_counts(item.counts for item in self.utterances)

    @cached_property
    def errors(self) -> npt.NDArray[np.int64]:
        """Phone errors of each utterance, (N,)."""
        return np.array([item.counts.errors for item in self.utterances], np.int64)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Reference phonemes of each utterance, (N,)."""
        return np.array([item.counts.reference_length for item in self.utterances], np.int64)

    @cached_property
    def distances(self) -> npt.NDArray[np.int64]:
        """Edits over all labels of each utterance, (N,)."""
        return np.array([item.distance for item in self.utterances], np.int64)

    @cached_property
    def grouping(self) -> tuple[npt.NDArray[np.int64], str]:
        """Group of each utterance, (N,), and what the groups are."""
        return grouping([item.utterance.speaker for item in self.utterances])

    @cached_property
    def error_rate(self) -> Interval:
        """Phone error rate."""
        return ratio_interval(self.errors, self.lengths, self.grouping[0])

    @cached_property
    def mean_levenshtein(self) -> Interval:
        """Edits per utterance over all labels."""
        return ratio_interval(self.distances, np.ones(len(self.utterances)), self.grouping[0])

    @property
    def evaluation(self) -> Evaluation:
        """The sums, as the command prints them."""
        groups, name = self.grouping
        return Evaluation(
            utterances=len(self.utterances),
            phone_error_rate=self.counts.rate,
            substitutions=self.counts.substitutions,
            deletions=self.counts.deletions,
            insertions=self.counts.insertions,
            mean_levenshtein=self.mean_levenshtein.value,
            seconds=self.seconds,
            reference_phonemes=self.counts.reference_length,
            phone_error_rate_interval=(self.error_rate.low, self.error_rate.high),
            mean_levenshtein_interval=(self.mean_levenshtein.low, self.mean_levenshtein.high),
            resampled=name,
            groups=int(groups.max(initial=-1)) + 1,
        )

    @cached_property
    def by_speaker(self) -> list[GroupScore]:
        """Scores of each speaker, the most errors per phoneme first; none where no speaker is named."""
        names = [item.utterance.speaker for item in self.utterances]
        groups = self._groups(names, sorted(set(filter(None, names))))
        return sorted(groups, key=lambda group: -group.counts.errors / max(1, group.counts.reference_length))

    @cached_property
    def by_length(self) -> list[GroupScore]:
        """Scores of utterances by the number of their reference phonemes, the shortest first."""
        bounds = [0, *_LENGTHS]
        names = [f"{a + 1}–{b}" for a, b in pairwise(bounds)] + [f"over {bounds[-1]}"]
        places = np.searchsorted(_LENGTHS, self.lengths)
        return self._groups([names[place] for place in places], names)

    def _groups(self, keys: Sequence[str], names: Sequence[str]) -> list[GroupScore]:
        members: dict[str, list[ScoredUtterance]] = {name: [] for name in names}
        for key, item in zip(keys, self.utterances, strict=True):
            if key in members:
                members[key].append(item)
        return [
            GroupScore(
                name,
                len(items),
                total_counts(item.counts for item in items),
                sum(item.distance for item in items) / len(items),
            )
            for name, items in members.items()
            if items
        ]

    def errors_of(self, number: int) -> list[ErrorInstance]:
        """Return the errors of one utterance in order of time."""
        found = (self.instance(number, pair) for pair in range(len(self.utterances[number].pairs)))
        return [instance for instance in found if instance.said != instance.heard]

    def instance(self, number: int, pair: int) -> ErrorInstance:
        """Return one place of an utterance: what was said and heard there, and when.

        What was heard lies about its peak, up to the middle between it and its neighbours; what was not heard, between
        the peaks of its neighbours.
        """
        item = self.utterances[number]
        i, j = (int(place) for place in item.pairs[pair])
        said = item.reference[i] if i >= 0 else 0
        heard = item.hypothesis[j] if j >= 0 else 0
        start, end = self._span(item, pair, j)
        return ErrorInstance(number, pair, said, heard, start, end)

    def _span(self, item: ScoredUtterance, pair: int, j: int) -> tuple[float, float]:
        times = item.frames * self.step_seconds
        if j >= 0:
            before = (times[j - 1] + times[j]) / 2 if j else 0.0
            after = (times[j] + times[j + 1]) / 2 if j + 1 < len(times) else item.seconds
            return max(float(before), times[j] - REACH_SECONDS), min(float(after), times[j] + REACH_SECONDS)
        heard_before = item.pairs[:pair, 1]
        heard_after = item.pairs[pair:, 1]
        heard_before, heard_after = heard_before[heard_before >= 0], heard_after[heard_after >= 0]
        start = float(times[heard_before[-1]]) if len(heard_before) else 0.0
        end = float(times[heard_after[0]]) if len(heard_after) else item.seconds
        return start, max(start, end)
