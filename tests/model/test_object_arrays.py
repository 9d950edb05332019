from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import Cancelled, FileError
from model.npy import StoredArray
from model.object_arrays import read_object_array
from tests.model.course_files import (
    PYTHON_2_FEATURES,
    PYTHON_2_LABELS,
    features,
    save_objects,
    unpacked,
    write_pickled,
)


def values(path: Path) -> list[Any]:
    with open(path, "rb") as file:
        return [item.read(file) if isinstance(item, StoredArray) else item for item in read_object_array(path)]


@pytest.mark.parametrize("protocol", [None, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64", ">f8", "int16"])
def test_every_protocol_gives_the_same_arrays(tmp_path: Path, protocol: int | None, dtype: str):
    expected = [(10 * item).astype(dtype) for item in features(4)]
    expected.append(np.asfortranarray(expected[3]))
    expected.append(np.full((300, 40), 0x41, dtype))  # long enough to be skipped
    path = save_objects(tmp_path / "a.npy", expected, protocol=protocol)
    found = values(path)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_what_python_2_wrote_is_read(tmp_path: Path):
    (tmp_path / "x.npy").write_bytes(unpacked(PYTHON_2_FEATURES))
    (tmp_path / "y.npy").write_bytes(unpacked(PYTHON_2_LABELS))
    first, second = values(tmp_path / "x.npy")
    np.testing.assert_array_equal(first, np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(second, np.arange(8.0).reshape(4, 2))
    assert (first.dtype, second.dtype) == (np.float64, np.float32)
    one, two, three = values(tmp_path / "y.npy")
    assert (one, two.tolist(), three) == ([0, 7, 40], [1, 2], [0, 1, 2])


def test_labels_may_be_lists_tuples_scalars_strings_or_objects(tmp_path: Path):
    items = [
        [1, 2, 300, 70000, -5],
        (1, 2),
        list(np.arange(3)),
        ["AH", "[SIL]"],
        np.array(["a", "bc"]),
        7,
        "word",
        None,
    ]
    nested = np.empty(2, object)
    nested[:] = [4, 5]
    path = save_objects(tmp_path / "a.npy", [*items, nested])
    found = values(path)
    assert found[:4] == [[1, 2, 300, 70000, -5], [1, 2], [0, 1, 2], ["AH", "[SIL]"]]
    assert found[4].tolist() == ["a", "bc"]
    assert found[5:8] == [7, "word", None]
    assert found[8] == [4, 5]


def test_arrays_stay_in_the_file_until_they_are_asked_for(tmp_path: Path):
    path = save_objects(tmp_path / "a.npy", features(3, 100))
    for item in read_object_array(path):
        assert isinstance(item, StoredArray)
        assert item.data is None


def test_the_work_can_be_cancelled(tmp_path: Path):
    path = save_objects(tmp_path / "a.npy", features(1) * 200 + [np.arange(3) for _ in range(200)])
    seen: list[tuple[int, int]] = []
    read_object_array(path, report=lambda done, total: seen.append((done, total)) or True)
    assert seen == sorted(seen)
    assert all(0 < done <= total == path.stat().st_size for done, total in seen)
    with pytest.raises(Cancelled):
        read_object_array(path, report=lambda done, total: False)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_files_cut_short_are_refused(tmp_path: Path, part: float):
    path = save_objects(tmp_path / "a.npy", features(20))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(FileError, match="cut short"):
        read_object_array(path)


def test_other_contents_than_the_header_says_are_refused(tmp_path: Path):
    content = pickle.dumps(np.array([None, None], object))
    with pytest.raises(FileError, match="list of arrays that its header names"):
        read_object_array(write_pickled(tmp_path / "a.npy", content, 3))
    with pytest.raises(FileError, match="does not hold a list of arrays"):
        np.save(tmp_path / "b.npy", np.zeros((2, 2), object))
        read_object_array(tmp_path / "b.npy")
    with pytest.raises(FileError, match="header names"):
        read_object_array(write_pickled(tmp_path / "c.npy", pickle.dumps([1, 2]), 2))
