from __future__ import annotations

import csv
import os
import pickle
from pathlib import Path

import pytest
import torch

from model.checkpoint import CheckpointHeader, read_header
from model.errors import FileError, UserError
from model.network import SpeechToPhoneme
from model.run_folder import HISTORY_COLUMNS, RunFolder
from tests.model.helpers import assert_one_sentence, tiny_network

STATE = {"network": {"a": torch.arange(3)}, "position": {"epoch": 2, "best": float("inf")}, "history": [{"epoch": 1}]}


def test_a_new_run_makes_its_folder(tmp_path: Path):
    folder = RunFolder(tmp_path / "some" / "run")
    folder.prepare(resume=False)
    assert folder.path.is_dir()
    folder.prepare(resume=False)


@pytest.mark.parametrize("name", ["state.pt", "last.safetensors", "best.safetensors", "history.csv"])
def test_what_a_run_left_is_not_overwritten(tmp_path: Path, name: str):
    (tmp_path / name).write_text("kept")
    with pytest.raises(UserError, match="already holds a run") as caught:
        RunFolder(tmp_path).prepare(resume=False)
    assert_one_sentence(caught.value, tmp_path)
    assert (tmp_path / name).read_text() == "kept"


def test_only_a_run_can_be_resumed(tmp_path: Path):
    folder = RunFolder(tmp_path)
    with pytest.raises(UserError, match="no run to resume") as caught:
        folder.prepare(resume=True)
    assert_one_sentence(caught.value, tmp_path)
    folder.save_state(STATE)
    folder.prepare(resume=True)


@pytest.mark.parametrize("name", ["file", "file/inside", "x" * 300, "a\0b"])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, name: str):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be made") as caught:
        RunFolder(tmp_path / name).prepare(resume=False)
    assert_one_sentence(caught.value, tmp_path / name)


def test_the_state_comes_back(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.save_state(STATE)
    state = folder.load_state()
    assert torch.equal(state.pop("network")["a"], torch.arange(3))
    assert state == {name: value for name, value in STATE.items() if name != "network"}
    assert os.listdir(tmp_path) == ["state.pt"]


def test_a_failure_in_the_middle_leaves_the_old_state(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.save_state(STATE)
    before = folder.state.read_bytes()
    with pytest.raises((AttributeError, pickle.PicklingError)):
        folder.save_state({"network": lambda: None})
    assert folder.state.read_bytes() == before
    assert os.listdir(tmp_path) == ["state.pt"]


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("hacked",)


def test_nothing_in_a_state_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    folder = RunFolder(tmp_path)
    torch.save({"network": Evil()}, folder.state)
    with pytest.raises(FileError) as caught:
        folder.load_state()
    assert_one_sentence(caught.value, folder.state)
    assert not (tmp_path / "hacked").exists()


def test_damaged_states_give_one_clear_sentence(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.save_state(STATE)
    whole = folder.state.read_bytes()
    pickled = whole.index(b"data.pkl") + 30
    cases = [b"", b"text", pickle.dumps(3), whole[:100], whole[:-50], whole[: len(whole) // 2]]
    for place in range(pickled, pickled + 120, 7):
        cases.append(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
    refused = 0
    for case in cases:
        folder.state.write_bytes(case)
        try:
            folder.load_state()
        except FileError as error:
            assert_one_sentence(error, folder.state)
            refused += 1
    assert refused > 5
    torch.save([1, 2], folder.state)
    with pytest.raises(FileError, match="not the state of a run"):
        folder.load_state()
    folder.state.unlink()
    with pytest.raises(FileError, match="does not exist"):
        folder.load_state()


def test_the_best_checkpoint_is_kept_beside_the_last(tmp_path: Path):
    folder = RunFolder(tmp_path)
    network = SpeechToPhoneme(tiny_network())
    for title, best in (("first", True), ("second", False)):
        header = CheckpointHeader(network=network.config, title=title)
        folder.save_checkpoint(network.state_dict(), header, best=best)
    assert read_header(folder.best).title == "first"
    assert read_header(folder.last).title == "second"


def test_the_history_is_a_table(tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.write_history([dict.fromkeys(HISTORY_COLUMNS, epoch) for epoch in (1, 2)])
    with open(folder.history, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == HISTORY_COLUMNS
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert b"\r" not in folder.history.read_bytes()
