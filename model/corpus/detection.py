"""What lies at a path, told by what is there and not by what it is called where that can be helped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from model.audio import AUDIO_SUFFIXES, is_audio_path
from model.corpus.base import Corpus
from model.corpus.choosing import SPLIT, Chooser, preferred
from model.corpus.course_arrays import course_splits, read_course_file, read_course_folder
from model.corpus.course_folders import is_split_folder, read_split_folder, read_split_folders, split_folders
from model.corpus.kaldi import read_kaldi
from model.corpus.manifest import names_recordings, read_manifest
from model.corpus.recordings import has_recordings, read_recordings
from model.corpus.rows import Report
from model.errors import FileError, UserError, reason
from model.npy import is_npy, read_npy_header

Kind = Literal["recording", "features", "corpus"]

_LISTS = (".tsv", ".txt", ".csv", ".scp")


def kind_of(path: str | Path) -> Kind:
    """Return what is at a path: one recording, the features of one utterance, or a corpus.

    Looks at names and at the first bytes of `.npy` files alone. What does not exist is what its name says.
    """
    path = Path(path)
    if is_audio_path(path):
        return "recording"
    if is_npy(path):
        try:
            header = read_npy_header(path)
        except FileError:
            return "features"
        return "features" if len(header.shape) == 2 and not header.pickled else "corpus"
    try:
        if path.is_dir():
            return "corpus"
    except (OSError, ValueError):
        pass
    if path.suffix.lower() == ".npy":
        return "features"
    return "corpus" if path.suffix.lower() in _LISTS else "recording"


def open_corpus(
    path: str | Path, *, choose: Mapping[str, str] | None = None, split: str = "dev", report: Report | None = None
) -> Corpus:
    """Open a corpus of any layout that is known.

    Parameters
    ----------
    path
        A folder, a feature file of a course (`train.npy`), an audio manifest, or a `wav.scp`.
    choose
        Decisions of the user's by name, see `Corpus.choices`: ``{"label offset": "0"}``. Those that the layout does
        not know are passed over.
    split
        The split to take of a folder that holds several, where `choose` names none.
    report
        Called with what is done and in all; answers False to cancel.

    Raises
    ------
    FileError
        What is there is of no known layout, cannot be read, or has a mistake.
    UserError
        `choose` names what does not exist.
    Cancelled
        `report` answered False.
    """
    path = Path(path)
    chooser = Chooser(choose)
    try:
        if path.is_dir():
            return _open_folder(path, chooser, split, report)
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    except ValueError:
        pass  # a name that no file can have: refused below
    if is_npy(path):
        header = read_npy_header(path)
        if len(header.shape) == 2 and not header.pickled and not path.name.endswith("_labels.npy"):
            raise FileError(path, "holds the features of one utterance and is no corpus; open it as a recording")
        return read_course_file(path, chooser, report)
    if path.name == "wav.scp":
        return read_kaldi(path, chooser)
    if is_audio_path(path) and path.is_file():
        raise FileError(path, "is a recording and no corpus; open it as a recording, or give its folder")
    return read_manifest(path, table=chooser)


def _open_folder(folder: Path, chooser: Chooser, split: str, report: Report | None) -> Corpus:
    if folder.name == "mfcc" and not is_split_folder(folder) and any(folder.glob("*.npy")):
        folder = folder.parent
    if (folder / "wav.scp").is_file():
        return read_kaldi(folder, chooser)
    if is_split_folder(folder):
        return read_split_folder(folder, chooser, report)
    if split_folders(folder):
        return read_split_folders(folder, chooser, split, report)
    if course_splits(folder):
        return read_course_folder(folder, chooser, split, report)
    listed = {file.stem: file for file in sorted(folder.glob("*.tsv")) if names_recordings(file)}
    if listed:
        return read_manifest(_taken(chooser, listed, split), table=chooser)
    below = {item.name: item for item in sorted(folder.iterdir()) if (item / "wav.scp").is_file()}
    if below:
        return read_kaldi(_taken(chooser, below, split), chooser)
    if has_recordings(folder):
        return read_recordings(folder, chooser, report)
    suffixes = ", ".join(AUDIO_SUFFIXES[:4])
    raise FileError(
        folder,
        "holds no corpus this program knows: no train.npy, dev.npy or test.npy, no folder mfcc, no manifest (.tsv), "
        f"no wav.scp, and no recordings ({suffixes} and others)",
    )


def _taken(chooser: Chooser, found: dict[str, Path], split: str) -> Path:
    names = tuple(found)
    if len(names) == 1:
        return found[names[0]]
    return found[chooser(SPLIT, names, preferred(names, split), f"the folder holds {', '.join(names)}")]


def describe(corpus: Corpus) -> str:
    """Return a line on the layout of a corpus and the choices made, for the user."""
    size = "1 utterance" if len(corpus) == 1 else f"{len(corpus)} utterances"
    without = sum(1 for utterance in corpus.utterances if not utterance.labels)
    if 0 < without < len(corpus):
        size += f" ({without} without reference phonemes)"
    made = [f"{choice.name}: {choice.value} ({choice.reason})" for choice in corpus.choices]
    return "; ".join([f"{corpus.path}: {corpus.layout}, {size}", *made, *corpus.notes])


def parse_choices(assignments: Iterable[str]) -> dict[str, str]:
    """Return choices given as ``NAME=VALUE``; raise UserError when one is not."""
    choices = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UserError(f"--choose takes NAME=VALUE, not {assignment!r}.")
        choices[name.strip().replace("-", " ")] = value.strip()
    return choices
