from __future__ import annotations

import numpy as np
import pytest

from model.batching import length_buckets, pad

LENGTHS = np.random.default_rng(0).integers(20, 900, 200)


def frames(count: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 13)).astype(np.float32)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize(("batch_frames", "batch_utterances"), [(3000, 64), (0, 7), (3000, 2), (1, 64), (10**8, 10**5)])
def test_every_utterance_stands_in_one_batch_within_the_limits(
    batch_frames: int, batch_utterances: int, seed: int | None
):
    batches = length_buckets(
        LENGTHS,
        batch_frames=batch_frames,
        batch_utterances=batch_utterances,
        shuffle=None if seed is None else np.random.default_rng(seed),
    )
    assert sorted(np.concatenate(batches).tolist()) == list(range(200))
    for batch in batches:
        assert 1 <= len(batch) <= batch_utterances
        assert len(batch) == 1 or not batch_frames or len(batch) * LENGTHS[batch].max() <= batch_frames


@pytest.mark.parametrize("seed", [None, 3])
def test_little_of_a_batch_is_padding(seed: int | None):
    shuffle = None if seed is None else np.random.default_rng(seed)
    batches = length_buckets(LENGTHS, batch_frames=6000, batch_utterances=64, shuffle=shuffle)
    padded = sum(len(batch) * LENGTHS[batch].max() for batch in batches)
    assert padded < 1.25 * LENGTHS.sum()
    assert len(batches) < 2 * LENGTHS.sum() / 6000


def test_without_randomness_batches_go_from_short_to_long():
    batches = length_buckets(LENGTHS, batch_frames=3000, batch_utterances=64)
    in_order = LENGTHS[np.concatenate(batches)]
    assert (np.diff(in_order) >= 0).all()


def test_randomness_comes_from_the_generator_alone():
    def shuffled(seed: int) -> list[list[int]]:
        random = np.random.default_rng(seed)
        return [b.tolist() for b in length_buckets(LENGTHS, batch_frames=3000, batch_utterances=64, shuffle=random)]

    assert shuffled(1) == shuffled(1)
    assert shuffled(1) != shuffled(2)


def test_nothing_gives_no_batch():
    assert length_buckets([], batch_frames=100, batch_utterances=4) == []


def test_padding_keeps_the_frames_and_adds_zeros():
    items = [frames(5), frames(9, 1), frames(1, 2)]
    batch, lengths = pad(items)
    assert batch.shape == (3, 9, 13)
    assert lengths.tolist() == [5, 9, 1]
    for row, item in zip(batch.numpy(), items, strict=True):
        np.testing.assert_array_equal(row[: len(item)], item)
        assert not row[len(item) :].any()
