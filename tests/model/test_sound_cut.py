from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.errors import Cancelled, FileError, UserError
from model.sound_cut import cut_sound
from tests.model.helpers import assert_one_sentence


@pytest.mark.parametrize(
    ("suffix", "subtype", "kept"),
    [
        (".wav", "PCM_16", "PCM_16"),
        (".wav", "PCM_24", "PCM_24"),
        (".wav", "FLOAT", "FLOAT"),
        (".flac", "PCM_24", "PCM_24"),
        (".wav", "ULAW", "PCM_16"),
        (".ogg", "VORBIS", "PCM_16"),
    ],
)
def test_a_part_is_the_very_samples_of_the_recording(tmp_path: Path, suffix: str, subtype: str, kept: str):
    source, target = tmp_path / f"a{suffix}", tmp_path / "part.wav"
    samples = 0.3 * np.random.default_rng(0).normal(size=(44100, 2)).clip(-3, 3)
    soundfile.write(source, samples, 44100, subtype=subtype)
    assert cut_sound(source, target, 0.25, 0.75) == pytest.approx(0.5)
    info = soundfile.info(target)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (44100, 2, kept, 22050)
    whole, part = soundfile.read(source)[0], soundfile.read(target)[0]
    step = 2.0**-15 if subtype in ("VORBIS", "ULAW") else 0.0
    assert np.abs(part - np.clip(whole[11025:33075], -1, 1)).max() <= step or subtype == "FLOAT"
    if subtype == "FLOAT":
        assert (part == whole[11025:33075]).all()


def test_to_the_end_and_beyond(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", np.linspace(-0.5, 0.5, 16000), 16000)
    assert cut_sound(tmp_path / "a.wav", tmp_path / "b.wav") == 1.0
    assert (soundfile.read(tmp_path / "a.wav")[0] == soundfile.read(tmp_path / "b.wav")[0]).all()
    assert cut_sound(tmp_path / "a.wav", tmp_path / "c.wav", 0.5, 7.0) == 0.5


@pytest.mark.parametrize(("start", "end"), [(1.0, None), (0.5, 0.5), (0.6, 0.5), (-1.0, 0.5)])
def test_nothing_to_cut_is_told(tmp_path: Path, start: float, end: float | None):
    soundfile.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    with pytest.raises(UserError) as caught:
        cut_sound(tmp_path / "a.wav", tmp_path / "b.wav", start, end)
    assert_one_sentence(caught.value)
    assert not (tmp_path / "b.wav").exists()


def test_the_recording_itself_is_never_written_over(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", np.ones(16000) / 3, 16000)
    before = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(FileError):
        cut_sound(tmp_path / "a.wav", tmp_path / "a.wav", 0.0, 0.5)
    assert (tmp_path / "a.wav").read_bytes() == before


def test_a_damaged_recording_leaves_nothing(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"RIFF" * 100)
    with pytest.raises(FileError):
        cut_sound(tmp_path / "a.wav", tmp_path / "b.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_where_the_recording_is_damaged_inside_it_is_blamed(tmp_path: Path):
    source = tmp_path / "a.flac"
    soundfile.write(source, 0.3 * np.random.default_rng(0).normal(size=400_000), 16000)
    content = bytearray(source.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 60_000] = bytes(60_000)
    source.write_bytes(content)
    with pytest.raises(FileError) as caught:
        cut_sound(source, tmp_path / "b.wav")
    assert caught.value.path == str(source)
    assert_one_sentence(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit for the size of files")
def test_what_cannot_be_written_is_not_blamed_on_the_recording(tmp_path: Path):
    """With a limit for the size of files, which writing meets as it meets the end of a disk."""
    import resource

    source, target = tmp_path / "a.flac", tmp_path / "b.wav"
    soundfile.write(source, 0.3 * np.random.default_rng(0).normal(size=400_000), 16000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(FileError) as caught:
            cut_sound(source, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.path == str(target) and "cannot be written" in str(caught.value)
    assert_one_sentence(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_what_is_given_up_leaves_nothing(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", np.zeros(600_000), 16000)
    parts: list[float] = []
    with pytest.raises(Cancelled):
        cut_sound(tmp_path / "a.wav", tmp_path / "b.wav", progress=lambda part: parts.append(part) or len(parts) < 2)
    assert parts == pytest.approx([(1 << 18) / 600_000, (1 << 19) / 600_000])
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
