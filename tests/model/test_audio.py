from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

import model.audio
from model.audio import AUDIO_SUFFIXES, is_audio_path, read_audio
from model.errors import Cancelled, FileError
from tests.model.helpers import RATE, assert_one_sentence, tone

FRAME_SECONDS = 0.010


def peak_frequency(samples: npt.NDArray[np.float32], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


KINDS = [
    (suffix, rate, channels)
    for suffix in (".wav", ".FLAC", ".mp3", ".Ogg")
    for rate in (8000, 11025, 44100, 48000)
    for channels in (1, 2, 6)
    if suffix != ".mp3" or channels <= 2
]


@pytest.mark.parametrize(("suffix", "rate", "channels"), KINDS)
def test_a_tone_stays_what_it_is(tmp_path: Path, suffix: str, rate: int, channels: int):
    path = tmp_path / f"tone{suffix}"
    soundfile.write(path, np.repeat(tone(1000.0, 0.75, rate)[:, None], channels, axis=1), rate)
    audio = read_audio(path)
    assert (audio.sample_rate, audio.source_rate, audio.source_channels) == (RATE, rate, channels)
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert audio.seconds == pytest.approx(0.75, abs=FRAME_SECONDS)
    middle = audio.samples[RATE // 8 : -RATE // 8]
    assert peak_frequency(middle, RATE) == pytest.approx(1000.0, abs=RATE / len(middle))
    # Vorbis takes the sixth channel for effects and leaves nothing above 120 Hz in it.
    tolerance = 0.2 if (suffix, channels) == (".Ogg", 6) else 0.1 if suffix == ".mp3" else 0.03
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(0.4, rel=tolerance)


@pytest.mark.parametrize("rate", [8000, 22050])
def test_the_recipes_rate_is_obeyed(tmp_path: Path, rate: int):
    soundfile.write(tmp_path / "a.wav", tone(700.0, 0.5, 44100), 44100)
    audio = read_audio(tmp_path / "a.wav", sample_rate=rate)
    assert audio.sample_rate == rate
    assert len(audio.samples) == pytest.approx(rate / 2, abs=2)
    assert peak_frequency(audio.samples, rate) == pytest.approx(700.0, abs=4.0)


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_what_is_very_long_lies_in_a_file_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int):
    soundfile.write(tmp_path / "a.wav", tone(700.0, 2.0, rate), rate)
    monkeypatch.setattr(model.audio, "_BLOCK_SAMPLES", 5000)
    in_memory = read_audio(tmp_path / "a.wav").samples
    monkeypatch.setattr(model.audio, "_MOST_IN_MEMORY", 30000)
    monkeypatch.setattr(model.audio.tempfile, "tempdir", str(tmp_path))
    in_file = read_audio(tmp_path / "a.wav").samples
    assert type(in_file) is np.ndarray
    assert not in_file.flags.owndata
    assert in_file.dtype == np.float32
    np.testing.assert_array_equal(in_file, in_memory)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_no_room_for_what_is_very_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    soundfile.write(tmp_path / "a.wav", tone(700.0, 2.0, RATE), RATE)
    monkeypatch.setattr(model.audio, "_MOST_IN_MEMORY", 0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "memmap", full)
    with pytest.raises(FileError, match="no room") as caught:
        read_audio(tmp_path / "a.wav")
    assert_one_sentence(caught.value)


def test_what_lies_above_half_the_rate_is_taken_out_and_not_folded(tmp_path: Path):
    soundfile.write(tmp_path / "high.wav", tone(11000.0, 0.5, 48000), 48000)
    assert np.abs(read_audio(tmp_path / "high.wav").samples[800:-800]).max() < 0.001


def test_channels_are_averaged(tmp_path: Path):
    left, right = tone(500.0, 0.2), tone(1500.0, 0.2)
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(read_audio(tmp_path / "two.wav").samples, (left + right) / 2, atol=1e-7)


def test_samples_at_the_right_rate_are_not_touched(tmp_path: Path):
    samples = np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav").samples, samples)


@pytest.mark.parametrize("channels", [1, 2])
def test_reading_in_blocks_changes_nothing(tmp_path: Path, channels: int, monkeypatch: pytest.MonkeyPatch):
    noise = 0.1 * np.random.default_rng(0).standard_normal((30000, channels))
    soundfile.write(tmp_path / "a.wav", noise, 44100, subtype="FLOAT")
    whole = read_audio(tmp_path / "a.wav").samples
    monkeypatch.setattr(model.audio, "_BLOCK_SAMPLES", 1000 * channels)
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav").samples, whole, atol=1e-6)


def test_reading_reports_its_progress_and_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    soundfile.write(tmp_path / "a.wav", tone(500.0, 1.0), RATE)
    monkeypatch.setattr(model.audio, "_BLOCK_SAMPLES", 4000)
    parts: list[float] = []
    read_audio(tmp_path / "a.wav", progress=lambda part: parts.append(part) or True)
    assert parts == [0.25, 0.5, 0.75, 1.0]
    parts.clear()
    with pytest.raises(Cancelled):
        read_audio(tmp_path / "a.wav", progress=lambda part: parts.append(part) or len(parts) < 2)
    assert len(parts) == 2


def test_suffixes_count_in_any_case():
    assert all(is_audio_path(f"a{suffix}") and is_audio_path(f"a{suffix.upper()}") for suffix in AUDIO_SUFFIXES)
    assert not is_audio_path("a.txt")
    assert not is_audio_path("wav")


def test_names_may_hold_anything(tmp_path: Path):
    if os.name == "nt":
        pytest.skip("names are Unicode here")
    for name in (b"na\xffme.wav", "é'\" ʃ\n.wav".encode()):
        path = tmp_path / os.fsdecode(name)
        (tmp_path / "plain.wav").unlink(missing_ok=True)
        soundfile.write(tmp_path / "plain.wav", tone(500.0, 0.1), RATE)
        (tmp_path / "plain.wav").rename(path)
        assert read_audio(path).seconds == pytest.approx(0.1)


def written(path: Path, seconds: float = 2.0, **options: object) -> bytes:
    soundfile.write(path, tone(440.0, seconds) + 0.01 * np.random.default_rng(0).standard_normal(round(seconds * RATE)),
                    RATE, **options)  # fmt: skip
    return path.read_bytes()


def text(path: Path) -> None:
    path.write_text("This is a text and no sound at all.\n" * 50, encoding="utf-8")


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(20000))


def empty(path: Path) -> None:
    path.touch()


def folder(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    del path


def no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros((0, 1), np.float32), RATE)


def not_numbers(value: float, channels: int = 1) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        samples = np.repeat(tone(440.0, 0.5)[:, None], channels, axis=1)
        samples[4000, -1] = value
        if channels > 1:
            samples[4000, 0] = -value
        soundfile.write(path, samples, RATE, subtype="FLOAT")

    return make


def cut(part: float) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        whole = written(path)
        path.write_bytes(whole[: int(len(whole) * part)])

    return make


def rate_of(rate: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        whole = bytearray(written(path))
        whole[24:28] = struct.pack("<I", rate)
        path.write_bytes(whole)

    return make


def promising(length: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        whole = bytearray(written(path))
        at = whole.index(b"data") + 4
        whole[at : at + 4] = struct.pack("<I", length)
        path.write_bytes(whole)

    return make


def promising_flac(path: Path) -> None:
    whole = bytearray(written(path))
    whole[22:26] = struct.pack(">I", 16000 * 3600)  # the number of samples in the stream's description
    path.write_bytes(whole)


BAD_FILES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "text as wav": ("a.wav", text, "not a sound file"),
    "text as mp3": ("a.mp3", text, "not a sound file"),
    "text as flac": ("a.flac", text, "not a sound file"),
    "text as ogg": ("a.OGG", text, "not a sound file"),
    "noise": ("a.mp3", noise, "not a sound file"),
    "empty": ("a.wav", empty, "is empty"),
    "folder": ("a.wav", folder, "is a folder"),
    "missing": ("a.wav", missing, "does not exist"),
    "name too long": ("a" * 300 + ".wav", missing, "cannot be read"),
    "no name": ("a\0.wav", missing, "cannot be read"),
    "0 seconds": ("a.wav", no_samples, "0 seconds"),
    "0 seconds of aiff": ("a.aiff", no_samples, "0 seconds"),
    "NaN": ("a.wav", not_numbers(np.nan), "0.250 s"),
    "Inf": ("a.wav", not_numbers(np.inf), "0.250 s"),
    "Inf and its opposite": ("a.wav", not_numbers(np.inf, 2), "0.250 s"),
    "beyond measure": ("a.wav", not_numbers(3e38), "0.250 s"),
    "cut wav": ("a.wav", cut(0.5), "cut short"),
    "cut flac": ("a.flac", cut(0.5), "cut short"),
    "cut flac at the end": ("a.flac", cut(0.97), "cut short"),
    "cut ogg": ("a.ogg", cut(0.5), "cut short"),
    "cut ogg at the end": ("a.ogg", cut(0.97), "cut short"),
    "cut aiff": ("a.aiff", cut(0.5), "cut short"),
    "cut au": ("a.au", cut(0.5), "cut short"),
    "cut within the header": ("a.wav", cut(0.0003), "not a sound file"),
    "rate of 0": ("a.wav", rate_of(0), "not a sound file"),
    "rate of 1": ("a.wav", rate_of(1), "sample rate of 1 Hz"),
    "rate of 2 GHz": ("a.wav", rate_of(2**31 - 1), "sample rate of 2147483647 Hz"),
    "rate of 4 GHz": ("a.wav", rate_of(2**32 - 1), "not a sound file"),
    "promising a gigabyte": ("a.wav", promising(1 << 30), "cut short"),
    "promising an hour": ("a.flac", promising_flac, "cut short"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_give_one_clear_sentence(tmp_path: Path, case: str):
    name, make, words = BAD_FILES[case]
    path = tmp_path / name
    make(path)
    with pytest.raises(FileError, match=words) as caught:
        read_audio(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg"])
def test_damaged_bytes_never_raise_anything_else(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    whole = written(path, 0.3)
    random = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(whole)
        for place in random.integers(0, min(len(damaged), 400), 4):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        try:
            audio = read_audio(path)
        except FileError as error:
            assert_one_sentence(error, path)
        else:
            assert np.isfinite(audio.samples).all()


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_recording_streamed_through_a_pipe_need_not_know_its_length(tmp_path: Path, length: int):
    promising(length)(tmp_path / "a.wav")
    assert read_audio(tmp_path / "a.wav").seconds == pytest.approx(2.0)


def test_fewer_samples_than_stated_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written(tmp_path / "a.wav")
    monkeypatch.setattr(soundfile.SoundFile, "frames", property(lambda file: 10**6))
    with pytest.raises(FileError, match=r"2\.00 of 62\.50 seconds") as caught:
        read_audio(tmp_path / "a.wav")
    assert_one_sentence(caught.value, tmp_path / "a.wav")


def test_a_pipe_is_refused(tmp_path: Path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(FileError, match="pipe") as caught:
        read_audio(tmp_path / "a.wav")
    assert_one_sentence(caught.value, tmp_path / "a.wav")


def test_an_unreadable_file_is_refused(tmp_path: Path):
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        pytest.skip("everything is readable for this user")
    written(tmp_path / "a.wav")
    (tmp_path / "a.wav").chmod(0)
    with pytest.raises(FileError, match="permissions"):
        read_audio(tmp_path / "a.wav")
