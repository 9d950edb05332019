"""Any audio file to mono float32 at a recipe's rate."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.containers import missing_bytes
from model.errors import Cancelled, FileError, reason
from model.files import file_size

if TYPE_CHECKING:
    import soundfile

AUDIO_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".au", ".w64")
"""Suffixes offered in file dialogs, lower case; any case is accepted."""

LONGEST_HOURS = 24
_BLOCK_SAMPLES = 1 << 20
_MOST_IN_MEMORY = 512 << 20
_LOUDEST = 1e12
_RATES = (1000, 768000)

Samples = npt.NDArray[np.float32]
Progress = Callable[[float], bool]
"""Called with the part done (0..1); answers False to cancel."""


@dataclass(frozen=True)
class Audio:
    """A recording, mixed to one channel and resampled.

    Attributes
    ----------
    samples
        float32 array of shape (n,), nominally -1..1.
    sample_rate
        Rate of `samples` in Hz.
    source_rate, source_channels
        Rate in Hz and number of channels in the file.
    """

    samples: Samples
    sample_rate: int
    source_rate: int
    source_channels: int

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear: samples that are all the same."""
        return bool(len(self.samples)) and float(self.samples.min()) == float(self.samples.max())


def is_audio_path(path: str | Path) -> bool:
    """Return whether a path has the suffix of an audio file, in any case."""
    return Path(path).suffix.lower() in AUDIO_SUFFIXES


def read_audio(path: str | Path, *, sample_rate: int = 16000, progress: Progress | None = None) -> Audio:
    """Read an audio file as mono float32 at `sample_rate`.

    Channels are averaged; resampling is by soxr at high quality, block by block, so that memory holds the result and
    one block of the source. A missing end is noticed in wav, flac, ogg, aiff and au; an mp3 does not state its length.

    Parameters
    ----------
    path
        A file libsndfile reads: wav, flac, mp3, ogg (Vorbis or Opus), aiff and others, named in any case.
    sample_rate
        Rate of the result in Hz.
    progress
        Called with the part read; the work is given up when it answers False.

    Raises
    ------
    FileError
        The file is missing, a folder, empty, no audio, damaged, cut short, too long, or holds samples that are no
        numbers.
    Cancelled
        `progress` answered False.
    """
    path = Path(path)
    with open_sound(path) as source:
        samples = _joined(_resampled(path, source, sample_rate, progress))
        if not len(samples):
            raise FileError(path, "holds no sound (0 seconds); choose a recording that is not empty")
        return Audio(samples, sample_rate, int(source.samplerate), int(source.channels))


def _joined(blocks: Iterator[Samples]) -> Samples:
    """Return blocks as one array: in memory, or where it is very long in a temporary file that goes with the array."""
    kept: list[Samples] = []
    size = 0
    for block in blocks:
        kept.append(block)
        size += block.nbytes
        if size > _MOST_IN_MEMORY:
            return _in_file(chain(kept, blocks))
    # Copied and let go one after the other, so that memory holds them once.
    joined = np.empty(size // 4, np.float32)
    place = len(joined)
    while kept:
        block = kept.pop()
        place -= len(block)
        joined[place : place + len(block)] = block
    return joined


def _in_file(blocks: Iterator[Samples]) -> Samples:
    with tempfile.TemporaryFile(prefix="phonegui-") as file:
        try:
            for block in blocks:
                file.write(block.tobytes())
            file.flush()
            return np.asarray(np.memmap(file, np.float32, "r"))
        except OSError as error:
            problem = f"has no room for a recording of this length ({reason(error)}); free some"
            raise FileError(tempfile.gettempdir(), problem) from None


def open_sound(path: Path) -> soundfile.SoundFile:
    """Return a sound file, open; raise FileError where it is missing, no sound, cut short or beyond all bounds."""
    import soundfile

    if file_size(path, wanted="a recording") == 0:
        raise FileError(path, "is empty (0 bytes); choose a recording")
    try:
        if missing_bytes(path):
            raise FileError(path, "is cut short, its end is missing; copy it again")
        # Bytes on POSIX: soundfile itself refuses names that are not valid UTF-8.
        source = soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))
    except PermissionError:
        raise FileError(path, "cannot be read; check its permissions") from None
    except (RuntimeError, TypeError, ValueError, OSError) as error:
        problem = f"is not a sound file that can be read ({sound_reason(error)}); use wav, flac, mp3 or ogg"
        raise FileError(path, problem) from None
    try:
        _check_header(path, source)
    except FileError:
        source.close()
        raise
    return source


def _check_header(path: Path, source: soundfile.SoundFile) -> None:
    if not _RATES[0] <= source.samplerate <= _RATES[1]:
        raise FileError(path, f"claims a sample rate of {source.samplerate} Hz, outside {_RATES[0]} to {_RATES[1]} Hz")
    # Pipes and some streams promise the largest integer for "unknown": those are bounded while reading instead.
    if LONGEST_HOURS * 3600 * source.samplerate < source.frames < 2**62:
        raise FileError(path, f"claims to last over {LONGEST_HOURS} hours; cut it into shorter recordings")


def sound_reason(error: BaseException) -> str:
    """Return what libsndfile says of a file, fit to stand inside a sentence."""
    text = getattr(error, "error_string", None) or str(error)  # without the path, which the sentence names already
    if "not a regular file" in text:  # what libsndfile says of files named .mp3 that are none
        return "there is no sound in it"
    return reason(RuntimeError(text.removeprefix("Error : ")))


def _resampled(path: Path, source: soundfile.SoundFile, rate: int, progress: Progress | None) -> Iterator[Samples]:
    import soxr

    same = source.samplerate == rate
    stream: Any = None if same else soxr.ResampleStream(source.samplerate, rate, 1, dtype="float32", quality="HQ")
    done = 0
    longest = LONGEST_HOURS * 3600 * source.samplerate
    for block in _blocks(path, source):
        sound = np.abs(block) <= _LOUDEST  # NaN is not
        if not sound.all():
            when = (done + int(np.argmin(sound))) / source.samplerate
            problem = f"holds samples that are not numbers or beyond all measure (first at {when:.3f} s)"
            raise FileError(path, f"{problem}; export the file again")
        done += len(block)
        if done > longest:
            raise FileError(path, f"lasts over {LONGEST_HOURS} hours; cut it into shorter recordings")
        yield block if stream is None else stream.resample_chunk(block)
        if progress is not None and not progress(min(1.0, done / max(1, source.frames))):
            raise Cancelled
    # MP3 headers only estimate the length; every other format states it.
    if source.format != "MP3" and done < source.frames < 2**62:
        expected = source.frames / source.samplerate
        got = done / source.samplerate
        raise FileError(path, f"is cut short ({got:.2f} of {expected:.2f} seconds can be read); copy it again")
    if stream is not None and done:
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _blocks(path: Path, source: soundfile.SoundFile) -> Iterator[Samples]:
    frames = max(1, _BLOCK_SAMPLES // source.channels)
    while True:
        try:
            block = source.read(frames, dtype="float32", always_2d=True)
        except (RuntimeError, ValueError, OSError) as error:
            problem = f"is damaged or cut short ({sound_reason(error)}); copy or export it again"
            raise FileError(path, problem) from None
        if not len(block):
            return
        # What is no number survives the mixing, and is looked for after it.
        with np.errstate(invalid="ignore", over="ignore"):
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float64)
            yield np.ascontiguousarray(mono, dtype=np.float32)
