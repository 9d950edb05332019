"""Features and labels that lie in one file for many utterances: where each lies, looked up once and remembered."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.corpus.cache_folder import default_cache_folder, note_use
from model.errors import FileError, UserError, reason
from model.files import write_text
from model.npy import Array, StoredArray, array_type, read_npy, read_npy_header
from model.object_arrays import read_object_array

Report = Callable[[int, int], bool]
"""Called with what is done and in all; answers False to cancel."""

_FORMAT = 1
_UNUSABLE = (OSError, ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError)
_LARGEST_LABEL = 1000
_MOST_LABELS = 100_000  # of an utterance
_MOST_LABELS_IN_ALL = 20_000_000
_MOST_UTTERANCES = 2_000_000


def remembered(key: str, make: Callable[[], Any], check: Callable[[Any], Any]) -> Any:
    """Return ``check(value)`` of the JSON value kept under a key, made and kept where there is none that passes.

    Nothing is kept where the cache folder cannot be written.
    """
    name = _digest(f"{_FORMAT} {key}")
    place = default_cache_folder() / "corpora" / f"{name}.json"
    with contextlib.suppress(*_UNUSABLE):
        digest, _, text = place.read_text(encoding="utf-8").partition("\n")
        if digest == _digest(text):
            value = check(json.loads(text))
            note_use(place)
            return value
    value = make()
    with contextlib.suppress(UserError):
        text = json.dumps(value, separators=(",", ":"))
        write_text(place, f"{_digest(text)}\n{text}")
    return check(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stamp(path: Path) -> str:
    """Return what differs when a file does: its name, size and time of change; raise FileError when it is missing."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its name and permissions") from None
    return f"{path.absolute()}\t{status.st_size}\t{status.st_mtime_ns}"


def stored_rows(path: str | Path, *, report: Report | None = None) -> tuple[StoredArray, ...]:
    """Return the arrays of an `.npy` file, one for each utterance, without reading them.

    Raises
    ------
    FileError
        The file holds no list of arrays of numbers: as `read_object_array`.
    Cancelled
        `report` answered False.
    """
    path = Path(path)
    key = stamp(path)
    known = _recent.get(key)
    if known is None:
        size = path.stat().st_size
        known = remembered(
            f"rows\t{key}",
            lambda: [_row_to_json(row) for row in _find_rows(path, report)],
            lambda value: tuple(_row_from_json(item, size) for item in value),
        )
        while len(_recent) >= _MOST_RECENT:
            _recent.pop(next(iter(_recent)), None)
        _recent[key] = known
    return known


# Whoever opens one utterance after the other need not have the list read each time.
_recent: dict[str, tuple[StoredArray, ...]] = {}
_MOST_RECENT = 4


def _find_rows(path: Path, report: Report | None) -> list[StoredArray]:
    header = read_npy_header(path)
    if not header.pickled:
        if len(header.shape) < 2 or header.fortran:
            raise FileError(path, "does not hold one array for each utterance; save a list of arrays")
        _check_count(path, header.shape)
        length = math.prod(header.shape[1:]) * header.dtype.itemsize
        starts = range(header.offset, header.offset + length * header.shape[0], max(1, length))
        return [StoredArray(header.dtype, header.shape[1:], False, start, length) for start in starts]
    rows = read_object_array(path, report=report)
    for number, row in enumerate(rows):
        if not isinstance(row, StoredArray):
            raise FileError(path, f"holds no array of numbers at place {number}; save one array for each utterance")
    return rows


def _check_count(path: Path, shape: tuple[int, ...]) -> None:
    if shape[0] > _MOST_UTTERANCES:
        raise FileError(path, f"claims to hold {shape[0]} utterances, over {_MOST_UTTERANCES}")
    if 0 in shape[1:]:
        raise FileError(path, "holds utterances without contents")


def _row_to_json(row: StoredArray) -> list[Any]:
    return [row.dtype.str, list(row.shape), int(row.fortran), row.offset, row.length, int(row.latin)]


def _row_from_json(value: Any, size: int) -> StoredArray:
    kind, shape, fortran, offset, length, latin = value
    if not 0 <= offset <= offset + length <= size or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("the row lies outside the file")
    return StoredArray(array_type(kind), tuple(shape), bool(fortran), int(offset), int(length), bool(latin))


def read_row(path: Path, row: StoredArray) -> Array:
    """Return one array of a file; raise FileError when it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return row.read(file)
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    except ValueError:
        raise FileError(path, "is damaged or was changed while it was open; open it again") from None


@dataclass(frozen=True)
class LabelRows:
    """The labels of many utterances, one after the other.

    Attributes
    ----------
    values
        Whole numbers, or the names of symbols.
    lengths
        How many of them each utterance has.
    """

    values: npt.NDArray[np.int64] | tuple[str, ...]
    lengths: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.lengths)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Places of the utterances' first labels, and behind the last label."""
        starts: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(self.lengths)])
        return starts


def label_rows(path: str | Path) -> LabelRows:
    """Return the labels of each utterance in a label file.

    Raises
    ------
    FileError
        The file cannot be read, or holds anything but whole numbers or names of symbols.
    """
    path = Path(path)
    rows: LabelRows = remembered(f"labels\t{stamp(path)}", lambda: _read_labels(path), _check_labels)
    return rows


def _check_labels(value: Any) -> LabelRows:
    lengths, values = np.array(value["lengths"], np.int64), value["values"]
    if lengths.ndim != 1 or lengths.sum() != len(values) or bool((lengths < 0).any()):
        raise ValueError("not labels")
    if values and isinstance(values[0], str):
        return LabelRows(tuple(str(item) for item in values), lengths)
    numbers = np.array(values, np.int64)
    if numbers.ndim != 1:
        raise ValueError("not labels")
    return LabelRows(numbers, lengths)


def _read_labels(path: Path) -> dict[str, Any]:
    header = read_npy_header(path)
    if not header.pickled:
        if len(header.shape) != 2:
            raise FileError(path, "does not hold one list of labels for each utterance")
        _check_count(path, header.shape)
        items: list[Any] = list(read_npy(path))
    else:
        items = read_object_array(path)
    values: list[int | str] = []
    lengths: list[int] = []
    with open(path, "rb") as file:
        for number, item in enumerate(items):
            row = _labels(path, file, number, item)
            values.extend(row)
            lengths.append(len(row))
            if len(values) > _MOST_LABELS_IN_ALL:
                raise FileError(path, f"holds over {_MOST_LABELS_IN_ALL} labels, too many for a corpus")
    if len({type(label) for label in values}) > 1:
        raise FileError(path, "mixes numbers and names of symbols")
    return {"lengths": lengths, "values": values}


def _labels(path: Path, file: Any, number: int, item: Any) -> list[int] | list[str]:
    try:
        if isinstance(item, StoredArray) and math.prod(item.shape) > _MOST_LABELS:
            raise ValueError("there are too many")
        values = item.read(file) if isinstance(item, StoredArray) else item
        return plain_labels(values)
    except (ValueError, TypeError, OSError) as error:
        raise FileError(path, f"holds no labels at place {number} ({reason(error)})") from None


def plain_labels(values: Any) -> list[int] | list[str]:
    """Return labels as Python's own whole numbers or strings; raise ValueError when they are neither."""
    if isinstance(values, str):
        values = list(values)
    if isinstance(values, list) and any(isinstance(value, StoredArray) for value in values):
        raise ValueError("they are nested")
    array = np.asarray(values)
    if array.ndim != 1 or len(array) > _MOST_LABELS:
        raise ValueError("they are no plain list")
    if not len(array):
        return []
    if array.dtype.kind == "S":
        array = np.char.decode(array, "latin-1")
    if array.dtype.kind == "U":
        return [str(value) for value in array]
    if array.dtype.kind not in "iuf" or not bool(np.all((array >= 0) & (array <= _LARGEST_LABEL))):
        raise ValueError(f"they must be whole numbers from 0 to {_LARGEST_LABEL}")
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        raise ValueError("they must be whole numbers")
    return [int(value) for value in whole]
