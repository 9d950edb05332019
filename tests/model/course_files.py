"""Course files of every layout for the tests, and what Python 2 wrote."""

from __future__ import annotations

import base64
import io
import pickle
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

# Written by numpy 1.16 under Python 2.7: [arange(6.).reshape(3, 2), float32 arange(8).reshape(4, 2) in Fortran order].
PYTHON_2_FEATURES = (
    "eNqb7BfqGxDJyFDGUK2eklqcXKRupaBe46+uo6Cell9UUpSYF59flJIKEnZLzClOBYoXZyQWpAL5GkY6mjoKtQqUAK4GpuS80tyC"
    "Sr3k/KJUvdzSnJLMxKKixEqu+KLU5Py84pKi0uQSrkJGiCquvBSIbCGTN0NrKGNSe1Ahs4Y3ozdTK1RBSkllQSpXIUsok7+FN4M3"
    "I1ABq4Y3cyhjjZ+fn9d/IAAT3vYlSZ2xhWwaGYwZCKPYQUYxezO1ZQD1p8H0c4D126DqZwDqDzVgQAEf7KEMBwjFAaUFoLSIQ0kS"
    "in2cIPtYYPaZQO3jwmFfR6gCwvwGID4AooF2OgDpBUD8AGh+akmSHgDN2H9s"
)
# Likewise: [[0, 7, 40], array([1, 2]), list(arange(3))].
PYTHON_2_LABELS = (
    "eNqljz9LxDAYh5NUvbv4Bz9Ct0YoXVxEBDcHgz05yOBQjjSN5KDXNmkqFE9wqeLsB9ZcWzkcnPwNb8iTXx54P2N2d/8AwRN4DjJZ"
    "CxNc+sFmHoR+8Fgaa3ixLE0mt/iG57V0vFa8ku5OzsOz0H/x/xP8ikTRrKs2EqWR0brJ7Yobw1u8NFKURW1NIyzWcGjhIhteNaKg"
    "YzB9X2iPUEi9bixktq0k1nsMzS8ooNAV9gn1GNzEcXz75dIPem3Tj0QfkERPiOtNKJEKqp11urWiTjnR6kc060VXv0XAidgpBEPQ"
    "eNo00Zj8sVoteM4N1odqxqbjB/C20EeqJ3BHjgeCduRESptG3zl2eIw="
)


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def as_objects(items: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        array[place] = item
    return array


def save_objects(path: Path, items: Sequence[Any], *, protocol: int | None = None) -> Path:
    """Write an object array as `numpy.save` does, or pickled by another protocol."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if protocol is None:
        with open(path, "wb") as file:
            np.save(file, as_objects(items))
    else:
        write_pickled(path, pickle.dumps(as_objects(items), protocol=protocol), len(items))
    return path


def write_pickled(path: Path, content: bytes, count: int) -> Path:
    """Write an `.npy` file with a header of an object array and any content."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": (count,)})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue() + content)
    return path


def write_header(path: Path, header: str, content: bytes = b"", version: tuple[int, int] = (1, 0)) -> Path:
    """Write an `.npy` file with any text for a header."""
    text = header.encode("latin-1")
    width = 2 if version == (1, 0) else 4
    path.write_bytes(b"\x93NUMPY" + bytes(version) + len(text).to_bytes(width, "little") + text + content)
    return path


def features(count: int, coefficients: int = 13, seed: int = 0, dtype: str = "float64") -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [5 + 3 * random.standard_normal((20 + 5 * i, coefficients)).astype(dtype) for i in range(count)]


def write_arrays(
    folder: Path,
    splits: Sequence[str] = ("train", "dev", "test"),
    *,
    coefficients: int = 13,
    low: int = 0,
    high: int = 40,
    count: int = 4,
    names: str = "{}",
    labels: str = "{}_labels",
    suffix: str = ".npy",
    dtype: str = "float64",
) -> Path:
    """Write course arrays; the labels of each split but `test` reach from `low` to `high`."""
    for seed, split in enumerate(splits):
        save_objects(folder / (names.format(split) + suffix), features(count, coefficients, seed, dtype))
        if "test" not in split:
            rows = [np.arange(low + i, high + 1, 4) for i in range(count - 1)] + [np.array([low, high, high])]
            save_objects(folder / (labels.format(names.format(split)) + suffix), rows)
    return folder


def write_folders(
    folder: Path,
    splits: Sequence[str],
    *,
    coefficients: int,
    transcripts: str,
    words: Sequence[str],
    count: int = 3,
) -> Path:
    """Write course folders, one file an utterance; the test split has no transcripts."""
    for seed, split in enumerate(splits):
        for number, matrix in enumerate(features(count, coefficients, seed)):
            place = folder / split / "mfcc"
            place.mkdir(parents=True, exist_ok=True)
            np.save(place / f"{split}-{number}.npy", matrix)
            if "test" not in split:
                beside = folder / split / transcripts
                beside.mkdir(parents=True, exist_ok=True)
                np.save(beside / f"{split}-{number}.npy", np.array(words))
    return folder
