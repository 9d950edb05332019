"""The training thread and what it tells, on a toy corpus and a tiny network."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import model
from model.config import TrainingConfig
from model.errors import FileError, UserError
from model.run_folder import RunFolder
from phonegui.pinned import FILE_NAME, PinnedTranscript, choose_pinned, read_transcripts, write_transcripts
from phonegui.training_log import read_run
from phonegui.training_plan import TrainingPlan, read_plan, write_plan
from phonegui.training_session import IDLE, PAUSED, RUNNING, STOPPING, TrainingSession, unfinished_run
from tests.model.helpers import tiny_network, write_toy_corpus
from tests.model.test_tensorboard_log import Writer, made, with_writer

PATIENCE = 300_000  # ms; the first import of everything on a busy machine
CONFIG = TrainingConfig(
    epochs=2, batch_frames=0, batch_utterances=4, learning_rate=0.01, time_masks=0, feature_masks=0, final_beam_width=0
)
LONG = dataclasses.replace(CONFIG, epochs=5000)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    return tuple(
        str(write_toy_corpus(folder / name, count=count, seed=1)) for name, count in (("train", 12), ("dev", 6))
    )


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path_factory.getbasetemp() / "training_cache"))


@pytest.fixture
def plan(corpora, tmp_path):
    return TrainingPlan(*corpora, str(tmp_path / "run"), tiny_network(), CONFIG)


@pytest.fixture
def session(qtbot):
    session = TrainingSession()
    session.told = []
    for name in ("state_changed", "epoch_finished", "transcripts_ready", "saved", "noticed", "failed", "ended"):
        getattr(session, name).connect(lambda *values, name=name: session.told.append((name, *values)))
    yield session
    assert session.close(60)


def told(session, name):
    return [values for kind, *values in session.told if kind == name]


def run(qtbot, session, plan):
    with qtbot.waitSignal(session.ended, timeout=PATIENCE):
        session.start(plan)


def wait_for_batches(qtbot, session, count=1):
    qtbot.waitUntil(lambda: len(session.log) >= count or not session.busy, timeout=PATIENCE)
    assert session.busy, session.told


def test_a_run_tells_everything_and_leaves_its_files(qtbot, session, plan):
    phases = []
    session.advanced.connect(lambda: phases.append(session.phase.name))
    run(qtbot, session, plan)
    assert told(session, "ended") == [["finished"]] and not told(session, "failed")
    assert [state for (state,) in told(session, "state_changed")] == [RUNNING, IDLE]
    assert phases[0]
    assert len(session.log) == 2 * 3
    np.testing.assert_allclose(session.log.step_series("step", "epoch").x, np.arange(1, 7) / 3)
    assert [record["epoch"] for record in session.log.epochs] == [1, 2]
    assert session.facts.utterances == 12 and session.facts.parameters > 1000 and session.facts.frames > 500
    files = RunFolder(plan.out)
    assert session.best_checkpoint == str(files.best)
    assert read_plan(plan.out) == (plan, "finished")
    kept = read_run(plan.out)
    assert [r["dev_loss"] for r in kept.epochs] == [r["dev_loss"] for r in session.log.epochs]
    np.testing.assert_allclose(
        kept.step_series("train_loss", "epoch").y, session.log.step_series("train_loss", "epoch").y
    )
    np.testing.assert_allclose(kept.step_series("train_loss", "epoch").x, np.arange(1, 7) / 3)
    [items] = told(session, "transcripts_ready")[-1]
    assert read_transcripts(plan.out) == items
    assert {item.epoch for item in items} == {1, 2} and len(items) == 8
    assert all(item.reference and item.seconds > 0 for item in items)


def test_a_run_is_logged_for_tensorboard_where_that_is_installed(qtbot, session, plan, monkeypatch):
    with_writer(monkeypatch, Writer)
    run(qtbot, session, dataclasses.replace(plan, tensorboard=True))
    names = {name for name, _, _ in made[-1].scalars}
    assert {"training/loss", "training/learning_rate", "dev/phone_error_rate"} <= names
    assert made[-1].folder.startswith(plan.out) and made[-1].closed


def test_without_tensorboard_the_run_goes_on(qtbot, session, plan, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    run(qtbot, session, dataclasses.replace(plan, tensorboard=True))
    [[notice]] = told(session, "noticed")
    assert "not installed" in notice and "goes on" in notice
    assert told(session, "ended") == [["finished"]]


def test_the_window_trains_what_the_copied_command_trains(qtbot, session, plan, tmp_path):
    import shlex

    from phonegui.__main__ import main

    run(qtbot, session, plan)
    other = dataclasses.replace(plan, out=str(tmp_path / "by command"))
    assert main(shlex.split(other.command())[1:]) == 0
    ours, theirs = read_run(plan.out), read_run(other.out)
    np.testing.assert_array_equal(ours.steps[:, [0, 3, 4]], theirs.steps[:, [0, 3, 4]])
    assert [r["dev_phone_error_rate"] for r in ours.epochs] == [r["dev_phone_error_rate"] for r in theirs.epochs]


def test_pause_holds_within_a_batch_and_stop_keeps_everything(qtbot, session, plan):
    session.start(dataclasses.replace(plan, training=LONG))
    wait_for_batches(qtbot, session, 2)
    session.pause()
    assert session.state == PAUSED
    qtbot.wait(300)
    held = len(session.log)
    qtbot.wait(300)
    assert len(session.log) == held
    session.resume()
    wait_for_batches(qtbot, session, held + 2)
    with qtbot.waitSignal(session.ended, timeout=2_000 + 3_000):  # on a busy machine, too
        session.stop()
        assert session.state == STOPPING
    assert told(session, "ended") == [["stopped"]]
    assert RunFolder(plan.out).resumable and read_plan(plan.out)[1] == "stopped"


def test_stopping_while_paused_ends(qtbot, session, plan):
    session.start(dataclasses.replace(plan, training=LONG))
    wait_for_batches(qtbot, session)
    session.pause()
    with qtbot.waitSignal(session.ended, timeout=PATIENCE):
        session.stop()
    assert session.state == IDLE


def test_a_stopped_run_resumes_with_its_curves(qtbot, session, plan):
    long = dataclasses.replace(plan, training=dataclasses.replace(CONFIG, epochs=4))
    session.epoch_finished.connect(lambda *_: session.stop())
    run(qtbot, session, long)
    session.epoch_finished.disconnect()
    before = len(session.log)
    assert 3 <= before < 12
    losses = session.log.step_series("train_loss", "step").y.copy()
    run(qtbot, session, dataclasses.replace(long, resume=True))
    assert told(session, "ended")[-1] == ["finished"]
    assert len(session.log) == 12 and [r["epoch"] for r in session.log.epochs] == [1, 2, 3, 4]
    np.testing.assert_array_equal(session.log.step_series("train_loss", "step").y[: len(losses)], losses)
    assert {item.epoch for item in read_transcripts(plan.out)} == {1, 2, 3, 4}


def test_what_cannot_be_trained_is_one_sentence_and_the_session_lives_on(qtbot, session, plan, tmp_path):
    run(qtbot, session, dataclasses.replace(plan, train=str(tmp_path / "missing.tsv")))
    [[sentence]] = told(session, "failed")
    assert "missing.tsv" in sentence and told(session, "ended") == [["failed"]]
    assert read_plan(plan.out)[1] == "failed"
    run(qtbot, session, plan)
    assert told(session, "ended")[-1] == ["finished"]


def test_a_run_is_not_overwritten_and_one_at_a_time_goes_on(qtbot, session, plan, tmp_path):
    session.start(dataclasses.replace(plan, training=LONG))
    with pytest.raises(UserError, match="goes on"):
        session.start(dataclasses.replace(plan, out=str(tmp_path / "second")))
    wait_for_batches(qtbot, session)
    other = TrainingSession()
    with pytest.raises(UserError):
        other.start(plan)
    with pytest.raises(UserError, match="another window"):
        other.start(dataclasses.replace(plan, resume=True))
    assert read_plan(plan.out)[1] == "running"
    assert session.close(60)
    with pytest.raises(UserError, match="already holds a run"):
        session.start(plan)


def test_closing_ends_within_two_seconds_with_everything_saved(qtbot, session, plan):
    session.start(dataclasses.replace(plan, training=LONG))
    wait_for_batches(qtbot, session, 2)
    began = time.monotonic()
    assert session.close(10)
    assert time.monotonic() - began < 2.0
    assert RunFolder(plan.out).resumable and read_plan(plan.out)[1] == "stopped"
    assert unfinished_run(plan.out) is None  # stopped on purpose


def test_a_folder_that_cannot_be_made_is_refused_at_once(session, plan, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError):
        session.start(dataclasses.replace(plan, out=str(tmp_path / "file" / "run")))
    assert session.state == IDLE and not session.busy


KILLED = """
import json, os, signal, sys
from PySide6.QtCore import QCoreApplication
from phonegui.training_plan import TrainingPlan
from phonegui.training_session import TrainingSession
app = QCoreApplication([])
session = TrainingSession()
session.epoch_finished.connect(lambda *_: os.kill(os.getpid(), signal.SIGKILL))
session.ended.connect(app.quit)
session.start(TrainingPlan.from_json(json.loads(sys.argv[1])))
app.exec()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_is_found_and_goes_on(qtbot, session, plan):
    plan = dataclasses.replace(plan, training=dataclasses.replace(CONFIG, epochs=3))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, json.dumps(plan.to_json())],
        cwd=Path(model.__file__).parent.parent,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = unfinished_run(plan.out)
    assert found == dataclasses.replace(plan, resume=True)
    run(qtbot, session, found)
    assert told(session, "ended") == [["finished"]]
    assert [record["epoch"] for record in session.log.epochs] == [1, 2, 3]
    assert unfinished_run(plan.out) is None


def test_nothing_is_offered_where_nothing_was_interrupted(plan, tmp_path):
    assert unfinished_run("") is None
    assert unfinished_run(str(tmp_path / "missing")) is None
    write_plan(plan, "finished")
    assert unfinished_run(plan.out) is None


def test_pinned_utterances_are_spread_and_labelled():
    from types import SimpleNamespace

    features = SimpleNamespace(
        utterances=[SimpleNamespace(labels=(1,) if n % 3 else None) for n in range(30)],
        lengths=np.arange(30)[::-1] * 10,
    )
    pinned = choose_pinned(features)
    assert len(pinned) == 4 and all(features.utterances[i].labels for i in pinned)
    lengths = [int(features.lengths[i]) for i in pinned]
    assert lengths == sorted(lengths) and lengths[-1] - lengths[0] > 100
    assert len(choose_pinned(SimpleNamespace(utterances=features.utterances[:2], lengths=features.lengths[:2]))) == 1


def test_transcripts_survive_the_file_and_damage_is_passed_over(tmp_path):
    items = [PinnedTranscript(1, "u\t1", 1.5, ("AA", "B"), ()), PinnedTranscript(2, "ü", 0.5, (), ("S",))]
    write_transcripts(tmp_path, items)
    assert read_transcripts(tmp_path) == items
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text() + '{"epoch": 3, "na\n[]\n7\n{"epoch": "x", "name": 1}\n' + "[" * 10_000 + "\n")
    assert read_transcripts(tmp_path) == items
    assert read_transcripts(tmp_path / "missing") == []
