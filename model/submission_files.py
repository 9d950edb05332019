"""Submissions as files: reading and writing the csv, and the JSON beside it that says how it was made."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.config import dumps
from model.errors import FileError, reason, shown
from model.files import atomic_path, file_sha256, read_utf8, write_text

PROGRAM = "phonegui"
"""What the JSON of a submission begins its program with."""

_LARGEST = 64 << 20


@dataclass(frozen=True)
class Row:
    """A line of a submission: the id it is submitted under, the letters, and the utterance's name in the corpus."""

    id: str
    letters: str
    name: str


@dataclass(frozen=True)
class Submission:
    """A submission as it would be written.

    Attributes
    ----------
    header
        Names of the two columns.
    rows
        In the order of the file.
    warnings
        Sentences on what does not hinder writing but should be known: empty predictions, recordings left out.
    origin
        How it was made, as the JSON beside it says.
    """

    header: tuple[str, str]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    origin: dict[str, Any]

    def text(self, first: int | None = None) -> str:
        """Return the csv, or its first rows alone."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows((row.id, row.letters) for row in self.rows[:first])
        return text.getvalue()


def read_rows(path: str | Path) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Return header and rows of a submission or a course's sample of one; every field is text, ``NA`` too.

    Raises
    ------
    FileError
        The file cannot be read, or is no csv of two columns with different ids; names the line.
    """
    path = Path(path)
    text = read_utf8(path, wanted="a csv of two columns", most=_LARGEST)
    lines: list[tuple[str, str]] = []
    seen: set[str] = set()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if not fields:
                continue
            if len(fields) != 2:
                raise FileError(path, f"has {len(fields)} fields in line {reader.line_num} where a submission has 2")
            if lines and fields[0] in seen:
                raise FileError(path, f"names the id {shown(fields[0])} again in line {reader.line_num}")
            if lines:
                seen.add(fields[0])
            lines.append((fields[0], fields[1]))
    except csv.Error as error:
        raise FileError(path, f"is no csv that can be read ({reason(error)}, in line {reader.line_num})") from None
    if len(lines) < 2:
        raise FileError(path, "has no rows; it must name the columns and hold a row for each utterance")
    return lines[0], lines[1:]


def sidecar_path(path: str | Path) -> Path:
    """Return the path of the JSON beside a submission: its name with another suffix."""
    return Path(path).with_suffix(".json")


def require_writable(path: str | Path, sample: str | Path | None = None) -> None:
    """Raise FileError when writing would replace a file that is no submission; to be called before computing one."""
    path, beside = Path(path), sidecar_path(path)
    if sample is not None and path.exists() and Path(sample).exists() and path.samefile(sample):
        raise FileError(path, "is the sample itself; name another file to write")
    if path.is_dir():
        raise FileError(path, "is a folder; name a file in it")
    if path.suffix.lower() != ".csv":  # whatever else stands there is the user's: a test.npy, a checkpoint
        raise FileError(path, "has no suffix of a submission; name it .csv")
    if beside.exists() and not _is_ours(beside):
        raise FileError(beside, "is there already and says nothing of a submission; name another csv to write")


def write(path: str | Path, submission: Submission) -> None:
    """Write a submission and the JSON that says how it was made, each whole or not at all, and read the csv back.

    Raises
    ------
    FileError
        The files cannot be written, or the JSON would replace a file that is none of a submission's.
    """
    require_writable(path)
    with atomic_path(path) as temporary:
        temporary.write_text(submission.text(), encoding="utf-8", newline="\n")
        columns, rows = read_rows(temporary)
        if columns != submission.header or rows != [(row.id, row.letters) for row in submission.rows]:
            raise FileError(path, "does not come back as it was written; the disk may be failing")
    value = {**submission.origin, "header": list(submission.header), "rows": len(submission.rows)}
    value["empty"] = [row.id for row in submission.rows if not row.letters]
    value["sha256"] = file_sha256(Path(path))
    write_text(sidecar_path(path), json.dumps(json.loads(dumps(value)), indent=2) + "\n")


def _is_ours(path: Path) -> bool:
    try:
        value = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < _LARGEST else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and str(value.get("program", "")).startswith(PROGRAM)
