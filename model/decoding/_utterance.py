"""One utterance on its way through a backend: its checked probabilities, and what is made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from model.decoding._validation import linear
from model.decoding.alignment import finite, viterbi
from model.decoding.language_model import NGramTable
from model.decoding.types import FloatArray, FrameArray, IntArray

BLOCK_FRAMES = 1 << 14
"""Frames whose probabilities are made at once: five minutes at a stride of 2."""


class Options(NamedTuple):
    """Checked options of `decode`, the same for every utterance."""

    beam_width: int
    n_best: int
    blank: int
    cutoff_prob: float
    cutoff_top_n: int | None
    log_probs_input: bool
    normalize_check: bool
    language_model: NGramTable | None = None


class Utterance:
    """The posteriors of one utterance.

    Parameters
    ----------
    name
        What errors call it.
    frames : (T, V)
        Log-probabilities or probabilities, T > 0.
    options
        How to read them.
    report
        To be called with the part of the work that is done, 0 to 1, whenever a block of it is; may raise `Cancelled`.
    """

    def __init__(
        self, name: str, frames: FrameArray, options: Options, report: Callable[[float], None] = lambda done: None
    ) -> None:
        self.name = name
        self.frames = frames
        self.options = options
        self.report = report
        self._scores: FrameArray | None = None

    def blocks(self) -> Iterator[tuple[FloatArray, float]]:
        """Yield the probabilities of the frames in order, a block at a time: eight hours of them need not lie at once.

        Yields
        ------
        probs, log_scale
            (n, V + 1) probabilities with a last column of zeros, and the logarithm of what they were scaled down by:
            0.0 for normalised frames.

        Raises
        ------
        ValueError
            If a frame is no distribution; see `linear`.
        """
        for first in range(0, len(self.frames), BLOCK_FRAMES):
            yield linear(
                self.frames[first : first + BLOCK_FRAMES],
                self.name,
                log_input=self.options.log_probs_input,
                normalized=self.options.normalize_check,
                first=first,
            )

    def likely_blocks(self) -> Iterator[tuple[FloatArray, float]]:
        """Yield `blocks` with the classes that the cutoffs leave out set to zero."""
        for probs, log_scale in self.blocks():
            yield keep_likely(probs, self.options.cutoff_prob, self.options.cutoff_top_n), log_scale

    def peak_frames(self, labels: IntArray, guide: IntArray | None = None) -> IntArray:
        """Return the frame of each label, (L,), on the best path; see `viterbi` for the guide."""
        if self._scores is None:
            frames = self.frames
            if not self.options.log_probs_input:
                frames = np.concatenate([logarithms(probs[:, :-1]) for probs, _ in self.blocks()])
            self._scores = finite(frames)
        return viterbi(self._scores, labels, self.options.blank, guide)[2]


def keep_likely(probs: FloatArray, cutoff_prob: float, cutoff_top_n: int | None) -> FloatArray:
    """Return probabilities, (T, V + 1), with the classes that the cutoffs leave out set to zero."""
    if cutoff_prob >= 1.0 and (cutoff_top_n is None or cutoff_top_n >= probs.shape[1] - 1):
        return probs
    order = np.argsort(-probs, axis=1, kind="stable")
    ranked = np.take_along_axis(probs, order, axis=1)
    keep = np.ones(ranked.shape, bool)
    if cutoff_prob < 1.0:
        keep &= np.cumsum(ranked, axis=1) - ranked < cutoff_prob
    if cutoff_top_n is not None:
        keep[:, cutoff_top_n:] = False
    kept = np.zeros_like(probs)
    np.put_along_axis(kept, order, np.where(keep, ranked, 0.0), axis=1)
    return kept


def logarithms(probs: FloatArray) -> FloatArray:
    """Return natural logarithms, -inf for zeros."""
    with np.errstate(divide="ignore"):
        logs: FloatArray = np.log(probs)
    return logs
