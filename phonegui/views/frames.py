"""Posterior frames in words and numbers: what the status bar, the table of frames and tips say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.phonemes import BLANK, SymbolTable
from phonegui.views.time_range import format_clock

LogProbs = npt.NDArray[np.floating[Any]]

MOST_NAMED = 5
LEAST_SHOWN = 0.005
"""Probabilities below this would read 0.00 and are left out."""


class Frames:
    """Reads posteriors frame by frame.

    Parameters
    ----------
    log_probs
        Natural logarithms of the posteriors, shape (T, V), kept without a copy.
    step
        Seconds between frames; frame *t* is centred on ``t * step``.
    table
        Names of the V classes.
    """

    def __init__(self, log_probs: LogProbs, step: float, table: SymbolTable) -> None:
        self._log_probs, self.step, self.table = log_probs, step, table

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._log_probs)

    def at(self, time: float) -> int | None:
        """Return the frame drawn at a time in seconds, None away from the frames."""
        frame = math.floor(time / self.step + 0.5)
        return frame if 0 <= frame < len(self) else None

    def between(self, start: float, end: float) -> range:
        """Return the frames that lie at least partly between two times in seconds."""
        first = max(0, math.floor(start / self.step + 0.5))
        return range(first, max(first, min(len(self), math.ceil(end / self.step + 0.5))))

    def probabilities(self, frame: int) -> npt.NDArray[np.float64]:
        """Return the probability of each class in a frame, shape (V,)."""
        values: npt.NDArray[np.float64] = np.nan_to_num(np.exp(np.asarray(self._log_probs[frame], np.float64)))
        return values

    def mean(self, frames: range) -> npt.NDArray[np.float64]:
        """Return the mean probability of each class over frames, shape (V,)."""
        values: npt.NDArray[np.float64] = np.nan_to_num(
            np.exp(np.asarray(self._log_probs[frames.start : frames.stop], np.float64))
        ).mean(axis=0)
        return values

    def top(self, probabilities: npt.NDArray[np.float64], count: int = MOST_NAMED) -> list[tuple[str, float]]:
        """Return the likeliest phonemes, the blank left out, with their probabilities."""
        order = [int(index) for index in np.argsort(-probabilities, kind="stable") if index != BLANK]
        return [(self.table.symbols[index], float(probabilities[index])) for index in order[:count]]

    def describe(self, time: float) -> str:
        """Return the frame at a time: ``00:03.214   IY 0.81 · IH 0.11   blank 0.02   0.93 bits``.

        Phonemes that would read 0.00 are left out; away from the frames only the time comes back.
        """
        clock, frame = format_clock(time), self.at(time)
        if frame is None:
            return clock
        probabilities = self.probabilities(frame)
        if not probabilities.any():  # not heard yet
            return clock
        named = listed(self.top(probabilities))
        parts = [clock, *([named] if named else []), f"blank {probabilities[BLANK]:.2f}"]
        return "   ".join([*parts, f"{entropy_bits(probabilities):.2f} bits"])


def listed(items: Sequence[tuple[str, float]]) -> str:
    """Return names with probabilities, those that would read 0.00 left out: ``IY 0.81 · IH 0.11``."""
    return " · ".join(f"{name} {share:.2f}" for name, share in items if share >= LEAST_SHOWN)


def entropy_bits(probabilities: npt.NDArray[np.float64]) -> float:
    """Return the entropy of probabilities (V,) in bits."""
    some = probabilities[probabilities > 0]
    return float(abs(np.sum(some * np.log2(some))))
