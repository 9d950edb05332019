from __future__ import annotations

import numpy as np
import pytest

from model.augmentation import augment
from model.config import TrainingConfig

PLAIN = {"time_masks": 0, "feature_masks": 0, "noise": 0.0, "speed_perturbation": 0.0}


def frames(count: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 13)).astype(np.float32)


def test_nothing_to_change_changes_nothing():
    features = frames()
    changed = augment(features, TrainingConfig(**PLAIN), np.random.default_rng(0))
    np.testing.assert_array_equal(changed, features)
    assert not np.shares_memory(changed, features)


def test_masks_are_zeros_in_stretches_no_wider_than_asked():
    features = np.ones((200, 13), np.float32)
    times = TrainingConfig(**PLAIN | {"time_masks": 1, "time_mask_frames": 15})
    bands = TrainingConfig(**PLAIN | {"feature_masks": 1, "feature_mask_width": 3})
    widths, heights = [], []
    for seed in range(60):
        rows = np.flatnonzero(augment(features, times, np.random.default_rng(seed))[:, 0] == 0)
        columns = np.flatnonzero(augment(features, bands, np.random.default_rng(seed))[0] == 0)
        for found, counts in ((rows, widths), (columns, heights)):
            assert not len(found) or found[-1] - found[0] + 1 == len(found)
            counts.append(len(found))
    assert set(range(16)) >= set(widths)
    assert max(widths) > 10
    assert set(heights) == {0, 1, 2, 3}
    assert (features == 1).all()


def test_a_short_utterance_is_not_masked_away():
    config = TrainingConfig(**PLAIN | {"time_masks": 1, "time_mask_frames": 1000})
    for seed in range(30):
        masked = augment(np.ones((40, 13)), config, np.random.default_rng(seed))
        assert (masked[:, 0] == 0).sum() <= 4


@pytest.mark.parametrize("count", [1, 2, 3, 200])
def test_a_change_of_speed_keeps_the_ends_and_the_range(count: int):
    config = TrainingConfig(**PLAIN | {"speed_perturbation": 0.2})
    features = frames(count)
    lengths = set()
    for seed in range(20):
        changed = augment(features, config, np.random.default_rng(seed))
        lengths.add(len(changed))
        assert changed.dtype == np.float32
        np.testing.assert_allclose(changed[[0, -1]], features[[0, -1]], atol=1e-6)
        assert changed.max() <= features.max() + 1e-6
    assert all(count / 1.2 - 1 <= length <= max(2, count / 0.8 + 1) for length in lengths)
    assert count < 200 or len(lengths) > 10


def test_noise_is_of_the_level_asked():
    config = TrainingConfig(**PLAIN | {"noise": 0.3})
    added = augment(frames(), config, np.random.default_rng(0)) - frames()
    assert added.std() == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_everything_at_once_on_very_short_utterances(count: int):
    config = TrainingConfig(time_masks=5, feature_masks=5, feature_mask_width=512, noise=0.1, speed_perturbation=0.5)
    for seed in range(20):
        changed = augment(frames(count), config, np.random.default_rng(seed))
        assert changed.shape[1] == 13
        assert np.isfinite(changed).all()
