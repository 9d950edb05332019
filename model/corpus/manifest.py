"""Audio manifests: a tab-separated list of recordings with their phonemes."""

from __future__ import annotations

import math
from pathlib import Path

from model.corpus.base import Corpus, Utterance
from model.corpus.choosing import Chooser
from model.errors import FileError, shown
from model.files import read_utf8
from model.phonemes import DEFAULT_TABLE, SymbolTable

_REQUIRED = ("id", "path")
_LARGEST = 1 << 30


def names_recordings(path: Path) -> bool:
    """Return whether a file begins as an audio manifest does; False when it cannot be read."""
    try:
        with open(path, "rb") as file:
            columns = file.readline(1 << 16).decode("utf-8-sig").rstrip("\r\n").split("\t")
    except (OSError, ValueError):
        return False
    return all(name in columns for name in _REQUIRED)


def read_manifest(path: str | Path, *, table: SymbolTable | Chooser = DEFAULT_TABLE) -> Corpus:
    """Read an audio manifest.

    The first line names the columns: ``id`` and ``path`` (relative to the manifest's folder) are needed, ``phones``
    (ARPAbet separated by spaces), ``seconds``, ``text``, ``speaker`` and ``corpus`` are read where present, others are
    passed over. Fields are separated by tabs and never quoted.

    Parameters
    ----------
    table
        Symbols of the references, or what chooses among the tables.

    Raises
    ------
    FileError
        The file cannot be read, a column is missing, or a line is malformed; names the line.
    """
    path = Path(path)
    lines = _read_lines(path)
    if not lines or not lines[0].strip():
        raise FileError(
            path, "is empty; its first line must name the columns id and path, and phones where they are known"
        )
    columns = lines[0].split("\t")
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        problem = f"has no column named {' or '.join(missing)} in its first line; it must name id, path and phones"
        raise FileError(path, problem + " separated by tabs")
    if len(set(columns)) != len(columns):
        raise FileError(path, "names a column twice in its first line; each name must differ")
    chosen = table.table(DEFAULT_TABLE, "it is the default for recordings") if isinstance(table, Chooser) else table
    utterances: list[Utterance] = []
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            utterance = _utterance(path, number, columns, line, chosen)
            if utterance.name in seen:
                raise FileError(path, f"names the id {shown(utterance.name)} again in line {number}; ids must differ")
            seen.add(utterance.name)
            utterances.append(utterance)
    if not utterances:
        raise FileError(path, "lists no recordings; add a line for each below the column names")
    choices = table.choices if isinstance(table, Chooser) else ()
    return Corpus(path, "audio manifest", chosen, tuple(utterances), None, choices)


def _read_lines(path: Path) -> list[str]:
    text = read_utf8(path, wanted="a tab-separated list of recordings", most=_LARGEST)
    # Only line feeds end a line: names and texts may hold the exotic separators that splitlines() knows.
    return [line.removesuffix("\r") for line in text.split("\n")]


def _utterance(path: Path, number: int, columns: list[str], line: str, table: SymbolTable) -> Utterance:
    fields = line.split("\t")
    if len(fields) != len(columns):
        raise FileError(path, f"has {len(fields)} fields in line {number} where the first line names {len(columns)}")
    row = dict(zip(columns, fields, strict=True))
    for name in _REQUIRED:
        if not row[name].strip():
            raise FileError(path, f"names no {name} in line {number}")
    try:
        labels = tuple(table.encode(row["phones"])) if row.get("phones", "").strip() else None
        seconds = _seconds(row.get("seconds", ""))
    except ValueError as error:
        raise FileError(path, f"has a mistake in line {number}: {error}") from None
    return Utterance(
        name=row["id"],
        path=path.parent / row["path"],
        labels=labels,
        seconds=seconds,
        text=row.get("text", ""),
        speaker=row.get("speaker", ""),
        part=row.get("corpus", ""),
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text or 0.0)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds < math.inf:
        raise ValueError(f"{shown(text)} is not a duration in seconds")
    return seconds
