"""NumPy's `.npy` files: nothing in them runs, and no promise of a header is believed before it is checked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from model.errors import FileError, reason, shown
from model.files import file_size

Array = npt.NDArray[Any]

_MAGIC = b"\x93NUMPY"
_LARGEST_HEADER = 1 << 16
_MOST_DIMENSIONS = 8
_LARGEST_SIZE = 1 << 48  # of one dimension
_LONGEST_STRING = 1000  # characters of an element

_DESCRIPTION = re.compile(r"'descr'\s*:\s*u?'([^']{1,16})'\s*[,}]")
_FORTRAN = re.compile(r"'fortran_order'\s*:\s*(True|False)\s*[,}]")
_SHAPE = re.compile(r"'shape'\s*:\s*\(([0-9L,\s-]*)\)\s*[,}]")
_KIND = re.compile(r"([<>|=]?)(b1|[iu][1248]|f[248]|O[48]?|[US](\d{1,4}))")


@dataclass(frozen=True)
class NpyHeader:
    """What an `.npy` file says of its array, checked against the size of the file.

    Attributes
    ----------
    dtype, shape, fortran
        Type and dimensions; whether the first index changes fastest.
    offset
        Bytes before the data.
    size
        Bytes of the file.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    offset: int
    size: int

    @property
    def pickled(self) -> bool:
        """Whether the array holds pickled objects instead of numbers or strings."""
        return self.dtype.kind == "O"


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array inside a file, not yet read.

    Attributes
    ----------
    offset, length
        Where its bytes lie.
    latin
        The bytes are Latin-1 text stored in UTF-8, as some pickles have them.
    data
        The bytes themselves, where they are few and have been read already.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    offset: int
    length: int
    latin: bool = False
    data: bytes | None = field(default=None, repr=False, compare=False)

    def read(self, file: BinaryIO) -> Array:
        """Return the array, from the file it is in; raise ValueError when its bytes are not those of its shape."""
        data = self.data
        if data is None:
            file.seek(self.offset)
            data = file.read(self.length)
        if self.latin:
            data = data.decode("utf-8").encode("latin-1")
        if len(data) != math.prod(self.shape) * self.dtype.itemsize:
            raise ValueError("an array has another size than it says")
        flat: Array = np.frombuffer(data, self.dtype)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def is_npy(path: str | Path) -> bool:
    """Return whether a file begins as `.npy` files do; False when it cannot be read."""
    try:
        if not Path(path).is_file():
            return False
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def array_type(text: str) -> np.dtype[Any]:
    """Return the type that a short code names: ``<f8``, ``|b1``, ``<U5``; ``O`` stands for objects.

    Raises
    ------
    ValueError
        It is no type of plain numbers or strings.
    """
    match = _KIND.fullmatch(text)
    if match is None or int(match[3] or 0) > _LONGEST_STRING:
        raise ValueError(f"its elements are of type {shown(text)}")
    return np.dtype("O" if match[2][0] == "O" else text)


def read_npy_header(path: str | Path) -> NpyHeader:
    """Return the checked header of an `.npy` file.

    Raises
    ------
    FileError
        The file is missing, no `.npy` file, cut short, or claims more than it holds or anything but plain numbers,
        strings or pickled objects.
    """
    path = Path(path)
    size = file_size(path, wanted="a .npy file")
    try:
        with open(path, "rb") as file:
            return _parse(file, size)
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    except ValueError as error:
        raise FileError(path, f"is not a .npy file that can be read: {error}") from None


def read_npy(path: str | Path) -> Array:
    """Return the numbers or strings of an `.npy` file, memory-mapped and read-only.

    Raises
    ------
    FileError
        As `read_npy_header`, or the file holds pickled objects.
    """
    header = read_npy_header(path)
    if header.pickled:
        raise FileError(path, "holds pickled objects where an array of plain numbers was expected")
    if not math.prod(header.shape):
        return np.zeros(header.shape, header.dtype)
    order: Any = "F" if header.fortran else "C"
    try:
        return np.memmap(path, header.dtype, "r", header.offset, header.shape, order)
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def load_npy(path: str | Path) -> Array:
    """Return the numbers or strings of an `.npy` file in memory; for small files, of which there are many.

    Raises
    ------
    FileError
        As `read_npy`.
    """
    path = Path(path)
    header = read_npy_header(path)
    if header.pickled:
        raise FileError(path, "holds pickled objects where an array of plain numbers was expected")
    length = math.prod(header.shape) * header.dtype.itemsize
    stored = StoredArray(header.dtype, header.shape, header.fortran, header.offset, length)
    try:
        with open(path, "rb") as file:
            return stored.read(file)
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def _parse(file: BinaryIO, size: int) -> NpyHeader:
    start = file.read(8)
    if start[:6] != _MAGIC:
        raise ValueError("it does not begin as one")
    if len(start) < 8 or (start[6], start[7]) not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError("its format's version is unknown")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > _LARGEST_HEADER:
        raise ValueError("its header is too long")
    raw = file.read(length)
    if len(raw) < length:
        raise ValueError("it is cut short")
    dtype, shape, fortran = _parse_text(raw.decode("latin-1"))
    header = NpyHeader(dtype, shape, fortran, 8 + width + length, size)
    # Every pickled object takes a byte at least.
    needed = math.prod(shape) * (1 if header.pickled else dtype.itemsize)
    if header.offset + needed > size:
        raise ValueError(f"it promises {_amount(needed)} of data and has {_amount(size - header.offset)}")
    return header


def _parse_text(text: str) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Read a header by its three entries alone: nothing else is looked at, let alone evaluated."""
    description, fortran, shape = (pattern.search(text) for pattern in (_DESCRIPTION, _FORTRAN, _SHAPE))
    if description is None and "'descr'" in text:
        raise ValueError("it holds records of several fields; save plain arrays")
    if description is None or fortran is None or shape is None:
        raise ValueError("its header is malformed")
    dtype = array_type(description[1])
    if dtype.itemsize == 0:
        raise ValueError("its elements have no size")
    sizes = [part.strip().removesuffix("L") for part in shape[1].split(",") if part.strip()]
    if len(sizes) > _MOST_DIMENSIONS:
        raise ValueError(f"it has {len(sizes)} dimensions")
    if not all(re.fullmatch(r"[0-9]{1,18}", part) and int(part) <= _LARGEST_SIZE for part in sizes):
        raise ValueError(f"it has the impossible shape ({shown(shape[1])[1:-1]})")
    numbers = tuple(int(part) for part in sizes)
    if 0 in numbers and math.prod(max(1, n) for n in numbers) > _LARGEST_SIZE // 1000:
        raise ValueError(f"it has the impossible shape ({shown(shape[1])[1:-1]})")
    return dtype, numbers, fortran[1] == "True"


def _amount(count: int) -> str:
    return f"{max(0, count)} bytes" if count < 10**6 else f"{count / 1e6:.4g} MB"
