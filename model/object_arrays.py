"""Lists of arrays, as `numpy.save` pickles them: looked through in a second, their arrays read one at a time."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from model.errors import FileError, reason
from model.npy import read_npy_header
from model.pickled_values import PickledArray, PickledBytes, RefusedError, text_of
from model.restricted_pickle import Interpreter, Report


def read_object_array(path: str | Path, *, report: Report | None = None) -> list[Any]:
    """Return the elements of a one-dimensional object array in an `.npy` file.

    Returns
    -------
    list
        For each element a `StoredArray`, a list or tuple (of numbers, strings, or such arrays), a number, a string or
        None; arrays of objects come as lists.

    Raises
    ------
    FileError
        The file is damaged, holds something else, or its pickle names anything but what numpy builds arrays from.
    Cancelled
        `report` answered False.
    """
    path = Path(path)
    header = read_npy_header(path)
    if not header.pickled or len(header.shape) != 1:
        raise FileError(path, "does not hold a list of arrays; save one array for each utterance")
    try:
        # A small buffer: most of the file is skipped.
        with open(path, "rb", buffering=8192) as file:
            file.seek(header.offset)
            array = Interpreter(file, header.size, report).run()
        if not isinstance(array, PickledArray) or array.items is None or len(array.items) != header.shape[0]:
            raise RefusedError("it does not hold the list of arrays that its header names")
        return [_plain(item) for item in array.items]
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    except RefusedError as error:
        raise FileError(path, f"cannot be read as a list of arrays: {error}") from None
    except (ValueError, IndexError, struct.error, UnicodeDecodeError, AttributeError, TypeError, OverflowError):
        raise FileError(path, "is damaged or cut short; copy or save it again") from None


def _plain(item: Any) -> Any:
    if isinstance(item, PickledArray):
        if item.stored is not None:
            return item.stored
        if item.items is None:
            raise RefusedError("it holds an array without contents")
        return [_element(value) for value in item.items]
    if isinstance(item, list | tuple):
        return [_element(value) for value in item]
    return _element(item)


def _element(value: Any) -> Any:
    """Return a number, a string, None or a stored array; what is nested deeper is refused, not followed."""
    if isinstance(value, PickledArray) and value.stored is not None:
        return value.stored
    if isinstance(value, PickledBytes):
        return text_of(value)
    if value is None or isinstance(value, int | float | str):
        return value
    raise RefusedError("its elements are nested too deep")
