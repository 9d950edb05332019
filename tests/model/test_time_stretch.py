import numpy as np
import pytest

from model.time_stretch import FASTEST, SLOWEST, stretch, stretched_length

RATE = 16000


def voice(seconds: float = 2.0, pitch: float = 120.0) -> np.ndarray:
    """Return a buzz of a voice's pitch with its harmonics under a slow swell."""
    time = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12))
    return (0.2 * buzz * (1 + 0.3 * np.sin(2 * np.pi * 2 * time))).astype(np.float32)


def pitch_of(samples: np.ndarray) -> float:
    piece = samples[len(samples) // 2 :][:4096].astype(np.float64)
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 17))
    return float(np.argmax(power) * RATE / (1 << 17))


@pytest.mark.parametrize("speed", [0.5, 0.7, 1.3, 2.0])
def test_another_speed_keeps_pitch_and_loudness(speed):
    samples = voice()
    result = np.concatenate(list(stretch(samples, RATE, speed)))
    assert len(result) == stretched_length(len(samples), speed) == round(len(samples) / speed)
    assert result.dtype == np.float32
    assert pitch_of(result) == pytest.approx(pitch_of(samples), rel=0.02)
    assert np.sqrt(np.mean(result**2)) == pytest.approx(np.sqrt(np.mean(samples**2)), rel=0.1)
    assert np.abs(result).max() <= 1.1 * np.abs(samples).max()


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.6, 2.0])
def test_events_come_at_their_times(speed):
    samples = np.zeros(3 * RATE, np.float32)
    at = (0.5, 1.7, 2.6)
    for seconds in at:
        samples[round(seconds * RATE) : round((seconds + 0.1) * RATE)] = voice(0.1)
    result = np.concatenate(list(stretch(samples, RATE, speed)))
    loud = np.abs(result) > 0.05
    starts = np.flatnonzero(loud & ~np.concatenate(([False], np.convolve(loud, np.ones(1600))[: len(loud) - 1] > 0)))
    assert len(starts) == len(at)
    # A piece may be taken from a reach earlier or later, and begins to sound within its fade.
    assert np.allclose(starts / RATE, np.array(at) / speed, atol=0.03)


def test_speed_one_changes_no_sample():
    samples = np.random.default_rng(0).normal(size=12345).astype(np.float32)
    assert np.array_equal(np.concatenate(list(stretch(samples, RATE, 1.0))), samples)


def test_the_first_block_is_made_from_the_first_samples_alone():
    endless = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (1 << 40,), (0,))
    assert 0 < len(next(stretch(endless, RATE, 0.5))) <= 0.05 * RATE


@pytest.mark.parametrize("speed", [SLOWEST, 1.0, FASTEST])
@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_short_recordings(count, speed):
    result = list(stretch(np.ones(count, np.float32), RATE, speed))
    assert sum(map(len, result)) == stretched_length(count, speed)
    assert all(np.isfinite(block).all() for block in result)


def test_silence_stays_silent():
    assert not np.any(np.concatenate(list(stretch(np.zeros(RATE, np.float32), RATE, 0.7))))


@pytest.mark.parametrize("speed", [0.49, 2.01, 0.0, -1.0, float("nan")])
def test_other_speeds_are_refused(speed):
    with pytest.raises(ValueError, match="speed"):
        next(stretch(np.zeros(10, np.float32), RATE, speed))
