"""Colours can be read, told apart and follow the palette."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QSpinBox

from model.phonemes import PHONEME_CLASSES
from phonegui import theme as themes
from phonegui.theme import DARK, LIGHT, Theme, class_colors, contrast_ratio
from phonegui.views.tier import tier_colors

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)

# Machado, Oliveira and Fernandes (2009), full deuteranopia and protanopia, on linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)


def _lab(rgb: np.ndarray, sight: np.ndarray | None = None) -> np.ndarray:
    srgb = np.asarray(rgb, dtype=float) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    if sight is not None:
        linear = np.clip(linear @ sight.T, 0.0, 1.0)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _rgb(color: str) -> np.ndarray:
    return np.array(QColor(color).getRgb()[:3])


@BOTH
def test_words_can_be_read(theme: Theme) -> None:
    for ground in (theme.background, theme.surface):
        for color in (theme.text, theme.muted, theme.accent):
            assert contrast_ratio(color, ground) >= 4.5, (color, ground)


@BOTH
def test_symbols_can_be_read_on_every_box_of_a_tier(theme: Theme) -> None:
    shades = len(tier_colors(theme)) // (len(PHONEME_CLASSES) + 1)
    for number, packed in enumerate(tier_colors(theme)):
        if number % shades:  # the last of each class is the bar below the text
            assert contrast_ratio(theme.text, QColor(packed).name()) >= 4.5


@BOTH
def test_every_class_has_a_colour_that_shows(theme: Theme) -> None:
    colors = class_colors(theme)
    assert list(colors) == [*PHONEME_CLASSES, "blank"]
    for color in colors.values():
        assert contrast_ratio(color, theme.background) >= 3.0


@BOTH
@pytest.mark.parametrize("sight", [None, DEUTERANOPIA, PROTANOPIA], ids=["typical", "deuteranopia", "protanopia"])
def test_classes_are_told_apart(theme: Theme, sight: np.ndarray | None) -> None:
    spoken = {name: color for name, color in class_colors(theme).items() if name not in ("silence", "blank")}
    for (first, a), (second, b) in combinations(spoken.items(), 2):
        difference = np.linalg.norm(_lab(_rgb(a), sight) - _lab(_rgb(b), sight))
        assert difference > 12, (first, second, round(float(difference), 1))


@BOTH
def test_silence_and_blank_are_grey(theme: Theme) -> None:
    for name in ("silence", "blank"):
        assert np.ptp(_rgb(class_colors(theme)[name])) < 20


@BOTH
@pytest.mark.parametrize("name", themes.COLOR_MAPS)
def test_colour_maps_change_lightness_in_one_direction(theme: Theme, name: str) -> None:
    table = themes.color_map(name, theme)
    assert table.shape == (256, 3) and table.dtype == np.uint8
    lightness = _lab(table)[:, 0]
    rise = np.diff(lightness[::8])
    assert (rise > 0).all() or (rise < 0).all()
    assert abs(lightness[-1] - lightness[0]) > 60


def test_unknown_colour_map_is_refused() -> None:
    with pytest.raises(ValueError, match="viridis"):
        themes.color_map("jet", LIGHT)


@BOTH
def test_palette_leads_back_to_its_theme(qapp: QApplication, theme: Theme) -> None:
    palette = themes.make_palette(theme)
    assert themes.current_theme(palette) == theme
    assert palette.color(QPalette.ColorRole.Window).name() == theme.background
    group, role = QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text
    assert contrast_ratio(palette.color(group, role).name(), theme.background) < contrast_ratio(
        theme.text, theme.background
    )


def test_apply_colours_application_and_plots(qapp: QApplication) -> None:
    import pyqtgraph as pg

    before = qapp.palette()
    try:
        for theme in (DARK, LIGHT):
            themes.apply(qapp, theme)
            assert themes.current_theme(qapp.palette()) == theme
            assert pg.getConfigOption("background") == theme.background
            assert pg.getConfigOption("imageAxisOrder") == "row-major"
    finally:
        qapp.setPalette(before)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == pytest.approx(1.0)


def test_text_on_picks_the_readable_one() -> None:
    assert themes.text_on("#ffff00") == "#000000"
    assert themes.text_on("#00007f") == "#ffffff"


def test_two_sizes_with_tabular_figures(qapp: QApplication) -> None:
    font = QFont(qapp.font())
    small = themes.small_font(font)
    assert 9 <= small.pixelSize() < QFontInfo(font).pixelSize()
    for item in (small, themes.text_font(font)):
        assert item.featureValue(QFont.Tag("tnum")) == 1


@BOTH
def test_outlines_of_controls_can_be_seen(qapp: QApplication, theme: Theme) -> None:
    themes.apply(qapp, theme)
    assert contrast_ratio(theme.border, theme.background) >= 3
    assert contrast_ratio(theme.border, theme.surface) >= 3
    for control in (QLineEdit(), QCheckBox("Log scale"), QSpinBox()):
        control.resize(control.sizeHint())
        image = control.grab().toImage()
        # Somewhere in the row through its middle stands a line that can be told from the ground.
        middle = [image.pixelColor(x, image.height() // 2).name() for x in range(min(6, image.width()))]
        assert max(contrast_ratio(color, theme.background) for color in middle) >= 2.5, type(control)


def test_ink_reads_on_all_of_some_fills() -> None:
    assert themes.text_on("#ffffff") == "#000000" and themes.text_on("#000000") == "#ffffff"
    assert themes.text_on("#f2dfd2", "#ffffff") == "#000000"
    assert themes.text_on("#a84400", "#7f3300") == "#ffffff"
