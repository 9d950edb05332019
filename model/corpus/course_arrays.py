"""Course corpora in one file a split: `train.npy` with `train_labels.npy`, as of 2018 to 2021."""

from __future__ import annotations

import re
from pathlib import Path

from model.corpus.base import Corpus, Utterance
from model.corpus.choosing import SPLIT, Chooser, preferred
from model.corpus.label_numbers import MisfitError, choose_meaning, label_range, require_labels_fit, to_classes
from model.corpus.matrices import check_width, course_recipe
from model.corpus.rows import LabelRows, Report, label_rows, stored_rows
from model.corpus.sidecar import Sidecar, read_sidecar
from model.errors import FileError
from model.npy import StoredArray, is_npy

_KNOWN = ("train", "dev", "test", "wsj0_train", "wsj0_dev", "wsj0_test", "transformed_test_data")
_LABEL_ENDINGS = ("_merged_labels", "_labels", "_transcripts")
_WSJ = re.compile(r"wsj|transformed_test", re.IGNORECASE)


def course_splits(folder: Path) -> dict[str, Path]:
    """Return the feature files of a folder by the name of their split, in alphabetical order."""
    files = {file.name.removesuffix(".npy"): file for file in sorted(folder.iterdir()) if _may_be(file)}
    return {
        name: file
        for name, file in files.items()
        if not is_label_name(name) and (name in _KNOWN or _labels_of(folder, name) is not None)
    }


def _may_be(file: Path) -> bool:
    known = file.name in _KNOWN or any(file.name == f"{name}{end}" for name in _KNOWN for end in _LABEL_ENDINGS)
    return (file.suffix == ".npy" or known) and is_npy(file)


def is_label_name(name: str) -> bool:
    """Return whether a file of this name holds labels."""
    return name.removesuffix(".npy").endswith(_LABEL_ENDINGS)


def _labels_of(folder: Path, name: str) -> Path | None:
    for ending in _LABEL_ENDINGS:
        for file in (folder / f"{name}{ending}.npy", folder / f"{name}{ending}"):
            if is_npy(file):
                return file
    return None


def read_course_folder(folder: Path, chooser: Chooser, split: str, report: Report | None = None) -> Corpus:
    """Read one split of a folder of course arrays; raise FileError when it has none."""
    splits = course_splits(folder)
    if not splits:
        raise FileError(folder, "has no course features such as train.npy, dev.npy or test.npy")
    names = tuple(splits)
    if len(names) == 1:
        return read_course_file(splits[names[0]], chooser, report)
    taken = preferred(names, split)
    taken = chooser(SPLIT, names, taken, f"the folder holds {', '.join(names)}")
    return read_course_file(splits[taken], chooser, report)


def read_course_file(path: Path, chooser: Chooser, report: Report | None = None) -> Corpus:
    """Read the features of one file and the labels beside it.

    Raises
    ------
    FileError
        One of the files cannot be read, or they do not fit each other.
    Cancelled
        `report` answered False.
    """
    name = path.name.removesuffix(".npy")
    if is_label_name(name):
        raise FileError(path, "holds labels; open the features that lie beside it")
    rows = stored_rows(path, report=report)
    if not rows:
        raise FileError(path, "holds no utterances")
    coefficients = _coefficients(path, rows)
    sidecar = read_sidecar(path.parent)
    labels_path = _labels_of(path.parent, name)
    labels: LabelRows | None = None
    if labels_path is not None:
        labels = label_rows(labels_path)
        require_labels_fit(labels_path, len(rows), len(labels))
    known = labels_path or _labels_elsewhere(path.parent)
    by = labels if labels is not None or known is None else label_rows(known)
    found = label_range(by) if by is not None else None
    table, offset = choose_meaning(
        chooser,
        found,
        where=known.name if known is not None else path.name,
        wsj=bool(_WSJ.search(path.name)),
        own=sidecar.table if sidecar is not None else None,
    )
    classes = None
    if labels is not None:
        try:
            classes = to_classes(labels, table, offset)
        except MisfitError as error:
            raise FileError(labels_path, f"has a label at place {error.row} that does not fit: {error}") from None
    recipe = sidecar.recipe if sidecar is not None else course_recipe(coefficients)
    if recipe.coefficients != coefficients:
        raise FileError(path, f"has {coefficients} coefficients where phonegui.json says {recipe.coefficients}")
    names = _names(name, len(rows), sidecar)
    utterances = tuple(
        Utterance(
            name=names[number],
            path=path,
            labels=classes[number] if classes is not None else None,
            seconds=recipe.step_seconds * row.shape[0],
            part=name,
            row=number,
        )
        for number, row in enumerate(rows)
    )
    layout = _layout(coefficients, table.name, offset, sidecar)
    return Corpus(path, layout, table, utterances, recipe, chooser.choices)


def _coefficients(path: Path, rows: tuple[StoredArray, ...]) -> int:
    coefficients = check_width(path, rows[0].shape)
    for number, row in enumerate(rows):
        if check_width(path, row.shape) != coefficients:
            problem = f"has frames of {row.shape[1]} coefficients at place {number}, and of {coefficients} at place 0"
            raise FileError(path, f"{problem}; an array may be transposed")
        if row.dtype.kind not in "iuf":
            raise FileError(path, f"holds no numbers at place {number}")
    return coefficients


def _labels_elsewhere(folder: Path) -> Path | None:
    """Return the labels of another split, for a term has one table."""
    for name in course_splits(folder):
        labels = _labels_of(folder, name)
        if labels is not None:
            return labels
    return None


def _names(split: str, count: int, sidecar: Sidecar | None) -> tuple[str, ...]:
    names = sidecar.names.get(split, ()) if sidecar is not None else ()
    if len(names) == count and len(set(names)) == count:
        return names
    digits = len(str(count - 1))
    return tuple(f"{split}-{number:0{digits}d}" for number in range(count))


def _layout(coefficients: int, table: str, offset: int, sidecar: Sidecar | None) -> str:
    if sidecar is not None:
        term = "made by phonegui"
    elif table.startswith("47"):
        term = "2018 to spring 2020"
    elif coefficients == 40:
        term = "2021"
    else:
        term = "fall 2020"
    return f"course arrays ({term}), {coefficients} coefficients"
