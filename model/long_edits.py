"""Edits between sequences of tens of thousands of labels, found while other threads run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MOST_WORDS = 1 << 20
"""Words of memory, of either kind, that tracing back a piece may take: 16 MB in all."""


def edit_path(
    reference: Sequence[int], hypothesis: Sequence[int], *, most_words: int = MOST_WORDS
) -> npt.NDArray[np.int64]:
    """Return a shortest list of edits that makes the reference into the hypothesis, in order.

    Time grows with the product of the lengths, memory with their sum.

    Returns
    -------
    (edits, 3)
        Kind (0 substitution, 1 deletion, 2 insertion) and the positions in both sequences.
    """
    from model._edits_kernel import edit_path as kernel

    first, second = np.asarray(reference, np.int64), np.asarray(hypothesis, np.int64)
    labels, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    numbers = places.astype(np.int32)
    path = kernel(numbers[: len(first)], numbers[len(first) :], len(labels), most_words)
    found: npt.NDArray[np.int64] = path[np.argsort(path[:, 1] + path[:, 2], kind="stable")]
    return found
