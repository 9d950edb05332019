from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import nn

from model import inference
from model.checkpoint import load_checkpoint, read_header
from model.corpus import FeatureCache
from model.scoring import score_posteriors
from model.training import Control, Epoch, Notice, Phase, Scored, Stopped
from tests.model.training_helpers import CONFIG, assert_same_weights, losses, trainer, weights

BEAM = dataclasses.replace(CONFIG, final_beam_width=8)


def test_the_best_checkpoint_is_scored_with_a_beam_at_the_end(tmp_path: Path, toy_features: FeatureCache):
    events = list(trainer(tmp_path, toy_features, BEAM).run())
    scored = events[-2]
    assert isinstance(scored, Scored)
    assert scored.name == "dev, beam 8"
    assert isinstance(events[-3], Phase) and (events[-3].done, events[-3].total) == (20, 20)
    network, header = load_checkpoint(tmp_path / "best.safetensors")
    assert header.scores["dev, beam 8"] == scored.scores
    assert set(header.scores) == {"dev, greedy", "dev, beam 8"}
    assert set(scored.scores) == set(header.scores["dev, greedy"])
    # The loss does not depend on the decoder.
    assert scored.scores["loss"] == pytest.approx(header.scores["dev, greedy"]["loss"], abs=1e-4)
    greedy = score_posteriors(network, toy_features, range(20), header.table)
    assert scored.scores["levenshtein"] != pytest.approx(greedy.mean_levenshtein, abs=1e-4)
    again = trainer(tmp_path, toy_features, BEAM)
    again.resume()
    assert not [event for event in again.run() if isinstance(event, Scored)]


def test_without_the_best_checkpoint_nothing_is_scored(tmp_path: Path, toy_features: FeatureCache):
    events = []
    for event in trainer(tmp_path, toy_features, BEAM).run():
        events.append(event)
        if isinstance(event, Epoch):
            (tmp_path / "best.safetensors").write_text("spoiled")
    assert isinstance(events[-2], Notice) and "best.safetensors" in events[-2].text
    assert events[-1] == Stopped("finished", 3)


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_stop_while_scoring_loses_nothing(
    tmp_path: Path, toy_features: FeatureCache, epoch: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(inference._BATCH_FRAMES, "cpu", 300)  # several batches
    whole = trainer(tmp_path / "whole", toy_features, BEAM)
    whole_events = list(whole.run())
    control = Control()
    broken = trainer(tmp_path / "broken", toy_features, BEAM, control)
    events = []
    for event in broken.run():
        events.append(event)
        if isinstance(event, Phase) and 0 < event.done < 20 and len(broken.history) == epoch:
            control.stop.set()
    assert events[-1] == Stopped("stopped", epoch)
    assert not any(isinstance(event, Phase) and event.done == 20 for event in events[-4:])
    resumed = trainer(tmp_path / "broken", toy_features, BEAM)
    resumed.resume()
    events += list(resumed.run())
    assert losses(events) == losses(whole_events)
    assert_same_weights(weights(resumed), weights(whole))
    assert [e.record["dev_loss"] for e in events if isinstance(e, Epoch)] == [
        e.record["dev_loss"] for e in whole_events if isinstance(e, Epoch)
    ]
    assert isinstance(events[-2], Scored) and events[-2] == whole_events[-2]
    assert "dev, beam 8" in read_header(tmp_path / "broken" / "best.safetensors").scores


def test_scoring_takes_smaller_batches_when_memory_runs_out(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features)
    expected = score_posteriors(run.network.eval(), toy_features, range(20), run.header.table)
    sizes = []

    def hook(network: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if len(given[0]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(len(given[0]))

    run.network.register_forward_pre_hook(hook)
    score = score_posteriors(run.network, toy_features, range(20), run.header.table)
    assert sum(sizes) == 20
    assert score.counts == expected.counts
    assert score.loss == pytest.approx(expected.loss, rel=1e-5)


def test_a_run_ends_early_when_it_gets_no_better(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(CONFIG, epochs=50, patience=2, learning_rate=1e-8)
    run = trainer(tmp_path, toy_features, config)
    events = list(run.run())
    records = [event.record for event in events if isinstance(event, Epoch)]
    errors = [(record["dev_phone_error_rate"], record["dev_loss"]) for record in records]
    assert len(errors) < 50
    assert min(errors[-2:]) >= min(errors[:-2])
    assert len(errors) == 3 or min(errors[-3:-1]) < min(errors[:-3])
    assert "Ended early" in events[-2].text
    assert events[-1] == Stopped("finished", len(errors))
    again = trainer(tmp_path, toy_features, dataclasses.replace(config, patience=0, epochs=len(errors) + 1))
    again.resume()
    assert len([event for event in again.run() if isinstance(event, Epoch)]) == 1
