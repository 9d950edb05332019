import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QKeySequence

from model.audio import read_audio
from phonegui import sound_desk
from phonegui.main_window import MainWindow
from phonegui.recording_file import default_folder
from phonegui.resources import sample_utterances
from phonegui.settings import Remembered
from tests.phonegui.sound_helpers import FakeDevices

PATIENCE = 120_000  # ms; the first decoding on a machine compiles
RATE = 16000


@pytest.fixture
def devices(qapp):
    return FakeDevices()


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, devices):
    monkeypatch.setattr(sound_desk, "SoundDevices", lambda _: devices)
    settings = Remembered()
    settings.set("recordings_folder", str(tmp_path / "recordings"))
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def test_the_transcript_grows_while_someone_speaks_and_opens_at_the_end(qtbot, window, devices, tmp_path):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([])
    samples = read_audio(sample_utterances()[0].path).samples
    recording = window.sound.recording
    grown = []
    recording.grown.connect(grown.append)
    window.actions_by_name["record"].trigger()
    assert window.actions_by_name["record"].isChecked() and not recording.strip.isHidden()
    assert window.timeline.time_range.duration == 0.0 and window.decoding.spelled() == ""
    for number, piece in enumerate(np.array_split(samples, 3)):
        devices.microphones[0].say(piece)
        qtbot.waitUntil(lambda number=number: len(grown) > number, timeout=PATIENCE)
    qtbot.waitUntil(lambda: grown[-1].heard.audio.seconds > len(samples) / RATE - 0.1, timeout=PATIENCE)
    counts = [len(result.decoded.transcript.phonemes) for result in grown]
    assert counts == sorted(counts) and counts[-1] > counts[0]
    assert len(window.decoding.spelled().split()) == counts[-1] == len(window.timeline.transcript.heard)
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        recording.strip.stop_button.click()
    [path] = (tmp_path / "recordings").glob("*.wav")
    assert window.session.path == str(path) and recording.strip.isHidden()
    assert np.abs(soundfile.read(path, dtype="float32")[0] - samples).max() < 1e-4
    # What was heard in pieces is almost what is heard in the whole.
    whole = window.session.result.transcript.symbols
    live = grown[-1].decoded.transcript.symbols
    from Levenshtein import distance

    assert distance(live, whole) <= 0.15 * len(whole)


def test_closing_the_window_saves_what_is_being_recorded(qtbot, window, devices, tmp_path):
    window.actions_by_name["record"].trigger()
    devices.microphones[0].say(np.full(RATE, 0.1, np.float32))
    window.close()
    [path] = (tmp_path / "recordings").iterdir()
    assert soundfile.info(path).frames == RATE and path.suffix == ".wav"


def test_a_muted_microphone_shows_again_what_was_open(qtbot, window, devices, tmp_path, tone):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(tone)])
    window.actions_by_name["record"].trigger()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.actions_by_name["record"].trigger()
    assert window.session.path == str(tone) and window.timeline.time_range.duration == pytest.approx(1.0, abs=0.1)
    assert "muted" in window.message_bar.text
    assert not (tmp_path / "recordings").exists()


def test_without_a_microphone_the_action_says_why(window, devices):
    devices.plug("No microphone was found; plug one in.")
    action = window.actions_by_name["record"]
    assert not action.isEnabled() and "No microphone" in action.toolTip()
    devices.plug("")
    assert action.isEnabled()


def test_an_interrupted_recording_is_saved_and_listed_at_the_next_start(qtbot, window, tmp_path, tone):
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / ".2026-01-02 03.04.05.part.wav").write_bytes(tone.read_bytes())
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(tone)])
    [found] = folder.glob("2026*.wav")
    assert found.name in window.message_bar.text and str(found) in window.recordings.paths()


def test_recordings_lie_beside_the_documents(monkeypatch, tmp_path):
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(tmp_path))
    assert default_folder() == str(tmp_path / "Recordings")


def test_without_a_microphone_the_key_says_why(qtbot, window, devices):
    qtbot.waitExposed(window)
    window.activateWindow()
    said = []
    window.sound.told.connect(said.append)
    devices.plug("No microphone was found.")
    assert not window.actions_by_name["record"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert said == ["No microphone was found."] and not window.sound.recording.recorder.recording
    window.shortcuts.choose("record", QKeySequence("Ctrl+J"))
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert len(said) == 2
    devices.plug("")
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert window.sound.recording.recorder.recording and len(said) == 2
