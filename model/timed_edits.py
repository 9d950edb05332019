"""Edits between two sequences whose items have times: as few as can be, and of those the ones that lie nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.metrics import Edit, edits

Times = npt.NDArray[np.floating[Any]]

_MOST_CELLS = 1 << 24
"""Beyond this many pairs, times are left out of account: the table of steps would take too much memory."""

_SAME, _SUBSTITUTE, _DELETE, _INSERT = range(4)
_KINDS = {_SUBSTITUTE: "substitution", _DELETE: "deletion", _INSERT: "insertion"}


def timed_edits(
    reference: Sequence[int], hypothesis: Sequence[int], reference_times: Times, hypothesis_times: Times
) -> list[Edit]:
    """Return a shortest list of edits; where several are as short, the one that pairs items near each other in time.

    Parameters
    ----------
    reference, hypothesis
        Labels.
    reference_times, hypothesis_times
        The middle of each in seconds, of the same lengths.
    """
    if not len(reference) or not len(hypothesis) or len(reference) * len(hypothesis) > _MOST_CELLS:
        return edits(reference, hypothesis)
    said, heard = np.asarray(reference), np.asarray(hypothesis)
    steps = _table(said, heard, np.asarray(reference_times, float), np.asarray(hypothesis_times, float))
    return _walk(steps)


def _table(
    said: npt.NDArray[Any], heard: npt.NDArray[Any], said_times: Times, heard_times: Times
) -> npt.NDArray[np.uint8]:
    """Return the last step of the best way to every pair of prefixes, shape (reference + 1, hypothesis + 1)."""
    rows, columns = len(said) + 1, len(heard) + 1
    # Distances in time add up to less than one edit, so that they only decide between lists of one length.
    edit = 2.0 * (rows + columns)
    steps = np.full((rows, columns), _INSERT, np.uint8)
    inserted = edit * np.arange(columns)
    costs = inserted.copy()
    for row in range(1, rows):
        apart = np.minimum(np.abs(heard_times - said_times[row - 1]), 1.0)
        differs = heard != said[row - 1]
        across = costs[:-1] + apart + edit * differs
        down = costs + edit
        best = down.copy()
        taken = across <= down[1:]
        best[1:][taken] = across[taken]
        steps[row] = _DELETE
        steps[row, 1:][taken] = np.where(differs, _SUBSTITUTE, _SAME)[taken]
        # An insertion comes from the left: the least of all before, each so many insertions away.
        costs = np.minimum.accumulate(best - inserted) + inserted
        steps[row][costs < best - 1e-9] = _INSERT
    return steps


def _walk(steps: npt.NDArray[np.uint8]) -> list[Edit]:
    row, column = steps.shape[0] - 1, steps.shape[1] - 1
    found: list[Edit] = []
    while row or column:
        step = int(steps[row, column]) if row else _INSERT
        row -= step != _INSERT
        column -= step != _DELETE
        if step != _SAME:
            found.append(Edit(_KINDS[step], row, column))
    return found[::-1]
