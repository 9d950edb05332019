"""The features row shows cepstral coefficients or the log-mel spectrum, with more or less contrast."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from model.config import FeatureConfig
from model.features import log_mel, mel_centres
from phonegui.panels.feature_menu import FeatureMenu
from phonegui.settings import Remembered
from phonegui.theme import LIGHT, color_map
from phonegui.views.pictures import picture_log_mel
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import RATE, shown_timeline


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def color(row: QWidget, x: float, y: float) -> str:
    return row.grab().toImage().pixelColor(int(x), int(y)).name()


def tone(frequency: float, seconds: float) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def test_spectrum_of_a_tone_is_loudest_in_its_band() -> None:
    recipe = FeatureConfig()
    pyramid, (low, high) = picture_log_mel(tone(1000, 1.0), recipe)
    assert pyramid.levels[0].shape == (recipe.mel_bands, 101)
    loudest = recipe.mel_bands - 1 - pyramid.levels[0][:, 50].argmax()
    assert loudest == np.abs(mel_centres(recipe) - 1000).argmin()
    assert pyramid.levels[0].max() == 255
    assert high - low == pytest.approx(recipe.top_decibels)


def test_spectrum_made_in_blocks_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, samples = FeatureConfig(), np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    whole = picture_log_mel(samples, recipe)[0].levels[0]
    monkeypatch.setattr("phonegui.views.pictures._BLOCK_FRAMES", 17)
    assert (picture_log_mel(samples, recipe)[0].levels[0] == whole).all()


def test_twice_the_amplitude_is_six_decibels_more() -> None:
    samples = tone(500, 0.2)
    difference = log_mel(2 * samples, FeatureConfig()) - log_mel(samples, FeatureConfig())
    assert difference[5:-5].max(axis=1) == pytest.approx(6.02, abs=0.01)


def test_silence_and_a_single_sample_have_a_spectrum() -> None:
    for samples in (np.zeros(RATE, np.float32), np.zeros(1, np.float32)):
        assert picture_log_mel(samples, FeatureConfig())[0].frames >= 1


def test_spectrum_takes_the_place_of_the_coefficients_and_goes_again(view: TimelineView, qtbot: QtBot) -> None:
    row = view.spectrogram
    coefficients = row.grab().toImage()
    view.set_feature_kind("log-mel")
    qtbot.waitUntil(lambda: not view.busy, timeout=30_000)
    assert row.title == row.accessibleName() == "Log-mel"
    assert row.rows == FeatureConfig().mel_bands
    # The scene's sound is a tone of 200 Hz: loud below, silent above.
    x = row.x_of(1.0)
    assert QColor(color(row, x, row.height() - 6)).lightness() > QColor(color(row, x, 6)).lightness() + 60
    view.set_feature_kind("MFCC")
    assert row.title == "MFCC"
    assert row.grab().toImage() == coefficients
    with pytest.raises(ValueError, match="log-mel"):
        view.set_feature_kind("chroma")


def test_without_sound_the_given_features_are_shown(view: TimelineView) -> None:
    view.clear()
    view.set_feature_kind("log-mel")
    view.set_features(np.zeros((50, 13), np.float32), 0.01)
    assert view.spectrogram.rows == 13


def test_contrast_spreads_the_colours_about_the_middle(view: TimelineView) -> None:
    row = view.spectrogram
    low, high = row.levels
    row.set_contrast(2.0)
    assert row.levels == pytest.approx((low / 2, high / 2))
    features = np.full((201, 13), 0.6 * high, np.float32)
    features[::2] = -features[::2]
    view.set_features(features, 0.01)
    view.show_range(0.995, 1.025)
    ends = {"#{:02x}{:02x}{:02x}".format(*color_map("viridis", LIGHT)[place]) for place in (0, 255)}
    assert {color(row, row.x_of(1.0), 5), color(row, row.x_of(1.01), 5)} == ends
    row.set_contrast(100.0)
    assert row.contrast == 4.0


def test_menu_remembers_kind_and_contrast(view: TimelineView, qtbot: QtBot) -> None:
    settings = Remembered()
    menu = FeatureMenu(view, settings)
    menu.choose("log-mel")
    menu.slider.setValue(180)
    assert view.spectrogram.contrast == 1.8
    menu.remember()
    other = shown_timeline(qtbot)
    again = FeatureMenu(other, settings)
    assert again.choice == "log-mel" and other.spectrogram.contrast == 1.8
    settings.set("feature_kind", "chroma")
    settings.set("feature_contrast", "a lot")
    last = FeatureMenu(other, settings)
    assert last.choice == "MFCC" and last.slider.value() == 100
    qtbot.waitUntil(lambda: not (view.busy or other.busy), timeout=30_000)
    for item in (menu, again, last):
        item.deleteLater()
