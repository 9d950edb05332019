import json
from pathlib import Path

import pytest
import soundfile
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from model.textgrid import read_textgrid
from phonegui.exporting import FORMATS, Choice, choice_from_json, name_of
from phonegui.exports import Exports
from phonegui.main_window import MainWindow
from phonegui.opening import default_checkpoint
from phonegui.pipeline import Document, Reference
from phonegui.resources import sample_utterances
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.sources import Source
from phonegui.views.timeline import TimelineView

PATIENCE = 120_000  # ms; the first decoding on a machine compiles


@pytest.fixture
def opened(qtbot):
    """Return a session with a sample open, and the timeline that shows it."""
    session, timeline = Session(), TimelineView()
    qtbot.addWidget(timeline)
    timeline.resize(900, 700)
    utterance = sample_utterances()[1]
    session.bundled_checkpoint = str(default_checkpoint())
    from model.phonemes import DEFAULT_TABLE

    session.references[str(utterance.path)] = Reference(DEFAULT_TABLE, utterance.labels)
    session.set_checkpoint(session.bundled_checkpoint)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.open(str(utterance.path))
    audio = session.heard.audio
    timeline.set_audio(audio.samples, audio.sample_rate)
    yield session, timeline
    session.close()


@pytest.fixture
def exports(qtbot, opened):
    exports = Exports(*opened, Remembered(), opened[1])
    yield exports
    exports.close()


def export(qtbot, dialog, path, format):
    dialog.form.format.setCurrentIndex(dialog.form.format.findData(format))
    dialog.path.setText(str(path))
    dialog.export_button.click()
    qtbot.waitUntil(lambda: dialog.export_button.isEnabled() and dialog.note.text() != "", timeout=PATIENCE)
    return dialog.note.text()


def test_every_format_is_written_and_shown_before(qtbot, opened, exports, tmp_path):
    session, timeline = opened
    timeline.selection.select(0.5, 1.25)
    exports.export_view()
    dialog = exports.dialog
    assert dialog.form.choice.part == "selection"
    for format, (_, suffix) in FORMATS.items():
        path = tmp_path / f"out{suffix}"
        assert export(qtbot, dialog, path, format) == f"Saved as {path}"
    image = QImage(str(tmp_path / "out.png"))
    assert (image.width(), image.height()) == (1600, 900)
    assert b"<svg" in (tmp_path / "out.svg").read_bytes()[:400]
    symbols = session.result.transcript.symbols
    grid = read_textgrid(tmp_path / "out.TextGrid")
    assert [tier.name for tier in grid.tiers] == ["heard", "reference"]
    assert [item.text for item in grid.tiers[0].intervals if item.text] == symbols
    written = json.loads((tmp_path / "out.json").read_text())
    assert (written[0] if isinstance(written, list) else written)["phonemes"] == symbols
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + len(symbols) + len(session.result.reference)
    samples, rate = soundfile.read(tmp_path / "out.wav", dtype="int16")
    recorded = soundfile.read(session.path, dtype="int16")[0]
    assert rate == soundfile.info(session.path).samplerate
    assert (samples == recorded[round(0.5 * rate) : round(1.25 * rate)]).all() and len(samples) == round(0.75 * rate)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"out{suffix}" for _, suffix in FORMATS.values())
    # The preview follows the format, and hides what means nothing for it.
    qtbot.waitUntil(lambda: "as recorded" in dialog.preview.text.toPlainText())
    assert not dialog.form.width_box.isVisible()
    dialog.form.format.setCurrentIndex(dialog.form.format.findData("csv"))
    lines = (tmp_path / "out.csv").read_text().splitlines()
    qtbot.waitUntil(lambda: dialog.preview.text.toPlainText().splitlines()[:20] == lines[:20], timeout=PATIENCE)
    dialog.form.format.setCurrentIndex(dialog.form.format.findData("png"))
    qtbot.waitUntil(lambda: not dialog.preview.picture.pixmap().isNull(), timeout=PATIENCE)
    assert dialog.form.width_box.isVisible()


def test_the_file_is_named_after_the_recording_and_the_format(qtbot, exports, tmp_path, monkeypatch):
    Remembered().set("export_folder", str(tmp_path))
    exports.export_view()
    dialog = exports.dialog
    assert dialog.path.text() == str(tmp_path / "go_forward.png")
    dialog.form.format.setCurrentIndex(dialog.form.format.findData("textgrid"))
    assert dialog.path.text() == str(tmp_path / "go_forward.TextGrid")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "other.TextGrid"), ""))
    dialog.browse.click()
    assert dialog.path.text() == str(tmp_path / "other.TextGrid")


def test_the_name_of_a_sound_tells_its_part_and_is_never_the_recordings_own(qtbot, opened, exports, tmp_path):
    Remembered().set("export_folder", str(tmp_path))
    opened[1].selection.select(0.5, 1.25)
    exports.export_view()
    form, path = exports.dialog.form, exports.dialog.path
    form.format.setCurrentIndex(form.format.findData("wav"))
    assert path.text() == str(tmp_path / "go_forward_0.500-1.250.wav")
    form.part.setCurrentIndex(form.part.findData("all"))
    assert path.text() == str(tmp_path / "go_forward.wav")
    path.setText(str(tmp_path / "mine.wav"))
    form.part.setCurrentIndex(form.part.findData("selection"))
    assert path.text() == str(tmp_path / "mine.wav")
    take = Document(Source("/x/take.WAV"), None, None)
    assert name_of(take, "wav") == "take_copy.wav" and name_of(take, "png") == "take.png"


def test_a_file_that_is_there_is_replaced_only_by_a_second_press(qtbot, opened, exports, tmp_path, monkeypatch):
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    exports.export_view()
    dialog = exports.dialog
    assert "Replace" in export(qtbot, dialog, mine, "csv") and mine.read_text() == "mine"
    assert dialog.export_button.text() == "Replace"
    dialog.path.setText(str(tmp_path / "other.csv"))
    assert dialog.export_button.text() == "Export"
    assert "Replace" in export(qtbot, dialog, mine, "csv")
    dialog.export_button.click()
    qtbot.waitUntil(lambda: dialog.note.text().startswith("Saved"), timeout=PATIENCE)
    assert mine.read_text() != "mine" and dialog.export_button.text() == "Export"
    # The system's dialog has asked already.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(mine), ""))
    mine.write_text("mine")
    dialog.browse.click()
    dialog.export_button.click()
    qtbot.waitUntil(lambda: dialog.note.text().startswith("Saved"), timeout=PATIENCE)
    assert mine.read_text() != "mine"


def test_the_recording_itself_is_never_replaced(qtbot, opened, exports):
    before = Path(opened[0].path).read_bytes()
    exports.export_view()
    for _ in range(2):
        assert "recording itself" in export(qtbot, exports.dialog, opened[0].path, "wav")
    assert Path(opened[0].path).read_bytes() == before


def test_the_picture_is_what_the_window_shows(opened, exports):
    _, timeline = opened
    timeline.set_feature_kind("log-mel")
    timeline.spectrogram.set_contrast(1.5)
    exports.export_view()
    shown = exports.dialog.drawing._shown
    assert (shown.feature_kind, shown.contrast) == ("log-mel", 1.5)


def test_choices_are_remembered(qtbot, exports, tmp_path):
    exports.export_view()
    exports.dialog.form.show_choice(Choice("svg", "all", "dark", 1280, 720, 2.0))
    assert export(qtbot, exports.dialog, tmp_path / "a.svg", "svg").startswith("Saved")
    exports.export_view()
    assert exports.dialog.form.choice == Choice("svg", "all", "dark", 1280, 720, 2.0)


def begin(dialog, path, format):
    """Press Export and return while it is under way."""
    dialog.form.format.setCurrentIndex(dialog.form.format.findData(format))
    dialog.path.setText(str(path))
    dialog.export_button.click()
    assert not dialog.export_button.isEnabled()


@pytest.mark.parametrize("format", ["png", "svg"])
def test_a_picture_is_written_though_the_form_is_touched_meanwhile(qtbot, exports, tmp_path, format):
    exports.export_view()
    dialog, path = exports.dialog, tmp_path / f"a.{format}"
    dialog._soon.setInterval(0)
    begin(dialog, path, format)
    with qtbot.waitSignal(dialog._soon.timeout, timeout=PATIENCE):
        dialog.form.height_box.setValue(700)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE)
    assert path.exists() and (format == "svg" or QImage(str(path)).height() == 900)
    qtbot.waitUntil(lambda: not dialog.drawing._timer.isActive() and not dialog._soon.isActive(), timeout=PATIENCE)
    assert dialog.drawing._view.height() == 700  # the preview has followed


@pytest.mark.parametrize("way", ["close_button", "again"])
def test_a_picture_is_written_though_the_dialog_is_closed_meanwhile(qtbot, exports, tmp_path, way):
    exports.export_view()
    older, told = exports.dialog, []
    exports.told.connect(told.append)
    begin(older, tmp_path / "a.png", "png")
    older.close_button.click()
    assert not older.isVisible() and told == ["a.png is still being exported."]
    if way == "again":
        exports.export_view()
        assert exports.dialog is not older
    qtbot.waitUntil(lambda: told[1:] == [f"Saved as {tmp_path / 'a.png'}"], timeout=PATIENCE)
    assert not exports.busy and not QImage(str(tmp_path / "a.png")).isNull()


def test_a_failure_after_the_dialog_was_closed_is_told(qtbot, exports, tmp_path):
    (tmp_path / "file").touch()
    exports.export_view()
    begin(exports.dialog, tmp_path / "file" / "a.png", "png")
    with qtbot.waitSignal(exports.failed, timeout=PATIENCE) as failed:
        exports.dialog.close_button.click()
    assert "cannot be written" in failed.args[0] and not exports.busy


@pytest.mark.parametrize("format", ["png", "csv", "wav"])
def test_the_window_closes_when_what_is_exported_is_written(qtbot, exports, tmp_path, format):
    exports.export_view()
    closed, path = [], tmp_path / f"a.{format}"
    assert exports.may_close(lambda: closed.append(True))
    begin(exports.dialog, path, format)
    with qtbot.waitSignal(exports.told):
        assert not exports.may_close(lambda: closed.append(path.exists()))
    qtbot.waitUntil(lambda: closed == [True], timeout=PATIENCE)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", ["png", "wav"])
def test_a_second_close_gives_the_export_up_and_leaves_nothing_of_it(exports, tmp_path, monkeypatch, format):
    monkeypatch.setattr("model.sound_cut._BLOCK_FRAMES", 1)
    exports.export_view()
    begin(exports.dialog, tmp_path / f"a.{format}", format)
    assert not exports.may_close(lambda: None) and exports.may_close(lambda: None)
    exports.close()
    assert list(tmp_path.iterdir()) == [] and not exports.busy


def test_the_window_stays_open_until_the_export_is_done(qtbot, tmp_path):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(sample_utterances()[1].path)])
    window.actions_by_name["export_view"].trigger()
    begin(window.exports.dialog, tmp_path / "a.png", "png")
    window.close()
    assert window.isVisible() and "export" in window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert (tmp_path / "a.png").exists()


def test_what_waits_to_be_written_is_written_before_the_end(exports, tmp_path):
    exports.export_view()
    begin(exports.dialog, tmp_path / "a.csv", "csv")
    exports.close()
    assert (tmp_path / "a.csv").read_text()


def test_what_cannot_be_written_is_said_in_the_dialog(qtbot, exports, tmp_path):
    exports.export_view()
    (tmp_path / "file").touch()
    said = export(qtbot, exports.dialog, tmp_path / "file" / "out.csv", "csv")
    assert "cannot be written" in said and "\n" not in said
    assert "Name the file" in export(qtbot, exports.dialog, "", "csv")
    exports.dialog.form.height_box.setValue(240)
    assert "height" in export(qtbot, exports.dialog, tmp_path / "a.png", "png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "png",
        {},
        {"format": "exe", "part": 3, "theme": None, "width": 1e9, "height": True, "scale": "2"},
        {"format": [], "part": {}, "width": 10, "height": -1, "scale": 7.5, "more": 1},
    ],
)
def test_damaged_memories_give_the_first_choice(value):
    assert choice_from_json(value) == Choice()


def test_a_choice_survives_its_text():
    choice = Choice("wav", "selection", "light", 800, 600, 3.0)
    assert choice_from_json(json.loads(choice.to_json())) == choice


def test_without_a_recording_there_is_nothing_to_export(qtbot):
    session, timeline = Session(), TimelineView()
    qtbot.addWidget(timeline)
    exports = Exports(session, timeline, Remembered(), timeline)
    with qtbot.waitSignal(exports.told):
        exports.export_view()
    assert exports.dialog is None
    session.close()
