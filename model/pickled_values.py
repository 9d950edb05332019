"""What the arrays that `numpy.save` pickles are made of, noted instead of built."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.errors import shown
from model.npy import StoredArray, array_type

_MOST_DIMENSIONS = 8
_LARGEST_SIZE = 1 << 48


class RefusedError(ValueError):
    """What a pickle holds that is not read; the text goes into the sentence for the user."""


class PickledBytes:
    """Bytes in the file, read when they are few."""

    __slots__ = ("data", "latin", "length", "offset")

    def __init__(self, offset: int, length: int, data: bytes | None, latin: bool = False) -> None:
        self.offset, self.length, self.data, self.latin = offset, length, data, latin


class PickledType:
    """A `numpy.dtype` under construction."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "|"

    def build(self) -> np.dtype[Any]:
        """Return the type; raise RefusedError when it is none of plain numbers, strings or objects."""
        order = self.order if self.code[:1] in tuple("iufU") else "|"
        try:
            return array_type(("" if order in "|=" else order) + self.code)
        except ValueError as error:
            raise RefusedError(str(error)) from None


class PickledArray:
    """A `numpy.ndarray` under construction; `items` in arrays of objects, else `stored`."""

    __slots__ = ("items", "shape", "stored")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.items: list[Any] | None = None
        self.stored: StoredArray | None = None


def text_of(value: Any) -> str:
    """Return a string, be it one of Python 2 or 3."""
    if isinstance(value, PickledBytes):
        if value.data is None:
            raise RefusedError("it holds a string that is too long")
        return value.data.decode("utf-8" if value.latin else "latin-1")
    if not isinstance(value, str):
        raise RefusedError("it is damaged")
    return value


def encoded(arguments: tuple[Any, ...]) -> PickledBytes:
    """Return what ``_codecs.encode`` would give: bytes that are stored as text."""
    text, encoding = arguments
    if not isinstance(text, PickledBytes) or text_of(encoding).lower() not in ("latin1", "latin-1"):
        raise RefusedError("it is damaged")
    return text


def scalar(kind: Any, value: Any = None) -> Any:
    """Return a number that numpy wraps as Python's own."""
    if not isinstance(kind, PickledType) or not isinstance(value, PickledBytes) or value.data is None:
        raise RefusedError("it is damaged")
    dtype = kind.build()
    if dtype.kind not in "biuf":
        raise RefusedError(f"it holds a lone value of type {shown(dtype.str)}")
    return StoredArray(dtype, (), False, 0, 0, value.latin, value.data).read(None).item()  # type: ignore[arg-type]


def fill(array: PickledArray, _version: Any, shape: Any, kind: Any, fortran: Any, contents: Any) -> None:
    """Give an array the state that its pickle sets; raise RefusedError where that does not fit together."""
    if not isinstance(kind, PickledType) or not isinstance(shape, tuple) or len(shape) > _MOST_DIMENSIONS:
        raise RefusedError("it is damaged")
    if not all(isinstance(n, int) and 0 <= n <= _LARGEST_SIZE for n in shape):
        raise RefusedError("it holds an array of an impossible shape")
    dtype, count = kind.build(), math.prod(shape)
    array.shape = shape
    if dtype.kind == "O":
        if not isinstance(contents, list) or len(contents) != count or len(shape) != 1:
            raise RefusedError("it holds objects where arrays of numbers were expected")
        array.items = contents
        return
    if not isinstance(contents, PickledBytes):
        raise RefusedError("it is damaged")
    wanted = count * dtype.itemsize
    # As UTF-8, half of all bytes take two.
    if not (wanted <= contents.length <= 2 * wanted if contents.latin else wanted == contents.length):
        raise RefusedError("it holds an array whose size is not that of its shape")
    array.stored = StoredArray(
        dtype, shape, bool(fortran), contents.offset, contents.length, contents.latin, contents.data
    )
