"""What moves the weights: optimiser, course of the learning rate, and the running average of the weights."""

from __future__ import annotations

import math
from typing import Any

import torch

from model.config import TrainingConfig
from model.network import SpeechToPhoneme

_LOWEST_PART = 0.005
"""Where the falling schedules end, as a part of the highest rate."""


def make_optimizer(network: SpeechToPhoneme, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return the optimiser of the settings; its step over all weights is one kernel on CPU and CUDA."""
    make = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return make(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)


def learning_rate(config: TrainingConfig, progress: float) -> float:
    """Return the learning rate at a part (0..1) of the run: a linear rise, then the schedule."""
    if progress < config.warmup_fraction:
        return config.learning_rate * max(0.01, progress / config.warmup_fraction)
    part = min(1.0, (progress - config.warmup_fraction) / (1 - config.warmup_fraction))
    height = {"cosine": 0.5 * (1 + math.cos(math.pi * part)), "linear": 1 - part}.get(config.schedule)
    if height is None:
        return config.learning_rate
    return config.learning_rate * (_LOWEST_PART + (1 - _LOWEST_PART) * height)


def plateau_factor(config: TrainingConfig, losses: list[float]) -> float:
    """Return what the rate is multiplied by after epochs of these dev losses.

    This is ReduceLROnPlateau with a relative threshold; 1 where the schedule is another.
    """
    factor, best, waited = 1.0, math.inf, 0
    for loss in losses if config.schedule == "plateau" else ():
        if loss < best * (1 - config.plateau_threshold):
            best, waited = loss, 0
            continue
        waited += 1
        if waited > config.plateau_patience:
            factor, waited = factor * config.plateau_factor, 0
    return factor


def update_average(average: SpeechToPhoneme, network: SpeechToPhoneme, decay: float, step: int) -> None:
    """Move the averaged weights towards those of the network.

    Parameters
    ----------
    decay
        Part of the average that stays.
    step
        Steps made before; early in a run less stays, for the average must not remember random weights.
    """
    decay = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        state: dict[str, Any] = network.state_dict()
        for name, value in average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(state[name], 1 - decay)
            else:
                value.copy_(state[name])
