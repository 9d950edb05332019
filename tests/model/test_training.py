from __future__ import annotations

import csv
import dataclasses
import math
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from model import training
from model.checkpoint import CheckpointHeader, load_checkpoint, read_header
from model.config import PRESETS
from model.corpus import FeatureCache, Utterance
from model.errors import UserError
from model.run_folder import HISTORY_COLUMNS, RunFolder
from model.training import (
    Batch,
    Control,
    Epoch,
    Notice,
    Phase,
    Saved,
    Stopped,
    Trainer,
    prepare_features,
)
from tests.model.helpers import assert_one_sentence, tiny_network
from tests.model.training_helpers import CONFIG, PLAIN, assert_same_weights, losses, trainer, weights


def test_a_learnable_task_is_learned(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(PLAIN, epochs=30, ema_decay=0.9, learning_rate=0.02)
    run = trainer(tmp_path, toy_features, config)
    records = [event.record for event in run.run() if isinstance(event, Epoch)]
    assert len(records) == 30
    assert records[-1]["train_loss"] < 0.3 * records[0]["train_loss"]
    assert records[-1]["dev_loss"] < 0.3 * records[0]["dev_loss"]
    assert records[-1]["dev_phone_error_rate"] < 0.3
    network, header = load_checkpoint(tmp_path / "last.safetensors")
    assert header.scores["dev, greedy"]["phone_error_rate"] == records[-1]["dev_phone_error_rate"]
    assert_same_weights(network.state_dict(), run.average.state_dict())


def test_events_come_in_order_and_tell_what_happened(tmp_path: Path, toy_features: FeatureCache):
    events = list(trainer(tmp_path, toy_features).run())
    epoch = [*[Batch] * 4, Phase, Phase, Epoch, Saved]
    assert [type(event) for event in events] == [Saved, Phase, *epoch, *epoch, *epoch, Stopped]
    assert [event.done for event in events if isinstance(event, Phase)] == [0, 0, 20, 0, 20, 0, 20]
    batches = [event for event in events if isinstance(event, Batch)]
    assert [event.step for event in batches] == list(range(1, 13))
    assert [(event.epoch, event.batch) for event in batches] == [(e, b) for e in (1, 2, 3) for b in (1, 2, 3, 4)]
    assert {(event.epochs, event.batches) for event in batches} == {(3, 4)}
    assert all(event.frames_per_second > 0 and event.seconds_left >= 0 for event in batches)
    assert batches[-1].seconds_left == pytest.approx(0, abs=1e-3)
    for event in events[1:]:
        if isinstance(event, Saved):
            assert Path(event.state).is_file()
            assert Path(event.checkpoint or "").is_file()
    assert events[-1] == Stopped("finished", 3)


def test_the_folder_holds_what_a_run_leaves(tmp_path: Path, toy_features: FeatureCache):
    events = list(trainer(tmp_path, toy_features).run())
    names = ["best.safetensors", "history.csv", "last.safetensors", "state.previous.pt", "state.pt", "steps.csv"]
    assert sorted(os.listdir(tmp_path)) == names
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == HISTORY_COLUMNS
    records = [event.record for event in events if isinstance(event, Epoch)]
    assert [[float(value) for value in row.values()] for row in rows] == [list(record.values()) for record in records]
    assert read_header(tmp_path / "last.safetensors").history == tuple(records)
    best = min(records, key=lambda record: (record["dev_phone_error_rate"], record["dev_loss"]))
    assert read_header(tmp_path / "best.safetensors").history[-1] == best


def test_seeds_make_runs(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(CONFIG, epochs=1)
    runs = [
        losses(list(trainer(tmp_path / str(number), toy_features, dataclasses.replace(config, seed=seed)).run()))
        for number, seed in enumerate((1, 1, 2))
    ]
    assert runs[0] == runs[1] != runs[2]


def test_making_a_trainer_leaves_the_randomness_of_others(tmp_path: Path, toy_features: FeatureCache):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trainer(tmp_path, toy_features)
    assert torch.equal(torch.rand(3), expected)


def test_a_paused_run_waits_and_its_clock_stands_still(tmp_path: Path, toy_features: FeatureCache):
    control = Control()
    run = trainer(tmp_path, toy_features, control=control)
    events = run.run()
    assert [type(next(events)) for _ in range(3)] == [Saved, Phase, Batch]
    before = run.position.seconds
    control.pause.set()
    threading.Timer(0.6, control.pause.clear).start()
    assert isinstance(next(events), Batch)
    assert not control.pause.is_set()
    assert run.position.seconds - before < 0.5
    control.pause.set()
    control.stop.set()
    assert isinstance(list(events)[-1], Stopped)


def spoil(run: Trainer, steps: set[int], how: str) -> None:
    """Make some batches no numbers, from the features on or only in the gradients."""

    def spoiled(network: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...] | None:
        bad = network.training and run.position.step in steps
        return (given[0] * torch.nan, *given[1:]) if bad else None

    def spoil_gradient(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * torch.nan if run.position.step in steps else gradient

    if how == "features":
        run.network.register_forward_pre_hook(spoiled)
    else:
        run.network.linear.weight.register_hook(spoil_gradient)


@pytest.mark.parametrize("how", ["features", "gradients"])
def test_batches_that_are_no_numbers_are_skipped_and_counted(tmp_path: Path, toy_features: FeatureCache, how: str):
    run = trainer(tmp_path, toy_features, dataclasses.replace(PLAIN, ema_decay=0.9))
    spoil(run, {2, 5}, how)
    before: dict[str, torch.Tensor] = {}
    seen = []
    for event in run.run():
        seen.append(event)
        if isinstance(event, Batch):
            if math.isnan(event.loss):
                assert_same_weights(weights(run), before)
            before = {name: value.clone() for name, value in weights(run).items()}
    assert [math.isnan(loss) for loss in losses(seen)] == [step in (2, 5) for step in range(12)]
    assert run.position.bad_batches == 2
    assert all(torch.isfinite(value).all() for value in weights(run).values())
    assert all(torch.isfinite(value).all() for value in run.average.state_dict().values())
    records = [event.record for event in seen if isinstance(event, Epoch)]
    assert all(math.isfinite(record["train_loss"]) for record in records)
    assert seen[-1] == Stopped("finished", 3)


def test_too_many_bad_batches_end_the_run(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features, dataclasses.replace(PLAIN, epochs=100))
    spoil(run, set(range(1, 1000)), "features")
    with pytest.raises(UserError, match="Over 50 batches") as caught:
        list(run.run())
    assert_one_sentence(caught.value)


def test_a_dev_corpus_of_silence_does_not_end_the_run(tmp_path: Path, toy_features: FeatureCache):
    silent = tuple(dataclasses.replace(utterance, labels=(1,)) for utterance in toy_features.utterances)
    dev = dataclasses.replace(toy_features, utterances=silent)
    header = CheckpointHeader(network=tiny_network())
    run = Trainer(RunFolder(tmp_path), header, CONFIG, toy_features, dev)
    records = [event.record for event in run.run() if isinstance(event, Epoch)]
    assert all(math.isnan(record["dev_phone_error_rate"]) for record in records)
    assert read_header(tmp_path / "best.safetensors").history[0]["dev_phone_error_rate"] is None
    again = Trainer(RunFolder(tmp_path), header, CONFIG, toy_features, dev)
    again.resume()
    assert len(again.history) == 3


def test_a_dev_corpus_without_references_is_refused(tmp_path: Path, toy_features: FeatureCache):
    bare = tuple(dataclasses.replace(utterance, labels=None) for utterance in toy_features.utterances)
    dev = dataclasses.replace(toy_features, utterances=bare)
    with pytest.raises(UserError, match="dev corpus") as caught:
        Trainer(RunFolder(tmp_path), CheckpointHeader(network=tiny_network()), CONFIG, toy_features, dev)
    assert_one_sentence(caught.value)


def test_impossible_utterances_are_left_out_with_a_notice(tmp_path: Path, toy_features: FeatureCache):
    changed = list(toy_features.utterances)
    changed[3] = dataclasses.replace(changed[3], labels=(3,) * 1000)
    changed[8] = dataclasses.replace(changed[8], labels=None)
    run = trainer(tmp_path, dataclasses.replace(toy_features, utterances=tuple(changed)))
    assert sorted(run.usable) == sorted(set(range(20)) - {3, 8})
    for epoch in range(3):
        assert sorted(np.concatenate(run.maker.epoch(epoch)).tolist()) == sorted(run.usable)
    events = run.run()
    assert [type(next(events)) for _ in range(4)] == [Notice, Notice, Saved, Phase]


@pytest.mark.parametrize("frames", [1, 2, 7, 200])
def test_a_single_utterance_is_trained_on_and_scored(tmp_path: Path, frames: int):
    random = np.random.default_rng(frames)
    frame = random.standard_normal((frames, 13)).astype(np.float32)
    one = FeatureCache((Utterance("u", Path("u.wav"), (5,)),), (), frame, np.array([0, frames]), "one")
    events = list(trainer(tmp_path, one, dataclasses.replace(CONFIG, final_beam_width=4)).run())
    assert len(losses(events)) == 3
    assert all(math.isfinite(loss) for loss in losses(events))
    assert events[-1] == Stopped("finished", 3)
    assert load_checkpoint(tmp_path / "best.safetensors")[1].scores.keys() == {"dev, greedy", "dev, beam 4"}


def test_the_first_epoch_goes_from_short_to_long(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features)
    lengths = toy_features.lengths
    assert (np.diff(lengths[np.concatenate(run.maker.epoch(0))]) >= 0).all()
    assert (np.diff(lengths[np.concatenate(run.maker.epoch(1))]) < 0).any()
    assert [b.tolist() for b in run.maker.epoch(1)] != [b.tolist() for b in run.maker.epoch(2)]
    mixed = trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, sorted_first_epoch=False))
    assert (np.diff(lengths[np.concatenate(mixed.maker.epoch(0))]) < 0).any()


def test_dev_utterances_are_evenly_spread(tmp_path: Path, toy_features: FeatureCache):
    for count, expected in ((3, [0, 9, 19]), (0, list(range(20))), (100, list(range(20)))):
        run = trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, dev_utterances=count, epochs=1))
        assert run.scorer.chosen == expected
        assert max(event.total for event in run.run() if isinstance(event, Phase)) == len(expected)


def test_the_published_preset_trains_as_the_course_did(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(PRESETS["published"].training, epochs=1)
    run = trainer(tmp_path, toy_features, config)
    assert type(run.optimizer) is torch.optim.Adam
    assert run.optimizer.param_groups[0]["weight_decay"] == 5e-5
    assert run.average is None
    batches = [event for event in run.run() if isinstance(event, Batch)]
    assert {event.learning_rate for event in batches} == {5e-4}


def test_the_module_is_the_place_for_all_of_training():
    assert set(training.__all__) >= {"Trainer", "Control", "prepare_features", "learning_rate"}
    assert prepare_features is training.prepare_features
