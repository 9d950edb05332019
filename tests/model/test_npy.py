from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.errors import FileError
from model.npy import is_npy, load_npy, read_npy, read_npy_header
from tests.model.course_files import save_objects, write_header
from tests.model.helpers import assert_one_sentence

ARRAYS = [
    np.arange(26, dtype=np.float64).reshape(2, 13),
    np.asfortranarray(np.arange(26, dtype=np.float32).reshape(2, 13)),
    np.arange(6, dtype=">i4"),
    np.array([True, False]),
    np.zeros((0, 13), np.float16),
    np.array(3.5),
    np.array(["<sos>", "AH", "[SIL]"]),
    np.array([b"a", b"bc"]),
    np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype.str}{array.shape}")
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_arrays_come_back_as_they_were(tmp_path: Path, array: np.ndarray, version: tuple[int, int]):
    path = tmp_path / "a.npy"
    with open(path, "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    assert is_npy(path)
    header = read_npy_header(path)
    assert (header.dtype, header.shape, header.pickled) == (array.dtype, array.shape, False)
    for found in (read_npy(path), load_npy(path)):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype
        assert not found.flags.writeable or not found.size


def test_a_mapped_array_is_not_read_into_memory(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros((1000, 13)))
    assert isinstance(read_npy(tmp_path / "a.npy"), np.memmap)


def test_headers_of_python_2_are_known(tmp_path: Path):
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 1L), }      \n"
    path = write_header(tmp_path / "a.npy", text, np.array([1.0, 2.0]).tobytes())
    np.testing.assert_array_equal(read_npy(path), [[1.0], [2.0]])


GOOD = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 13), }\n"
BAD_HEADERS = {
    "terabytes": (GOOD.replace("2, 13", "1000000000, 1300"), "promises 1.04e\\+07 MB of data and has 208 bytes"),
    "a little more than there is": (GOOD.replace("2, 13", "3, 13"), "promises 312 bytes of data and has 208 bytes"),
    "overflowing": (GOOD.replace("2, 13", "4294967296, 4294967296, 4294967296"), "promises"),
    "beyond all measure": (GOOD.replace("2, 13", "9" * 40), "impossible shape"),
    "endless digits": (GOOD.replace("2, 13", "9" * 20000), "impossible shape"),
    "huge and empty": (GOOD.replace("2, 13", f"0, {2**47}"), "impossible shape"),
    "negative": (GOOD.replace("2, 13", "-2, 13"), "impossible shape"),
    "many dimensions": (GOOD.replace("2, 13", "1, " * 40 + "1"), "41 dimensions"),
    "a call for a shape": (GOOD.replace("(2, 13)", "__import__('os')"), "malformed"),
    "no shape": ("{'descr': '<f8', 'fortran_order': False}", "malformed"),
    "nested": ("(" * 5000, "malformed"),
    "records": (GOOD.replace("'<f8'", "[('a', '<f8'), ('b', '<i4')]"), "records of several fields"),
    "complex": (GOOD.replace("<f8", "<c16"), "type '<c16'"),
    "times": (GOOD.replace("<f8", "<M8[ns]"), "type '<M8\\[ns\\]'"),
    "bytes without meaning": (GOOD.replace("<f8", "|V80"), "type '|V80'"),
    "long double": (GOOD.replace("<f8", "<f16"), "type '<f16'"),
    "long strings": (GOOD.replace("<f8", "<U9999"), "type '<U9999'"),
    "strings of nothing": (GOOD.replace("<f8", "<U0"), "no size"),
    "a type by name": (GOOD.replace("<f8", "float64"), "type 'float64'"),
    "empty": ("", "malformed"),
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_headers_are_not_believed(tmp_path: Path, case: str):
    header, words = BAD_HEADERS[case]
    path = write_header(tmp_path / "a.npy", header, bytes(208))
    for read in (read_npy_header, read_npy, load_npy):
        with pytest.raises(FileError, match=words) as caught:
            read(path)
        assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("version", [(0, 0), (1, 7), (4, 0), (255, 255)])
def test_unknown_versions_are_refused(tmp_path: Path, version: tuple[int, int]):
    path = write_header(tmp_path / "a.npy", GOOD, bytes(208), version)
    with pytest.raises(FileError, match="version is unknown"):
        read_npy(path)


def test_files_cut_short_anywhere_are_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros((2, 13)))
    whole = (tmp_path / "a.npy").read_bytes()
    for length in [*range(0, 130, 7), len(whole) - 1]:
        (tmp_path / "a.npy").write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"not a \.npy file that can be read") as caught:
            read_npy(tmp_path / "a.npy")
        assert_one_sentence(caught.value, tmp_path / "a.npy")


def test_a_long_header_is_not_read(tmp_path: Path):
    path = write_header(tmp_path / "a.npy", GOOD + " " * 70000, bytes(208), (2, 0))
    with pytest.raises(FileError, match="header is too long"):
        read_npy(path)


@pytest.mark.parametrize("name", ["missing.npy", "", "a\0b.npy"])
def test_what_is_no_file_gives_one_sentence(tmp_path: Path, name: str):
    with pytest.raises(FileError) as caught:
        read_npy(tmp_path / name)
    assert_one_sentence(caught.value, tmp_path / name)
    assert not is_npy(tmp_path / name)


def test_pickled_objects_are_not_numbers(tmp_path: Path):
    path = save_objects(tmp_path / "a.npy", [np.zeros(3)])
    assert read_npy_header(path).pickled
    for read in (read_npy, load_npy):
        with pytest.raises(FileError, match="holds pickled objects"):
            read(path)
