"""From samples to feature frames by a checkpoint's recipe.

Mel-frequency cepstral coefficients as in librosa (Slaney filters, decibels, orthonormal DCT-II), one frame each hop,
frame *t* centred on *t* x hop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.errors import Cancelled, UserError

Features = npt.NDArray[np.float32]
Progress = Callable[[float], bool]

# A coefficient whose spread is below this is constant: rounding noise must not be blown up to unit variance.
_SMALLEST_DEVIATION = 1e-5
_LEAST_POWER = 1e-11
_BLOCK_VALUES = 1 << 22  # of a block's spectra


def compute_features(samples: npt.NDArray[Any], recipe: FeatureConfig, *, progress: Progress | None = None) -> Features:
    """Return the normalised feature frames of a recording.

    Parameters
    ----------
    samples
        Mono samples of shape (n,) at ``recipe.sample_rate``.
    recipe
        What to compute; comes from the checkpoint.
    progress
        Called with the part done; the work is given up when it answers False.

    Returns
    -------
    ndarray of float32, shape (frames, recipe.coefficients)
        ``1 + n // hop`` frames, always finite: silence gives zeros.

    Raises
    ------
    UserError
        The recipe is unknown (a checkpoint trained on features whose making is not published) or impossible.
    Cancelled
        `progress` answered False.
    """
    require_known(recipe)
    frames = mfcc(samples, recipe, progress=progress)
    return normalize(frames) if recipe.normalize == "utterance" else frames


def require_known(recipe: FeatureConfig) -> None:
    """Raise UserError when features of a recipe cannot be computed from recordings."""
    if recipe.kind != "mfcc":
        raise UserError(
            "This checkpoint was trained on features whose recipe is not known, so recordings cannot be given to it; "
            "open a corpus of its own features, choose a checkpoint trained on recordings, or declare that its "
            "features are phonegui's own: phonegui convert OLD NEW.safetensors --features mfcc."
        )


def mfcc(samples: npt.NDArray[Any], recipe: FeatureConfig, *, progress: Progress | None = None) -> Features:
    """Return the cepstral coefficients of mono samples (n,) before normalisation, shape (frames, coefficients)."""
    # librosa costs seconds at its first import: only those who compute features pay.
    import librosa

    decibels = _decibels(samples, recipe, progress)
    np.maximum(decibels, decibels.max() - recipe.top_decibels, out=decibels)
    cepstra = np.empty((decibels.shape[1], recipe.coefficients), np.float32)
    block = max(1, _BLOCK_VALUES // recipe.fft_size)
    for start in range(0, len(cepstra), block):
        part = slice(start, start + block)
        cepstra[part] = librosa.feature.mfcc(S=decibels[:, part], n_mfcc=recipe.coefficients).T
    return cepstra


def log_mel(samples: npt.NDArray[Any], recipe: FeatureConfig) -> Features:
    """Return the decibels in each mel band of mono samples (n,), 0 being a power of 1, shape (frames, mel_bands)."""
    return np.ascontiguousarray(_decibels(samples, recipe, None, least_power=_LEAST_POWER).T)


def mel_centres(recipe: FeatureConfig) -> npt.NDArray[np.float64]:
    """Return the frequency in Hz that each mel band is centred on, shape (mel_bands,)."""
    import librosa

    high = min(recipe.high_frequency, recipe.sample_rate / 2)
    edges: npt.NDArray[np.float64] = librosa.mel_frequencies(recipe.mel_bands + 2, fmin=recipe.low_frequency, fmax=high)
    return edges[1:-1]


def _decibels(
    samples: npt.NDArray[Any], recipe: FeatureConfig, progress: Progress | None, *, least_power: float = 1e-10
) -> Features:
    """Return the decibels in each mel band, shape (bands, 1 + n // hop), the signal being silent beyond its ends.

    Long recordings go in blocks, for a spectrum takes twenty times the memory of its bands.
    """
    import librosa

    _check_bands(recipe)
    signal = np.ascontiguousarray(samples, dtype=np.float32)
    hop, size = recipe.hop_samples, recipe.fft_size
    block = max(1, _BLOCK_VALUES // size)
    decibels = np.empty((recipe.mel_bands, 1 + len(signal) // hop), np.float32)
    count = decibels.shape[1]
    for start in range(0, count, block):
        end = min(count, start + block)
        power = librosa.feature.melspectrogram(
            y=_piece(signal, start * hop - size // 2, (end - 1) * hop + size - size // 2),
            sr=recipe.sample_rate,
            n_fft=size,
            win_length=recipe.window_samples,
            hop_length=hop,
            center=False,
            n_mels=recipe.mel_bands,
            fmin=recipe.low_frequency,
            fmax=min(recipe.high_frequency, recipe.sample_rate / 2),
        )
        decibels[:, start:end] = librosa.power_to_db(power, ref=1.0, amin=least_power, top_db=None)
        if progress is not None and not progress(end / count):
            raise Cancelled
    return decibels


def _piece(signal: Features, start: int, end: int) -> Features:
    """Return the samples between two places, zeros beyond the ends of the signal."""
    inside = signal[max(0, start) : max(0, end)]
    return np.pad(inside, (max(0, -start), end - start - max(0, -start) - len(inside)))


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
    features = np.asarray(features)
    scaled: Features = np.zeros(features.shape, np.float32)
    # One coefficient after the other: of a day's frames a copy in double precision is too much.
    for column in range(scaled.shape[1] if len(scaled) else 0):
        values = np.array(features[:, column], dtype=np.float64)
        values -= values.mean()
        deviation = values.std()
        if not deviation < _SMALLEST_DEVIATION:  # what is no number stays none
            scaled[:, column] = values / deviation
    return scaled
