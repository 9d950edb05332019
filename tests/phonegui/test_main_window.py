import dataclasses

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from model.errors import UserError
from model.recognizer import Recognizer
from phonegui import theme
from phonegui.main_window import MainWindow
from phonegui.panels.decoding import WIDEST
from phonegui.resources import default_checkpoint, sample_utterances

PATIENCE = 60_000  # ms; the first decoding on a machine compiles


@pytest.fixture
def window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def opened(qtbot, window):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([])
    return window


def test_starts_on_the_sample_transcribed(opened):
    assert opened.windowTitle().startswith("cold_hearted.flac")
    assert opened.centre.currentWidget() is opened.stage and opened.timeline.isVisible()
    assert opened.timeline.visible_range()[1] == pytest.approx(sample_utterances()[0].seconds, abs=0.01)
    assert len(opened.timeline.transcript.heard) > 20
    assert len(opened.timeline.transcript.reference) == len(sample_utterances()[0].labels)
    assert len(opened.decoding.spelled().split()) == len(opened.timeline.transcript.heard)
    assert opened.decoding.table.rowCount() > 1
    assert "CPU" in opened.checkpoint_label.text() or "CUDA" in opened.checkpoint_label.text()


def test_shows_the_same_phonemes_as_the_command_line(qtbot, opened, capsys):
    from phonegui.__main__ import main

    for width in (0, 10, 57):
        if opened.decoding.beam_width != width:
            with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
                opened.decoding.set_beam_width(width)
        main(["transcribe", opened.session.path, "--beam-width", str(width)])
        assert opened.decoding.spelled().split() == capsys.readouterr().out.split()


def test_dragging_the_slider_decodes_again_without_the_network(qtbot, opened, monkeypatch):
    monkeypatch.setattr(Recognizer, "posteriors", None)  # would raise
    slider = opened.decoding.slider
    slider.setValue(slider.minimum())
    qtbot.waitUntil(lambda: opened.session.result.settings.beam_width == 0, timeout=PATIENCE)
    for stop in range(slider.minimum(), slider.maximum() + 1):
        slider.setValue(stop)
    qtbot.waitUntil(lambda: opened.session.result.settings.beam_width == WIDEST, timeout=PATIENCE)
    best = opened.session.result.hypotheses[0]
    assert opened.decoding.number.value() == WIDEST
    assert opened.session.result.transcript.labels == tuple(best.labels)


def test_the_slider_obeys_keys_and_shortcuts(qtbot, opened):
    slider = opened.decoding.slider
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    wider = opened.decoding.beam_width
    assert wider > 10
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.actions_by_name["narrower_beam"].trigger()
    assert opened.decoding.beam_width < wider


def test_spelling_changes_the_transcript(opened):
    arpabet = opened.decoding.spelled()
    opened.decoding.spelling.setCurrentText("Letters")
    assert len(opened.decoding.spelled()) == len(arpabet.split())
    opened.decoding.spelling.setCurrentText("IPA")
    assert "ɹ" in opened.decoding.spelled()
    opened.copy_transcript()
    assert QGuiApplication.clipboard().text() == opened.decoding.spelled()


def test_a_long_transcript_is_broken_into_lines_that_qt_lays_out_quickly(opened):
    result = opened.session.result
    phonemes = result.transcript.phonemes * 2000
    long = dataclasses.replace(result, transcript=dataclasses.replace(result.transcript, phonemes=phonemes))
    opened.decoding.show_result(long, 1000)
    lines = opened.decoding.text.toPlainText().split("\n")
    assert len(lines) > 5
    assert max(map(len, lines)) <= 2000
    assert " ".join(lines) == opened.decoding.spelled()
    assert opened.decoding.spelled().split() == [item.symbol for item in phonemes]


def _drop(window, paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(9, 9), *arguments)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), *arguments))


@pytest.mark.parametrize(
    ("name", "rate", "channels"), [("A.WAV", 44100, 2), ("b.Flac", 8000, 1), ("c.OGG", 48000, 2), ("d.mp3", 22050, 1)]
)
def test_a_dropped_recording_opens(qtbot, opened, tmp_path, name, rate, channels):
    path = tmp_path / name
    samples = 0.2 * np.sin(2 * np.pi * 300 * np.arange(rate) / rate)
    soundfile.write(path, np.repeat(samples[:, None], channels, axis=1), rate, format=path.suffix[1:].upper())
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        _drop(opened, [path])
    assert opened.windowTitle().startswith(name)
    assert opened.session.heard.audio.seconds == pytest.approx(1.0, abs=0.1)
    assert str(path) in opened.recordings.paths()
    assert str(path) in opened.settings.recent_files
    assert opened.timeline.transcript.reference is None


def _bad_files(folder):
    (folder / "text.wav").write_text("not a recording\n" * 50)
    (folder / "empty.wav").touch()
    soundfile.write(folder / "zero.wav", np.zeros(0), 16000)
    soundfile.write(folder / "nan.wav", np.full(1600, np.nan, np.float32), 16000, subtype="FLOAT")
    soundfile.write(folder / "whole.flac", np.random.default_rng(0).normal(0, 0.1, 160000), 16000)
    data = (folder / "whole.flac").read_bytes()
    (folder / "cut.flac").write_bytes(data[: len(data) // 2])
    (folder / "folder.wav").mkdir()
    names = ("text.wav", "empty.wav", "zero.wav", "nan.wav", "cut.flac", "folder.wav", "missing.wav")
    return [folder / name for name in names]


def test_bad_files_are_met_by_a_sentence_and_the_window_stays_usable(qtbot, opened, tmp_path):
    heard = opened.decoding.spelled()
    for path in _bad_files(tmp_path):
        with qtbot.waitSignal(opened.session.failed, timeout=PATIENCE):
            opened.opener.open_path(str(path))
        assert path.name in opened.message_bar.text
        assert "\n" not in opened.message_bar.text and "unexpected" not in opened.message_bar.text
        assert opened.decoding.spelled() == heard
        assert opened.windowTitle().startswith("cold_hearted.flac")
        assert str(path) not in opened.settings.recent_files
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.next_file()
    assert opened.message_bar.text == ""


def test_silence_is_said_to_be_silent(qtbot, opened, tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(48000), 16000)
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_path(str(tmp_path / "still.wav"))
    assert "still.wav is silent" in opened.message_bar.text


def test_a_later_opening_wins_over_one_still_computing(qtbot, opened, tmp_path):
    long = tmp_path / "long.wav"
    soundfile.write(long, np.random.default_rng(0).normal(0, 0.1, 16000 * 120), 16000)
    last = str(sample_utterances()[2].path)
    opened.opener.open_path(str(long))
    qtbot.wait(30)
    opened.opener.open_path(last)
    qtbot.waitUntil(lambda: opened.session.path == last and opened.session.result is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not opened.session.busy, timeout=PATIENCE)
    assert opened.windowTitle().startswith("cards.flac")
    assert opened.session.heard.audio.seconds < 4


def test_cancel_keeps_what_was_open(qtbot, opened, tmp_path):
    long = tmp_path / "long.wav"
    soundfile.write(long, np.random.default_rng(0).normal(0, 0.1, 16000 * 60), 44100)
    opened.opener.open_path(str(long))
    opened.session.cancel()
    qtbot.waitUntil(lambda: not opened.session.busy, timeout=PATIENCE)
    assert opened.progress.isHidden()
    assert opened.session.path.endswith("cold_hearted.flac")


def test_a_bad_checkpoint_is_named_and_the_old_one_stays(qtbot, opened, tmp_path, monkeypatch):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x00" * 100)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(bad), ""))
    with qtbot.waitSignal(opened.session.failed, timeout=PATIENCE):
        opened.opener.open_checkpoint()
    assert "bad.safetensors" in opened.message_bar.text
    assert opened.session.checkpoint == str(default_checkpoint())
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.next_file()


def test_open_dialog_opens_several_and_lists_them(qtbot, opened, tmp_path, monkeypatch, tone):
    other = tmp_path / "other.wav"
    other.write_bytes(tone.read_bytes())
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tone), str(other)], ""))
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.actions_by_name["open_files"].trigger()
    assert opened.session.path == str(tone)
    assert opened.recordings.paths()[-2:] == [str(tone), str(other)]
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.next_file()
    assert opened.session.path == str(other)


def test_files_of_the_command_line_open(qtbot, window, tone):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(tone)])
    assert window.session.path == str(tone)


def test_clicking_in_the_list_opens(qtbot, opened):
    view = opened.recordings._list
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualItemRect(view.item(1)).center())
    assert opened.session.path.endswith("go_forward.flac")


def test_hover_tells_time_and_phonemes(opened):
    opened.timeline.hovered.emit(1.0)
    assert opened.hover.text().startswith("00:01.000")
    opened.timeline.hovered.emit(float("nan"))
    assert opened.hover.text() == ""


def test_zoom_and_pan_actions(opened):
    duration = opened.session.heard.audio.seconds
    opened.actions_by_name["zoom_in"].trigger()
    start, end = opened.timeline.visible_range()
    assert end - start == pytest.approx(duration / 2, rel=0.01)
    opened.actions_by_name["later"].trigger()
    assert opened.timeline.visible_range()[0] > start
    opened.actions_by_name["earlier"].trigger()
    opened.actions_by_name["zoom_out"].trigger()
    opened.actions_by_name["fit"].trigger()
    assert opened.timeline.visible_range() == pytest.approx((0, duration))


def test_what_was_arranged_is_remembered(qtbot, opened):
    opened.decoding.set_beam_width(33)
    opened.decoding.spelling.setCurrentText("IPA")
    opened.resize(790, 640)
    opened.close()
    again = MainWindow()
    qtbot.addWidget(again)
    assert again.decoding.beam_width == 33
    assert again.session.decoding.beam_width == 33
    assert again.decoding.spelling.currentText() == "IPA"
    assert (again.width(), again.height()) == (790, 640)
    again.close()


def test_follows_light_and_dark(qtbot, qapp, opened):
    theme.apply(qapp, theme.DARK)
    qtbot.waitUntil(lambda: opened.timeline.theme is theme.DARK)
    theme.apply(qapp, theme.LIGHT)


def test_the_about_box_lists_versions(qtbot, opened):
    from PySide6.QtWidgets import QLabel

    from phonegui.dialogs import show_about

    dialog = show_about(opened, opened.session.checkpoint, opened._header)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert {"torch", "Licence", "float16"} <= set(texts) and any(text.startswith("MIT") for text in texts)
    dialog.close()


def test_every_control_has_an_accessible_name(opened):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QPlainTextEdit, QSpinBox

    for kind in (QSpinBox, QComboBox, QPlainTextEdit):
        assert all(widget.accessibleName() for widget in opened.findChildren(kind))
    assert opened.decoding.slider.accessibleName()
    assert isinstance(opened.decoding.slider, QAbstractSlider)
    for button in opened.message_bar.findChildren(QAbstractButton) + opened.progress.findChildren(QAbstractButton):
        assert button.accessibleName(), button


def test_closing_while_computing_ends_soon(qtbot, window, tmp_path):
    import time

    long = tmp_path / "long.wav"
    soundfile.write(long, np.random.default_rng(0).normal(0, 0.1, 16000 * 300), 16000)
    window.opener.open_at_start([str(long)])
    qtbot.waitSignal(window.session.audio_ready, timeout=PATIENCE).wait()
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 10
    assert not window.session.busy


def test_recent_recordings_are_offered_and_can_be_cleared(qtbot, opened, tone):
    opened.recent_menu.aboutToShow.emit()
    assert [action.isEnabled() for action in opened.recent_menu.actions()] == [False]
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_path(str(tone))
    opened.opener.open_sample()
    opened.recent_menu.aboutToShow.emit()
    first = opened.recent_menu.actions()[0]
    assert first.text() == "tone.wav"
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        first.trigger()
    assert opened.session.path == str(tone)
    opened.recent_menu.actions()[-1].trigger()
    assert opened.settings.recent_files == []


def test_the_language_model_slider_decodes_with_the_bundled_model(qtbot, opened):
    alone = opened.session.result.hypotheses[0]
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.decoding.weight.setValue(opened.decoding.weight.maximum())
    assert opened.decoding.weight_number.value() == pytest.approx(2.0)
    assert opened.decoding.bonus.isEnabled()
    fused = opened.session.result.hypotheses[0]
    assert fused.log_prob < alone.log_prob
    assert opened.message_bar.text == ""
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.decoding.weight.setValue(0)
    assert not opened.decoding.bonus.isEnabled()
    assert opened.session.result.hypotheses[0].log_prob == alone.log_prob


def test_of_several_files_the_first_that_can_be_read_opens_and_the_others_are_named(qtbot, opened, tmp_path, tone):
    bad = _bad_files(tmp_path)[:2]
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        _drop(opened, [*bad, tone])
    assert opened.session.path == str(tone)
    assert all(path.name in opened.message_bar.text for path in bad)
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_sample()
    assert opened.message_bar.text == ""


def test_rows_that_have_no_room_scroll_and_never_lie_over_each_other(qtbot, opened):
    opened.resize(900, 300)
    opened.message_bar.show_error("A sentence that needs several lines in a small window. " * 6)
    qtbot.waitUntil(lambda: opened.stage.verticalScrollBar().maximum() > 0)
    QApplication.processEvents()
    rows = [row for row in opened.timeline.rows if row.isVisible()]
    places = [row.mapTo(opened.timeline, QPoint(0, 0)).y() for row in rows]
    for row, top, after in zip(rows, places, places[1:], strict=False):
        assert row.height() >= row.minimumHeight() and top + row.height() <= after


def test_an_empty_window_says_what_to_do(qtbot, opened):
    opened.documents.close(opened.documents.current)
    assert opened.centre.currentWidget() is opened.empty_state
    assert "recording" in opened.empty_state.title.text() and not opened.recordings._list.selectedItems()
    buttons = {button.text(): button for button in opened.empty_state.findChildren(QPushButton)}
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        qtbot.mouseClick(buttons["Open sample"], Qt.MouseButton.LeftButton)
    assert opened.timeline.isVisible()


def test_without_any_checkpoint_one_sentence_says_what_to_do(qtbot, window, monkeypatch):
    def missing():
        raise UserError("The bundled checkpoint is missing.")

    monkeypatch.setattr("phonegui.opening.default_checkpoint", missing)
    with qtbot.waitSignal(window.session.failed, timeout=PATIENCE):
        window.opener.open_at_start([])
    assert "Open checkpoint" in window.message_bar.text and "folder" not in window.message_bar.text


def test_the_window_fits_a_small_laptop_at_twice_the_size(window):
    least = window.minimumSizeHint()
    assert least.width() <= 800 and least.height() <= 420  # 1600 x 900 pixels at 200 %, less the window's frame
