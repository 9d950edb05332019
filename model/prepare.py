"""An audio corpus written as course arrays, so that it can be used wherever a course corpus can."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache
from model.corpus.sidecar import NAME, Sidecar, read_sidecar, write_sidecar
from model.errors import Cancelled, FileError, UserError, shown
from model.files import atomic_path, write_text
from model.phonemes import SymbolTable

Report = Callable[[str, int, int], bool]
"""Called with the name of the step, what is done and in all; answers False to cancel."""

LAYOUTS = ("course",)


@dataclass(frozen=True)
class Prepared:
    """What was written.

    Attributes
    ----------
    files
        In the order they were written.
    utterances, frames
        How much there is of it.
    problems
        A sentence for each recording that was left out.
    """

    files: tuple[Path, ...]
    utterances: int
    frames: int
    problems: tuple[str, ...]


def prepare_course(
    corpus: Corpus, recipe: FeatureConfig, folder: str | Path, *, split: str, report: Report | None = None
) -> Prepared:
    """Write the features and labels of an audio corpus as `<split>.npy` and `<split>_labels.npy`.

    As in the course's files, features are not normalised, and labels leave out the CTC blank: they begin at 0. Beside
    them lie `phoneme_list.py` for other programs, and `phonegui.json` for this one.

    Parameters
    ----------
    recipe
        How to compute the features: that of the checkpoint they are for.
    folder
        Made if missing; other splits in it stay.

    Raises
    ------
    UserError
        The corpus holds features already, no recording of it can be read, the folder holds features of another kind,
        or it cannot be written.
    Cancelled
        `report` answered False.
    """
    folder = Path(folder)
    if corpus.recipe is not None:
        raise UserError(f"{corpus.path} holds features already; give a corpus of recordings.")
    if not split or not all(letter.isalnum() or letter in "-_." for letter in split) or split.startswith("."):
        raise UserError(f"A split is named by letters, digits, - and _, not {shown(split)}; give --split NAME.")
    sidecar = _sidecar(folder, recipe, corpus.table)
    cache = FeatureCache.open(corpus, replace(recipe, normalize="none"), report=_named(report, "computing features"))
    files = list(split_files(folder, split))
    write_object_array(files[0], _features(cache, _named(report, "writing features")), len(cache))
    if any(utterance.labels for utterance in cache.utterances):
        labels = (np.asarray(utterance.labels or (), np.int64) - 1 for utterance in cache.utterances)
        write_object_array(files[1], labels, len(cache))
    else:
        files.pop().unlink(missing_ok=True)  # of an earlier corpus under this name
    files += [folder / "phoneme_list.py", folder / NAME]
    write_text(files[-2], _phoneme_list(corpus.table))
    names = tuple(utterance.name for utterance in cache.utterances)
    write_sidecar(folder, replace(sidecar, names=sidecar.names | {split: names}))
    return Prepared(tuple(files), len(cache), int(cache.lengths.sum()), cache.problems)


def split_files(folder: str | Path, split: str) -> tuple[Path, Path]:
    """Return the paths of a split's features and labels in a folder."""
    return Path(folder) / f"{split}.npy", Path(folder) / f"{split}_labels.npy"


def _sidecar(folder: Path, recipe: FeatureConfig, table: SymbolTable) -> Sidecar:
    """Return what is known of the folder's other splits; raise UserError when these would not go together."""
    try:
        found = read_sidecar(folder) if folder.is_dir() else None
        others = found is None and folder.is_dir() and any(folder.glob("*.npy"))
    except (OSError, ValueError):
        raise FileError(folder, "cannot be read; check its name and permissions") from None
    if others:
        raise FileError(folder, "holds features of another origin; choose an empty folder")
    if found is not None and (found.recipe != recipe or found.table != table):
        raise FileError(folder, "holds features of another recipe or symbol table; choose an empty folder")
    return found or Sidecar(recipe, table)


def _features(cache: FeatureCache, report: Callable[[int, int], bool] | None) -> Iterator[npt.NDArray[np.float32]]:
    for number in range(len(cache)):
        yield np.array(cache[number])
        if report is not None and not report(number + 1, len(cache)):
            raise Cancelled


def write_object_array(path: Path, arrays: Iterator[npt.NDArray[Any]], count: int) -> None:
    """Write an object array of one array an utterance as `numpy.save` would, but holding one of them at a time."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (count,)})
        file.write(b"\x80\x03" + _array_start((count,), np.dtype(object)) + b"]")
        for array in arrays:
            data = array.tobytes()
            file.write(_array_start(array.shape, array.dtype) + b"B" + len(data).to_bytes(4, "little") + data)
            file.write(b"tba")  # the array is whole, and goes to the end of the list
        file.write(b"tb.")


# A name under which every numpy reads it, old and new.
_RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"


def _array_start(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return the opcodes of a pickled array up to its contents."""
    return _RECONSTRUCT + b"(K\x01" + _opcodes(shape) + _opcodes(dtype) + b"\x89"


def _opcodes(value: object) -> bytes:
    """Return a value pickled without references to other places, so that it can stand anywhere in a pickle."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, 3)
    pickler.fast = True
    pickler.dump(value)
    return stream.getvalue()[2:-1]


def _phoneme_list(table: SymbolTable) -> str:
    """Return the text of the course's `phoneme_list.py`; JSON's strings in ASCII are Python's as well."""

    def lines(values: tuple[str, ...]) -> str:
        return "".join(f"    {json.dumps(value)},\n" for value in values)

    return (
        f"N_PHONEMES = {len(table) - 1}\n"
        f"PHONEME_LIST = [\n{lines(table.symbols)}]\n\n"
        f"PHONEME_MAP = [\n{lines(table.letters)}]\n"
    )


def _named(report: Report | None, name: str) -> Callable[[int, int], bool] | None:
    return None if report is None else lambda done, total: report(name, done, total)
