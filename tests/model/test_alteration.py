from __future__ import annotations

import numpy as np
import pytest

from model.alteration import altered
from model.config import FeatureConfig
from model.corpus import FeatureCache, open_corpus, read_manifest
from model.errors import UserError
from model.prepare import prepare_course
from tests.model.helpers import assert_one_sentence, write_toy_corpus

RATE = 16000


def vowel(seconds: float = 1.0, pitch: float = 200.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 6)).astype(np.float32) * 0.1


def test_the_seed_decides_everything():
    one, again, other = (altered(vowel(), RATE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert len(other) != len(one)


def test_speed_changes_length_and_pitch_together():
    checked = 0
    for seed in range(30):
        result = altered(vowel(2.0), RATE, np.random.default_rng(seed))
        assert result.dtype == np.float32
        assert np.isfinite(result).all()
        result = sounding(result)
        speed = 2 * RATE / len(result)
        assert 0.85 < speed < 1.17
        spectrum = np.abs(np.fft.rfft(result * np.hanning(len(result))))
        spectrum[: int(150 * len(result) / RATE)] = 0
        spectrum[int(250 * len(result) / RATE) :] = 0
        peak = spectrum.argmax() * RATE / len(result)
        if spectrum.max() > 20 * np.median(spectrum[spectrum > 0]):  # not where noise is all there is
            assert peak == pytest.approx(200 * speed, rel=0.03)
            checked += 1
    assert checked > 15


def sounding(samples: np.ndarray) -> np.ndarray:
    """Return the part from the first to the last 10 ms of at least a third of the loudest one's level."""
    levels = np.sqrt(np.mean(samples[: len(samples) // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    loud = np.flatnonzero(levels > levels.max() / 3)
    return samples[160 * loud[0] : 160 * (loud[-1] + 1)]


def test_pauses_are_digital_silence_or_hold_the_noise():
    silent, noisy, plain, sides = [], 0, 0, set()
    for seed in range(150):
        result = altered(vowel(2.0), RATE, np.random.default_rng(seed))
        around = len(result) - len(sounding(result))
        assert around <= 2 * 2 * 0.8 * RATE + RATE // 10
        sound = np.flatnonzero(result)
        before, after = int(sound[0]), len(result) - 1 - int(sound[-1])
        if max(before, after) > RATE // 25:
            sides.add((before > RATE // 25, after > RATE // 25))
            silent.append(max(before, after))
        elif around > RATE // 5:
            noisy += 1
        else:
            plain += 1
    assert len(silent) > 12
    assert noisy > 4
    assert plain > 60
    assert sides == {(True, False), (False, True), (True, True)}
    assert 0.3 * RATE < np.median(silent) < 0.7 * RATE


def test_a_line_keeps_a_band():
    cut, without_low = 0, 0
    for seed in range(120):
        hiss = np.random.default_rng(7).standard_normal(2 * RATE).astype(np.float32) * 0.1
        result = altered(hiss, RATE, np.random.default_rng(seed))
        spectrum = np.abs(np.fft.rfft(result)) ** 2
        frequencies = np.fft.rfftfreq(len(result), 1 / RATE)
        line = spectrum[frequencies > 6000].sum() < 1e-3 * spectrum.sum()
        cut += line
        without_low += line and spectrum[(frequencies > 60) & (frequencies < 130)].sum() < 1e-4 * spectrum.sum()
    assert 4 <= cut < 40
    assert 1 <= without_low < cut


def harmonics(spectrum: np.ndarray, place: float) -> float:
    """Return the power at the first multiples of a place in the spectrum."""
    return float(spectrum[np.rint(np.arange(1, 6) * place).astype(int)].sum())


def test_noise_stays_below_the_speech():
    levels = []
    for seed in range(40):
        result = sounding(altered(vowel(2.0), RATE, np.random.default_rng(seed))).astype(np.float64)
        spectrum = np.abs(np.fft.rfft(result * np.hanning(len(result)))) ** 2
        frequencies = np.fft.rfftfreq(len(result), 1 / RATE)
        pitch = max(np.arange(170, 235, 0.05), key=lambda hertz: harmonics(spectrum, hertz * len(result) / RATE))
        near = np.abs(frequencies / pitch - np.round(frequencies / pitch)) < 0.05
        levels.append(10 * np.log10(spectrum[~near].sum() / spectrum.sum()))
    assert max(levels) < -5
    assert min(levels) < -25  # some copies stay clean
    assert np.ptp(levels) > 15


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(400), np.ones(1), vowel(0.01)], ids=str)
def test_silence_and_short_recordings_pass(samples: np.ndarray):
    for seed in range(10):
        result = altered(samples.astype(np.float32), RATE, np.random.default_rng(seed))
        assert np.isfinite(result).all()
        assert 0.85 * len(samples) - 1 <= len(result) <= 1.15 * len(samples) + 1 + 2 * 2 * 0.8 * RATE


def test_copies_of_a_corpus_have_features_of_their_own(tmp_path):
    corpus = read_manifest(write_toy_corpus(tmp_path / "corpus", count=3, seed=2))
    more = corpus.with_altered_copies(2)
    plain, cache = FeatureCache.open(corpus, FeatureConfig()), FeatureCache.open(more, FeatureConfig())
    assert len(cache) == 9
    assert len({utterance.name for utterance in cache.utterances}) == 9
    for number, original in enumerate(plain):
        np.testing.assert_array_equal(original, cache[number])
        assert cache.utterances[number + 3].labels == corpus.utterances[number].labels
        copies = [cache[number + 3], cache[number + 6]]
        assert len({copy.tobytes() for copy in (original, *copies)}) == 3
    again = FeatureCache.open(more, FeatureConfig())
    np.testing.assert_array_equal(again[8], cache[8])


def test_features_cannot_be_altered(tmp_path):
    corpus = read_manifest(write_toy_corpus(tmp_path / "corpus", count=2, seed=2))
    prepare_course(corpus, FeatureConfig(), tmp_path / "out", split="train")
    held = open_corpus(tmp_path / "out")
    assert held.with_altered_copies(0).utterances == held.utterances
    with pytest.raises(UserError, match="altered_copies") as raised:
        held.with_altered_copies(1)
    assert_one_sentence(raised.value)
