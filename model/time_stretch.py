"""Speech slower or faster at its own pitch, block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

SLOWEST, FASTEST = 0.5, 2.0
"""Bounds of the speed: beyond them single pitch periods are heard to repeat or to go missing."""

_FRAME_SECONDS = 0.04  # two periods of the lowest voice
_REACH_SECONDS = 0.01  # a piece may move by half of such a period either way
_PIECES = 16


def stretched_length(samples: int, speed: float) -> int:
    """Return how many samples `samples` become at a speed."""
    return round(samples / speed)


def stretch(samples: Samples, sample_rate: int, speed: float) -> Iterator[Samples]:
    """Yield speech at another speed and the same pitch, in blocks as they are made.

    Waveform similarity overlap-add (Verhelst and Roelands, 1993): pieces of 40 ms are laid over each other at half
    their length, each taken from where it continues the one before best. At speed 1 the samples come as they are.

    Parameters
    ----------
    samples
        Mono, shape (n,), at `sample_rate` Hz; not changed.
    speed
        2 is twice as fast; `SLOWEST` to `FASTEST`.

    Yields
    ------
    ndarray of float32
        Together ``stretched_length(n, speed)`` samples.

    Raises
    ------
    ValueError
        The speed is out of bounds.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"the speed must lie between {SLOWEST} and {FASTEST}, not {speed}")
    hop = max(1, round(_FRAME_SECONDS * sample_rate / 2))
    left = stretched_length(len(samples), speed)
    pieces = _as_they_are(samples, hop) if speed == 1.0 else _overlapped(samples, hop, sample_rate, speed)
    block: list[Samples] = []
    size = 1  # the first piece alone: the sooner it is heard the better
    for piece in pieces:
        if left <= 0:
            break
        block.append(piece[:left])
        left -= len(piece)
        if len(block) == size or left <= 0:
            yield np.concatenate(block)
            block, size = [], _PIECES


def _as_they_are(samples: Samples, hop: int) -> Iterator[Samples]:
    for start in range(0, len(samples), hop):
        yield samples[start : start + hop]


def _overlapped(samples: Samples, hop: int, sample_rate: int, speed: float) -> Iterator[Samples]:
    """Yield pieces of `hop` samples without end; beyond the recording lies silence."""
    rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(hop) + 0.5) / hop)).astype(np.float32)
    falling = 1.0 - rising
    reach = round(_REACH_SECONDS * sample_rate)
    place, number = 0, 0
    tail = _cut(samples, 0, hop) * falling
    while True:
        wanted = round(number * hop * speed)
        if number:
            # What the last piece would go on with is the pattern to look for.
            place = wanted + _best_shift(
                _cut(samples, wanted - reach, wanted + reach + hop), _cut(samples, place + hop, place + 2 * hop)
            )
            place -= reach
        yield tail + _cut(samples, place, place + hop) * rising
        tail = _cut(samples, place + hop, place + 2 * hop) * falling
        number += 1


def _best_shift(searched: Samples, pattern: Samples) -> int:
    """Return where in `searched` (n,) the `pattern` (m,) fits best by normalised correlation, 0 to n - m."""
    likeness = np.correlate(searched, pattern, mode="valid")
    total = np.concatenate(([0.0], np.cumsum(np.square(searched, dtype=np.float64))))
    energy = total[len(pattern) :] - total[: -len(pattern)]
    return int(np.argmax(likeness / np.sqrt(energy + 1e-9)))


def _cut(samples: Samples, start: int, end: int) -> Samples:
    """Return the samples from `start` to `end`, zeros where there are none."""
    first, last = min(max(start, 0), len(samples)), min(max(end, 0), len(samples))
    piece = samples[first:last]
    if len(piece) == end - start:
        return piece
    padded = np.zeros(end - start, np.float32)
    if last > first:
        padded[first - start : last - start] = piece
    return padded
