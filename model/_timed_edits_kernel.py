"""Compiled kernel that sets two sequences of labels with times against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.decoding._jit import jit

_TOGETHER, _DELETE, _INSERT = np.uint8(0), np.uint8(1), np.uint8(2)


@jit
def timed_pairs(
    said: NDArray[np.int64], heard: NDArray[np.int64], said_times: NDArray[np.float64], heard_times: NDArray[np.float64]
) -> Any:
    """Find which places stand opposite each other: with as few edits as can be, and of those the nearest in time.

    Parameters
    ----------
    said, heard : (M,), (N,)
        Labels.
    said_times, heard_times : (M,), (N,)
        The middle of each in seconds.

    Returns
    -------
    (P, 2)
        Places in both, in order; -1 where nothing stands opposite.
    """
    rows, columns = len(said) + 1, len(heard) + 1
    # Distances in time, of at most a second, add up to less than one edit: so they only decide where edits are as many.
    edit = 2.0 * (rows + columns)
    steps = np.empty((rows, columns), np.uint8)
    costs = np.empty(columns, np.float64)
    for column in range(columns):
        steps[0, column] = _INSERT
        costs[column] = edit * column
    for row in range(1, rows):
        corner = costs[0]
        costs[0] += edit
        steps[row, 0] = _DELETE
        for column in range(1, columns):
            across = corner + min(abs(said_times[row - 1] - heard_times[column - 1]), 1.0)
            if said[row - 1] != heard[column - 1]:
                across += edit
            corner = costs[column]
            best, step = corner + edit, _DELETE
            if across <= best:
                best, step = across, _TOGETHER
            # Rounding must not make an insertion out of what costs the same.
            if costs[column - 1] + edit < best - 1e-9:
                best, step = costs[column - 1] + edit, _INSERT
            costs[column], steps[row, column] = best, step
    return _walk(steps)


@jit
def _walk(steps: NDArray[np.uint8]) -> Any:
    row, column = steps.shape[0] - 1, steps.shape[1] - 1
    pairs = np.empty((row + column, 2), np.int32)
    place = len(pairs)
    while row or column:
        step = steps[row, column]
        place -= 1
        pairs[place, 0], pairs[place, 1] = -1, -1
        if step != _INSERT:
            row -= 1
            pairs[place, 0] = row
        if step != _DELETE:
            column -= 1
            pairs[place, 1] = column
    return pairs[place:]
