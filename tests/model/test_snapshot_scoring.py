from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from model import dev_scoring, snapshot_scoring
from model.checkpoint import load_checkpoint, read_header
from model.corpus import FeatureCache
from model.distributed import world_size
from model.scoring import score_posteriors, scoring
from model.snapshot_scoring import scores_beside
from model.training import Batch, Control, Epoch, Event, Saved, Stopped, Trainer
from tests.model.training_helpers import CONFIG, assert_same_weights, losses, trainer, weights

CLOCKS = ("seconds", "frames_per_second")
DROPPING = {"dropout": 0.3}
PLACE = "dev score"


def without_clocks(events: list[Event]) -> list[tuple[dict[str, Any], bool]]:
    """Return records and bests of the epochs, without what the clock says."""
    epochs = [event for event in events if isinstance(event, Epoch)]
    return [({k: v for k, v in event.record.items() if k not in CLOCKS}, event.best) for event in epochs]


def hold(monkeypatch: pytest.MonkeyPatch, until: Callable[[], bool] = lambda: False) -> None:
    """Let scoring in a thread last until something has come about, or it is given up."""

    def held(*arguments: Any, **options: Any) -> Iterator[Any]:
        while threading.current_thread().name == PLACE and not until():
            time.sleep(0.005)
            yield 0, 20
        yield from scoring(*arguments, **options)

    monkeypatch.setattr(dev_scoring, "scoring", held)


def meanwhile(run: Trainer, batch: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Run; the score of an epoch comes after so many batches of the next."""
    with monkeypatch.context() as patch:
        hold(patch, lambda: run.position.batch == batch)
        for event in run.run():
            yield event
            while isinstance(event, Batch) and event.batch == batch and threads():
                time.sleep(0.005)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == PLACE]


@pytest.mark.parametrize("average", [0.9, 0.0])
def test_scoring_beside_gives_the_numbers_of_scoring_in_turn(
    tmp_path: Path, toy_features: FeatureCache, average: float, monkeypatch: pytest.MonkeyPatch
):
    config = dataclasses.replace(CONFIG, ema_decay=average, epochs=4, final_beam_width=4)
    turn = trainer(tmp_path / "turn", toy_features, config, **DROPPING)
    in_turn = list(turn.run())
    beside = trainer(tmp_path / "beside", toy_features, config, score_beside=True, **DROPPING)
    events = list(meanwhile(beside, 2, monkeypatch))
    assert losses(events) == losses(in_turn)
    assert without_clocks(events) == without_clocks(in_turn)
    assert events[-2:] == in_turn[-2:]
    assert_same_weights(weights(beside), weights(turn))
    for name in ("best", "last"):
        mine, theirs = (load_checkpoint(tmp_path / run / f"{name}.safetensors") for run in ("beside", "turn"))
        assert_same_weights(mine[0].state_dict(), theirs[0].state_dict())
        assert mine[1].scores == theirs[1].scores
    order = [type(event) for event in events if isinstance(event, Batch | Epoch)]
    assert order == [*[Batch] * 6, Epoch, *[Batch] * 4, Epoch, *[Batch] * 4, Epoch, *[Batch] * 2, Epoch]
    assert not threads()


def test_a_slow_score_is_waited_for_before_the_next_is_wanted(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    run = trainer(tmp_path, toy_features, score_beside=True)
    late = threading.Event()
    hold(monkeypatch, late.is_set)
    events: list[Event] = []
    for event in run.run():
        events.append(event)
        if len(losses(events)) == 8 and not late.is_set():
            assert run.position.epoch == 1
            threading.Timer(0.2, late.set).start()
    order = [type(event) for event in events if isinstance(event, Batch | Epoch)]
    assert order[:9] == [*[Batch] * 8, Epoch]
    assert [event.record["epoch"] for event in events if isinstance(event, Epoch)] == [1, 2, 3]


def test_the_best_checkpoint_is_what_was_scored(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    run = trainer(tmp_path, toy_features, dataclasses.replace(CONFIG, learning_rate=0.03), score_beside=True)
    told = 0
    for event in meanwhile(run, 3, monkeypatch):
        if isinstance(event, Saved) and event.checkpoint is not None:
            network, header = load_checkpoint(event.checkpoint)
            score = score_posteriors(network, toy_features, range(20), header.table)
            assert round(score.loss, 5) == header.scores["dev, greedy"]["loss"] == header.history[-1]["dev_loss"]
            told += 1
    assert told == 3


@pytest.mark.parametrize("again_beside", [True, False])
@pytest.mark.parametrize("stopped_at", [5, 7])
def test_a_run_that_ends_while_a_score_is_to_come_scores_it_when_resumed(
    tmp_path: Path, toy_features: FeatureCache, stopped_at: int, again_beside: bool, monkeypatch: pytest.MonkeyPatch
):
    whole = trainer(tmp_path / "whole", toy_features, **DROPPING)
    whole_events = list(whole.run())
    control = Control()
    broken = trainer(tmp_path / "broken", toy_features, CONFIG, control, score_beside=True, **DROPPING)
    with monkeypatch.context() as patch:
        hold(patch)
        events: list[Event] = []
        for event in broken.run():
            events.append(event)
            if isinstance(event, Batch) and event.step == stopped_at:
                control.stop.set()
    assert events[-1] == Stopped("stopped", 0)
    assert not threads()
    assert not (tmp_path / "broken" / "best.safetensors").exists()
    assert broken.folder.load_state()["unscored"]["record"]["epoch"] == 1
    resumed = trainer(tmp_path / "broken", toy_features, score_beside=again_beside, **DROPPING)
    resumed.resume()
    rest = list(resumed.run())
    first = next(number for number, event in enumerate(rest) if isinstance(event, Batch | Epoch))
    assert isinstance(rest[first], Epoch)
    assert losses(events + rest) == losses(whole_events)
    assert without_clocks(rest) == without_clocks(whole_events)
    assert_same_weights(weights(resumed), weights(whole))
    assert (
        read_header(tmp_path / "broken" / "best.safetensors").scores
        == read_header(tmp_path / "whole" / "best.safetensors").scores
    )
    assert resumed.folder.load_state()["unscored"] is None


def test_the_snapshot_is_on_disk_before_the_next_epoch_begins(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    hold(monkeypatch)
    run = trainer(tmp_path, toy_features, score_beside=True)
    events = run.run()
    for event in events:
        if isinstance(event, Saved) and run.position.epoch == 1:
            break
    state = run.folder.load_state()
    assert (state["position"]["epoch"], state["position"]["batch"], state["history"]) == (1, 0, [])
    assert_same_weights(state["unscored"]["weights"], run.average.state_dict())
    before = {name: value.clone() for name, value in run.average.state_dict().items()}
    assert isinstance(next(events), Batch)
    assert_same_weights(run.snapshots.state()["weights"], before)  # the average moves on, the snapshot does not
    assert threads()
    events.close()  # type: ignore[attr-defined]
    assert not threads()


def test_a_thread_that_scores_draws_nothing_and_sets_nothing(tmp_path: Path, toy_features: FeatureCache):
    run = trainer(tmp_path, toy_features, score_beside=True, **DROPPING)
    torch.manual_seed(3)
    before, count = torch.get_rng_state(), torch.get_num_threads()
    run.snapshots.take({}, run.network)
    run.snapshots.start()
    while not run.snapshots.ready:
        time.sleep(0.005)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == count
    assert run.network.training and not run.snapshots.network.training


class Pause(threading.Event):
    """A pause that has been looked at three times is one that holds."""

    def __init__(self) -> None:
        super().__init__()
        self.looks, self.held = 0, threading.Event()

    def is_set(self) -> bool:
        self.looks += 1
        if self.looks >= 3:
            self.held.set()
        return super().is_set()


def test_a_pause_holds_the_thread_too(tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch):
    begun, pause = threading.Event(), Pause()

    def begins(*arguments: Any, **options: Any) -> Iterator[Any]:
        begun.set()
        yield from scoring(*arguments, **options)

    monkeypatch.setattr(dev_scoring, "scoring", begins)
    run = trainer(tmp_path, toy_features, CONFIG, Control(pause=pause), score_beside=True)
    pause.set()
    run.snapshots.take({}, run.network)
    run.snapshots.start()
    assert pause.held.wait(20)
    assert threads() and not begun.is_set() and not run.snapshots.ready
    run.snapshots.close()
    assert not threads()
    run.snapshots.start()
    pause.clear()
    run.snapshots._thread.join(20)
    assert run.snapshots.ready


def test_what_goes_wrong_in_the_thread_ends_the_run(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any, **__: Any) -> Iterator[Any]:
        raise RuntimeError("a fault of the program")
        yield

    monkeypatch.setattr(dev_scoring, "scoring", broken)
    with pytest.raises(RuntimeError, match="a fault"):
        list(trainer(tmp_path, toy_features, score_beside=True).run())
    assert not threads()


def test_runs_are_scored_beside_where_it_pays(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    monkeypatch.setattr(snapshot_scoring, "available_processors", lambda: 2 * torch.get_num_threads())
    assert not scores_beside(CONFIG, cpu)
    assert not Trainer(*arguments(tmp_path, toy_features)).snapshots.beside
    assert scores_beside(CONFIG, cuda)
    monkeypatch.setattr(snapshot_scoring, "available_processors", lambda: 2 * torch.get_num_threads() + 1)
    assert scores_beside(CONFIG, cpu)
    assert Trainer(*arguments(tmp_path, toy_features)).snapshots.beside
    # The next step may depend on the score.
    assert not scores_beside(dataclasses.replace(CONFIG, schedule="plateau"), cuda)
    assert not scores_beside(dataclasses.replace(CONFIG, patience=3), cuda)
    monkeypatch.setattr(snapshot_scoring, "world_size", lambda: world_size() + 1)
    assert not scores_beside(CONFIG, cuda)


@pytest.mark.parametrize("changes", [{"patience": 1}, {"schedule": "plateau", "plateau_threshold": 1.0}])
def test_runs_that_look_at_the_score_wait_for_it_though_asked_not_to(
    tmp_path: Path, toy_features: FeatureCache, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    config = dataclasses.replace(CONFIG, epochs=5, learning_rate=0.1, **changes)
    turn = trainer(tmp_path / "turn", toy_features, config, **DROPPING)
    in_turn = list(turn.run())
    beside = trainer(tmp_path / "beside", toy_features, config, score_beside=True, **DROPPING)
    events = list(meanwhile(beside, 3, monkeypatch))
    assert losses(events) == losses(in_turn)
    assert without_clocks(events) == without_clocks(in_turn)
    assert events[-1] == in_turn[-1]
    assert_same_weights(weights(beside), weights(turn))


def test_several_processes_share_the_scoring_though_asked_not_to(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    assert trainer(tmp_path, toy_features, score_beside=True).snapshots.beside
    monkeypatch.setattr(snapshot_scoring, "world_size", lambda: 2)
    assert not trainer(tmp_path, toy_features, score_beside=True).snapshots.beside


def arguments(folder: Path, features: FeatureCache) -> tuple[Any, ...]:
    made = trainer(folder, features)
    return made.folder, made.header, made.config, features, features
