"""How much an audio file's container promises: libsndfile quietly plays what is left of a file that was cut short."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal

# Programs that write into a pipe cannot know the length: they leave all ones, or nearly the largest signed number.
_UNKNOWN_LENGTH = 0x7FFF0000
# Some programs count the header among the samples, or round up: so little at the end is no loss.
_SLACK = 1024
# No recorder writes so many chunks before the sound; a file of zeros would be walked through eight bytes at a time.
_MOST_CHUNKS = 1000


def missing_bytes(path: str | Path) -> int:
    """Return about how many bytes a wav, aiff, au or ogg file lacks at its end, 0 for all other formats.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(12)
        walk = _WALKS.get(start[:4])
        return max(0, walk(file, start) - size) if walk is not None else 0


def _riff_end(file: BinaryIO, start: bytes) -> int:
    return _data_end(file, b"data", "big" if start[:4] == b"RIFX" else "little")


def _aiff_end(file: BinaryIO, start: bytes) -> int:
    return _data_end(file, b"SSND", "big")


def _data_end(file: BinaryIO, wanted: bytes, order: Literal["little", "big"]) -> int:
    """Return where the chunk with the samples ends by its own account, 0 when it gives none."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or not head[:4].isascii() or not head[:4].decode("ascii").isprintable():
            return 0
        length = int.from_bytes(head[4:], order)
        if head[:4] == wanted:
            return file.tell() + length - _SLACK if length < _UNKNOWN_LENGTH else 0
        file.seek(length + length % 2, os.SEEK_CUR)
    return 0


def _au_end(file: BinaryIO, start: bytes) -> int:
    offset, length = (int.from_bytes(start[i : i + 4], "big") for i in (4, 8))
    return offset + length - _SLACK if length < _UNKNOWN_LENGTH else 0


def _ogg_end(file: BinaryIO, start: bytes) -> int:
    """Return where the last page ends; what is no page (a tag some programs append) ends the walk."""
    position = 0
    while True:
        file.seek(position)
        head = file.read(27 + 255)
        if not head or not b"OggS".startswith(head[:4]):
            return position
        if len(head) < 27 or len(head) < 27 + head[26]:
            return position + 27 + 255  # cut within the head of a page
        position += 27 + head[26] + sum(head[27 : 27 + head[26]])


_WALKS: dict[bytes, Callable[[BinaryIO, bytes], int]] = {
    b"RIFF": _riff_end,
    b"RIFX": _riff_end,
    b"FORM": _aiff_end,
    b".snd": _au_end,
    b"OggS": _ogg_end,
}
