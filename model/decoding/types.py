"""What decoding gives: hypotheses and alignments."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int32]
FrameArray: TypeAlias = NDArray[Any]
"""(T, V) log-probabilities or probabilities of any floating-point type."""


class Hypothesis(NamedTuple):
    """A label sequence that an utterance may be."""

    labels: IntArray
    """Class indices without blanks, (L,)."""

    log_prob: float
    """Natural logarithm of its probability, summed over its alignments in the beam (greedy: of the best path alone)."""

    frames: IntArray
    """The frame at which each label is most probable on the best path, strictly increasing, (L,)."""


class Alignment(NamedTuple):
    """When each label of a sequence is said, on the most probable path of the sequence."""

    start: IntArray
    """First frame of each label, (L,)."""

    end: IntArray
    """Frame after the last of each label, (L,). The frames between two labels are blank."""

    peak: IntArray
    """Frame within [start, end) where the label is most probable, the earliest of several, (L,)."""

    confidence: FloatArray
    """Mean posterior probability of each label over its frames, 0 to 1, (L,)."""

    log_prob: float
    """Natural logarithm of the path's probability; -inf if the labels are impossible."""
