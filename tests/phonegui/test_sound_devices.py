import subprocess
import sys

import numpy as np
import pytest

from model.errors import UserError
from phonegui.sound_devices import SoundDevices, SoundFormat, _missing


@pytest.mark.parametrize("kind", ["float", "int16", "int32"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_samples_survive_the_way_to_a_device_and_back(kind, channels):
    format = SoundFormat(48000, channels, kind)
    samples = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    data = format.encode(samples)
    assert len(data) == 1000 * format.frame_bytes
    assert np.abs(format.decode(data) - samples).max() < 1e-4
    assert np.abs(format.decode(data[:-1]) - samples[:-1]).max() < 1e-4  # half a frame is left out


@pytest.mark.parametrize("kind", ["float", "int16", "int32"])
def test_what_is_too_loud_is_cut_and_never_wraps_round(kind):
    format = SoundFormat(48000, 1, kind)
    heard = format.decode(format.encode(np.array([1.0, 2.0, -1.0, -7.0], np.float32)))
    assert np.allclose(heard, [1.0, 1.0, -1.0, -1.0], atol=1e-4)


def test_before_it_is_known_nothing_is_opened(qtbot):
    devices = SoundDevices()
    assert not devices.known
    for make in (devices.make_sink, devices.make_microphone):
        with pytest.raises(UserError, match="prepared"):
            make(16000)
    devices.close()


def test_looking_for_devices_ends_with_devices_or_a_reason(qtbot):
    devices = SoundDevices()
    with qtbot.waitSignal(devices.changed, timeout=20_000):
        devices.load()
    assert devices.known
    for problem in (devices.output_problem, devices.input_problem):
        assert problem == "" or (problem.endswith(".") and "\n" not in problem)
    devices.load()  # once is enough
    devices.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("libpulse.so.0: cannot open shared object file: No such file or directory", ("libpulse.so.0", "libpulse0")),
        ("libQt6Gui.so.6: cannot open shared object file", ("libQt6Gui.so.6",)),
        ("DLL load failed while importing QtMultimedia", ("DLL load failed",)),
    ],
)
def test_a_missing_library_is_named(error, words):
    sentence = _missing(ImportError(error))
    assert all(word in sentence for word in words) and sentence.count("\n") == 0 and sentence.endswith(".")


def test_the_window_is_there_before_the_sound_library_is_loaded():
    code = "import sys, phonegui.main_window; print([name for name in sys.modules if 'QtMultimedia' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
