"""Edits that are not saved, kept in a folder of the program's own so that a crash does not lose them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.files import write_text
from phonegui.editing import Interval, Tier, tidy

_FORMAT = 1
_LARGEST = 32 << 20
_MOST_FILES = 100
_LONGEST_SYMBOL = 1000
_AT_ONCE = 1000


@dataclass(frozen=True)
class Recovered:
    """The reference of a recording as it was edited last.

    Attributes
    ----------
    file
        Where it is kept.
    path
        The recording.
    """

    file: Path
    path: str
    tier: Tier


def write_recovery(folder: Path, path: str, tier: Tier) -> None:
    """Keep a tier of a recording; raise FileError when the folder cannot be written."""
    value = {"format": _FORMAT, "path": path, "duration": tier.duration, "intervals": []}
    # In pieces: while json spells all of an hour, no other thread would run.
    starts = range(0, len(tier.intervals), _AT_ONCE)
    pieces = (json.dumps(tier.intervals[first : first + _AT_ONCE], allow_nan=False)[1:-1] for first in starts)
    text = json.dumps(value, allow_nan=False).removesuffix("]}")
    write_text(_file(folder, path), f"{text}{', '.join(pieces)}]}}")


def remove_recovery(folder: Path, path: str) -> None:
    """Forget what is kept of a recording."""
    with contextlib.suppress(OSError):
        _file(folder, path).unlink(missing_ok=True)


def read_recoveries(folder: Path) -> list[Recovered]:
    """Return all that is kept; files that are damaged are passed over."""
    found = []
    with contextlib.suppress(OSError):
        for file in sorted(folder.glob("*.json"))[:_MOST_FILES]:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
                if file.stat().st_size <= _LARGEST:
                    found.append(_recovered(file, json.loads(file.read_text(encoding="utf-8"))))
    return found


def _recovered(file: Path, value: Any) -> Recovered:
    if value["format"] != _FORMAT or not isinstance(value["path"], str):
        raise ValueError("of another format")
    duration = _seconds(value["duration"])
    items = []
    for start, end, symbol in value["intervals"]:
        if not isinstance(symbol, str) or len(symbol) > _LONGEST_SYMBOL:
            raise ValueError("no symbol")
        items.append(Interval(_seconds(start), _seconds(end), symbol))
    return Recovered(file, value["path"], Tier(tidy(items, duration), duration))


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < math.inf:
        raise ValueError("no time")
    return seconds


def _file(folder: Path, path: str) -> Path:
    return folder / f"{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}.json"
