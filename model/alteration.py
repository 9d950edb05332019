"""Recordings changed at random into what another speaker, room or microphone might have given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

VERSION = 2
"""Goes up when the changes below do, so that features kept on disk are computed anew."""

_SPEEDS = (0.88, 1.14)
_ROOM_SECONDS = (0.1, 0.5)
_REVERBERANT_DECIBELS = (-18.0, -4.0)
_PAUSE_SECONDS = (0.05, 0.8)
_LINE_HERTZ = (150.0, 400.0), (3000.0, 5500.0)
_NOISE_DECIBELS = (8.0, 35.0)
_BANDS = 8
_BAND_DECIBELS = 5.0


def altered(samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
    """Return a recording with another speed, and at times other pauses around it, another room, microphone and noise.

    The speed changes with the pitch and the formants, as for a smaller or larger speaker (Ko et al., 2015). A room is
    a decaying random response (Ko et al., 2017), a microphone a smooth random curve of gain with cut-off ends, at times
    a telephone line behind it, and the noise lies between white and red in colour, 8 to 35 dB below the recording.
    Pauses are added where one waited to speak, filled by the noise, or digital silence where a program added them.

    Parameters
    ----------
    samples
        Mono samples (n,).
    sample_rate
        In Hz.
    random
        Decides everything.

    Returns
    -------
    ndarray of float32, shape (m,)
        Of another length: n over the speed, and the pauses.
    """
    import soxr

    speed = random.uniform(*_SPEEDS)
    result = np.asarray(soxr.resample(samples, speed * sample_rate, sample_rate), np.float32)
    if not len(result) or not result.any():
        return result
    waited, padded = random.random() < 0.2, random.random() < 0.2
    if waited:
        result = _between_pauses(result, sample_rate, random)
    if random.random() < 0.35:
        result = _in_a_room(result, sample_rate, random)
    if random.random() < 0.5:
        result = _through_a_microphone(result, sample_rate, random)
    if random.random() < 0.15:
        result = _over_a_line(result, sample_rate, random)
    if random.random() < 0.65:
        result = result + _noise(result, random)
    if padded:
        result = _between_pauses(result, sample_rate, random)
    return result.astype(np.float32)


def _between_pauses(samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
    """Add silence before, after, or on both sides."""
    before, after = (int(seconds * sample_rate) for seconds in random.uniform(*_PAUSE_SECONDS, size=2))
    side = random.integers(3)
    return np.pad(samples, (before * (side != 1), after * (side != 0)))


def _over_a_line(samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
    """Keep a band only, with steep edges, as a telephone does or a lower sample rate."""
    size = _fast_size(len(samples))
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    low, high = (random.uniform(*edge) for edge in _LINE_HERTZ)
    low *= random.integers(2)  # a lower sample rate keeps the lowest
    kept = np.fft.rfft(samples, size) * ((low <= frequencies) & (frequencies <= high))
    return np.fft.irfft(kept, size)[: len(samples)].astype(np.float32)


def _in_a_room(samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
    seconds = random.uniform(*_ROOM_SECONDS)
    response = random.standard_normal(max(2, int(seconds * sample_rate)))
    response *= 10 ** (-3 * np.arange(len(response)) / len(response))  # 60 dB in all
    response *= 10 ** (random.uniform(*_REVERBERANT_DECIBELS) / 20) / np.linalg.norm(response)
    response[0] = 1.0
    size = _fast_size(len(samples) + len(response))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: len(samples)].astype(np.float32)


def _through_a_microphone(samples: Samples, sample_rate: int, random: np.random.Generator) -> Samples:
    """Filter by a curve of gain, smooth over the logarithm of frequency, that may cut the lowest and highest."""
    size = _fast_size(len(samples))
    frequencies = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1.0)
    places = np.geomspace(60.0, sample_rate / 2, _BANDS)
    decibels = np.interp(np.log(frequencies), np.log(places), random.normal(0.0, _BAND_DECIBELS, _BANDS))
    low, high = random.uniform(20.0, 250.0), sample_rate / 2 * random.uniform(0.42, 1.1)
    decibels -= 6 * np.maximum(0.0, np.log2(low / frequencies)) + 24 * np.maximum(0.0, np.log2(frequencies / high))
    return np.fft.irfft(np.fft.rfft(samples, size) * 10 ** (decibels / 20), size)[: len(samples)].astype(np.float32)


def _noise(samples: Samples, random: np.random.Generator) -> Samples:
    size = _fast_size(len(samples))
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum *= np.maximum(np.arange(len(spectrum)), size // 200 + 1) ** -random.uniform(0.0, 1.0)
    noise = np.fft.irfft(spectrum, size)[: len(samples)]
    level = np.sqrt(np.mean(np.square(samples, dtype=np.float64))) * 10 ** (-random.uniform(*_NOISE_DECIBELS) / 20)
    scaled: Samples = (noise * (level / max(1e-12, float(np.sqrt(np.mean(noise**2)))))).astype(np.float32)
    return scaled


def _fast_size(length: int) -> int:
    """Return a length that is quick to transform: at least this, a small multiple of a power of two."""
    unit = 1 << max(0, length.bit_length() - 3)
    return max(2, -(-length // unit) * unit)
