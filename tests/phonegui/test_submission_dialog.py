import csv
import json
import shutil
import time

import pytest
from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from model.corpus.detection import open_corpus
from phonegui.panels.submission import SubmissionDialog
from phonegui.resources import default_checkpoint, sample_utterances
from phonegui.session import Session

PATIENCE = 60_000


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "test"
    folder.mkdir()
    for utterance in sample_utterances()[1:]:
        shutil.copy(utterance.path, folder / utterance.path.name)
    return open_corpus(folder)


@pytest.fixture
def dialog(qtbot, corpus, tmp_path):
    session = Session()
    session.bundled_checkpoint = str(default_checkpoint())
    dialog = SubmissionDialog(session, corpus, str(tmp_path))
    dialog.show()
    yield dialog
    if isValid(dialog):
        dialog.end()
    session.close()


def preview(qtbot, dialog):
    with qtbot.waitSignal(dialog._worker.finished_request, timeout=PATIENCE):
        dialog.compute.click()


def cells(dialog):
    model = dialog.model
    return [[model.index(r, c).data() for c in range(3)] for r in range(model.rowCount())]


def test_what_is_previewed_is_what_is_written(qtbot, dialog, corpus, tmp_path, monkeypatch):
    assert not dialog.save.isEnabled()
    preview(qtbot, dialog)
    shown = cells(dialog)
    assert [row[0] for row in shown] == ["0", "1"]
    assert [row[2] for row in shown] == [item.name for item in corpus.utterances]
    assert "2 rows for 2 utterances" in dialog.summary.text()
    path = tmp_path / "out.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(dialog.written, timeout=PATIENCE):
        dialog.save.click()
    with open(path, newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["id", "label"], *(row[:2] for row in shown)]
    beside = json.loads((tmp_path / "out.json").read_text())
    assert beside["decoding"]["beam_width"] == dialog.width_box.value() == 100
    assert str(path) in dialog.summary.text()


def test_the_sample_gives_header_ids_and_order(qtbot, dialog, tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("index,predictions\n1,x\n0,x\n")
    dialog.sample.setText(str(sample))
    preview(qtbot, dialog)
    assert [row[0] for row in cells(dialog)] == ["1", "0"]
    assert "index, predictions" in dialog.summary.text()


def test_a_sample_of_another_corpus_is_refused_by_a_sentence(qtbot, dialog, tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("id,label\n0,x\n1,x\n2,x\n")
    dialog.sample.setText(str(sample))
    with qtbot.waitSignal(dialog._worker.failed, timeout=PATIENCE):
        dialog.compute.click()
    assert "sample.csv" in dialog.summary.text() and not dialog.save.isEnabled() and dialog.compute.isEnabled()


def test_changed_inputs_make_the_preview_void(qtbot, dialog):
    preview(qtbot, dialog)
    assert dialog.save.isEnabled()
    dialog.width_box.setValue(3)
    assert not dialog.save.isEnabled() and dialog.model.rowCount() == 0


def test_progress_that_comes_after_the_end_starts_nothing(qtbot, dialog):
    dialog._worker.progressed.emit(None, "network", 0.5)
    assert dialog.progress._timer.isActive()
    dialog.end()
    dialog._worker.progressed.emit(None, "network", 0.6)
    assert not dialog.progress._timer.isActive()


def test_closing_while_computing_ends_it_without_waiting(qtbot, dialog):
    began = time.monotonic()
    dialog.compute.click()
    qtbot.waitUntil(lambda: dialog._worker.busy)
    dialog.close()
    assert time.monotonic() - began < 1 and dialog.isHidden()
    qtbot.waitUntil(lambda: not isValid(dialog) or not dialog._worker.isRunning(), timeout=PATIENCE)
