"""The two kinds of file that torch.save writes, looked through before torch reads a byte of them."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from model.foreign.outline import Budget, outline
from model.foreign.values import OutlineError, Storage

ZIP_MARK = b"PK\x03\x04"
PICKLE_MARK = b"\x80"
TAR_MARK = b"ustar"
LEGACY_MARK = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How files begin that torch before 1.6 saved."""

_LEGACY_PROTOCOL = 1001
_LARGEST_DIRECTORY = 4 << 20
_MOST_RECORDS = 20_000
_LARGEST_PICKLE = 32 << 20
_END_SIZE, _LOCATOR_SIZE, _END64_SIZE, _LOCAL_SIZE = 22, 20, 56, 30

START_BYTES = 262
"""How many bytes `is_foreign` looks at."""


def is_foreign(start: bytes) -> bool:
    """Return whether a file that begins so is torch's: a zip archive, a pickle, or the tar of its first versions."""
    if start[4:9] == b"\0\0\0\0{":  # safetensors, whose first byte is the length of its header
        return False
    return start.startswith((ZIP_MARK, PICKLE_MARK)) or start[257:262] == TAR_MARK


def outline_of(path: Path) -> Any:
    """Return what a file of torch's would give, as `model.foreign.outline.outline` does.

    Raises
    ------
    OutlineError
        The file is none of torch's, damaged, or holds more or less than it promises.
    OSError
        It cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(len(LEGACY_MARK))
        if start.startswith(ZIP_MARK):
            return _zip_outline(file)
        if start == LEGACY_MARK:
            return _legacy_outline(file)
        if _is_tar(file):
            raise OutlineError("was saved by torch before 0.4; load it there and save it again")
        raise OutlineError("is a pickle that torch.save did not write")


def _is_tar(file: BinaryIO) -> bool:
    file.seek(257)
    return file.read(5) == TAR_MARK


def _legacy_outline(file: BinaryIO) -> Any:
    held: dict[str, Storage] = {}

    def hold(storage: Storage) -> None:
        if held.setdefault(storage.key, storage) != storage:
            raise OutlineError("gives one storage two sizes")

    budget = Budget()
    if outline(file, budget, on_storage=hold) != _LEGACY_PROTOCOL:
        raise OutlineError("is of an unknown version of torch's format")
    outline(file, budget, on_storage=hold)  # the machine it was saved on
    found = outline(file, budget, on_storage=hold)
    keys = outline(file, budget, on_storage=hold)
    left = os.fstat(file.fileno()).st_size - file.tell()
    if type(keys) is not list or not all(type(key) is str for key in keys) or sorted(keys) != sorted(held):
        raise OutlineError("does not list its storages")
    if sum(8 + storage.nbytes for storage in held.values()) > left:
        raise OutlineError("is cut short, or promises more numbers than it holds")
    return found


def _zip_outline(file: BinaryIO) -> Any:
    records = _records(file)
    folder = next(iter(records)).partition("/")[0]
    if f"{folder}/constants.pkl" in records:
        raise OutlineError("is a TorchScript program; save the state_dict() of the module it was made from")
    pickle = records.get(f"{folder}/data.pkl")
    if pickle is None:
        raise OutlineError("is a zip archive that torch.save did not write")
    if pickle.file_size > _LARGEST_PICKLE:
        raise OutlineError("lists more things than any weights have (over 32 MB)")

    def hold(storage: Storage) -> None:
        record = records.get(f"{folder}/data/{storage.key}")
        if record is None or storage.nbytes > record.file_size:
            raise OutlineError("promises more numbers than it holds")

    return outline(io.BytesIO(_content(file, pickle)), Budget(), on_storage=hold)


def _content(file: BinaryIO, record: zipfile.ZipInfo) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.read(record)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise OutlineError("is a damaged zip archive") from error


def _records(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    """Return the records of a zip archive by name: none compressed, none over another, all in one folder."""
    directory = _directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise OutlineError("is a damaged zip archive") from error
    folders = {record.filename.partition("/")[0] for record in records}
    if len({record.filename for record in records}) != len(records) or len(folders) != 1:
        raise OutlineError("is a zip archive that torch.save did not write")
    reached = 0
    for record in sorted(records, key=lambda item: item.header_offset):
        _check_record(record)
        # Records that share their bytes, or lie within each other, unfold to more than the file holds.
        if record.header_offset < reached:
            raise OutlineError("is a zip archive whose records overlap")
        reached = record.header_offset + _LOCAL_SIZE + len(record.orig_filename) + record.file_size
    if reached > directory:
        raise OutlineError("is a zip archive that promises more than it holds")
    return {record.filename: record for record in records}


def _check_record(record: zipfile.ZipInfo) -> None:
    parts = PurePosixPath(record.filename).parts
    if ".." in parts or record.orig_filename != record.filename or "\\" in record.filename or parts[:1] in ((), ("/",)):
        raise OutlineError("is a zip archive with names that lead out of it")
    if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
        raise OutlineError("is a compressed archive, as torch.save never writes; unpack it and save it again")
    if record.flag_bits & 1:
        raise OutlineError("is encrypted")


def _directory(file: BinaryIO) -> int:
    """Return where a zip archive's directory begins, when all ends as torch writes it: readers must not disagree.

    Nothing may follow the end record nor lie between it and the directory, and the directory must be small: it is
    read whole.
    """
    size = os.fstat(file.fileno()).st_size
    at = size - _END_SIZE
    end = _read(file, at, _END_SIZE)
    if end[:4] != b"PK\x05\x06" or end[20:] != b"\0\0":
        raise OutlineError("is a zip archive that is cut short, or continued by something else")
    count, length, start = struct.unpack("<H2I", end[10:20])
    locator = _read(file, at - _LOCATOR_SIZE, _LOCATOR_SIZE)
    if locator[:4] == b"PK\x06\x07":
        at -= _LOCATOR_SIZE + _END64_SIZE
        end64 = _read(file, at, _END64_SIZE)
        if struct.unpack("<Q", locator[8:16])[0] != at or end64[:4] != b"PK\x06\x06":
            raise OutlineError("is a damaged zip archive")
        count, length, start = struct.unpack("<3Q", end64[32:56])
    if start + length != at or length > _LARGEST_DIRECTORY or not 0 < count <= _MOST_RECORDS:
        raise OutlineError("is a zip archive whose directory is damaged or far too large")
    return int(start)


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    if at < 0:
        raise OutlineError("is a zip archive that is cut short")
    file.seek(at)
    return file.read(count)
