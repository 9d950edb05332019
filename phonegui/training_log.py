"""The numbers of a training run as curves: filled step by step while it trains, or read from its folder."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.run_folder import HISTORY_COLUMNS, RunFolder
from model.training_state import epoch_rank

Floats = npt.NDArray[np.float64]

STEP_COLUMNS = ("step", "epoch", "seconds", "train_loss", "learning_rate", "frames_per_second")
"""What is known of a step; `epoch` is a fraction, `seconds` count from the start of the run without pauses."""

AXES = ("epoch", "step", "seconds")
"""What curves can be drawn over."""

_LARGEST_FILE = 1 << 30
_BLOCK = 64


@dataclass(frozen=True)
class Series:
    """A curve over steps, or over epochs: x and y of shape (N,); y has NaN where there is no number.

    `every` values of the run are averaged in each value of the curve.
    """

    x: Floats
    y: Floats
    every: int = 1


class RunLog:
    """Numbers of one run: a row a step and a record an epoch."""

    def __init__(self) -> None:
        self._rows = np.empty((256, len(STEP_COLUMNS)))
        self._count = 0
        self.epochs: list[dict[str, float]] = []

    def __len__(self) -> int:
        """Return the number of steps known."""
        return self._count

    @property
    def steps(self) -> Floats:
        """All steps, shape (N, columns of `STEP_COLUMNS`)."""
        return self._rows[: self._count]

    def add_steps(self, rows: Iterable[tuple[float, ...]]) -> None:
        """Append steps, each with the columns of `STEP_COLUMNS`."""
        for row in rows:
            if self._count == len(self._rows):
                self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._rows[self._count] = row
            self._count += 1

    def add_epoch(self, record: dict[str, Any]) -> None:
        """Append the record of an epoch, or put it in the place of an earlier one of the same number."""
        clean = {name: _number(record.get(name)) for name in HISTORY_COLUMNS}
        self.epochs = [known for known in self.epochs if known["epoch"] < clean["epoch"]] + [clean]

    def cut_after(self, step: float) -> None:
        """Forget the steps after one: a resumed run makes them again."""
        self._count = int(np.searchsorted(self.steps[:, 0], step, side="right"))

    def step_series(self, quantity: str, axis: str, *, most: int = 1 << 62) -> Series:
        """Return a quantity of the steps over an axis of `AXES`; empty where steps do not know it.

        Beyond `most` values, as many neighbours as it takes are averaged into one, those that are numbers.
        """
        if quantity not in STEP_COLUMNS or not self._count:
            return _EMPTY
        x, y = (self.steps[:, STEP_COLUMNS.index(name)] for name in (axis, quantity))
        every = -(-self._count // most)
        if every == 1:
            return Series(x, y)
        whole = self._count - self._count % every
        groups = y[:whole].reshape(-1, every)
        known = np.isfinite(groups)
        with np.errstate(invalid="ignore"):
            means = np.where(known, groups, 0.0).sum(axis=1) / known.sum(axis=1)
        return Series(x[every - 1 : whole : every], means, every)

    def epoch_series(self, quantity: str, axis: str) -> Series:
        """Return a quantity of ``history.csv`` over an axis of `AXES`."""
        x = np.array([record[axis] for record in self.epochs])
        return Series(x, np.array([record.get(quantity, math.nan) for record in self.epochs]))

    def best(self) -> dict[str, float] | None:
        """Return the record of the best epoch, as the run keeps it: see `model.training_state.is_best`."""
        best: dict[str, float] | None = None
        lowest: tuple[float, ...] | None = None
        for record in self.epochs:
            rank = epoch_rank(record)
            if lowest is None or rank < lowest:
                lowest = rank
                best = record if math.isfinite(record["dev_phone_error_rate"]) else best
        return best

    def to_csv(self, *, steps: bool = False) -> str:
        """Return the epochs, or else every step, as comma-separated values with a line of names."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(STEP_COLUMNS if steps else HISTORY_COLUMNS)
        if steps:
            writer.writerows([f"{value:.8g}" for value in row] for row in self.steps)
        else:
            writer.writerows([f"{record[name]:.8g}" for name in HISTORY_COLUMNS] for record in self.epochs)
        return text.getvalue()


_EMPTY = Series(np.empty(0), np.empty(0))


def read_run(folder: str | Path) -> RunLog:
    """Return what a run's folder tells: ``history.csv`` and, where there is one, ``steps.csv``.

    A line that is no row of numbers is passed over: a run that was killed may end in half a one.
    """
    log, files = RunLog(), RunFolder(folder)
    for record in _rows(files.history):
        if math.isfinite(_number(record.get("epoch"))):
            log.add_epoch(record)
    known = [_step(record) for record in _rows(files.steps)]
    rows = sorted(row for row in known if math.isfinite(row[0]) and math.isfinite(row[1]))
    latest = {row[0]: row for row in rows}  # a resumed run may have written a step twice
    log.add_steps(_spread(list(latest.values())))
    return log


def _spread(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Give the steps of each epoch, numbered from 1, their places within it."""
    counts = Counter(row[1] for row in rows)
    # The epoch that goes on is as long as those before it.
    longest = max(counts.values(), default=1)
    last = max(counts, default=0)
    places: Counter[float] = Counter()
    spread = []
    for row in rows:
        places[row[1]] += 1
        length = longest if row[1] == last else counts[row[1]]
        spread.append((row[0], row[1] - 1 + places[row[1]] / length, *row[2:]))
    return spread


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return []
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return []


def _step(record: dict[str, Any]) -> tuple[float, ...]:
    """Return a row of `STEP_COLUMNS`, its epoch still a whole number."""
    values = {name: _number(record.get(name)) for name in STEP_COLUMNS}
    values["train_loss"] = _number(record.get("loss"))
    return tuple(values[name] for name in STEP_COLUMNS)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def smoothed(values: Floats, share: float) -> Floats:
    """Return the debiased exponential average of a curve.

    The average starts from nothing and is divided by the weight it has gathered, so its beginning is not drawn towards
    zero or towards the first value. Values that are not numbers are passed over; the average stays where it was.

    Parameters
    ----------
    values
        Shape (N,).
    share
        How much of the average is kept at each value, 0 (no smoothing) to 0.999.
    """
    if share <= 0.0 or not len(values):
        return values
    known = np.isfinite(values)
    kept = values[known]
    # Blocks of values at once: within a block the weights are powers of `share`, from block to block a sum is carried.
    padded = np.zeros(-(-len(kept) // _BLOCK) * _BLOCK)
    padded[: len(kept)] = kept
    lags = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    kernel = np.where(lags >= 0, (1.0 - share) * share ** np.maximum(lags, 0), 0.0)
    blocks = padded.reshape(-1, _BLOCK) @ kernel.T
    decay = share ** np.arange(1, _BLOCK + 1)
    carried = 0.0
    for block in blocks:
        block += carried * decay
        carried = float(block[-1])
    average = blocks.reshape(-1)[: len(kept)] / -np.expm1(np.arange(1, len(kept) + 1) * math.log(share))
    result = np.full(len(values), np.nan)
    if len(kept):
        order = np.maximum.accumulate(np.where(known, np.cumsum(known) - 1, -1))
        result[order >= 0] = average[order[order >= 0]]
    return result
