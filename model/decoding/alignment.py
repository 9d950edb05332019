"""CTC forced alignment: when each label of a known sequence is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from model.decoding._validation import label_sequence, linear, own, split_utterances, whole_number
from model.decoding.types import Alignment, FrameArray, IntArray

_BLOCK_BYTES = 1 << 27
"""Memory for tracing back above which a path is found block by block."""

_CHECKED_FRAMES = 1 << 14
"""Frames checked at once."""

_IMPOSSIBLE = 1000.0
"""How much worse than the worst log-probability of the input an impossible class counts."""

_BAND = 64
"""Labels looked at in a frame where a guide tells which: what 5 seconds of speech hold."""


def align(
    log_probs: FrameArray,
    labels: ArrayLike | Sequence[int],
    *,
    blank: SupportsIndex = 0,
    guide: ArrayLike | None = None,
) -> Alignment:
    """Find the most probable path of a label sequence: the Viterbi algorithm over labels and optional blanks.

    The result is exact at any length. Without a guide, time grows with ``T * L``; memory with the square root of T from
    128 MB on, where the path is found block by block.

    Parameters
    ----------
    log_probs : (T, V)
        Log-probabilities of one utterance.
    labels : (L,)
        Class indices without blanks.
    blank
        Index of the blank.
    guide : (L,)
        A frame near each label, not decreasing, such as a hypothesis's own ``frames``. Only the 64 labels about it are
        then considered at a frame, so that time grows with T alone: for long recordings.

    Returns
    -------
    Alignment
        Frames, confidence and the path's log-probability. Where a label has no probability at all, the path avoids
        such frames as far as it can, and its log-probability is -inf.

    Raises
    ------
    ValueError
        If an argument is malformed, or T frames are too few for the labels: each takes a frame, and equal neighbours
        a blank between them.
    """
    [(name, frames)] = _one(log_probs)
    blank = whole_number(blank, "blank", 0, frames.shape[1] - 1)
    wanted = label_sequence(labels, frames.shape[1], blank)
    needed = len(wanted) + int(np.count_nonzero(wanted[1:] == wanted[:-1]))
    if needed > len(frames):
        raise ValueError(f"labels do not fit: {len(wanted)} labels need {needed} frames, {name} has {len(frames)}")
    for first in range(0, len(frames), _CHECKED_FRAMES):
        linear(frames[first : first + _CHECKED_FRAMES], name, first=first)
    if len(frames) == 0:
        none = np.zeros(0, np.int32)
        return Alignment(none, none, none, np.zeros(0), 0.0)
    near = None if guide is None else np.asarray(guide, dtype=np.int32)
    if near is not None and near.shape != wanted.shape:
        raise ValueError(f"guide must have a frame for each of the {len(wanted)} labels, not the shape {near.shape}")
    start, end, peak = viterbi(finite(frames), wanted, blank, near)
    path = np.full(len(frames), blank)
    lengths = end - start
    spoken = np.repeat(start - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    path[spoken] = np.repeat(wanted, lengths)
    scores = frames[np.arange(len(frames)), path].astype(np.float64)
    said = np.repeat(np.arange(len(wanted)), lengths)
    confidence = np.bincount(said, np.exp(scores[spoken]), minlength=len(wanted)) / np.maximum(lengths, 1)
    return Alignment(start, end, peak, np.minimum(confidence, 1.0), float(scores.sum()))


def _one(log_probs: FrameArray) -> list[tuple[str, FrameArray]]:
    frames = np.asarray(log_probs)
    if frames.ndim != 2:
        raise ValueError(f"log_probs must be (T, V), not an array of shape {frames.shape}")
    return split_utterances(frames, None, None)


def finite(log_probs: FrameArray) -> FrameArray:
    """Return log-probabilities as float32 or float64, -inf replaced by something worse than everything else."""
    scores = own(log_probs, np.float64 if log_probs.dtype.itemsize > 4 else np.float32)
    lowest = float(scores.min(initial=0.0))
    if math.isinf(lowest):
        floor = float(scores.min(initial=0.0, where=np.isfinite(scores))) - _IMPOSSIBLE
        scores = np.maximum(scores, floor)
    return scores


def viterbi(
    log_probs: FrameArray, labels: IntArray, blank: int, guide: IntArray | None = None
) -> tuple[IntArray, IntArray, IntArray]:
    """Return first frame, frame after the last, and peak of each label on the best path, all (L,).

    Parameters
    ----------
    log_probs : (T, V)
        Finite log-probabilities, T > 0, float32 or float64.
    labels, blank
        A sequence that fits, and the index of the blank.
    guide : (L,)
        A frame near each label, increasing. Only the 64 labels about those near a frame are then considered at that
        frame, so that time grows with T alone; that is still exact for sequences of fewer labels.
    """
    from model.decoding._align_kernel import best_path

    frames, places = log_probs.shape[0], len(labels) + 1
    if guide is None:
        guide = labels
    else:
        places = min(places, _BAND)
    return best_path(log_probs, labels, blank, guide, places, _block_frames(frames, places))


def _block_frames(frames: int, places: int) -> int:
    """Return how many frames to trace back at once: all if the memory is small."""
    return frames if frames * places <= _BLOCK_BYTES else math.isqrt(frames) + 1
