"""Course corpora in one file an utterance: `train-clean-100/mfcc/*.npy` with transcripts, as of 2022 and later."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.corpus.base import Corpus, Utterance
from model.corpus.choosing import ORDER, SPLIT, Chooser, preferred
from model.corpus.label_numbers import MisfitError, to_classes
from model.corpus.matrices import check_width, course_recipe
from model.corpus.rows import LabelRows, Report, plain_labels, remembered
from model.errors import Cancelled, FileError, reason, shown
from model.files import file_size
from model.npy import load_npy, read_npy_header
from model.object_arrays import read_object_array
from model.phonemes import FALL_2022_TABLE, SPRING_2022_TABLE

_TRANSCRIPTS = ("transcript/raw", "transcripts/raw", "transcript", "transcripts")
_TAGS = frozenset({"<sos>", "<eos>", "[SOS]", "[EOS]"})
_ORDER_FILE = "test_order.csv"
_LARGEST_ORDER = 64 << 20
_LONGEST_TRANSCRIPT = 100_000
_STEP_SECONDS = 0.01


@dataclass(frozen=True)
class _Found:
    """What the files of a split hold: frames, transcripts, which utterances have one, and the tags' first character."""

    coefficients: int
    frames: tuple[int, ...]
    transcripts: LabelRows
    transcribed: tuple[bool, ...]
    tags: str


def is_split_folder(folder: Path) -> bool:
    """Return whether a folder holds a folder `mfcc`."""
    return (folder / "mfcc").is_dir()


def split_folders(folder: Path) -> dict[str, Path]:
    """Return the splits below a folder by name."""
    return {item.name: item for item in sorted(folder.iterdir()) if item.is_dir() and is_split_folder(item)}


def read_split_folders(folder: Path, chooser: Chooser, split: str, report: Report | None = None) -> Corpus:
    """Read one split of a course folder; raise FileError when it cannot be read."""
    splits = split_folders(folder)
    names = tuple(splits)
    taken = names[0]
    if len(names) > 1:
        taken = chooser(SPLIT, names, preferred(names, split), f"the folder holds {', '.join(names)}")
    return read_split_folder(splits[taken], chooser, report)


def read_split_folder(folder: Path, chooser: Chooser, report: Report | None = None) -> Corpus:
    """Read the utterances of one split.

    Raises
    ------
    FileError
        A file cannot be read, or holds something else than features or symbols of a course table.
    Cancelled
        `report` answered False.
    """
    features = _npy_files(folder / "mfcc")
    if not features:
        raise FileError(folder / "mfcc", "holds no .npy files")
    place = next((folder / name for name in _TRANSCRIPTS if _npy_files(folder / name)), None)
    transcripts = _npy_files(place) if place is not None else {}
    found: _Found = remembered(
        _key(folder, features, transcripts),
        lambda: _look_through(features, transcripts, report),
        lambda value: _check(value, len(features)),
    )
    order = _order(folder, tuple(features), chooser)
    tags = found.tags or _tags_of_neighbours(folder)
    spring = tags == "<" or (not tags and found.coefficients == 13)
    table = chooser.table(SPRING_2022_TABLE if spring else FALL_2022_TABLE, _why(tags, found.coefficients))
    names = tuple(features)
    try:
        classes = to_classes(found.transcripts, table, 0)
    except MisfitError as error:
        raise FileError(transcripts[names[error.row]].path, f"does not fit: {error}") from None
    utterances = tuple(
        Utterance(
            name=names[i],
            path=features[names[i]].path,
            labels=classes[i] if found.transcribed[i] else None,
            seconds=_STEP_SECONDS * found.frames[i],
            part=folder.name,
        )
        for i in order
    )
    term = "spring 2022" if spring else "fall 2022 and later"
    layout = f"course folder ({term}), {found.coefficients} coefficients"
    return Corpus(folder, layout, table, utterances, course_recipe(found.coefficients), chooser.choices)


@dataclass(frozen=True)
class _File:
    path: Path
    stamp: str


def _npy_files(folder: Path) -> dict[str, _File]:
    """Return the `.npy` files of a folder by their names without suffix, in alphabetical order."""
    try:
        with os.scandir(folder) as entries:
            files = [entry for entry in entries if entry.name.endswith(".npy") and entry.is_file()]
            found = {}
            for entry in sorted(files, key=lambda entry: entry.name):
                status = entry.stat()
                stamp = f"{entry.name}\t{status.st_size}\t{status.st_mtime_ns}"
                found[entry.name.removesuffix(".npy")] = _File(folder / entry.name, stamp)
            return found
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise FileError(folder, f"cannot be read ({reason(error)}); check its permissions") from None


def _key(folder: Path, features: dict[str, _File], transcripts: dict[str, _File]) -> str:
    stamps = [file.stamp for files in (features, transcripts) for file in (*files.values(), _File(folder, ""))]
    return "\n".join(["folder", str(folder.absolute()), *stamps])


def _look_through(features: dict[str, _File], transcripts: dict[str, _File], report: Report | None) -> dict[str, Any]:
    """Return what `_check` makes a `_Found` of, from every file of the split."""
    coefficients, tags = 0, ""
    frames: list[int] = []
    spoken: list[str | None] = []
    for number, (name, file) in enumerate(features.items()):
        shape = read_npy_header(file.path).shape
        width = check_width(file.path, shape)
        coefficients = coefficients or width
        if width != coefficients:
            problem = f"has frames of {width} coefficients, and the others have {coefficients}"
            raise FileError(file.path, f"{problem}; it may be transposed")
        frames.append(shape[0])
        words = _read_transcript(transcripts[name].path) if name in transcripts else None
        if words is not None:
            tags = tags or next((word[0] for word in words if word in _TAGS or word.startswith("[")), "")
            spoken.append(" ".join(word for word in words if word not in _TAGS))
        else:
            spoken.append(None)
        if report is not None and number % 64 == 0 and not report(number + 1, len(features)):
            raise Cancelled
    return {"coefficients": coefficients, "frames": frames, "transcripts": spoken, "tags": tags}


def _read_transcript(path: Path) -> list[str]:
    header = read_npy_header(path)
    if len(header.shape) != 1 or header.shape[0] > _LONGEST_TRANSCRIPT:
        raise FileError(path, "holds no transcript, which is one list of symbols")
    values = read_object_array(path) if header.pickled else load_npy(path)
    try:
        labels = plain_labels(values)
    except ValueError as error:
        raise FileError(path, f"holds no transcript ({reason(error)})") from None
    words = [label.strip() for label in labels if isinstance(label, str)]
    if len(words) != len(labels) or not all(word and word.isprintable() and " " not in word for word in words):
        raise FileError(path, "holds no transcript of phonemes; each element must be the name of one")
    return words


def _check(value: Any, count: int) -> _Found:
    texts = [text or "" for text in value["transcripts"]]
    # Names of symbols hold no spaces, so a space more than spaces between them is one name.
    lengths = np.array([text.count(" ") + 1 if text else 0 for text in texts], np.int64)
    words = tuple(" ".join(text for text in texts if text).split(" ")) if any(texts) else ()
    found = _Found(
        int(value["coefficients"]),
        tuple(int(frames) for frames in value["frames"]),
        LabelRows(words, lengths),
        tuple(text is not None for text in value["transcripts"]),
        str(value["tags"]),
    )
    if len(found.frames) != count or len(texts) != count or lengths.sum() != len(words) or not found.coefficients:
        raise ValueError("not of these files")
    return found


def _tags_of_neighbours(folder: Path) -> str:
    """Return which tags the other splits' transcripts have, for a term has one table."""
    for neighbour in split_folders(folder.parent).values():
        for name in _TRANSCRIPTS:
            for file in list(_npy_files(neighbour / name).values())[:1]:
                return next((word[0] for word in _read_transcript(file.path) if word[0] in "<["), "")
    return ""


def _why(tags: str, coefficients: int) -> str:
    if tags == "<":
        return "its transcripts have <sos> and <eos>"
    if tags == "[":
        return "its transcripts have [SOS], [EOS] or [SIL]"
    return f"it has no tags to tell by, and its {coefficients} coefficients are those of that time"


def _order(folder: Path, names: Sequence[str], chooser: Chooser) -> Sequence[int]:
    """Return the places of the utterances in the order of the submission: of test_order.csv where there is one."""
    path = next((p for p in (folder / _ORDER_FILE, folder.parent / _ORDER_FILE) if p.is_file()), None)
    if path is None or (path.parent != folder and not folder.name.startswith("test")):
        return range(len(names))
    if chooser(ORDER, (_ORDER_FILE, "names"), _ORDER_FILE, "the file lies beside the features") == "names":
        return range(len(names))
    places = {name: place for place, name in enumerate(names)}
    listed = _listed(path)
    for number, name in listed:
        if name not in places:
            raise FileError(path, f"names {shown(name)} in line {number}, and there are no such features")
    if len({name for _, name in listed}) != len(listed):
        raise FileError(path, "names an utterance twice")
    return [places[name] for _, name in listed]


def _listed(path: Path) -> list[tuple[int, str]]:
    """Return the names in an order file with their lines: of the column `file`, or of the one that has .npy names."""
    if file_size(path, wanted="the order of the test set") > _LARGEST_ORDER:
        raise FileError(path, "is too large for an order of utterances")
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, ValueError, csv.Error) as error:
        raise FileError(path, f"cannot be read ({reason(error)}); it must be a table in UTF-8") from None
    first = lines[0] if lines else []
    header = not any(cell.endswith(".npy") for cell in first)
    body = lines[1:] if header else lines
    if not body:
        raise FileError(path, "names no utterances")
    column = first.index("file") if "file" in first else 0
    if "file" not in first:
        column = next((i for i, cell in enumerate(body[0]) if cell.endswith(".npy")), len(body[0]) - 1)
    listed = []
    for number, cells in enumerate(body, start=2 if header else 1):
        if cells:
            if column >= len(cells):
                raise FileError(path, f"has too few fields in line {number}")
            listed.append((number, Path(cells[column].strip()).name.removesuffix(".npy")))
    return listed
