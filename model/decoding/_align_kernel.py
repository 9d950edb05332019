"""Compiled kernel of CTC forced alignment: the Viterbi algorithm over labels with optional blanks between them.

Place j holds two states: the blank before label j, and label j. Place L holds the blank after the last label.
A byte for each frame and place remembers where both states were entered from: in the two low bits how many states back
the label came from, in the third whether the blank came from the label before it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.decoding._jit import inlined, jit
from model.decoding.types import FloatArray, FrameArray, IntArray

_ONE = np.uint64(1)


@jit
def best_path(
    log_probs: FrameArray, labels: IntArray, blank: int, guide: IntArray, places: int, block: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Find when each label is said on the most probable path of a label sequence.

    Memory is ``block * places`` bytes, and two float64 rows of `places` for every block: paths are traced back a block
    at a time, from the last to the first, and each block but the last is computed again for that.

    Parameters
    ----------
    log_probs : (T, V)
        Finite log-probabilities, T > 0, float32 or float64.
    labels : (L,)
        The sequence.
    blank
        Index of the blank.
    guide : (L,)
        A frame near each label, increasing; not used if `places` is L + 1.
    places
        How many places to look at in a frame, those about the guide's; at most L + 1.
    block
        Frames in a block.

    Returns
    -------
    start, end, peak : (L,)
        First frame of each label, the one after its last, and the first of those where it is most probable.
    """
    frames, count = log_probs.shape[0], labels.shape[0]
    padded = np.full(count + 1, blank, np.uint32)  # unsigned: an index that cannot be negative is faster to look up
    skip = np.full(count + 1, -np.inf)  # the price of going from label to label without a blank
    for j in range(count):
        padded[j] = labels[j]
        if j > 0 and labels[j] != labels[j - 1]:
            skip[j] = 0.0
    low = _band(guide, frames, count + 1, places)
    # Two rows of scores, each for blanks and for labels. Label j lies at j + 1, so that label -1 can be looked at.
    rows = np.full((4, count + 2), -np.inf)
    rows[0, 0] = 0.0
    blocks = (frames + block - 1) // block
    kept = np.empty((blocks, 2, places + 1))
    came = np.empty((min(block, frames), places), np.uint8)
    for b in range(blocks):
        kept[b] = rows[:2, low[b * block] : low[b * block] + places + 1]
        _forward(
            log_probs, b * block, min(frames, (b + 1) * block), padded, skip, blank, low, rows, came, b == blocks - 1
        )
    start, end, peak = np.zeros(count, np.int32), np.zeros(count, np.int32), np.zeros(count, np.int32)
    state = 2 * count
    if count > 0 and rows[1, count] > rows[0, count]:
        state = 2 * count - 1
    for b in range(blocks - 1, -1, -1):
        first, last = b * block, min(frames, (b + 1) * block)
        if b < blocks - 1:
            rows[:, low[first] : low[last - 1] + places + 1] = -np.inf
            rows[:2, low[first] : low[first] + places + 1] = kept[b]
            _forward(log_probs, first, last, padded, skip, blank, low, rows, came, True)
        state = _trace_back(log_probs, first, last, labels, low, came, state, start, end, peak)
    return start, end, peak


@inlined
def _band(guide: IntArray, frames: int, places: int, width: int) -> IntArray:
    """Return the first of the places to look at in each frame, never decreasing."""
    low = np.zeros(frames, np.int32)
    near = 0
    if width < places:
        for t in range(frames):
            while near < guide.shape[0] and guide[near] <= t:
                near += 1
            low[t] = min(max(near - width // 2, 0), places - width)
    return low


@jit
def _forward(
    log_probs: FrameArray,
    first: int,
    last: int,
    labels: NDArray[np.uint32],
    skip: FloatArray,
    blank: int,
    low: IntArray,
    rows: FloatArray,
    came: NDArray[np.uint8],
    noting: bool,
) -> None:
    """Advance the best scores, rows 0 (blank) and 1 (label), from frame `first` to before `last`."""
    spoken = np.empty(skip.shape[0])
    in_blank, in_label, next_blank, next_label = rows[0], rows[1], rows[2], rows[3]
    for t in range(first, last):
        # Unsigned, so that numba need not allow for indices from the end, and simple loops: LLVM can vectorise them.
        start = np.uint64(low[t])
        stop = start + np.uint64(came.shape[1])
        silent = log_probs[t, blank]
        for j in range(start, stop):
            spoken[j] = log_probs[t, labels[j]]
        for j in range(start, stop):
            next_blank[j] = (in_label[j] if in_label[j] > in_blank[j] else in_blank[j]) + silent
        for j in range(start, stop):
            best = in_blank[j] if in_blank[j] > in_label[j + _ONE] else in_label[j + _ONE]
            jump = in_label[j] + skip[j]
            next_label[j + _ONE] = (jump if jump > best else best) + spoken[j]
        if noting:
            for j in range(start, stop):
                best = in_blank[j] if in_blank[j] > in_label[j + _ONE] else in_label[j + _ONE]
                code = 2 if in_label[j] + skip[j] > best else (1 if in_blank[j] > in_label[j + _ONE] else 0)
                came[t - first, j - start] = code + (4 if in_label[j] > in_blank[j] else 0)
        next_label[start] = -np.inf  # what lies below the band was there in an earlier frame
        in_blank, in_label, next_blank, next_label = next_blank, next_label, in_blank, in_label
    if (last - first) & 1:
        rows[:2] = rows[2:]


@inlined
def _trace_back(
    log_probs: FrameArray,
    first: int,
    last: int,
    labels: IntArray,
    low: IntArray,
    came: NDArray[np.uint8],
    state: int,
    start: IntArray,
    end: IntArray,
    peak: IntArray,
) -> int:
    """Follow the path from before frame `last` to `first`, writing down its labels; return the state before those."""
    for t in range(last - 1, first - 1, -1):
        j = state >> 1
        code = came[t - first, j - low[t]]
        if state & 1:
            if end[j] == 0:
                end[j] = t + 1
                peak[j] = t
            start[j] = t
            if log_probs[t, labels[j]] >= log_probs[peak[j], labels[j]]:
                peak[j] = t
            state -= code & 3
        else:
            state -= code >> 2
    return state
