"""Audio manifests: a tab-separated list of recordings with their phonemes."""

from __future__ import annotations

import math
from pathlib import Path

from model.corpus.base import Corpus, Utterance
from model.errors import FileError, reason, shown
from model.files import file_size
from model.phonemes import DEFAULT_TABLE, SymbolTable

_REQUIRED = ("id", "path")
_LARGEST = 1 << 30


def read_manifest(path: str | Path, *, table: SymbolTable = DEFAULT_TABLE) -> Corpus:
    """Read an audio manifest.

    The first line names the columns: ``id`` and ``path`` (relative to the manifest's folder) are needed, ``phones``
    (ARPAbet separated by spaces), ``seconds``, ``text``, ``speaker`` and ``corpus`` are read where present, others are
    passed over. Fields are separated by tabs and never quoted.

    Raises
    ------
    FileError
        The file cannot be read, a column is missing, or a line is malformed; names the line.
    """
    path = Path(path)
    lines = _read_lines(path)
    if not lines or not lines[0].strip():
        raise FileError(path, "is empty; its first line must name the columns id, path and phones")
    columns = lines[0].split("\t")
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        problem = f"has no column named {' or '.join(missing)} in its first line; it must name id, path and phones"
        raise FileError(path, problem + " separated by tabs")
    if len(set(columns)) != len(columns):
        raise FileError(path, "names a column twice in its first line; each name must differ")
    utterances: list[Utterance] = []
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            utterance = _utterance(path, number, columns, line, table)
            if utterance.name in seen:
                raise FileError(path, f"names the id {shown(utterance.name)} again in line {number}; ids must differ")
            seen.add(utterance.name)
            utterances.append(utterance)
    if not utterances:
        raise FileError(path, "lists no recordings; add a line for each below the column names")
    return Corpus(path, "audio manifest", table, tuple(utterances))


def _read_lines(path: Path) -> list[str]:
    if file_size(path, wanted="the tab-separated list") > _LARGEST:
        raise FileError(path, "is too large for a list of recordings (over 1 GB)")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(path, "is not a text file in UTF-8; give a tab-separated list of recordings") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
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
