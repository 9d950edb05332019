from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
import torch

from model import training_batches
from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.training_batches import BatchMaker, made_ahead

CONFIG = TrainingConfig(batch_frames=0, batch_utterances=6, noise=0.1, speed_perturbation=0.1)


def maker(features: FeatureCache, **changes: object) -> BatchMaker:
    return BatchMaker(features, list(range(20)), dataclasses.replace(CONFIG, **changes), stride=2)  # type: ignore[arg-type]


def test_a_batch_is_a_function_of_seed_and_place(toy_features: FeatureCache):
    made = maker(toy_features)
    order = made.epoch(1)
    (one,), (again,) = made.make(1, order[0]), maker(toy_features).make(1, order[0])
    assert torch.equal(one.features, again.features)
    (later,) = made.make(2, order[0])
    (other,) = maker(toy_features, seed=2).make(1, order[0])
    assert not torch.equal(one.features[:, :10], later.features[:, :10])
    assert not torch.equal(one.features[:, :10], other.features[:, :10])
    # Nor does what becomes of an utterance depend on what it is batched with.
    (alone,) = made.make(1, order[0][2:3])
    assert torch.equal(alone.features[0], one.features[2, : alone.features.shape[1]])


def test_rows_are_a_batch_of_their_own(toy_features: FeatureCache):
    made = maker(toy_features)
    batch = made.epoch(0)[0]
    (whole,) = made.make(0, batch)
    pieces = [whole.rows(0, 2), whole.rows(2, 6)]
    assert [len(piece.lengths) for piece in pieces] == [2, 4]
    assert torch.cat([piece.targets for piece in pieces]).tolist() == whole.targets.tolist()
    for piece, first in zip(pieces, (0, 2), strict=True):
        assert piece.features.shape[1] == int(piece.lengths.max())
        labels = [toy_features.utterances[i].labels for i in batch[first : first + len(piece.lengths)]]
        assert piece.target_lengths.tolist() == [len(item) for item in labels]
        assert piece.targets.tolist() == [label for item in labels for label in item]


def test_accumulation_cuts_batches_into_parts(toy_features: FeatureCache):
    made = maker(toy_features, accumulation=4)
    batch = made.epoch(0)[0]
    parts = made.make(0, batch)
    assert [len(part.lengths) for part in parts] == [2, 2, 1, 1]
    assert len(made.make(0, batch[:2])) == 2


@pytest.mark.parametrize("count", [1, 2, 5])
def test_processes_share_every_batch(toy_features: FeatureCache, count: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training_batches, "world_size", lambda: 3)
    made = maker(toy_features)
    batch = made.epoch(1)[0][:count]
    shares = []
    for number in range(3):
        monkeypatch.setattr(training_batches, "rank", lambda number=number: number)
        (share,) = made.make(1, batch)
        assert share.enough
        shares.append(share)
    real = [share for share in shares if share.real]
    assert sum(len(share.lengths) for share in real) == count
    assert len(real) == (1 if count < 3 else 3)
    for share in shares:
        assert int(share.lengths.sum()) >= 4  # of which each makes two frames of output


def test_what_is_made_ahead_comes_in_order_and_in_a_thread():
    threads = []

    def make(item: int) -> int:
        threads.append(threading.current_thread().name)
        return item * item

    assert list(made_ahead(make, range(7))) == [item * item for item in range(7)]
    assert all(name.startswith("batches") for name in threads)
    assert list(made_ahead(make, [])) == []


def test_what_goes_wrong_ahead_comes_through_and_no_thread_is_left():
    def make(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    made = made_ahead(make, range(9))
    with pytest.raises(ValueError, match="three"):
        list(made)
    broken = made_ahead(make, range(9))
    assert next(broken) == 0
    broken.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_frames_are_those_before_augmentation(toy_features: FeatureCache):
    batch = np.array([1, 4])
    assert maker(toy_features).frames(batch) == toy_features.lengths[[1, 4]].sum()


def test_an_epoch_takes_one_version_of_each_recording(toy_features: FeatureCache):
    copies = tuple(utterance.altered(number) for number in (1, 2) for utterance in toy_features.utterances)
    frames = np.concatenate([toy_features[i] for i in range(len(toy_features))] * 3)
    starts = np.concatenate([[0], np.cumsum(np.tile(toy_features.lengths, 3))])
    many = FeatureCache(toy_features.utterances + copies, (), frames, starts)
    count = len(toy_features)
    made = BatchMaker(many, list(range(3 * count)), CONFIG, stride=2)
    taken = [np.concatenate(made.epoch(epoch)) for epoch in range(6)]
    for chosen in taken:
        assert sorted(index % count for index in chosen) == list(range(count))
    assert np.array_equal(taken[3], np.concatenate(made.epoch(3)))
    versions = np.concatenate(taken) // count
    assert set(versions) == {0, 1, 2}
    assert 0.1 < np.mean(versions == 0) < 0.6


def test_the_largest_part_is_of_all_epochs_and_versions(toy_features: FeatureCache):
    count = len(toy_features)
    copies = [dataclasses.replace(u, name=f"{u.name} (altered 1)", alteration=1) for u in toy_features.utterances]
    slower = [np.repeat(toy_features[i], 2, axis=0) for i in range(count)]
    frames = np.concatenate([*(toy_features[i] for i in range(count)), *slower])
    starts = np.concatenate([[0], np.cumsum([*toy_features.lengths, *(len(item) for item in slower)])])
    many = FeatureCache((*toy_features.utterances, *copies), (), frames, starts)
    for limit, accumulation in ((0, 1), (0, 4), (5 * int(many.lengths.max()) // 2, 1), (10, 1)):
        config = dataclasses.replace(CONFIG, batch_frames=limit, accumulation=accumulation)
        made = BatchMaker(many, list(range(2 * count)), config, stride=2)
        utterances, padded = made.largest()
        sizes = []
        for epoch in range(60):
            parts = [part for batch in made.epoch(epoch) for part in made.parts(batch)]
            sizes.append(max(len(part) * int(many.lengths[part].max()) for part in parts))
        assert max(sizes) <= padded <= 1.3 * max(sizes)
        assert min(sizes) < padded or limit
        assert utterances <= CONFIG.batch_utterances
