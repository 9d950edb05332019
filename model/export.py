"""Transcripts with their times as files: plain text, JSON, CSV and Praat's TextGrid."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import UserError
from model.files import write_text
from model.phonemes import SymbolTable
from model.textgrid import HEARD, Interval, TextGrid, Tier, textgrid_text
from model.transcript import TimedPhoneme, Transcript

SUFFIXES = {"text": ".txt", "json": ".json", "csv": ".csv", "textgrid": ".TextGrid"}
"""Suffix of the files of each format."""

REFERENCE = "reference"
"""Name of the tier of a TextGrid that holds what was really said."""

_COLUMNS = ("file", "tier", "phoneme", "letter", "start", "end", "confidence")


@dataclass(frozen=True)
class Exported:
    """What was heard in a recording, ready to be written.

    Attributes
    ----------
    file
        Its path or name, as it shall be written.
    seconds
        Its duration.
    transcript
        What was heard.
    table
        Symbols and letters.
    reference
        The phonemes really said with their times, empty when they are not known.
    """

    file: str
    seconds: float
    transcript: Transcript
    table: SymbolTable
    reference: tuple[TimedPhoneme, ...] = ()


def export(path: str | Path, format: str, item: Exported) -> None:
    """Write one transcript in a format of `SUFFIXES`, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    # Names of files may hold what no UTF-8 spells.
    write_text(path, exported([item], format).encode("utf-8", "backslashreplace").decode("utf-8"))


def exported(items: Sequence[Exported], format: str) -> str:
    """Return transcripts in a format of `SUFFIXES` as the text of one file.

    Raises
    ------
    UserError
        Several are to go into one TextGrid, or the recording has no length.
    """
    if format == "text":
        return "".join(f"{' '.join(item.transcript.symbols)}\n" for item in items)
    if format == "json":
        return json.dumps([to_json(item) for item in items], indent=2, ensure_ascii=False) + "\n"
    if format == "csv":
        return _csv(items)
    if len(items) != 1:
        raise UserError("A TextGrid holds one recording; name a folder with --out to write a file for each.")
    return textgrid_text(to_textgrid(items[0]))


def to_json(item: Exported) -> dict[str, Any]:
    """Return a transcript as a JSON object; a reference is there only when it is known."""
    phonemes = item.transcript.phonemes
    value: dict[str, Any] = {
        "file": item.file,
        "seconds": round(item.seconds, 6),
        "phonemes": item.transcript.symbols,
        "letters": item.transcript.letters,
        "start": [round(phoneme.start, 4) for phoneme in phonemes],
        "end": [round(phoneme.end, 4) for phoneme in phonemes],
        "score": item.transcript.log_prob,
    }
    if item.reference:
        value["reference"] = {
            "phonemes": [phoneme.symbol for phoneme in item.reference],
            "start": [round(phoneme.start, 4) for phoneme in item.reference],
            "end": [round(phoneme.end, 4) for phoneme in item.reference],
        }
    return value


def to_textgrid(item: Exported) -> TextGrid:
    """Return a transcript as a TextGrid with a tier ``heard`` and, when it is known, ``reference``."""
    tiers = [_tier(HEARD, item.transcript.phonemes)]
    if item.reference:
        tiers.append(_tier(REFERENCE, item.reference))
    return TextGrid(0.0, item.seconds, tuple(tiers))


def _tier(name: str, phonemes: Sequence[TimedPhoneme]) -> Tier:
    return Tier(name, tuple(Interval(phoneme.start, phoneme.end, phoneme.symbol) for phoneme in phonemes))


def _csv(items: Sequence[Exported]) -> str:
    """Return a line for every phoneme; the reference's confidence is that of its best alignment."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for item in items:
        for tier, phonemes in ((HEARD, item.transcript.phonemes), (REFERENCE, item.reference)):
            for phoneme in phonemes:
                letter = item.table.letters[item.table.index(phoneme.symbol)]
                numbers = (f"{phoneme.start:.4f}", f"{phoneme.end:.4f}", f"{phoneme.confidence:.4f}")
                writer.writerow((item.file, tier, phoneme.symbol, letter, *numbers))
    return text.getvalue()
