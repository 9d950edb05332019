from __future__ import annotations

import dataclasses
import math
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from model.corpus import FeatureCache
from model.errors import Cancelled, UserError
from model.training import Batch, Control, Notice, Stopped, Trainer
from model.training_step import Stepper, precision_of
from tests.model.helpers import assert_one_sentence
from tests.model.training_helpers import PLAIN, assert_same_weights, losses, trainer, weights

OUT_OF_MEMORY = {
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "linux": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "windows": RuntimeError("[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory"),
    "numpy": MemoryError("Unable to allocate 3.00 GiB for an array"),
}


def gradients(run: Trainer, splits: int) -> tuple[float, dict[str, torch.Tensor]]:
    """Return the loss and the gradient of the first batch, with normalisation by fixed statistics."""
    for norm in (module for module in run.network.modules() if isinstance(module, nn.BatchNorm1d)):
        norm.eval()
    batch = run.maker.epoch(1)[0]
    parts = run.maker.make(1, batch)
    run.stepper.splits = splits
    loss = run.stepper._gradient(parts, len(batch), (1, 1, 0, 0), [])
    return loss, {name: p.grad.clone() for name, p in run.network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(("splits", "accumulation", "smoothing"), [(2, 1, 0.0), (4, 1, 0.1), (1, 3, 0.0), (2, 2, 0.1)])
def test_the_gradient_in_parts_is_that_of_the_whole(
    tmp_path: Path, toy_features: FeatureCache, splits: int, accumulation: int, smoothing: float
):
    config = dataclasses.replace(PLAIN, batch_utterances=7, label_smoothing=smoothing)
    loss, whole = gradients(trainer(tmp_path, toy_features, config, dropout=0.0), 1)
    config = dataclasses.replace(config, accumulation=accumulation)
    in_parts, summed = gradients(trainer(tmp_path, toy_features, config, dropout=0.0), splits)
    assert in_parts == pytest.approx(loss, rel=1e-5)
    assert whole.keys() == summed.keys()
    assert whole["output.weight"].abs().max() > 1e-3
    for name, gradient in whole.items():
        torch.testing.assert_close(summed[name], gradient, atol=1e-5, rtol=1e-4)


def fail_on_batches_over(run: Trainer, utterances: int, error: BaseException) -> list[int]:
    """Let the network run out of memory on larger batches; return the sizes it is then given."""
    sizes: list[int] = []

    def hook(network: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if network.training and len(given[0]) > utterances:
            raise error
        if network.training:
            sizes.append(len(given[0]))

    run.network.register_forward_pre_hook(hook)
    return sizes


@pytest.mark.parametrize("kind", OUT_OF_MEMORY)
def test_running_out_of_memory_halves_the_parts_and_goes_on(tmp_path: Path, toy_features: FeatureCache, kind: str):
    config = dataclasses.replace(PLAIN, epochs=1)
    run = trainer(tmp_path, toy_features, config)
    sizes = fail_on_batches_over(run, 2, OUT_OF_MEMORY[kind])
    events = list(run.run())
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert [f"in {splits} parts" in text for splits, text in zip((2, 4), notices, strict=True)] == [True, True]
    assert all("batch normalisation" in text for text in notices)
    assert [event.step for event in events if isinstance(event, Batch)] == [1, 2, 3, 4]
    assert all(math.isfinite(loss) for loss in losses(events))
    # The first batch was tried as a whole (5) and in halves (2, then 3); every batch is trained on as a whole.
    assert sum(sizes) == 2 + 20
    assert max(sizes) == 2
    assert run.position.splits == 4
    assert events[-1] == Stopped("finished", 1)
    resumed = trainer(tmp_path, toy_features, config)
    resumed.resume()
    assert resumed.stepper.splits == 4


def test_the_running_statistics_move_in_parts_as_they_do_in_one(tmp_path: Path, toy_features: FeatureCache):
    means = []
    for splits in (1, 4):
        run = trainer(tmp_path, toy_features, PLAIN, dropout=0.0)
        run.network.bn1.running_mean.fill_(1000.0)
        run.stepper.splits = splits
        batch = run.maker.epoch(1)[0]
        run.stepper.step(run.maker.make(1, batch), len(batch), rate=1e-3, seeds=(1, 1, 0, 0))
        means.append(run.network.bn1.running_mean.clone())
    torch.testing.assert_close(means[0], means[1], atol=0.1, rtol=1e-3)
    assert means[0].mean() == pytest.approx(900, abs=1)


def test_an_utterance_that_does_not_fit_is_skipped(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features, PLAIN)
    longest = int(toy_features.lengths.max())

    def hook(network: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if network.training and given[0].shape[1] == longest:
            raise OUT_OF_MEMORY["cuda"]

    run.network.register_forward_pre_hook(hook)
    events = list(run.run())
    assert any("not even one" in event.text for event in events if isinstance(event, Notice))
    assert [math.isnan(loss) for loss in losses(events)].count(True) == 3
    assert events[-1] == Stopped("finished", 3)


def test_memory_that_runs_out_for_the_optimiser_ends_the_run(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features)

    def hook(*_: Any) -> None:
        raise OUT_OF_MEMORY["cuda"]

    run.optimizer.register_step_pre_hook(hook)
    with pytest.raises(UserError, match="optimiser") as caught:
        list(run.run())
    assert_one_sentence(caught.value)


def test_other_errors_are_not_taken_for_a_lack_of_memory(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features)
    fail_on_batches_over(run, 0, RuntimeError("The size of tensor a must match the size of tensor b"))
    with pytest.raises(RuntimeError, match="must match"):
        list(run.run())


@pytest.mark.parametrize("backward", [False, True])
def test_a_stop_gives_the_batch_up_and_changes_nothing(tmp_path: Path, toy_features: FeatureCache, backward: bool):
    control = Control()
    run = trainer(tmp_path, toy_features, PLAIN, control)
    before = {name: value.clone() for name, value in weights(run).items()}
    if backward:
        run.network.output.weight.register_hook(lambda _: control.stop.set())
    else:
        run.network.linear.register_forward_pre_hook(lambda *_: control.stop.set())
    events = list(run.run())
    assert losses(events) == []
    assert events[-1] == Stopped("stopped", 0)
    assert_same_weights(weights(run), before)
    control.stop.clear()
    again = trainer(tmp_path, toy_features, PLAIN)
    again.resume()
    assert losses(list(again.run())) == losses(list(trainer(tmp_path / "whole", toy_features, PLAIN).run()))


def test_a_long_step_is_given_up_soon(tmp_path: Path):
    """A batch of seconds, stopped by another thread in its midst."""
    from model.checkpoint import CheckpointHeader
    from model.config import NetworkConfig
    from model.network import SpeechToPhoneme
    from model.training_batches import TrainingBatch

    control = Control()
    network = SpeechToPhoneme(CheckpointHeader(NetworkConfig(hidden=128, layers=4)).network).train()
    stepper = Stepper(network, None, PLAIN, control)
    batch = TrainingBatch(
        torch.randn(40, 500, 13), torch.full((40,), 500), torch.ones(40, dtype=torch.int64), torch.ones(40).long()
    )
    threading.Timer(0.2, control.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        stepper.step([batch], 40, rate=1e-3, seeds=(1, 0, 0, 0))
    assert time.monotonic() - began < 2.0


def test_label_smoothing_evens_the_posteriors_out(tmp_path: Path, toy_features: FeatureCache):
    entropies = []
    for smoothing in (0.0, 0.3):
        config = dataclasses.replace(PLAIN, label_smoothing=smoothing, epochs=15)
        run = trainer(tmp_path / str(smoothing), toy_features, config)
        list(run.run())
        with torch.no_grad():
            frames = torch.from_numpy(np.array(toy_features[0]))[None]
            log_probs, _ = run.network.eval()(frames, torch.tensor([frames.shape[1]]))
        entropies.append(float(-(log_probs.exp() * log_probs).sum(-1).mean()))
    assert entropies[1] > entropies[0] + 0.1


@pytest.mark.parametrize("fast", [False, True])
def test_the_cpu_computes_in_fewer_bits_where_that_is_fast_or_asked_for(fast: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": fast})
    cpu = torch.device("cpu")
    wanted = {"auto": torch.bfloat16 if fast else torch.float32, "float32": torch.float32, "bfloat16": torch.bfloat16}
    for precision, arithmetic in wanted.items():
        assert precision_of(dataclasses.replace(PLAIN, precision=precision), cpu) is arithmetic
    with pytest.raises(UserError, match="bfloat16"):
        precision_of(dataclasses.replace(PLAIN, precision="float16"), cpu)


def test_cuda_computes_as_asked():
    cuda = torch.device("cuda")
    assert precision_of(dataclasses.replace(PLAIN, precision="float16"), cuda) is torch.float16
    assert precision_of(dataclasses.replace(PLAIN, precision="float32"), cuda) is torch.float32
