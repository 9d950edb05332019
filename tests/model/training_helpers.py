"""What the tests of training share: a toy trainer, and ways to look at what it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from model.checkpoint import CheckpointHeader
from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.run_folder import RunFolder
from model.training import Batch, Control, Event, Trainer
from tests.model.helpers import tiny_network

CONFIG = TrainingConfig(
    epochs=3,
    batch_frames=0,
    batch_utterances=5,
    learning_rate=0.01,
    time_masks=1,
    time_mask_frames=5,
    feature_masks=1,
    noise=0.05,
    speed_perturbation=0.05,
    ema_decay=0.9,
    final_beam_width=0,
    precision="float32",  # the same on every machine
)
PLAIN = dataclasses.replace(CONFIG, time_masks=0, feature_masks=0, noise=0.0, speed_perturbation=0.0, ema_decay=0.0)


def trainer(
    folder: Path,
    features: FeatureCache,
    config: TrainingConfig = CONFIG,
    control: Control | None = None,
    *,
    score_beside: bool = False,
    **sizes: Any,
) -> Trainer:
    header = CheckpointHeader(network=tiny_network(**sizes), title="toy")
    return Trainer(RunFolder(folder), header, config, features, features, control=control, score_beside=score_beside)


def weights(of: Trainer) -> dict[str, torch.Tensor]:
    return of.network.state_dict()


def assert_same_weights(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def losses(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, Batch)]


def until(events: Iterator[Event], count: int, control: Control) -> list[Event]:
    """Run to the end, asking to stop after so many batches."""
    seen = []
    for event in events:
        seen.append(event)
        if len(losses(seen)) == count and isinstance(event, Batch):
            control.stop.set()
    return seen
