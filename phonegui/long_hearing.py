"""Hears a long recording from what is looked at outwards, so that it is seen while the rest is still heard."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from phonegui.workers import Report

if TYPE_CHECKING:
    from model.phonemes import SymbolTable
    from model.recognizer import Recognizer

LONG_SECONDS = 120.0
"""Longer recordings are shown while they are heard."""

_LEAST_PAUSE_SECONDS, _PAUSE_SECONDS_A_ROW = 0.25, 1e-5


@dataclass(frozen=True, eq=False)
class PartialHeard:
    """What was heard up to now of a long recording.

    Attributes
    ----------
    log_probs
        Log-posteriors (T', classes), ``step_seconds`` apart, minus infinity in frames not heard yet. They go on being
        filled in while this is looked at: the same array is at last that of the `Document`.
    table
        Symbols of the classes.
    """

    log_probs: np.ndarray
    step_seconds: float
    table: SymbolTable


def hear_outwards(
    recognizer: Recognizer, features: np.ndarray, second: float, report: Report
) -> Generator[PartialHeard, None, np.ndarray]:
    """Return what `Recognizer.posteriors` does, and meanwhile yield what there is of it, from a second outwards."""
    from model.inference import check_width, glimpse, posterior_blocks

    network, header = recognizer.network, recognizer.header
    check_width(network, features)
    count = -(-len(features) // network.config.time_stride)
    log_probs = np.full((count, network.config.classes), -np.inf, np.float32)
    # The picture of it all is drawn anew each time, which takes the longer the more there is.
    pause = max(_LEAST_PAUSE_SECONDS, count * _PAUSE_SECONDS_A_ROW)
    first, telling = round(second / header.features.step_seconds), partial(report, "network")
    row, block = glimpse(network, features, first, progress=telling)
    log_probs[row : row + len(block)] = block
    yield PartialHeard(log_probs, recognizer.step_seconds, header.table)
    done, shown = 0, time.monotonic()
    for row, block in posterior_blocks(network, features, first=first, progress=telling):
        log_probs[row : row + len(block)] = block
        done += len(block)
        if time.monotonic() - shown >= pause and done < count:
            yield PartialHeard(log_probs, recognizer.step_seconds, header.table)
            shown = time.monotonic()
    return log_probs
