"""From samples to feature frames by a checkpoint's recipe.

Mel-frequency cepstral coefficients as in librosa (Slaney filters, decibels, orthonormal DCT-II), one frame each hop,
frame *t* centred on *t* x hop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.errors import UserError

Features = npt.NDArray[np.float32]

# A coefficient whose spread is below this is constant: rounding noise must not be blown up to unit variance.
_SMALLEST_DEVIATION = 1e-5
_BLOCK_VALUES = 1 << 24  # of a block's spectra


def compute_features(samples: npt.NDArray[Any], recipe: FeatureConfig) -> Features:
    """Return the normalised feature frames of a recording.

    Parameters
    ----------
    samples
        Mono samples of shape (n,) at ``recipe.sample_rate``.
    recipe
        What to compute; comes from the checkpoint.

    Returns
    -------
    ndarray of float32, shape (frames, recipe.coefficients)
        ``1 + n // hop`` frames, always finite: silence gives zeros.

    Raises
    ------
    UserError
        The recipe is unknown (a checkpoint trained on features whose making is not published) or impossible.
    """
    require_known(recipe)
    frames = mfcc(samples, recipe)
    return normalize(frames) if recipe.normalize == "utterance" else frames


def require_known(recipe: FeatureConfig) -> None:
    """Raise UserError when features of a recipe cannot be computed from recordings."""
    if recipe.kind != "mfcc":
        raise UserError(
            "This checkpoint was trained on features whose recipe is not known, so recordings cannot be given to it; "
            "open a corpus of its own features, or choose a checkpoint trained on recordings."
        )


def mfcc(samples: npt.NDArray[Any], recipe: FeatureConfig) -> Features:
    """Return the cepstral coefficients of mono samples (n,) before normalisation, shape (frames, coefficients)."""
    # librosa costs seconds at its first import: only those who compute features pay.
    import librosa

    power = _mel_power(np.ascontiguousarray(samples, dtype=np.float32), recipe)
    decibels = librosa.power_to_db(power, top_db=recipe.top_decibels)
    cepstra = librosa.feature.mfcc(S=decibels, n_mfcc=recipe.coefficients)
    return np.ascontiguousarray(cepstra.T, dtype=np.float32)


def _mel_power(signal: Features, recipe: FeatureConfig) -> Features:
    """Return the power in each mel band, shape (bands, 1 + n // hop), the signal being silent beyond its ends.

    Long recordings go in blocks, for a spectrum takes twenty times the memory of its bands.
    """
    import librosa

    _check_bands(recipe)
    hop, size = recipe.hop_samples, recipe.fft_size
    block = max(1, _BLOCK_VALUES // size)
    padded = np.pad(signal, size // 2)
    count = 1 + len(signal) // hop
    blocks = [
        librosa.feature.melspectrogram(
            y=padded[start * hop : (min(count, start + block) - 1) * hop + size],
            sr=recipe.sample_rate,
            n_fft=size,
            win_length=recipe.window_samples,
            hop_length=hop,
            center=False,
            n_mels=recipe.mel_bands,
            fmin=recipe.low_frequency,
            fmax=min(recipe.high_frequency, recipe.sample_rate / 2),
        )
        for start in range(0, count, block)
    ]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)


def _check_bands(recipe: FeatureConfig) -> None:
    """Raise UserError when a mel filter is too narrow to hold a frequency of the transform."""
    import librosa

    nyquist = recipe.sample_rate / 2
    edges = librosa.mel_frequencies(
        recipe.mel_bands + 2, fmin=recipe.low_frequency, fmax=min(recipe.high_frequency, nyquist)
    )
    bins = np.linspace(0, nyquist, 1 + recipe.fft_size // 2)
    held = np.searchsorted(bins, edges[2:], "left") - np.searchsorted(bins, edges[:-2], "right")
    if held.min() < 1:
        raise UserError(f"{recipe.mel_bands} mel_bands are too many for a window of {recipe.window_samples} samples.")


def normalize(features: npt.NDArray[Any]) -> Features:
    """Return features (frames, coefficients) with zero mean and unit variance in each coefficient.

    The variance is the population's (ddof 0), as in the course data. A constant coefficient becomes zeros, never NaN.
    """
    values = np.asarray(features, dtype=np.float64)
    if not len(values):
        return np.zeros(values.shape, np.float32)
    centred = values - values.mean(axis=0)
    deviation = centred.std(axis=0)
    constant = deviation < _SMALLEST_DEVIATION
    centred[:, constant] = 0.0
    scaled: Features = (centred / np.where(constant, 1.0, deviation)).astype(np.float32)
    return scaled
