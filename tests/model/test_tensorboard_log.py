from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch.utils

from model.errors import UserError
from model.tensorboard_log import TensorBoardLog
from model.training_events import Batch, Epoch, Phase, Scored
from tests.model.helpers import assert_one_sentence

RECORD = {"step": 9, "dev_loss": 2.0, "dev_phone_error_rate": 0.5, "dev_levenshtein": 9.0}
EVENTS = [
    Phase("first batch"),
    Batch(8, 1, 4, 1, 2, 3.5, 0.01, 1000.0, 60.0),
    Batch(9, 2, 4, 1, 2, float("nan"), 0.02, 1000.0, 60.0),
    Epoch({**RECORD, "step": 7, "dev_loss": 3.0}, False),  # scored beside the next epoch
    Epoch(RECORD, True),
    Scored("dev, beam 10", {"phone_error_rate": 0.25}),
]


class Writer:
    """Stands in for TensorBoard's writer, which is not one of this program's needs."""

    def __init__(self, folder: str, purge_step: int) -> None:
        made.append(self)
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.scalars: list[tuple[str, float, int]] = []

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.scalars.append((name, value, step))

    def close(self) -> None:
        self.closed = True


made: list[Writer] = []


def with_writer(monkeypatch: pytest.MonkeyPatch, writer: Any) -> None:
    module = type(sys)("torch.utils.tensorboard.writer")
    module.SummaryWriter = writer  # type: ignore[attr-defined]
    package = type(sys)("torch.utils.tensorboard")
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", package)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", module)


def test_events_become_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with_writer(monkeypatch, Writer)
    with TensorBoardLog(tmp_path, 7) as log:
        for event in EVENTS:
            log.write(event)
    writer = made[-1]
    assert (writer.folder, writer.purge_step, writer.closed) == (str(tmp_path), 8, True)
    assert [name for name, _, step in writer.scalars if step == 8] == [
        "training/loss", "training/learning_rate", "training/frames_per_second",
    ]  # fmt: skip
    assert ("training/loss", 3.5, 8) in writer.scalars
    assert not [name for name, _, step in writer.scalars if step == 9 and name == "training/loss"]
    assert ("dev/phone_error_rate", 0.5, 9) in writer.scalars
    assert [(value, step) for name, value, step in writer.scalars if name == "dev/loss"] == [(3.0, 7), (2.0, 9)]
    assert ("dev/beam 10/phone_error_rate", 0.25, 9) in writer.scalars


def test_without_the_package_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UserError, match="pip install tensorboard") as caught:
        TensorBoardLog(tmp_path)
    assert_one_sentence(caught.value)
    assert torch.utils is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with_writer(monkeypatch, refuse)
    with pytest.raises(UserError, match="Permission denied") as caught:
        TensorBoardLog(tmp_path / "x")
    assert_one_sentence(caught.value, tmp_path / "x")
