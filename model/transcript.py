"""From posteriors to a transcript: phonemes with times, as the window shows and the command line prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model.decoding import Hypothesis, align
from model.errors import UserError
from model.phonemes import SymbolTable

Times = npt.NDArray[np.floating[Any]]

PAUSE_SECONDS = 0.25
AFTER_SPIKE_SECONDS = 0.09
BEFORE_SPIKE_SECONDS = 0.07


class TimedPhoneme(NamedTuple):
    """A phoneme with its place in time.

    Attributes
    ----------
    symbol
        ARPAbet.
    start, end
        Seconds from the start of the recording.
    confidence
        Mean posterior over its frames, 0..1.
    """

    symbol: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Transcript:
    """A decoded utterance.

    Attributes
    ----------
    phonemes
        In order of time.
    labels
        Their class indices.
    letters
        The course's spelling, one letter a phoneme.
    log_prob
        Natural logarithm of the probability of the phoneme sequence, summed over the alignments in the beam.
    """

    phonemes: tuple[TimedPhoneme, ...]
    labels: tuple[int, ...]
    letters: str
    log_prob: float

    @property
    def symbols(self) -> list[str]:
        """The phonemes without their times."""
        return [phoneme.symbol for phoneme in self.phonemes]


def time_hypothesis(
    log_probs: npt.NDArray[Any],
    hypothesis: Hypothesis,
    table: SymbolTable,
    *,
    step_seconds: float,
    seconds: float,
) -> Transcript:
    """Give a hypothesis its times by forced alignment.

    Parameters
    ----------
    log_probs
        The posteriors it was decoded from, (T, V).
    step_seconds
        Time between posterior frames; frame *t* is centred on ``t * step_seconds``.
    seconds
        Duration of the recording; no phoneme ends later.
    """
    labels = tuple(int(label) for label in hypothesis.labels)
    phonemes = tuple(_timed(log_probs, labels, table, step_seconds, seconds, hypothesis.frames))
    return Transcript(phonemes, labels, table.to_letters(labels), float(hypothesis.log_prob))


def align_reference(
    log_probs: npt.NDArray[Any], labels: Sequence[int], table: SymbolTable, *, step_seconds: float, seconds: float
) -> tuple[TimedPhoneme, ...]:
    """Return a reference's phonemes at the times where the network would place them.

    Raises
    ------
    UserError
        There are more phonemes than the recording has room for.
    """
    try:
        return tuple(_timed(log_probs, tuple(labels), table, step_seconds, seconds))
    except ValueError as error:
        raise UserError(f"The reference does not fit the recording: {error}.") from None


def _timed(
    log_probs: npt.NDArray[Any],
    labels: tuple[int, ...],
    table: SymbolTable,
    step: float,
    seconds: float,
    guide: npt.NDArray[np.int32] | None = None,
) -> list[TimedPhoneme]:
    starts, ends, confidence = label_times(log_probs, labels, step_seconds=step, seconds=seconds, guide=guide)
    symbols = [table.symbols[label] for label in labels]
    return list(map(TimedPhoneme, symbols, starts.tolist(), ends.tolist(), confidence.tolist()))


def label_times(
    log_probs: npt.NDArray[Any],
    labels: Sequence[int] | npt.NDArray[Any],
    *,
    step_seconds: float,
    seconds: float,
    guide: npt.NDArray[np.int32] | None = None,
) -> tuple[Times, Times, Times]:
    """Return start and end of every label in seconds, and its confidence, by forced alignment; each of shape (L,).

    Parameters
    ----------
    log_probs, step_seconds, seconds
        As of `time_hypothesis`.
    labels
        Class indices without blanks.
    guide
        About which frame each stands, where that is known.

    Raises
    ------
    ValueError
        There are more labels than the recording has room for.
    """
    if not len(labels):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    found = align(log_probs, np.asarray(labels, dtype=np.int32), guide=guide)
    starts, ends = spread((found.start - 0.5) * step_seconds, (found.end - 0.5) * step_seconds, seconds)
    return starts, ends, found.confidence


def spread(starts: Times, ends: Times, seconds: float) -> tuple[Times, Times]:
    """Widen the spikes of a CTC network to the phonemes they stand for.

    A network trained with CTC marks a phoneme by a frame or two somewhere inside it and gives the rest to the blank.
    The boundary of two phonemes is put in the middle of the blanks between their spikes. Blanks longer than a pause end
    the first phoneme 90 ms after its spike and begin the second 70 ms before: the medians found on speech with known
    times (LibriSpeech dev recordings with forced alignments of words and phones, where boundaries so placed lie a
    median of 10 ms from the given ones).

    Parameters
    ----------
    starts, ends
        Seconds at which each spike begins and ends, not decreasing.
    seconds
        Duration of the recording.

    Returns
    -------
    starts, ends
        Seconds within the recording; no phoneme overlaps the next.
    """
    gaps = starts[1:] - ends[:-1]
    pause = gaps > PAUSE_SECONDS
    middle = ends[:-1] + gaps / 2
    wide_starts = np.append(
        starts[:1] - BEFORE_SPIKE_SECONDS, np.where(pause, starts[1:] - BEFORE_SPIKE_SECONDS, middle)
    )
    wide_ends = np.append(np.where(pause, ends[:-1] + AFTER_SPIKE_SECONDS, middle), ends[-1:] + AFTER_SPIKE_SECONDS)
    return np.clip(wide_starts, 0.0, seconds), np.clip(wide_ends, 0.0, seconds)
