"""A folder of recordings, with references beside them where there are any."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from model.audio import is_audio_path
from model.corpus.base import Corpus, Utterance
from model.corpus.choosing import Chooser
from model.corpus.rows import Report
from model.errors import Cancelled, FileError, UserError, reason
from model.files import file_size
from model.phonemes import DEFAULT_TABLE, SymbolTable
from model.textgrid import HEARD, Tier, read_textgrid

_LARGEST = 1 << 20
_MOST_FILES = 1_000_000
_TIME = re.compile(r"\d{1,12}(\.\d{0,12})?", re.ASCII)
_PHONE_TIERS = ("phones", "phonemes", "phone", "phoneme", "phn", "truth", "reference")
_SILENT = frozenset({"", "sp", "h#", "pau", "epi", "<p:>", "#"})


def has_recordings(folder: Path) -> bool:
    """Return whether there is a recording in a folder or below it."""
    return next(iter(_walk(folder)), None) is not None


def read_recordings(folder: Path, chooser: Chooser, report: Report | None = None) -> Corpus:
    """Read a folder of recordings, those below it included.

    A reference is taken from a file of the recording's name: `.TextGrid` (its tier of phonemes), `.phn` (phonemes, or
    TIMIT's lines of start, end and phoneme), or `.txt` (phonemes, or else words). What is written in other symbols
    than the table's is passed over; the notes of the corpus say so.

    Raises
    ------
    FileError
        The folder cannot be read or has no recordings.
    Cancelled
        `report` answered False.
    """
    table = chooser.table(DEFAULT_TABLE, "it is the default for recordings")
    paths = list(_walk(folder))
    if not paths:
        raise FileError(folder, "has no recordings in it")
    utterances: list[Utterance] = []
    problems: list[str] = []
    for number, path in enumerate(paths):
        labels, text = None, ""
        try:
            labels, text = _reference(path, table)
        except (UserError, ValueError) as error:
            problems.append(str(error))
        relative = path.relative_to(folder)
        part = relative.parts[0] if len(relative.parts) > 1 else ""
        utterances.append(Utterance(relative.as_posix(), path, labels, text=text, part=part))
        if report is not None and number % 64 == 0 and not report(number + 1, len(paths)):
            raise Cancelled
    notes: tuple[str, ...] = ()
    if problems:
        notes = (f"The references of {len(problems)} of {len(paths)} recordings are passed over; {problems[0]}",)
    return Corpus(folder, "folder of recordings", table, tuple(utterances), None, chooser.choices, notes)


def read_phones(
    path: str | Path, table: SymbolTable, rate: int
) -> tuple[tuple[int, ...], tuple[tuple[float, float], ...] | None]:
    """Return the labels in a text file of phonemes, and start and end of each in seconds where they stand there.

    Lines of ``start end phoneme`` count samples when all are whole numbers, as TIMIT's do, and seconds otherwise.

    Parameters
    ----------
    rate
        Samples in a second.

    Raises
    ------
    FileError
        The file cannot be read, is empty, or holds what is no phoneme of the table.
    """
    path = Path(path)
    text = _read_text(path)
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise FileError(path, "is empty; a reference holds phonemes")
    if not all(len(line) == 3 and _TIME.fullmatch(line[0]) and _TIME.fullmatch(line[1]) for line in lines):
        return _encode(path, text.split(), table), None
    unit = 1 / rate if all(line[0].isdigit() and line[1].isdigit() for line in lines) else 1.0
    times = tuple((unit * float(line[0]), unit * float(line[1])) for line in lines)
    return _encode(path, (line[2] for line in lines), table), times


def _walk(folder: Path) -> Iterable[Path]:
    found = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if is_audio_path(name) and not name.startswith("."):
                found += 1
                if found > _MOST_FILES:
                    raise FileError(folder, "has over a million recordings below it; choose a smaller folder")
                yield Path(root, name)


def _reference(path: Path, table: SymbolTable) -> tuple[tuple[int, ...] | None, str]:
    """Return the labels and the words beside a recording."""
    text = ""
    words = _beside(path, (".txt", ".lab"))
    if words is not None:
        text = " ".join(_read_text(words).split())
    grid = _beside(path, (".TextGrid", ".textgrid"))
    if grid is not None:
        return _from_tiers(grid, read_textgrid(grid).interval_tiers, table), text
    phones = _beside(path, (".phn", ".PHN", ".phones"))
    if phones is not None:
        return _from_phones(phones, _read_text(phones), table), text
    try:
        return tuple(table.encode(text)) if text else None, ""
    except ValueError:
        return None, text


def _beside(path: Path, suffixes: tuple[str, ...]) -> Path | None:
    return next((p for p in (path.with_suffix(suffix) for suffix in suffixes) if p.is_file()), None)


def _read_text(path: Path) -> str:
    if file_size(path, wanted="a text file") > _LARGEST:
        raise FileError(path, "is too large for the reference of one recording")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(path, "is not a text file in UTF-8") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def _from_phones(path: Path, text: str, table: SymbolTable) -> tuple[int, ...]:
    lines = [line.split() for line in text.splitlines() if line.strip()]
    timed = bool(lines) and all(len(line) == 3 and line[0].isdigit() and line[1].isdigit() for line in lines)
    phones = [line[2] for line in lines] if timed else text.split()
    return _encode(path, phones, table)


def _from_tiers(path: Path, tiers: tuple[Tier, ...], table: SymbolTable) -> tuple[int, ...] | None:
    """Return the labels of the tier of phonemes: by its name, or else the first that holds nothing but phonemes."""
    for wanted in _PHONE_TIERS:
        for tier in tiers:
            if tier.name.strip().lower().split(" - ")[-1] == wanted:
                return _encode(path, (interval.text.strip() for interval in tier.intervals), table)
    for tier in tiers:
        if tier.name == HEARD:
            continue
        phones = [interval.text.strip() for interval in tier.intervals if interval.text.strip()]
        try:
            return tuple(table.encode(phones)) if phones else None
        except ValueError:
            continue
    return None


def _encode(path: Path, phones: Iterable[str], table: SymbolTable) -> tuple[int, ...]:
    try:
        return tuple(table.index("SIL" if phone.lower() in _SILENT else phone) for phone in phones if phone)
    except ValueError as error:
        raise FileError(path, f"cannot be used as a reference: {error}") from None
