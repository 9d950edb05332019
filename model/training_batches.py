"""Batches of a training run, each a function of the seed and its place in the run, made ahead in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from model.augmentation import augment
from model.batching import Indices, length_buckets, pad
from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.distributed import rank, world_size

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2


@dataclass(frozen=True)
class TrainingBatch:
    """What one forward and backward pass works on.

    Attributes
    ----------
    features
        Zero-padded frames (B, T, C).
    lengths, target_lengths
        Frames and labels of each utterance, int64 (B,) on the CPU.
    targets
        The labels of all utterances one after the other.
    real
        False where this process has no utterance of the batch and stands by with a silent one.
    enough
        False where the frames of all processes together are too few to normalise by.
    """

    features: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    real: bool = True
    enough: bool = True

    def rows(self, first: int, last: int) -> TrainingBatch:
        """Return the utterances from `first` up to `last`, no more padded than they need."""
        ends = [0, *self.target_lengths.cumsum(0).tolist()]
        lengths = self.lengths[first:last]
        return replace(
            self,
            features=self.features[first:last, : int(lengths.max())],
            lengths=lengths,
            targets=self.targets[ends[first] : ends[last]],
            target_lengths=self.target_lengths[first:last],
        )

    def pinned(self) -> TrainingBatch:
        """Return the batch in memory from which a CUDA device copies while the program goes on."""
        return replace(self, features=self.features.pin_memory(), targets=self.targets.pin_memory())

    def to(self, device: torch.device) -> TrainingBatch:
        """Return the batch on a device; the lengths stay on the CPU."""
        features = self.features.to(device, non_blocking=True)
        return replace(self, features=features, targets=self.targets.to(device, non_blocking=True))


class BatchMaker:
    """Makes the batches of a run.

    Parameters
    ----------
    features
        The training corpus.
    usable
        The utterances that can be learned from.
    config
        Sizes of batches, augmentation and seed.
    stride
        Input frames to one output frame of the network.
    pin
        Whether a CUDA device will copy the batches.
    """

    def __init__(
        self, features: FeatureCache, usable: list[int], config: TrainingConfig, *, stride: int, pin: bool = False
    ) -> None:
        self.features, self.config = features, config
        self._usable = np.array(usable)
        self._lengths = features.lengths
        self._stride, self._pin = stride, pin
        self._versions = _versions(features, usable)

    def epoch(self, epoch: int) -> list[Indices]:
        """Return the batches of an epoch in their order, as indices into the corpus.

        Of a recording and its altered copies, an epoch takes one.
        """
        random = np.random.default_rng([self.config.seed, epoch])
        in_order = self.config.sorted_first_epoch and epoch == 0
        chosen = self._usable
        if len(self._versions) < len(self._usable):
            chosen = np.array([random.choice(versions) for versions in self._versions])
        buckets = length_buckets(
            self._lengths[chosen],
            batch_frames=self.config.batch_frames,
            batch_utterances=self.config.batch_utterances,
            shuffle=None if in_order else random,
        )
        return [chosen[bucket] for bucket in buckets]

    def frames(self, batch: Indices) -> int:
        """Return the input frames of a batch."""
        return int(self._lengths[batch].sum())

    def largest(self) -> tuple[int, int]:
        """Return the utterances and padded frames of the largest part that may come to be computed in any epoch.

        Each length of an utterance, or of an altered copy of it, is tried as the longest of a batch, which then is as
        full as the settings and the number of recordings allow.
        """
        config = self.config
        longest = np.unique(np.maximum(1, self._lengths[self._usable]))
        shortest = np.sort([int(self._lengths[versions].min()) for versions in self._versions])
        counts = np.minimum(np.searchsorted(shortest, longest, side="right"), config.batch_utterances)
        if config.batch_frames:
            counts = np.minimum(counts, np.maximum(1, config.batch_frames // longest))
        counts = -(-counts // config.accumulation)
        at = int(np.argmax(counts * longest))
        return int(counts[at]), int(counts[at] * longest[at])

    def ahead(self, epoch: int, batches: list[Indices]) -> Generator[list[TrainingBatch], None, None]:
        """Yield batches of an epoch, each in its parts, the next ones being made meanwhile."""
        return made_ahead(lambda batch: self.make(epoch, batch), batches)

    def make(self, epoch: int, batch: Indices) -> list[TrainingBatch]:
        """Return a batch in its parts; of each, what falls to this process."""
        return [self._part(epoch, part) for part in self.parts(batch)]

    def parts(self, batch: Indices) -> list[Indices]:
        """Return the parts that a batch is computed in, by the settings."""
        return np.array_split(batch, min(self.config.accumulation, len(batch)))

    def _part(self, epoch: int, part: Indices) -> TrainingBatch:
        processes = world_size()
        shares = [part[number::processes] for number in range(processes)]
        # Normalising takes two frames of output, also of utterances made faster: where some process would have fewer,
        # the first one has the batch alone.
        needed = 4 * self._stride
        if min(self.frames(share) for share in shares) < needed:
            shares = [part] + [part[:0]] * (processes - 1)
        enough = processes == 1 or self.frames(part) >= needed
        mine = shares[rank()]
        made = self._padded(epoch, mine) if len(mine) else self._silent()
        made = replace(made, real=len(mine) > 0, enough=enough)
        return made.pinned() if self._pin else made

    def _padded(self, epoch: int, chosen: Indices) -> TrainingBatch:
        features = []
        for index in chosen.tolist():
            # A generator for each utterance: what becomes of it does not depend on what it is batched with.
            random = np.random.default_rng([self.config.seed, epoch, index])
            features.append(augment(self.features[index], self.config, random))
        padded, lengths = pad(features)
        labels = [self.features.utterances[index].labels or () for index in chosen.tolist()]
        targets = torch.tensor([label for item in labels for label in item], dtype=torch.int64)
        return TrainingBatch(padded, lengths, targets, torch.tensor([len(item) for item in labels]))

    def _silent(self) -> TrainingBatch:
        frames = 2 * self._stride
        features = torch.zeros(1, frames, self.features[0].shape[1])
        return TrainingBatch(features, torch.tensor([frames]), torch.ones(1, dtype=torch.int64), torch.ones(1).long())


def _versions(features: FeatureCache, usable: list[int]) -> list[list[int]]:
    """Return the utterances to choose from, those that are versions of one recording together."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index in usable:
        utterance = features.utterances[index]
        groups.setdefault((utterance.original, utterance.path, utterance.row), []).append(index)
    return list(groups.values())


def made_ahead(make: Callable[[T], R], items: Iterable[T]) -> Generator[R, None, None]:
    """Yield ``make(item)`` for each item in order, the next ones being made in a thread meanwhile."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
