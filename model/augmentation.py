"""Features changed at random, so that a network learns what does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from model.config import TrainingConfig


def augment(features: npt.NDArray[Any], config: TrainingConfig, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return features (T, C) changed at random: speed, noise, and masked time and coefficients.

    Masking follows SpecAugment (Park et al., 2019) without warping: stretches are set to the utterance's mean, which
    is 0 in normalised features. Speed interpolates between frames.
    """
    result = np.array(features, dtype=np.float32)
    if config.speed_perturbation:
        result = _at_speed(result, random.uniform(1 - config.speed_perturbation, 1 + config.speed_perturbation))
    if config.noise:
        result += random.normal(0.0, config.noise, result.shape).astype(np.float32)
    frames, coefficients = result.shape
    for _ in range(config.time_masks):
        # A mask never takes more than a tenth of a short utterance.
        width = int(random.integers(0, min(config.time_mask_frames, frames // 10) + 1))
        start = int(random.integers(0, frames - width + 1))
        result[start : start + width] = 0.0
    for _ in range(config.feature_masks):
        width = int(random.integers(0, min(config.feature_mask_width, coefficients - 1) + 1))
        start = int(random.integers(0, coefficients - width + 1))
        result[:, start : start + width] = 0.0
    return result


def _at_speed(features: npt.NDArray[np.float32], speed: float) -> npt.NDArray[np.float32]:
    frames = max(2, round(len(features) / speed))
    if len(features) < 2:
        return features
    position = np.linspace(0, len(features) - 1, frames)
    before = np.minimum(position.astype(np.int64), len(features) - 2)
    part = (position - before).astype(np.float32)[:, None]
    faster: npt.NDArray[np.float32] = features[before] * (1 - part) + features[before + 1] * part
    return faster
