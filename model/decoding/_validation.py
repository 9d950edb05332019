"""Checks of what `decode`, `greedy` and `align` are given: every fault is a ValueError naming the argument."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from model.decoding.types import FloatArray, FrameArray, IntArray
from model.errors import reason

TOLERANCE = 1e-3
"""How far from 1 the probabilities of a frame may sum to."""

HALF_TOLERANCE = 1e-2
"""The same for float16, whose rounding alone may come to 0.5 %."""

MAX_BEAM_WIDTH = 1_000_000
MAX_ALPHA = 100.0
MAX_BETA = 100.0


def whole_number(value: SupportsIndex, name: str, low: int, high: int | None = None) -> int:
    """Return value as an int that lies between low and high."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if isinstance(value, bool | np.bool_) or number < low or (high is not None and number > high):
        bounds = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ValueError(f"{name} must be {bounds}, not {value!r}")
    return number


def real_number(value: float, name: str, low: float, high: float) -> float:
    """Return value as a float that lies between low and high."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value!r}")
    return number


def split_utterances(log_probs: Any, lengths: Any, classes: int | None) -> list[tuple[str, FrameArray]]:
    """Return each utterance, (T_i, V), after the name that errors should call it by.

    Parameters
    ----------
    log_probs
        (B, T, V), one (T, V), or a sequence of (T_i, V).
    lengths
        Frames of each utterance, None for all.
    classes
        What V has to be, None for anything.
    """
    if isinstance(log_probs, Sequence):
        parts = [_frames(part, f"log_probs[{i}]") for i, part in enumerate(log_probs)]
    else:
        array = _array(log_probs, "log_probs")
        if array.ndim not in (2, 3):
            raise ValueError(f"log_probs must be (B, T, V), (T, V) or a list of (T, V), not of shape {array.shape}")
        parts = list(array) if array.ndim == 3 else [array]
    if not parts:
        raise ValueError("log_probs must hold at least one utterance")
    names = ["log_probs"] if len(parts) == 1 else [f"log_probs[{i}]" for i in range(len(parts))]
    expected = parts[0].shape[1] if classes is None else whole_number(classes, "classes", 1)
    for name, part in zip(names, parts, strict=True):
        if part.shape[1] != expected:
            raise ValueError(f"{name} has {part.shape[1]} classes, expected {expected}")
    if expected < 1:
        raise ValueError("log_probs must have at least one class")
    counts = _lengths(lengths, [len(part) for part in parts])
    return [(name, part[:count]) for name, part, count in zip(names, parts, counts, strict=True)]


def _array(value: Any, name: str) -> FrameArray:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors on another device
        raise ValueError(f"{name} cannot be made an array: {reason(error)}") from None
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"{name} must hold floating-point numbers, not {array.dtype}")
    return array


def _frames(value: Any, name: str) -> FrameArray:
    array = _array(value, name)
    if array.ndim != 2:
        raise ValueError(f"{name} must be (T, V), not an array of shape {array.shape}")
    return array


def _lengths(lengths: Any, available: list[int]) -> list[int]:
    if lengths is None:
        return available
    array = np.asarray(lengths)
    if array.ndim > 1 or not np.issubdtype(array.dtype, np.integer) or array.size != len(available):
        raise ValueError(f"lengths must hold {len(available)} whole numbers, one an utterance, not {lengths!r}")
    counts: list[int] = array.reshape(-1).tolist()
    for i, (count, most) in enumerate(zip(counts, available, strict=True)):
        if not 0 <= count <= most:
            raise ValueError(f"lengths[{i}] must lie between 0 and the {most} frames of log_probs, not {count}")
    return counts


def own(values: ArrayLike, kind: type = np.float64) -> FloatArray:
    """Return values as a writable array in C order, float64 unless told otherwise, copied only if need be.

    The compiled kernels take no other kind: numba would compile them anew for it.
    """
    return np.require(values, kind, ("C", "W"))


def linear(
    frames: FrameArray, name: str, *, log_input: bool = True, normalized: bool = True, first: int = 0
) -> tuple[FloatArray, float]:
    """Return the checked probabilities of an utterance, and the logarithm of what they were scaled down by.

    Parameters
    ----------
    frames : (T, V)
        Log-probabilities, or probabilities if `log_input` is false.
    name
        What errors call it.
    log_input
        Whether `frames` are logarithms.
    normalized
        Whether every frame has to sum to one, within `TOLERANCE`. If not, each frame is scaled by its largest value.
    first
        What errors call the first of these frames.

    Returns
    -------
    probs, log_scale
        (T, V + 1) probabilities with a last column of zeros, and 0.0 for normalised frames.

    Raises
    ------
    ValueError
        At a frame with NaN, +inf or a negative probability, one that does not sum to one, or one without probability.
    """
    probs = np.zeros((frames.shape[0], frames.shape[1] + 1))
    log_scale = 0.0
    if not normalized and frames.size:
        peaks = frames.max(axis=1, keepdims=True).astype(np.float64)
        bad = ~np.isfinite(peaks) if log_input else ~(np.isfinite(peaks) & (peaks > 0))
        _refuse(bad, frames, name, log_input, first)
        frames = frames - peaks if log_input else frames / peaks
        log_scale = float(peaks.sum() if log_input else np.log(peaks).sum())
    with np.errstate(over="ignore", invalid="ignore"):
        if log_input:
            np.exp(frames, out=probs[:, :-1], dtype=np.float64)
        else:
            probs[:, :-1] = frames
        sums = probs.sum(axis=1)
    if normalized:
        tolerance = HALF_TOLERANCE if frames.dtype == np.float16 else TOLERANCE
        _refuse(~(np.abs(sums - 1.0) <= tolerance), frames, name, log_input, first)
    else:
        _refuse(~np.isfinite(sums), frames, name, log_input, first)
    if not log_input and frames.size and probs.min() < 0.0:
        _refuse((frames < 0.0).any(axis=1), frames, name, log_input, first)
    return probs, log_scale


def _refuse(bad: Any, frames: FrameArray, name: str, log_input: bool, first: int) -> None:
    """Raise a ValueError that describes the first bad frame, if there is one."""
    if not bad.any():
        return
    t = int(np.argmax(bad.reshape(len(frames), -1)[:, 0]))
    row = frames[t].astype(np.float64)
    if np.isnan(row).any():
        problem = "has a NaN"
    elif np.isposinf(row).any():
        problem = "has an infinite value"
    elif not log_input and (row < 0.0).any():
        problem = "has a negative probability"
    elif not (np.exp(row) if log_input else row).any():
        problem = "gives no class any probability"
    else:
        with np.errstate(over="ignore"):
            total = float((np.exp(row) if log_input else row).sum())
        problem = f"does not normalise: its probabilities sum to {total:.6g}, not 1"
        problem += "; pass the output of a log-softmax" if log_input else "; pass the output of a softmax"
    raise ValueError(f"{name}, frame {first + t}: {problem}")


def label_sequence(labels: Any, classes: int, blank: int) -> IntArray:
    """Return labels as an int32 array (L,) of classes without the blank."""
    array = np.asarray(labels)
    if array.size == 0:
        return np.zeros(0, np.int32)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"labels must be a sequence of whole numbers, not {array.dtype} of shape {array.shape}")
    wrong = (array < 0) | (array >= classes) | (array == blank)
    if wrong.any():
        i = int(np.argmax(wrong))
        what = "the blank" if array[i] == blank else f"outside 0 to {classes - 1}"
        raise ValueError(f"labels[{i}] is {array[i]}, {what}")
    return array.astype(np.int32)
