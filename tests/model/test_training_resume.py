from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_checkpoint
from model.corpus import FeatureCache
from model.errors import FileError, UserError
from model.training import (
    Batch,
    Control,
    Phase,
    Saved,
    Stopped,
)
from tests.model.helpers import assert_one_sentence
from tests.model.training_helpers import CONFIG, assert_same_weights, losses, trainer, until, weights


@pytest.mark.parametrize("count", [1, 4, 6, 11])
@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
def test_a_resumed_run_is_as_an_unbroken_one(tmp_path: Path, toy_features: FeatureCache, count: int, schedule: str):
    config = dataclasses.replace(CONFIG, schedule=schedule)
    whole = trainer(tmp_path / "whole", toy_features, config)
    whole_events = list(whole.run())
    control = Control()
    events = until(trainer(tmp_path / "broken", toy_features, config, control).run(), count, control)
    assert [type(event) for event in events[-2:]] == [Saved, Stopped]
    assert events[-1] == Stopped("stopped", (count - 1) // 4)
    torch.manual_seed(99)  # what others draw in the meantime does not matter
    resumed = trainer(tmp_path / "broken", toy_features, config)
    resumed.resume()
    torch.rand(5)
    events += list(resumed.run())
    assert losses(events) == losses(whole_events)
    assert_same_weights(weights(resumed), weights(whole))
    assert_same_weights(resumed.average.state_dict(), whole.average.state_dict())
    assert_same_weights(
        load_checkpoint(tmp_path / "broken" / "last.safetensors")[0].state_dict(),
        load_checkpoint(tmp_path / "whole" / "last.safetensors")[0].state_dict(),
    )
    clocks = ("seconds", "frames_per_second")
    for one, other in zip(resumed.history, whole.history, strict=True):
        assert {k: v for k, v in one.items() if k not in clocks} == {k: v for k, v in other.items() if k not in clocks}


def test_a_finished_run_goes_on_when_more_epochs_are_asked(tmp_path: Path, toy_features: FeatureCache):
    list(trainer(tmp_path, toy_features).run())
    again = trainer(tmp_path, toy_features)
    again.resume()
    assert [type(event) for event in again.run()] == [Phase, Stopped]
    longer = trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, epochs=4))
    longer.resume()
    assert len(losses(list(longer.run()))) == 4
    assert len(longer.history) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"hidden": 17}, "other sizes"), ({"time_stride": 1}, "other sizes")],
)
def test_a_run_of_another_network_is_not_resumed(
    tmp_path: Path, toy_features: FeatureCache, changes: dict[str, int], words: str
):
    list(trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, epochs=1)).run())
    with pytest.raises(UserError, match=words) as caught:
        trainer(tmp_path, toy_features, **changes).resume()
    assert_one_sentence(caught.value, tmp_path)


@pytest.mark.parametrize(("name", "value"), [("seed", 2), ("optimizer", "adam")])
def test_a_run_of_another_kind_is_not_resumed(tmp_path: Path, toy_features: FeatureCache, name: str, value: object):
    list(trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, epochs=1)).run())
    changed = dataclasses.replace(CONFIG, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"{name}=") as caught:
        trainer(tmp_path, toy_features, changed).resume()
    assert_one_sentence(caught.value, tmp_path)


@pytest.mark.parametrize("name", ["network", "optimizer", "position", "history", "average", "unscored"])
@pytest.mark.parametrize("value", [None, 3, {"a": 1}])
def test_states_that_do_not_fit_give_one_clear_sentence(
    tmp_path: Path, toy_features: FeatureCache, name: str, value: object
):
    run = trainer(tmp_path, toy_features)
    run.folder.save_state(run._state())
    state = run.folder.load_state()
    state[name] = value
    run.folder.save_state(state)
    assert run.folder.load_state()[name] == value
    try:
        trainer(tmp_path, toy_features).resume()
    except UserError as error:
        assert_one_sentence(error, tmp_path / "state.pt")
    else:
        assert (name, value) in [("average", None), ("history", {"a": 1}), ("unscored", None)]


def test_no_run_no_resuming(tmp_path: Path, toy_features: FeatureCache):
    with pytest.raises(FileError, match="does not exist"):
        trainer(tmp_path, toy_features).resume()


def test_a_run_is_saved_from_time_to_time(tmp_path: Path, toy_features: FeatureCache):
    config = dataclasses.replace(CONFIG, save_minutes=0.0)
    run = trainer(tmp_path, toy_features, config)
    events = run.run()
    seen = [next(events) for _ in range(6)]
    assert [type(event) for event in seen] == [Saved, Phase, Batch, Saved, Batch, Saved]
    assert seen[3].checkpoint is None
    events.close()  # type: ignore[attr-defined]
    resumed = trainer(tmp_path, toy_features, config)
    resumed.resume()
    rest = list(resumed.run())
    assert next(event for event in rest if isinstance(event, Batch)).step == 3
