from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from pathlib import Path

import pytest

from model import files, training
from model.checkpoint import load_checkpoint, read_header
from model.corpus import FeatureCache
from model.run_folder import RunFolder
from model.training import Batch, Epoch, Notice, Saved, Stopped
from tests.model.helpers import assert_one_sentence
from tests.model.training_helpers import CONFIG, assert_same_weights, losses, trainer

OFTEN = dataclasses.replace(CONFIG, save_minutes=0.0)


class FullDisk:
    """Lets no file be written while `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._sync = os.fsync
        monkeypatch.setattr(files.os, "fsync", self._fsync)

    def _fsync(self, handle: int) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._sync(handle)


def test_a_full_disk_is_told_once_and_training_goes_on(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    disk = FullDisk(monkeypatch)
    run = trainer(tmp_path / "full", toy_features, OFTEN)
    events, saved = [], 0
    for event in run.run():
        events.append(event)
        if isinstance(event, Batch):
            disk.full = 2 <= event.step <= 6  # over the end of the first epoch
        if isinstance(event, Saved):
            assert not disk.full
            saved += 1
    told = [event.text for event in events if isinstance(event, Notice)]
    assert len(told) == 1
    assert "No space left" in told[0]
    assert "Training goes on" in told[0]
    assert str(tmp_path / "full") in told[0]
    assert saved > 5
    assert events[-1] == Stopped("finished", 3)
    assert losses(events) == losses(list(trainer(tmp_path / "whole", toy_features, OFTEN).run()))
    assert not list((tmp_path / "full").glob(".*.part"))
    steps = (tmp_path / "full" / "steps.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in steps] == ["step", *map(str, range(1, 13))]


def test_the_best_weights_outlast_a_full_disk(
    tmp_path: Path, toy_features: FeatureCache, monkeypatch: pytest.MonkeyPatch
):
    disk = FullDisk(monkeypatch)
    run = trainer(tmp_path / "full", toy_features, dataclasses.replace(OFTEN, epochs=2))
    monkeypatch.setattr(training, "is_best", lambda _record, history: not history)
    for event in run.run():
        if isinstance(event, Batch):
            disk.full = 3 <= event.step <= 5
    list(trainer(tmp_path / "one", toy_features, dataclasses.replace(OFTEN, epochs=1, warmup_fraction=0.0)).run())
    assert [len(read_header(tmp_path / "full" / f"{name}.safetensors").history) for name in ("best", "last")] == [1, 2]
    network, header = load_checkpoint(tmp_path / "full" / "best.safetensors")
    assert len(header.history) == 1
    with pytest.raises(AssertionError):
        assert_same_weights(
            network.state_dict(), load_checkpoint(tmp_path / "full" / "last.safetensors")[0].state_dict()
        )


@pytest.mark.parametrize("when", [2, 4, 6])
def test_a_folder_taken_away_is_made_anew(tmp_path: Path, toy_features: FeatureCache, when: int):
    folder = tmp_path / "run"
    events = []
    for event in trainer(folder, toy_features, OFTEN).run():
        events.append(event)
        if isinstance(event, Batch) and event.step == when:
            shutil.rmtree(folder)
    told = [event.text for event in events if isinstance(event, Notice)]
    assert len(told) == 1 and "taken away" in told[0]
    assert len(losses(events)) == 12
    names = {"best.safetensors", "history.csv", "last.safetensors", "state.pt", "state.previous.pt", "steps.csv"}
    assert set(os.listdir(folder)) == names
    again = trainer(folder, toy_features, dataclasses.replace(OFTEN, epochs=4))
    again.resume()
    assert len(losses(list(again.run()))) == 4


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path, toy_features: FeatureCache):
    folder = tmp_path / "run"
    (tmp_path / "aside").mkdir()
    events = []
    for event in trainer(folder, toy_features, OFTEN).run():
        events.append(event)
        if isinstance(event, Batch) and event.step == 2:
            os.rename(folder, tmp_path / "aside" / "run")
            folder.write_text("a file in its place")
        if isinstance(event, Batch) and event.step == 9:
            folder.unlink()
            os.rename(tmp_path / "aside" / "run", folder)
    assert any("cannot be written" in event.text for event in events if isinstance(event, Notice))
    assert len(losses(events)) == 12
    assert isinstance(events[-2], Saved)
    assert len([event for event in events if isinstance(event, Epoch)]) == 3


def test_a_damaged_state_gives_way_to_the_one_before(tmp_path: Path, toy_features: FeatureCache):
    whole = losses(list(trainer(tmp_path / "whole", toy_features, OFTEN).run()))
    run = trainer(tmp_path / "run", toy_features, OFTEN)
    for event in run.run():
        if isinstance(event, Saved) and run.position.step == 5:
            break
    folder = RunFolder(tmp_path / "run")
    folder.state.write_bytes(folder.state.read_bytes()[:-1000])
    again = trainer(tmp_path / "run", toy_features, OFTEN)
    again.resume()
    assert again.position.step == 4
    events = list(again.run())
    assert "the state before the last one" in events[0].text
    assert losses(events) == whole[4:]
    folder.state.unlink()  # as a kill between the two renamings leaves it
    assert folder.resumable
    folder.prepare(resume=True)
    trainer(tmp_path / "run", toy_features, OFTEN).resume()


def test_what_a_kill_left_half_written_is_cleared_away(tmp_path: Path):
    folder = RunFolder(tmp_path)
    kept = tmp_path / ".mine.part"
    for name in (".state.pt.0a1b2c3d.part", ".best.safetensors.00000000.part", ".mine.part"):
        (tmp_path / name).touch()
    folder.prepare(resume=False)
    assert list(tmp_path.iterdir()) == [kept]


def test_utterances_left_out_are_listed(tmp_path: Path, toy_features: FeatureCache):
    changed = list(toy_features.utterances)
    changed[3] = dataclasses.replace(changed[3], labels=(3,) * 1000)
    changed[8] = dataclasses.replace(changed[8], labels=())
    run = trainer(tmp_path, dataclasses.replace(toy_features, utterances=tuple(changed), problems=("x.wav: is bad.",)))
    next(event for event in run.run() if isinstance(event, Batch))
    lines = (tmp_path / "left_out.tsv").read_text().splitlines()
    assert lines[:2] == ["id\treason", "\tx.wav: is bad."]
    assert [line.split("\t")[0] for line in lines[2:]] == ["u3", "u8"]
    assert "1999 frames are needed" in lines[2]


def test_features_deleted_while_training_are_told_once(tmp_path: Path, toy_corpus, tmp_path_factory):
    from model.config import FeatureConfig

    place = tmp_path_factory.mktemp("deleted")
    features = FeatureCache.open(toy_corpus, FeatureConfig(), folder=place)
    events = []
    for event in trainer(tmp_path, features).run():
        events.append(event)
        if isinstance(event, Batch) and event.step == 2:
            shutil.rmtree(place)
    told = [event.text for event in events if isinstance(event, Notice)]
    assert len(told) == 3 and all("deleted" in text for text in told)  # once an epoch
    assert len(losses(events)) == 12


def test_features_cut_short_end_the_run_before_they_end_the_program(
    tmp_path: Path, toy_corpus, tmp_path_factory: pytest.TempPathFactory
):
    from model.config import FeatureConfig
    from model.errors import FileError

    place = tmp_path_factory.mktemp("cut")
    features = FeatureCache.open(toy_corpus, FeatureConfig(), folder=place)
    run = trainer(tmp_path, features).run()
    next(event for event in run if isinstance(event, Batch))
    (frames,) = place.rglob("frames.f32")
    os.truncate(frames, 0)
    with pytest.raises(FileError, match="cut short") as caught:
        list(run)
    assert_one_sentence(caught.value, frames)
    assert RunFolder(tmp_path).load_state()["position"]["step"] >= 0
