"""``steps.csv``: a line for every step of a run, so that its curves can be drawn after the fact."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from model.errors import FileError, reason
from model.files import write_text

STEP_COLUMNS = ("step", "epoch", "loss", "learning_rate", "frames_per_second", "seconds")
"""Columns of ``steps.csv``: step and epoch from 1; loss per label of the batch, ``nan`` where it was skipped;
frames a second of this step; seconds of training so far."""

_HEADER = ",".join(STEP_COLUMNS) + "\n"


class StepLog:
    """Lines that are gathered and appended to a file from time to time.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[str] = []

    def start(self, step: int) -> None:
        """Drop lines beyond a step, which a run resumed from there makes again; raise FileError."""
        try:
            text = self.path.read_text(encoding="utf-8") if step else ""
        except FileNotFoundError:
            text = ""
        except (OSError, ValueError) as error:
            raise FileError(self.path, f"cannot be read ({reason(error)}); move it away") from None
        lines = [line for line in text.splitlines(keepends=True)[1:] if _step_of(line) <= step]
        if text or self.path.exists():
            write_text(self.path, _HEADER + "".join(lines))

    def add(self, *values: float) -> None:
        """Note a step: a value for each column."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow([repr(value) for value in values])
        self._waiting.append(text.getvalue())

    def flush(self) -> None:
        """Append what was noted, whole or not at all.

        Raises
        ------
        FileError
            The file cannot be written; what was noted is kept for the next time.
        """
        if not self._waiting:
            return
        size = 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab") as file:
                size = file.seek(0, os.SEEK_END)
                file.write(((_HEADER if not size else "") + "".join(self._waiting)).encode())
        except OSError as error:
            if size:
                _cut(self.path, size)
            raise FileError(self.path, f"cannot be written ({reason(error)}); free space") from None
        self._waiting = []


def _step_of(line: str) -> float:
    """Return the step of a whole line, infinity for one that was cut short."""
    parts = line.split(",")
    whole = len(parts) == len(STEP_COLUMNS) and line.endswith("\n") and parts[0].isdigit()
    return int(parts[0]) if whole else float("inf")


def _cut(path: Path, size: int) -> None:
    try:
        os.truncate(path, size)
    except OSError:
        return  # the torn line is dropped when the run is resumed
