"""Ever coarser copies of what is drawn over time, so that any stretch of it is drawn from few values."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]

_BLOCK = 64
_FACTOR = 8
_COARSEST = 4096


class FramePyramid:
    """Rows of 8-bit values over time, with ever coarser copies for drawing many frames on few pixels.

    Parameters
    ----------
    values
        Shape (rows, frames).
    peaks
        Whether frames that share a pixel show their greatest value; otherwise their mean.
    """

    def __init__(self, values: Bytes, *, peaks: bool) -> None:
        self.levels = [np.ascontiguousarray(values)]
        while self.levels[-1].shape[1] > 1:
            finer = self.levels[-1]
            half = finer.shape[1] // 2
            first, second = finer[:, 0 : 2 * half : 2], finer[:, 1 : 2 * half : 2]
            if peaks:
                coarser = np.maximum(first, second)
            else:
                coarser = ((first.astype(np.uint16) + second + 1) // 2).astype(np.uint8)
            if finer.shape[1] % 2:
                coarser = np.concatenate([coarser, finer[:, -1:]], axis=1)
            self.levels.append(np.ascontiguousarray(coarser))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.levels[0])

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.levels[0].shape[1])

    def sample(self, edges: npt.NDArray[np.float64]) -> tuple[int, Bytes]:
        """Return the values of pixel columns.

        Parameters
        ----------
        edges
            Edges of the columns, in frames (0 is the left edge of the first frame), ascending, shape (columns + 1,).

        Returns
        -------
        first
            Number of the first column that any frame lies under.
        values
            Shape (rows, columns drawn), for the columns from `first` on that lie within the frames.
        """
        centres = 0.5 * (edges[:-1] + edges[1:])
        inside = np.flatnonzero((centres >= 0) & (centres < self.frames))
        if not len(inside):
            return 0, np.zeros((self.rows, 0), np.uint8)
        first, last = int(inside[0]), int(inside[-1]) + 1
        frames_per_pixel = float(edges[1] - edges[0])
        level = min(max(0, math.ceil(math.log2(max(frames_per_pixel, 1e-9)))), len(self.levels) - 1)
        source = self.levels[level]
        # Where frames share a pixel, the block that its right edge ends in: no block falls between two pixels.
        places = centres[first:last] if not level else np.nextafter(edges[first + 1 : last + 1] / 2**level, -np.inf)
        return first, source[:, np.clip(places.astype(np.intp), 0, source.shape[1] - 1)]


class RankedPyramid(FramePyramid):
    """Codes over time; frames that share a pixel show the code of the highest rank.

    Parameters
    ----------
    codes
        Shape (1, frames).
    ranks
        Shape (frames,).
    """

    def __init__(self, codes: Bytes, ranks: npt.NDArray[np.uint16]) -> None:
        self.levels = [np.ascontiguousarray(codes)]
        while len(ranks) > 1:
            finer, half = self.levels[-1][0], len(ranks) // 2
            second_wins = ranks[1 : 2 * half : 2] > ranks[0 : 2 * half : 2]
            coarser = np.where(second_wins, finer[1 : 2 * half : 2], finer[0 : 2 * half : 2])
            higher = np.maximum(ranks[0 : 2 * half : 2], ranks[1 : 2 * half : 2])
            odd = len(ranks) % 2
            ranks = np.concatenate([higher, ranks[-odd:]]) if odd else higher
            self.levels.append(np.concatenate([coarser, finer[-odd:]])[None] if odd else coarser[None])


class PeakPyramid:
    """Least and greatest values of a signal over blocks of 1, 64, 512, 4096, ... samples.

    Parameters
    ----------
    samples
        Shape (n,), kept without a copy.
    """

    def __init__(self, samples: Values) -> None:
        self.samples = samples
        self._levels: list[tuple[int, Values, Values]] = [(1, samples, samples)]
        factor = _BLOCK
        while len(self._levels[-1][1]) > _COARSEST:
            block, low, high = self._levels[-1]
            self._levels.append((block * factor, _over(np.minimum, low, factor), _over(np.maximum, high, factor)))
            factor = _FACTOR

    def peaks(self, edges: npt.NDArray[np.float64]) -> tuple[Values, Values]:
        """Return the least and greatest sample between edges.

        Parameters
        ----------
        edges
            In samples, ascending, within 0..n, shape (columns + 1,).

        Returns
        -------
        low, high
            Shape (columns,). Each column takes in the first sample of the next, so that neighbours join.
        """
        width = float(edges[-1] - edges[0]) / max(len(edges) - 1, 1)
        block, low, high = next(level for level in reversed(self._levels) if level[0] * 2 <= max(width, 2.0))
        first = np.clip((edges[:-1] / block).astype(np.intp), 0, len(low) - 1)
        last = np.clip(np.ceil(edges[1:] / block).astype(np.intp), first + 1, len(low))
        start, stop = int(first[0]), int(last[-1])
        at, joined = first - start, last - 1 - start
        lows, highs = low[start:stop], high[start:stop]
        return (
            np.minimum(np.minimum.reduceat(lows, at), lows[joined]),
            np.maximum(np.maximum.reduceat(highs, at), highs[joined]),
        )

    def greatest(self) -> float:
        """Return the greatest absolute value, 1 where there is none above 0."""
        _, low, high = self._levels[-1]
        largest = max(-float(low.min()), float(high.max())) if len(low) else 0.0
        return largest if math.isfinite(largest) and largest > 0 else 1.0


def _over(extreme: np.ufunc, values: Values, factor: int) -> Values:
    result: Values = extreme.reduceat(values, np.arange(0, len(values), factor))
    return result
