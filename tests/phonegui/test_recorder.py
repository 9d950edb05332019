import numpy as np
import pytest
import soundfile

from phonegui.recorder import Recorder
from phonegui.recording_file import RecordingFile, recover
from phonegui.sound_devices import SoundFormat
from tests.phonegui.sound_helpers import FakeDevices

RATE = 16000


def speech(seconds, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * 300 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.fixture
def devices(qapp):
    return FakeDevices()


@pytest.fixture
def recorder(qtbot, devices):
    recorder = Recorder(devices)
    yield recorder
    recorder.close()


def parts(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".part.wav"))


@pytest.mark.parametrize(
    "format", [None, SoundFormat(48000, 2, "int16"), SoundFormat(44100, 1, "int32"), SoundFormat(8000, 3, "float")]
)
def test_what_was_said_is_in_the_file(qtbot, tmp_path, format):
    devices = FakeDevices(format)
    recorder = Recorder(devices)
    assert recorder.start(str(tmp_path / "new folder"))
    [microphone] = devices.microphones
    rate = microphone.format.rate
    said = speech(1.0, rate)
    for piece in np.array_split(said, 7):
        microphone.say(piece)
        recorder._read()
    with qtbot.waitSignal(recorder.saved) as saved:
        recorder.stop()
    samples, kept_rate = soundfile.read(saved.args[0], dtype="float32")
    info = soundfile.info(saved.args[0])
    assert (kept_rate, info.channels, info.subtype) == (rate, 1, "PCM_16")
    assert np.abs(samples - said).max() < 1e-4
    assert microphone.stopped and not recorder.recording
    assert [path.suffix for path in (tmp_path / "new folder").iterdir()] == [".wav"]
    recorder.close()


def test_time_and_level_are_told(qtbot, tmp_path, recorder, devices):
    told = []
    recorder.moved.connect(lambda seconds, level: told.append((seconds, level)))
    recorder.start(str(tmp_path))
    devices.microphones[0].say(0.25 * np.ones(RATE // 2, np.float32))
    qtbot.waitUntil(lambda: bool(told) and told[-1][0] == 0.5)
    assert max(level for _, level in told) == pytest.approx(0.25, abs=1e-3)
    qtbot.waitUntil(lambda: told[-1][1] == 0.0)


def test_the_file_is_whole_at_every_moment(qtbot, tmp_path, recorder, devices):
    recorder.start(str(tmp_path))
    for number in range(1, 4):
        devices.microphones[0].say(speech(0.5))
        recorder._read()
        qtbot.waitUntil(lambda: bool(parts(tmp_path)))
        path = tmp_path / parts(tmp_path)[0]
        wanted = number * RATE // 2
        qtbot.waitUntil(lambda path=path, wanted=wanted: soundfile.info(path).frames == wanted)


def test_an_interrupted_recording_is_found_again(qtbot, tmp_path):
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.5, 0.5, RATE).astype(np.float32)
    file = RecordingFile(tmp_path, RATE)
    file.start()
    file.add(samples)
    qtbot.waitUntil(lambda: bool(parts(tmp_path)) and soundfile.info(tmp_path / parts(tmp_path)[0]).frames == RATE)
    left = (tmp_path / parts(tmp_path)[0]).read_bytes()  # as a crash would leave it
    assert recover(tmp_path) == []  # somebody is recording it
    file.finish()
    file.wait()
    (tmp_path / ".2026-01-02 03.04.05.part.wav").write_bytes(left)
    [found] = recover(tmp_path)
    assert "2026-01-02 03.04.05" in found and soundfile.info(found).frames == RATE
    assert recover(tmp_path) == [] and recover(tmp_path / "missing") == []


def test_two_recordings_of_one_second_do_not_overwrite_each_other(qtbot, tmp_path, recorder, devices):
    paths = []
    recorder.saved.connect(paths.append)
    for number in range(3):
        recorder.start(str(tmp_path))
        devices.microphones[number].say(speech(0.1 * (number + 1)))
        recorder.stop()
    qtbot.waitUntil(lambda: len(paths) == 3)
    assert sorted(soundfile.info(path).frames for path in set(paths)) == [1600, 3200, 4800]


def test_without_a_microphone_it_says_why(qtbot, tmp_path, recorder, devices):
    devices.plug("No microphone was found; plug one in.")
    with qtbot.waitSignal(recorder.failed) as failed:
        assert not recorder.start(str(tmp_path))
    assert failed.args == ["No microphone was found; plug one in."]


def test_a_microphone_pulled_out_keeps_what_was_said(qtbot, tmp_path, recorder, devices):
    saved = []
    recorder.saved.connect(saved.append)
    recorder.start(str(tmp_path))
    devices.microphones[0].say(speech(0.5))
    devices.microphones[0].wrong = "The sound input stopped working."
    with qtbot.waitSignal(recorder.failed) as failed:
        pass
    assert failed.args[0].startswith("The sound input stopped working.")
    qtbot.waitUntil(lambda: bool(saved))
    assert soundfile.info(saved[0]).frames == RATE // 2


def test_silence_from_the_start_leaves_no_file(qtbot, tmp_path, recorder, devices):
    recorder.start(str(tmp_path))
    with qtbot.waitSignal(recorder.failed) as failed:
        recorder.stop()
    assert "muted" in failed.args[0] and not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(qtbot, tmp_path, recorder, devices):
    (tmp_path / "file").touch()
    recorder.start(str(tmp_path / "file"))
    devices.microphones[0].say(speech(0.1))
    with qtbot.waitSignal(recorder.failed) as failed:
        pass
    assert str(tmp_path / "file") in failed.args[0] and "\n" not in failed.args[0]
    assert not recorder.recording
