"""Scores of a network over a corpus: loss, phone error rate, Levenshtein distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from model.batching import length_buckets, pad
from model.corpus import FeatureCache
from model.decoding import greedy
from model.metrics import ErrorCounts, edit_distance, error_counts
from model.phonemes import SymbolTable

if TYPE_CHECKING:
    from model.network import SpeechToPhoneme


@dataclass(frozen=True)
class Score:
    """What a network scores on labelled utterances.

    Attributes
    ----------
    loss
        CTC loss per label, averaged over utterances; NaN when it was not computed.
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


def score_posteriors(
    network: SpeechToPhoneme, features: FeatureCache, chosen: Sequence[int], table: SymbolTable
) -> Score:
    """Score greedy decoding of some utterances; those without a reference are passed over.

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
    """
    device = next(network.parameters()).device
    chosen = [index for index in chosen if features.utterances[index].labels]
    loss, distance, counts = 0.0, 0, ErrorCounts()
    lengths = features.lengths[list(chosen)]
    for bucket in length_buckets(lengths, batch_frames=24000, batch_utterances=64):
        items = [chosen[i] for i in bucket]
        batch, frames = pad([features[i] for i in items])
        references = [features.utterances[i].labels or () for i in items]
        with torch.inference_mode():
            log_probs, frames = network(batch.to(device), frames)
            losses = F.ctc_loss(
                log_probs.transpose(0, 1),
                torch.tensor([label for item in references for label in item], device=device),
                frames,
                torch.tensor([len(item) for item in references]),
                zero_infinity=True,
                reduction="none",
            )
        arrays = log_probs.cpu().numpy()
        for array, length, reference, one in zip(arrays, frames.tolist(), references, losses.tolist(), strict=True):
            heard = array[:length]
            # A network whose training failed gives frames that are no numbers: it has heard nothing.
            labels = greedy(heard).labels.tolist() if np.isfinite(heard).all() else []
            loss += one / len(reference)
            distance += edit_distance(reference, labels)
            counts += error_counts(reference, labels, ignore=table.silent())
    count = len(chosen)
    return Score(loss / count if count else math.nan, counts, distance / count if count else math.nan, count)
