"""Kaldi's data folders: `wav.scp` with `text-phone` or `text`. Commands in them are refused, never run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from model.corpus.base import Corpus, Utterance
from model.corpus.choosing import Chooser
from model.errors import FileError, shown
from model.files import read_utf8
from model.phonemes import DEFAULT_TABLE, SymbolTable

_LARGEST = 1 << 30
_PHONES = ("text-phone", "text_phone", "text.phone", "phn", "phones")
_POSITION = re.compile(r"_[BIES]$")
_FOLDERS_UP = 3


@dataclass(frozen=True)
class _Line:
    number: int
    rest: str


def read_kaldi(path: Path, chooser: Chooser) -> Corpus:
    """Read a Kaldi data folder, given as the folder or its `wav.scp`.

    Phonemes come from `text-phone` or `phn`, or from `text` when all its words are phonemes; their position marks
    (``AH_B``) are taken off. Relative names of recordings are looked for in the folder and in those above it.

    Raises
    ------
    FileError
        A file cannot be read or has a mistake; `wav.scp` holds a command or a part of an archive instead of the name
        of a file; or the folder has a file `segments`.
    """
    folder = path if path.is_dir() else path.parent
    if (folder / "segments").exists():
        raise FileError(folder / "segments", "cuts recordings into parts; save each part as a file of its own first")
    recordings = _read_lines(folder / "wav.scp")
    if not recordings:
        raise FileError(folder / "wav.scp", "lists no recordings")
    table = chooser.table(DEFAULT_TABLE, "it is the default for recordings")
    spoken = _optional(folder, "text")
    phones = next((folder / name for name in _PHONES if (folder / name).is_file()), None)
    labels = _labels(phones, _read_lines(phones), table) if phones is not None else {}
    if phones is None and spoken:
        labels = _phonemes_in_text(spoken, table)
        spoken = {} if labels else spoken
    speakers = _optional(folder, "utt2spk")
    utterances = tuple(
        Utterance(
            name=name,
            path=_recording(folder, name, line),
            labels=labels.get(name),
            text=spoken[name].rest if name in spoken else "",
            speaker=speakers[name].rest if name in speakers else "",
            part=folder.name,
        )
        for name, line in recordings.items()
    )
    return Corpus(folder, "Kaldi data folder", table, utterances, None, chooser.choices)


def _optional(folder: Path, name: str) -> dict[str, _Line]:
    return _read_lines(folder / name) if (folder / name).is_file() else {}


def _read_lines(path: Path) -> dict[str, _Line]:
    """Return what stands behind each id."""
    text = read_utf8(path, wanted="a list of utterances", most=_LARGEST)
    lines: dict[str, _Line] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        name, _, rest = line.strip().replace("\t", " ", 1).partition(" ")
        if name in lines:
            raise FileError(path, f"names the id {shown(name)} again in line {number}; ids must differ")
        if name:
            lines[name] = _Line(number, rest.strip())
    return lines


def _recording(folder: Path, name: str, line: _Line) -> Path:
    listed, place = line.rest, folder / "wav.scp"
    if not listed:
        raise FileError(place, f"names no recording for {shown(name)} in line {line.number}")
    if listed.endswith("|") or listed.startswith("|"):
        problem = f"has a command in line {line.number}, and nothing that a file asks for is run"
        raise FileError(place, f"{problem}; convert the recordings to wav or flac and name those")
    if "\0" in listed:
        raise FileError(place, f"has a name in line {line.number} that no file can have")
    if re.search(r"\.ark:\d+$", listed):
        raise FileError(place, f"names a part of an archive in line {line.number}; save it as a file of its own")
    wanted = Path(listed)
    if wanted.is_absolute():
        return wanted
    above = [folder, *list(folder.absolute().parents)[:_FOLDERS_UP]]
    return next((base / wanted for base in above if _exists(base / wanted)), folder / wanted)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _labels(path: Path, lines: dict[str, _Line], table: SymbolTable) -> dict[str, tuple[int, ...]]:
    labels = {}
    for name, line in lines.items():
        try:
            labels[name] = _encoded(line, table)
        except ValueError as error:
            raise FileError(path, f"has a mistake in line {line.number}: {error}") from None
    return labels


def _phonemes_in_text(lines: dict[str, _Line], table: SymbolTable) -> dict[str, tuple[int, ...]]:
    """Return the labels where all that is written is phonemes, else nothing: then it is words."""
    try:
        return {name: _encoded(line, table) for name, line in lines.items()}
    except ValueError:
        return {}


def _encoded(line: _Line, table: SymbolTable) -> tuple[int, ...]:
    return tuple(table.encode(_POSITION.sub("", phone) for phone in line.rest.split()))
