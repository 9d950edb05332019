"""What rows draw, made from samples and frames: pure functions that a thread beside the window's can run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.features import log_mel
from model.phonemes import BLANK, PHONEME_CLASSES, SymbolTable, phoneme_class
from phonegui.views.pyramids import Bytes, FramePyramid, PeakPyramid, RankedPyramid

LogProbs = npt.NDArray[np.floating[Any]]

CLASSES = tuple(PHONEME_CLASSES)
BLANK_SHADES, SHADES = 16, 32
"""Steps of confidence in the codes of the ribbon, of frames that the blank wins and of others."""

_BLOCK_FRAMES = 1 << 14  # picking rows out of a block holds the interpreter's lock: no longer than is noticed
_LEAST_DECIBELS, _CODES_PER_DECIBEL = -110.0, 1.5
_THINNED = 100_000
# Below every logarithm that still counts; keeps 0 x log 0 a number.
_FLOOR = -100.0


@dataclass(frozen=True, eq=False)
class PosteriorPicture:
    """What the rows of posteriors draw.

    Attributes
    ----------
    posteriors
        Probabilities 0..255, rows in the table's display order.
    winners
        Class index of the likeliest class of each frame, shape (T,).
    ribbon
        Code of each frame, shape (1, T): 0 nothing, then the blank by confidence, then phonemes by confidence and
        class; where frames share a pixel, the surest phoneme is seen.
    entropy
        Bits of each frame, (T,).
    """

    posteriors: FramePyramid
    winners: npt.NDArray[np.uint16]
    ribbon: FramePyramid
    entropy: PeakPyramid


def picture_audio(samples: npt.NDArray[np.float32]) -> PeakPyramid:
    """Return the peaks of samples (n,)."""
    return PeakPyramid(np.ascontiguousarray(samples, dtype=np.float32))


def picture_features(frames: npt.NDArray[np.floating[Any]]) -> tuple[FramePyramid, tuple[float, float]]:
    """Return features (T, coefficients) as 0..255, the zeroth at the bottom, and the values of both ends."""
    levels = _round_levels(np.asarray(frames.reshape(-1)[:: max(1, frames.size // _THINNED)], np.float32))
    low, high = levels
    scaled = np.empty((frames.shape[1], len(frames)), np.uint8)
    for start in range(0, len(frames), _BLOCK_FRAMES):
        block = np.nan_to_num(np.asarray(frames[start : start + _BLOCK_FRAMES], np.float32), posinf=0.0, neginf=0.0)
        values = np.clip((block - low) * (255.0 / (high - low)), 0.0, 255.0)
        scaled[:, start : start + len(block)] = np.rint(values).astype(np.uint8).T[::-1]
    return FramePyramid(scaled, peaks=False), levels


def picture_log_mel(
    samples: npt.NDArray[np.float32], recipe: FeatureConfig
) -> tuple[FramePyramid, tuple[float, float]]:
    """Return the log-mel spectrum of samples (n,) as 0..255, the lowest band at the bottom, and both ends in decibels.

    The recipe's range below the loudest band is shown. Long recordings go in blocks.
    """
    hop, around = recipe.hop_samples, recipe.fft_size // recipe.hop_samples + 1
    count = 1 + len(samples) // hop
    codes = np.empty((recipe.mel_bands, count), np.uint8)
    for first in range(0, count, _BLOCK_FRAMES):
        last = min(count, first + _BLOCK_FRAMES)
        before = max(0, first - around)
        decibels = log_mel(samples[before * hop : (last + around) * hop], recipe)[first - before : last - before]
        coded = np.clip(np.rint((decibels - _LEAST_DECIBELS) * _CODES_PER_DECIBEL), 0, 255)
        codes[:, first:last] = coded.astype(np.uint8).T[::-1]
    top = _LEAST_DECIBELS + float(codes.max()) / _CODES_PER_DECIBEL
    low = top - recipe.top_decibels
    shades = (np.arange(256) / _CODES_PER_DECIBEL + _LEAST_DECIBELS - low) * (255.0 / (top - low))
    table = np.rint(np.clip(shades, 0.0, 255.0)).astype(np.uint8)
    return FramePyramid(table[codes], peaks=False), (low, top)


def picture_posteriors(log_probs: LogProbs, table: SymbolTable) -> PosteriorPicture:
    """Return what the rows of posteriors draw, from logarithms (T, V) and the names of the V classes."""
    order = table.display_order()
    count = len(log_probs)
    values = np.empty((len(order), count), np.uint8)
    winners, codes = np.empty(count, np.uint16), np.empty((1, count), np.uint8)
    entropy, ranks = np.empty(count, np.float32), np.empty(count, np.uint16)
    class_of = _class_numbers(table)
    for start in range(0, count, _BLOCK_FRAMES):
        logs = np.asarray(log_probs[start : start + _BLOCK_FRAMES], np.float32)
        part = slice(start, start + len(logs))
        probabilities = np.clip(np.nan_to_num(np.exp(logs)), 0.0, 1.0)
        values[:, part] = np.rint(probabilities[:, order] * 255.0).astype(np.uint8).T
        winners[part] = probabilities.argmax(axis=1)
        best = np.take_along_axis(probabilities, winners[part, None].astype(np.intp), axis=1)[:, 0]
        # Where nothing has any probability, nothing was heard as yet.
        codes[0, part] = np.where(best > 0, ribbon_codes(winners[part], best, class_of), 0)
        ranks[part] = ribbon_ranks(winners[part], best, class_of, start)
        bits = np.einsum("tv,tv->t", probabilities, np.clip(np.nan_to_num(logs), _FLOOR, 0.0))
        entropy[part] = np.abs(bits) / math.log(2)
    return PosteriorPicture(
        FramePyramid(values, peaks=True), winners, RankedPyramid(codes, ranks), PeakPyramid(entropy)
    )


def ribbon_codes(
    winners: npt.NDArray[np.integer[Any]], confidence: npt.NDArray[np.floating[Any]], class_of: Bytes
) -> Bytes:
    """Return the code of each frame of the ribbon.

    Parameters
    ----------
    winners
        Class index of each frame, (T,).
    confidence
        Its probability, (T,).
    class_of
        Place in `CLASSES` of each class index; that of the blank is not used.
    """
    shade = np.minimum(np.asarray(confidence * SHADES, np.uint8), SHADES - 1)
    phonemes = 1 + BLANK_SHADES + shade * len(CLASSES) + class_of[winners]
    blanks = 1 + shade // (SHADES // BLANK_SHADES)
    return np.where(np.asarray(winners) == BLANK, blanks, phonemes).astype(np.uint8)


def ribbon_ranks(
    winners: npt.NDArray[np.integer[Any]], confidence: npt.NDArray[np.floating[Any]], class_of: Bytes, first: int
) -> npt.NDArray[np.uint16]:
    """Return which of the frames that share a pixel is seen on the ribbon: the one of the highest rank.

    Phonemes go before silence and silence before the blank, then the surer; among equals chance decides, so that no
    class is seen more often than it is heard. `first` is the number of the first frame.
    """
    kinds = np.where(np.asarray(winners) == BLANK, 0, np.where(class_of[winners] == CLASSES.index("silence"), 1, 2))
    shade = np.minimum(np.asarray(confidence * SHADES, np.uint32), SHADES - 1)
    # Knuth's multiplicative hash: the same frame has the same luck at every zoom.
    chance = (np.arange(first, first + len(winners), dtype=np.uint32) * np.uint32(2654435761)) >> np.uint32(23)
    return (kinds.astype(np.uint32) << 14 | shade << 9 | chance).astype(np.uint16)


def _class_numbers(table: SymbolTable) -> Bytes:
    names = [phoneme_class(symbol) for symbol in table.symbols]
    # What is in no class is drawn as silence is: grey.
    return np.array([CLASSES.index(name if name in CLASSES else "silence") for name in names], np.uint8)


def _round_levels(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return round values that all but the outermost hundredth lie between, symmetric when they lie about zero."""
    finite = values[np.isfinite(values)]
    low, high = (float(value) for value in np.percentile(finite, [1.0, 99.0])) if len(finite) else (0.0, 0.0)
    if low < 0 < high and max(-low, high) < 3 * min(-low, high):
        high = math.ceil(2 * max(-low, high)) / 2
        return -high, high
    return (low, high) if high > low else (low - 0.5, low + 0.5)
