"""A part of a recording as a wav file, in the rate, channels and resolution it was recorded with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.audio import Progress, open_sound, sound_reason
from model.errors import Cancelled, FileError, UserError
from model.files import atomic_path, require_other

if TYPE_CHECKING:
    import soundfile

_BLOCK_FRAMES = 1 << 18
_MOST_BYTES = (1 << 32) - (1 << 20)  # the header of a wav file counts with 32 bits
_BYTES = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


def cut_sound(
    source: str | Path,
    target: str | Path,
    start: float = 0.0,
    end: float | None = None,
    *,
    progress: Progress | None = None,
) -> float:
    """Write `start` to `end` seconds of a sound file to a wav file, whole or not at all; return its length in seconds.

    Uncompressed sound keeps its resolution; of other kinds 16 bits are written.

    Parameters
    ----------
    end
        None for the end of the recording; later ones are taken for it.
    progress
        Called with the part written; the work is given up when it answers False.

    Raises
    ------
    FileError
        The source cannot be read, or the target cannot be written, is the source, or would be larger than a wav file
        can be.
    UserError
        There is nothing between `start` and `end`.
    Cancelled
        `progress` answered False.
    """
    import soundfile

    require_other(target, source)
    with open_sound(Path(source)) as sound:
        rate = sound.samplerate
        first = round(start * rate)
        last = sound.frames if end is None else min(round(end * rate), sound.frames)
        if not 0 <= first < last:
            until = "the end" if end is None else f"{end:g} s"
            raise UserError(f"{source} has no sound from {start:g} s to {until}; it lasts {sound.frames / rate:.3f} s.")
        subtype = sound.subtype if sound.subtype in _BYTES else "PCM_16"
        if (last - first) * sound.channels * _BYTES[subtype] > _MOST_BYTES:
            raise FileError(target, "would be longer than the 4 GB of a wav file; choose a shorter part")
        # Whole numbers stay whole; of others, what is louder than 16 bits can hold is cut.
        kind = "float64" if subtype == "DOUBLE" else "int32" if subtype == sound.subtype != "FLOAT" else "float32"
        with atomic_path(target) as temporary:
            blocks = _blocks(sound, Path(source), first, last, kind)
            try:
                with soundfile.SoundFile(temporary, "w", rate, sound.channels, subtype, format="WAV") as out:
                    for block in blocks:
                        out.write(block)
                        if progress is not None and not progress(out.frames / (last - first)):
                            raise Cancelled
            except (RuntimeError, ValueError, AssertionError) as error:  # soundfile asserts that all was written
                why = sound_reason(error)
                raise FileError(target, f"cannot be written ({why}); free space or choose another place") from None
    return float((last - first) / rate)


def _blocks(sound: soundfile.SoundFile, path: Path, first: int, last: int, kind: str) -> Iterator[Any]:
    """Yield the frames `first` to `last` of an open sound file; raise FileError about it where it is damaged."""
    try:
        sound.seek(first)
        while first < last:
            block = sound.read(min(last - first, _BLOCK_FRAMES), dtype=kind, always_2d=True)
            if not len(block):
                raise FileError(path, "is cut short; copy it again")
            first += len(block)
            yield block
    except (RuntimeError, ValueError, OSError) as error:
        raise FileError(path, f"is damaged ({sound_reason(error)}); copy or export it again") from None
