from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from model.errors import FileError
from model.step_log import STEP_COLUMNS, StepLog
from tests.model.helpers import assert_one_sentence


def steps(path: Path) -> list[int]:
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == STEP_COLUMNS
        return [int(row["step"]) for row in reader]


def test_lines_are_appended_and_read_back_exactly(tmp_path: Path):
    log = StepLog(tmp_path / "run" / "steps.csv")
    log.flush()
    assert not log.path.exists()
    log.add(1, 1, 0.1 + 0.2, 1e-3, 1000.5, 0.25)
    log.flush()
    log.add(2, 1, math.nan, 1e-3, 1000.5, 0.5)
    log.flush()
    log.flush()
    lines = log.path.read_text().splitlines()
    assert lines[1] == f"1,1,{0.1 + 0.2!r},0.001,1000.5,0.25"
    assert float(lines[1].split(",")[2]) == 0.1 + 0.2
    assert lines[2].split(",")[2] == "nan"
    assert steps(log.path) == [1, 2]


def test_a_resumed_run_drops_what_it_makes_again(tmp_path: Path):
    path = tmp_path / "steps.csv"
    log = StepLog(path)
    for step in range(1, 6):
        log.add(step, 1, 1.0, 1.0, 1.0, 1.0)
    log.flush()
    with open(path, "a", encoding="utf-8") as file:
        file.write("6,1,0.")  # as a kill leaves it
    again = StepLog(path)
    again.start(3)
    assert steps(path) == [1, 2, 3]
    again.add(4, 1, 1.0, 1.0, 1.0, 1.0)
    again.flush()
    assert steps(path) == [1, 2, 3, 4]
    StepLog(path).start(0)
    assert steps(path) == []
    StepLog(tmp_path / "none.csv").start(7)
    assert not (tmp_path / "none.csv").exists()


def test_what_cannot_be_written_is_kept(tmp_path: Path):
    path = tmp_path / "steps.csv"
    path.mkdir()
    log = StepLog(path)
    log.add(1, 1, 1.0, 1.0, 1.0, 1.0)
    with pytest.raises(FileError) as caught:
        log.flush()
    assert_one_sentence(caught.value, path)
    path.rmdir()
    log.add(2, 1, 1.0, 1.0, 1.0, 1.0)
    log.flush()
    assert steps(path) == [1, 2]


def test_a_file_of_others_is_not_taken_for_a_log(tmp_path: Path):
    path = tmp_path / "steps.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError) as caught:
        StepLog(path).start(3)
    assert_one_sentence(caught.value, path)
