"""Edits between two sequences whose items have times: as few as can be, and of those the ones that lie nearest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.metrics import Edit, aligned, edits

Times = npt.NDArray[np.floating[Any]]

_MOST_CELLS = 1 << 24
"""Beyond this many pairs, times are left out of account: the table of steps would take too much memory."""


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
    if not _fits(reference, hypothesis):
        return edits(reference, hypothesis)
    found, row, column = [], 0, 0
    for i, j in timed_pairs(reference, hypothesis, reference_times, hypothesis_times).tolist():
        if i < 0:
            found.append(Edit("insertion", row, column))
        elif j < 0:
            found.append(Edit("deletion", row, column))
        elif reference[i] != hypothesis[j]:
            found.append(Edit("substitution", row, column))
        row += i >= 0
        column += j >= 0
    return found


def timed_pairs(
    reference: Sequence[int],
    hypothesis: Sequence[int],
    reference_times: Times,
    hypothesis_times: Times,
    *,
    ignore: Collection[int] = frozenset(),
) -> npt.NDArray[np.int32]:
    """Return the positions that stand opposite each other on the list of edits of `timed_edits`, in order.

    Parameters
    ----------
    reference, hypothesis, reference_times, hypothesis_times
        As there.
    ignore
        Classes taken out of both before; positions are those of the whole sequences all the same.

    Returns
    -------
    (P, 2)
        Position in the reference and in the hypothesis; -1 where nothing stands opposite.
    """
    if not _fits(reference, hypothesis):
        return np.array(aligned(reference, hypothesis, ignore=ignore), np.int32).reshape(-1, 2)
    from model._timed_edits_kernel import timed_pairs as kernel

    said, heard = np.asarray(reference, np.int64), np.asarray(hypothesis, np.int64)
    left_out = np.array(sorted(ignore), np.int64)
    rows, columns = (np.flatnonzero(~np.isin(labels, left_out)) for labels in (said, heard))
    times = (np.asarray(reference_times, np.float64)[rows], np.asarray(hypothesis_times, np.float64)[columns])
    pairs: npt.NDArray[np.int32] = kernel(said[rows], heard[columns], *times)
    for side, places in enumerate((rows, columns)):
        there = pairs[:, side] >= 0
        pairs[there, side] = places[pairs[there, side]]
    return pairs


def warm_up() -> None:
    """Load the compiled kernel, or compile it at the first call on a machine, which takes a second or two."""
    timed_pairs([1], [1], np.zeros(1), np.zeros(1))


def _fits(reference: Sequence[int], hypothesis: Sequence[int]) -> bool:
    return len(reference) * len(hypothesis) <= _MOST_CELLS
