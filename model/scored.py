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
from model.metrics import ErrorCounts, total_counts
from model.phonemes import SymbolTable
from model.scored_utterance import ErrorInstance, ScoredUtterance

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


@dataclass(frozen=True)
class GroupScore:
    """Scores of the utterances that have something in common: a speaker, or their length."""

    name: str
    utterances: int
    counts: ErrorCounts
    mean_levenshtein: float


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
    checkpoint_sha256
        Of the checkpoint's file, in hexadecimal digits.
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
    checkpoint_sha256: str = ""

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
        """Return one place of an utterance: what was said and heard there, and when."""
        item = self.utterances[number]
        i, j = (int(place) for place in item.pairs[pair])
        said = item.reference[i] if i >= 0 else 0
        heard = item.hypothesis[j] if j >= 0 else 0
        start, end = item.span(pair)
        return ErrorInstance(number, pair, said, heard, start, end)
