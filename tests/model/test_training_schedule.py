from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.optimization import learning_rate, plateau_factor
from model.training import Batch
from tests.model.training_helpers import CONFIG, PLAIN, trainer, weights


def test_the_average_follows_the_weights(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, ema_decay=0.5))
    expected: dict[str, torch.Tensor] = {}
    step = 0
    for event in run.run():
        if not isinstance(event, Batch):
            continue
        decay = min(0.5, (1 + step) / (10 + step))
        for name, value in weights(run).items():
            if value.is_floating_point():
                old = expected.get(name, torch.zeros_like(value) if step else None)
                expected[name] = value.clone() if old is None else decay * old + (1 - decay) * value
        if step == 0:  # the first average still holds a tenth of the first weights
            expected = {n: v.clone() for n, v in run.average.state_dict().items() if v.is_floating_point()}
        step += 1
        for name, value in expected.items():
            torch.testing.assert_close(run.average.state_dict()[name], value, atol=1e-5, rtol=1e-5)
    assert step == 12
    assert any(not torch.equal(run.average.state_dict()[name], weights(run)[name]) for name in expected)
    assert trainer(tmp_path, toy_features, PLAIN).average is None


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_the_plateau_is_torchs(patience: int):
    config = TrainingConfig(schedule="plateau", plateau_patience=patience)
    dummy = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(dummy, factor=0.85, patience=patience, threshold=0.5)
    losses = [4.0, 3.0, 1.9, 1.0, 0.9, 0.4, 5.0, 0.1, math.nan, *[1.0] * 8]
    factors = []
    for count, loss in enumerate(losses, start=1):
        reference.step(loss)
        factors.append(plateau_factor(config, losses[:count]))
        assert factors[-1] == pytest.approx(dummy.param_groups[0]["lr"])
    assert factors[-1] < 1
    assert plateau_factor(TrainingConfig(schedule="cosine"), losses) == 1


def test_the_rate_falls_after_an_epoch_without_a_better_loss(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(CONFIG, schedule="plateau", warmup_fraction=0.0, plateau_threshold=0.9, epochs=4)
    events = list(trainer(tmp_path, toy_features, config).run())
    rates = [event.learning_rate for event in events if isinstance(event, Batch) and event.batch == 1]
    assert rates == pytest.approx([0.01, 0.01, 0.01 * 0.85, 0.01 * 0.85**2])


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_falling_schedules_rise_then_fall(schedule: str):
    config = TrainingConfig(learning_rate=0.4, warmup_fraction=0.1, schedule=schedule)
    rates = [learning_rate(config, part) for part in np.linspace(0, 1, 101)]
    assert np.argmax(rates) == 10
    assert rates[10] == pytest.approx(0.4)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()
    assert 0 < rates[-1] < 0.01 * rates[10]
    assert all(rate > 0 for rate in rates)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_other_schedules_stay_where_the_warmup_ends(schedule: str):
    config = TrainingConfig(learning_rate=0.4, warmup_fraction=0.1, schedule=schedule)
    assert learning_rate(config, 0.05) == pytest.approx(0.2)
    assert learning_rate(config, 0.1) == learning_rate(config, 1.0) == 0.4
    assert learning_rate(dataclasses.replace(config, warmup_fraction=0.0), 0.0) == 0.4


def test_the_rate_reaches_the_optimiser(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features)
    for event in run.run():
        if isinstance(event, Batch):
            expected = learning_rate(CONFIG, (event.step - 1) / 12)
            assert event.learning_rate == pytest.approx(expected)
            assert run.optimizer.param_groups[0]["lr"] == event.learning_rate


@pytest.mark.parametrize("limit", [0.0, 0.01])
def test_gradients_are_clipped_when_asked(tmp_path: Path, toy_features: FeatureCache, limit: float):
    run = trainer(tmp_path, toy_features, dataclasses.replace(PLAIN, clip_norm=limit))
    norms = []
    run.optimizer.register_step_pre_hook(
        lambda *_: norms.append(float(torch.cat([p.grad.flatten() for p in run.network.parameters()]).norm()))
    )
    list(run.run())
    assert len(norms) == 12
    assert (max(norms) <= 0.0101) == bool(limit)
