"""One utterance on its way through a backend: its checked probabilities, and what is made from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.decoding._validation import linear
from model.decoding.alignment import finite, viterbi
from model.decoding.language_model import NGramTable
from model.decoding.types import FloatArray, FrameArray, IntArray


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

    Attributes
    ----------
    probs : (T, V + 1)
        Probabilities, the last column zero.
    offset
        Logarithm of what the frames were scaled down by; 0.0 for normalised ones.

    Raises
    ------
    ValueError
        If a frame is no distribution; see `linear`.
    """

    def __init__(self, name: str, frames: FrameArray, options: Options) -> None:
        self.name = name
        self.frames = frames
        self.options = options
        self.probs, self.offset = linear(
            frames, name, log_input=options.log_probs_input, normalized=options.normalize_check
        )
        self._scores: FloatArray | None = None

    def likely(self) -> FloatArray:
        """Return `probs` with the classes that the cutoffs leave out set to zero."""
        return keep_likely(self.probs, self.options.cutoff_prob, self.options.cutoff_top_n)

    def peak_frames(self, labels: IntArray, guide: IntArray | None = None) -> IntArray:
        """Return the frame of each label, (L,), on the best path; see `viterbi` for the guide."""
        if self._scores is None:
            self._scores = finite(self.frames if self.options.log_probs_input else logarithms(self.probs[:, :-1]))
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
