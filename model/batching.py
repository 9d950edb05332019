"""Batches of utterances: length buckets and padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Indices = npt.NDArray[np.int64]


def length_buckets(
    lengths: Sequence[int] | npt.NDArray[Any],
    *,
    batch_frames: int,
    batch_utterances: int,
    shuffle: np.random.Generator | None = None,
) -> list[Indices]:
    """Cut a corpus into batches of utterances of like length, so that little of a batch is padding.

    Parameters
    ----------
    lengths
        Frames of each utterance.
    batch_frames
        Most frames of a batch, padding included; 0 sets no such limit. An utterance longer than that is a batch alone.
    batch_utterances
        Most utterances of a batch.
    shuffle
        Source of randomness: lengths are jittered by a tenth before sorting and the batches come in random order.
        None gives batches from short to long, always the same.

    Returns
    -------
    list of int arrays
        Indices into `lengths`; every utterance stands in exactly one batch.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    keys = sizes.astype(np.float64)
    if shuffle is not None:
        keys = keys * shuffle.uniform(0.9, 1.1, len(keys))
    batches: list[Indices] = []
    current: list[int] = []
    longest = 0
    for index in np.argsort(keys, kind="stable"):
        grown = max(longest, int(sizes[index]))
        full = len(current) >= batch_utterances or (batch_frames and grown * (len(current) + 1) > batch_frames)
        if current and full:
            batches.append(np.array(current, dtype=np.int64))
            current, grown = [], int(sizes[index])
        current.append(int(index))
        longest = grown
    if current:
        batches.append(np.array(current, dtype=np.int64))
    if shuffle is not None:
        order = shuffle.permutation(len(batches))
        batches = [batches[i] for i in order]
    return batches


def pad(features: Sequence[npt.NDArray[Any]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features (T_i, C) as one zero-padded tensor (B, T, C) and their lengths (B,), longest not first."""
    import torch

    lengths = [len(item) for item in features]
    batch = np.zeros((len(features), max(lengths), features[0].shape[1]), np.float32)
    for row, item in zip(batch, features, strict=True):
        row[: len(item)] = item
    return torch.from_numpy(batch), torch.tensor(lengths, dtype=torch.int64)
