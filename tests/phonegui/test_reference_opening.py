"""Opening another reference for the recording on the screen."""

import shutil

import pytest
from PySide6.QtWidgets import QFileDialog

from phonegui.editing import Interval, Tier
from phonegui.main_window import MainWindow
from phonegui.reference_files import write_reference
from phonegui.resources import sample_utterances

PATIENCE = 150_000  # ms; the first hearing of a process loads the engine and may compile
SPOKEN = (Interval(0.0, 0.5, "SIL"), Interval(0.5, 0.75, "AA"), Interval(0.75, 1.0, "S"))


@pytest.fixture
def opened(qtbot, tmp_path):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    shutil.copy(sample_utterances()[1].path, tmp_path / "take.flac")
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(tmp_path / "take.flac")])
    yield window
    window.close()


def choose(monkeypatch, window, path):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    window.actions_by_name["open_reference"].trigger()


def test_another_reference_is_taken_from_every_kind_of_file_and_undone(qtbot, opened, tmp_path, monkeypatch):
    book, rate = opened.desk.editor.book, opened.session.heard.audio.source_rate
    write_reference(tmp_path / "other.TextGrid", Tier(SPOKEN, 1.0))
    samples = "".join(f"{round(rate * i.start)} {round(rate * i.end)} {i.symbol}\n" for i in SPOKEN)
    (tmp_path / "other.phn").write_text(samples, encoding="utf-8")
    (tmp_path / "seconds.txt").write_text("0.0 0.5 SIL\n0.5 0.75 AA\n0.75 1.0 S\n", encoding="utf-8")
    for name in ("other.TextGrid", "other.phn", "seconds.txt"):
        with qtbot.waitSignal(book.changed, timeout=PATIENCE):
            choose(monkeypatch, opened, tmp_path / name)
        assert [i.symbol for i in book.tier().intervals] == ["SIL", "AA", "S"]
        assert [i.end for i in book.tier().intervals] == pytest.approx([0.5, 0.75, 1.0], abs=1e-4)
        assert opened.isWindowModified()
        opened.actions_by_name["undo"].trigger()
        assert not opened.isWindowModified() and not book.tier().intervals


def test_phonemes_without_times_are_placed_by_the_network(qtbot, opened, tmp_path, monkeypatch):
    heard = [item.symbol for item in opened.session.result.transcript.phonemes]
    (tmp_path / "heard.txt").write_text(" ".join(heard), encoding="utf-8")
    book = opened.desk.editor.book
    with qtbot.waitSignal(book.changed, timeout=PATIENCE):
        choose(monkeypatch, opened, tmp_path / "heard.txt")
    assert [item.symbol for item in book.tier().intervals] == heard
    assert 0 < book.tier().intervals[-1].end <= opened.session.heard.seconds


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("bad.TextGrid", "no grid", "bad.TextGrid"),
        ("words.txt", "the quick fox", "cannot be used as a reference"),
        ("empty.txt", "", "is empty"),
        ("late.txt", "9000.0 9001.0 AA", "no phoneme within"),
        ("gone.phn", None, "gone.phn"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_changes_nothing(qtbot, opened, tmp_path, monkeypatch, name, text, word):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with qtbot.waitSignal(opened.desk.references.failed, timeout=PATIENCE) as told:
        choose(monkeypatch, opened, tmp_path / name)
    assert word in told.args[0] and "unexpected" not in told.args[0]
    assert opened.desk.editor.book.tier() is None and not opened.isWindowModified()
