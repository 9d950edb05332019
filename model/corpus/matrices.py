"""Feature matrices from files, made what a network reads: frames of finite float32, normalised as the recipe says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.corpus.base import Utterance
from model.corpus.rows import read_row, stored_rows
from model.errors import FileError
from model.features import normalize
from model.npy import Array, load_npy, read_npy_header

Features = npt.NDArray[np.float32]

MOST_COEFFICIENTS = 256
_MOST_VALUES = 1 << 27  # a day of 13 coefficients, 1 GB as they are computed with


def course_recipe(coefficients: int) -> FeatureConfig:
    """Return what is known of course features: their number and the frames' 10 ms, but not how they are made."""
    return FeatureConfig(kind="unknown", coefficients=coefficients)


def read_feature_matrix(path: str | Path, recipe: FeatureConfig | None = None) -> Features:
    """Return the feature frames of an `.npy` file that holds one matrix.

    Parameters
    ----------
    recipe
        Says whether to normalise; None normalises each coefficient over the utterance.

    Returns
    -------
    ndarray of float32, shape (T, coefficients)

    Raises
    ------
    FileError
        The file cannot be read or does not hold frames of finite numbers.
    """
    path = Path(path)
    header = read_npy_header(path)
    if header.pickled or len(header.shape) != 2:
        raise FileError(path, "does not hold the features of one utterance; open it as a corpus")
    check_width(path, header.shape)
    return _frames(path, load_npy(path), None, recipe)


def utterance_features(utterance: Utterance, recipe: FeatureConfig) -> Features:
    """Return the feature frames of one utterance of a corpus of features, as the recipe normalises them.

    Raises
    ------
    FileError
        They cannot be read, are of another width than the recipe's, or are not frames of finite numbers.
    """
    if utterance.row is None:
        check_width(utterance.path, read_npy_header(utterance.path).shape)
        return _frames(utterance.path, load_npy(utterance.path), recipe.coefficients, recipe)
    rows = stored_rows(utterance.path)
    if utterance.row >= len(rows):
        raise FileError(utterance.path, "was changed while it was open; open it again")
    where = f"{utterance.path}, {utterance.name}"
    check_width(where, rows[utterance.row].shape)
    return _frames(where, read_row(utterance.path, rows[utterance.row]), recipe.coefficients, recipe)


def check_width(path: object, shape: tuple[int, ...]) -> int:
    """Return the coefficients of an array of the given shape; raise FileError when it is no matrix of frames."""
    if math.prod(shape) > _MOST_VALUES:
        raise FileError(path, f"claims {shape[0]} frames, too many for one utterance; cut it into shorter ones")
    if len(shape) != 2:
        raise FileError(path, f"has {len(shape)} dimensions where frames of coefficients have 2")
    if not 1 <= shape[1] <= MOST_COEFFICIENTS:
        problem = f"has frames of {shape[1]} coefficients, outside 1 to {MOST_COEFFICIENTS}"
        raise FileError(path, problem + ("; it may need to be transposed" if 0 < shape[0] <= MOST_COEFFICIENTS else ""))
    return shape[1]


def _frames(path: object, matrix: Array, coefficients: int | None, recipe: FeatureConfig | None) -> Features:
    width = check_width(path, matrix.shape)
    if coefficients not in (None, width):
        raise FileError(path, f"has frames of {width} coefficients where {coefficients} were expected")
    if matrix.dtype.kind not in "iuf":
        raise FileError(path, "holds no numbers")
    if not len(matrix):
        raise FileError(path, "holds no frames")
    values: npt.NDArray[Any] = np.asarray(matrix, np.float64)
    if not bool(np.isfinite(values).all()):
        raise FileError(path, "holds values that are not numbers; make the features again")
    if recipe is None or recipe.normalize == "utterance":
        # Beyond this, squares overflow.
        return normalize(np.clip(values, -1e150, 1e150))
    frames: Features = np.clip(values, -1e30, 1e30).astype(np.float32)
    return frames
