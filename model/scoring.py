"""Scores of a network over a corpus while it is trained: loss, phone error rate, Levenshtein distance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from model.batching import pad
from model.corpus import FeatureCache
from model.decoding import greedy
from model.distributed import shard, sum_numbers
from model.inference import batches
from model.metrics import ErrorCounts, edit_distance, error_counts
from model.out_of_memory import free_memory, is_out_of_memory
from model.phonemes import SymbolTable

if TYPE_CHECKING:
    from model.network import SpeechToPhoneme

Decode = Callable[[list[npt.NDArray[Any]]], list[list[int]]]
"""Takes the log-posteriors (T_i, V) of several utterances and returns the labels heard in each."""


@dataclass(frozen=True)
class Score:
    """What a network scores on labelled utterances.

    Attributes
    ----------
    loss
        CTC loss per label, averaged over the utterances with frames enough for their labels; NaN without any.
    counts
        Phone errors, silence and spoken noise removed.
    mean_levenshtein
        Edits per utterance over all labels, silence included, as the course scores.
    utterances
        How many were scored.
    """

    loss: float
    counts: ErrorCounts
    mean_levenshtein: float
    utterances: int


@dataclass(frozen=True)
class _Sums:
    """What a score is made of; those of several batches and processes add up."""

    loss: float = 0.0
    losses: float = 0
    distance: float = 0
    utterances: float = 0
    substitutions: float = 0
    deletions: float = 0
    insertions: float = 0
    reference_length: float = 0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def score(self) -> Score:
        """Return the averages."""
        counts = ErrorCounts(
            int(self.substitutions), int(self.deletions), int(self.insertions), int(self.reference_length)
        )
        count = int(self.utterances)
        loss = self.loss / self.losses if self.losses else math.nan
        return Score(loss, counts, self.distance / count if count else math.nan, count)


def scoring(
    network: SpeechToPhoneme,
    features: FeatureCache,
    chosen: Sequence[int],
    table: SymbolTable,
    *,
    decode: Decode | None = None,
) -> Iterator[tuple[int, int] | Score]:
    """Score some utterances; those without a reference are passed over.

    Several processes share the utterances and all get the same score, so all must take the iterator to its end.

    Parameters
    ----------
    network
        In evaluation mode, on any device.
    features
        Features and references.
    chosen
        Indices into `features`.
    table
        Says what silence is.
    decode
        How posteriors become labels; greedily by default.

    Yields
    ------
    tuple of int
        Utterances done and in all, after every batch; at last the `Score`.
    """
    mine = shard([index for index in chosen if features.utterances[index].labels])
    sums, done = _Sums(), 0
    for bucket in batches(network, features.lengths[mine]):
        sums += _scored(network, features, [mine[i] for i in bucket], table, decode or _greedy)
        done += len(bucket)
        yield done, len(mine)
    yield _Sums(*sum_numbers(astuple(sums))).score()


def score_posteriors(
    network: SpeechToPhoneme, features: FeatureCache, chosen: Sequence[int], table: SymbolTable
) -> Score:
    """Return what `scoring` gives at last."""
    *_, score = scoring(network, features, chosen, table)
    assert isinstance(score, Score)
    return score


def _scored(
    network: SpeechToPhoneme, features: FeatureCache, items: list[int], table: SymbolTable, decode: Decode
) -> _Sums:
    """Score one batch, in halves where memory runs out."""
    references = [features.utterances[i].labels or () for i in items]
    arrays: list[npt.NDArray[Any]] | None = None
    losses: list[float] = []
    try:
        arrays, losses = _posteriors(network, [features[i] for i in items], references)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error) or len(items) == 1:
            raise
    if arrays is None:
        free_memory()
        middle = len(items) // 2
        halves = (items[:middle], items[middle:])
        return sum((_scored(network, features, half, table, decode) for half in halves), _Sums())
    # A network whose training failed gives frames that are no numbers: it has heard nothing.
    sound = [i for i, heard in enumerate(arrays) if np.isfinite(heard).all()]
    found = dict(zip(sound, decode([arrays[i] for i in sound]), strict=True))
    sums = _Sums()
    for number, (reference, loss) in enumerate(zip(references, losses, strict=True)):
        labels = found.get(number, [])
        counts = error_counts(reference, labels, ignore=table.silent())
        possible = not math.isinf(loss)
        edits = edit_distance(reference, labels)
        sums += _Sums(loss / len(reference) if possible else 0.0, possible, edits, 1, *astuple(counts))
    return sums


def _posteriors(
    network: SpeechToPhoneme, features: list[npt.NDArray[np.float32]], references: list[tuple[int, ...]]
) -> tuple[list[npt.NDArray[Any]], list[float]]:
    device = next(network.parameters()).device
    batch, lengths = pad(features)
    with torch.inference_mode():
        log_probs, frames = network(batch.to(device), lengths)
        losses = F.ctc_loss(
            log_probs.transpose(0, 1),
            torch.tensor([label for item in references for label in item], device=device),
            frames,
            torch.tensor([len(item) for item in references]),
            reduction="none",
        )
    array = log_probs.cpu().numpy()
    return [array[i, :length] for i, length in enumerate(frames.tolist())], losses.tolist()


def _greedy(log_probs: list[npt.NDArray[Any]]) -> list[list[int]]:
    return [greedy(item).labels.tolist() for item in log_probs]
