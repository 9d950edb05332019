from __future__ import annotations

import librosa
import numpy as np
import pytest

import model.features
from model.config import FeatureConfig
from model.errors import Cancelled, UserError
from model.features import compute_features, mfcc, normalize
from tests.model.helpers import RATE, assert_one_sentence, tone

RECIPE = FeatureConfig()


def speech_like(seconds: float, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    noise = random.standard_normal(round(seconds * RATE)).astype(np.float32)
    return (noise * (0.1 + 0.05 * np.sin(np.arange(len(noise)) / 900.0))).astype(np.float32)


@pytest.mark.parametrize("count", [0, 1, 7, 159, 160, 161, 399, 400, 512, 1599, 1600, 16000])
def test_there_is_a_frame_each_hop_however_short_the_signal(count: int):
    features = compute_features(speech_like(1.0)[:count], RECIPE)
    assert features.shape == (1 + count // 160, 13)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_coefficients_are_librosas():
    samples = speech_like(1.3) + tone(800.0, 1.3)
    expected = librosa.feature.mfcc(
        y=samples, sr=RATE, n_mfcc=13, n_fft=512, win_length=400, hop_length=160, n_mels=40, fmin=20.0, fmax=7600.0
    ).T
    np.testing.assert_allclose(mfcc(samples, RECIPE), expected, atol=1e-3)
    np.testing.assert_allclose(compute_features(samples, RECIPE), normalize(expected), atol=1e-4)


def test_coefficients_are_normalised_over_the_utterance():
    features = compute_features(speech_like(2.0), RECIPE)
    np.testing.assert_allclose(features.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0), 1.0, atol=1e-4)


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch):
    samples = speech_like(2.0)
    whole = compute_features(samples, RECIPE), model.features.log_mel(samples, RECIPE)
    monkeypatch.setattr(model.features, "_BLOCK_VALUES", 7 * RECIPE.fft_size)
    np.testing.assert_allclose(compute_features(samples, RECIPE), whole[0], atol=1e-4)
    np.testing.assert_allclose(model.features.log_mel(samples, RECIPE), whole[1], atol=1e-3)


def test_progress_is_told_and_cancels(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model.features, "_BLOCK_VALUES", 50 * RECIPE.fft_size)
    parts: list[float] = []
    compute_features(speech_like(2.0), RECIPE, progress=lambda part: parts.append(part) or True)
    assert parts == sorted(parts)
    assert len(parts) == 5
    assert parts[-1] == 1.0
    with pytest.raises(Cancelled):
        compute_features(speech_like(2.0), RECIPE, progress=lambda part: part < 0.5)


def test_what_is_no_number_stays_none():
    columns = np.arange(12.0).reshape(6, 2)
    columns[2, 1] = np.nan
    result = normalize(columns)
    assert np.isnan(result[:, 1]).all()
    assert np.isfinite(result[:, 0]).all()


def test_a_recipe_may_leave_them_as_they_are():
    samples = speech_like(0.5)
    raw = compute_features(samples, FeatureConfig(normalize="none"))
    np.testing.assert_array_equal(raw, mfcc(samples, RECIPE))
    assert np.abs(raw).max() > 10


@pytest.mark.parametrize("gain", [0.1, 0.5, 3.0, 30000.0])
def test_loudness_does_not_matter(gain: float):
    samples = speech_like(1.0)
    np.testing.assert_allclose(compute_features(gain * samples, RECIPE), compute_features(samples, RECIPE), atol=2e-3)


@pytest.mark.parametrize("level", [0.0, 1e-30])
def test_silence_gives_zeros(level: float):
    np.testing.assert_array_equal(compute_features(np.full(8000, level, np.float32), RECIPE), np.zeros((51, 13)))


@pytest.mark.parametrize("level", [1.0, 1e12, -0.5])
def test_a_constant_signal_stays_finite(level: float):
    assert np.isfinite(compute_features(np.full(8000, level, np.float32), RECIPE)).all()


def test_constant_columns_become_zeros():
    columns = np.random.default_rng(0).standard_normal((50, 4)) * 3 + 7
    columns[:, 1] = 5.0
    columns[:, 2] = 5.0 + 1e-9 * np.arange(50)
    result = normalize(columns)
    np.testing.assert_array_equal(result[:, 1:3], 0.0)
    np.testing.assert_allclose(result[:, [0, 3]].std(axis=0), 1.0, atol=1e-5)


def test_normalising_is_the_courses():
    columns = np.random.default_rng(0).standard_normal((40, 13)) * 3 + 7
    np.testing.assert_allclose(normalize(columns), (columns - columns.mean(0)) / columns.std(0), atol=1e-6)
    np.testing.assert_array_equal(normalize(np.ones((1, 13))), np.zeros((1, 13)))
    assert normalize(np.zeros((0, 13))).shape == (0, 13)


def test_normalising_leaves_what_it_was_given():
    columns = np.random.default_rng(0).standard_normal((10, 3))
    before = columns.copy()
    normalize(columns)
    np.testing.assert_array_equal(columns, before)


def test_a_frame_lies_where_its_sound_is():
    samples = np.zeros(RATE, np.float32)
    samples[8000:8400] = speech_like(1.0)[:400]
    loudness = compute_features(samples, RECIPE)[:, 0]
    assert abs(int(np.argmax(loudness)) - 8200 // 160) <= 1
    assert loudness[:45].max() < loudness[50:53].min()


def test_long_recordings_go_in_blocks_without_a_seam(monkeypatch: pytest.MonkeyPatch):
    samples = speech_like(3.0)
    whole = mfcc(samples, RECIPE)
    monkeypatch.setattr(model.features, "_BLOCK_VALUES", 37 * RECIPE.fft_size)
    np.testing.assert_allclose(mfcc(samples, RECIPE), whole, atol=1e-4)


def test_an_unknown_recipe_is_refused():
    with pytest.raises(UserError, match="not known") as caught:
        compute_features(speech_like(0.1), FeatureConfig(kind="unknown"))
    assert_one_sentence(caught.value)


def test_more_filters_than_the_window_can_tell_apart_are_refused():
    with pytest.raises(UserError, match="mel_bands") as caught:
        compute_features(speech_like(0.1), FeatureConfig(mel_bands=512))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("changes", [{"sample_rate": 8000}, {"coefficients": 40}, {"hop_seconds": 0.005}])
def test_recipes_are_obeyed(changes: dict[str, float]):
    recipe = FeatureConfig(**changes)  # type: ignore[arg-type]
    features = compute_features(speech_like(1.0), recipe)
    assert features.shape == (1 + RATE // recipe.hop_samples, recipe.coefficients)
