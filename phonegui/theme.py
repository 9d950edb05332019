"""Light and dark: the colours, colour maps and fonts that every view and panel draws with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from model.phonemes import PHONEME_CLASSES

COLOR_MAPS = ("viridis", "magma", "cividis", "grey")
"""Sequential perceptual colour maps offered for pictures, the default first; grey runs from the background to ink."""


@dataclass(frozen=True)
class Theme:
    """Colours of the window, each as ``#rrggbb``.

    Attributes
    ----------
    name
        ``"light"`` or ``"dark"``.
    is_dark
        Whether text is lighter than what it stands on.
    background
        The one surface that views, panels and the space between them share.
    surface
        Ground of what can be typed into or picked from: tables, lists, text fields.
    text, muted
        Values and symbols; titles and units.
    hairline, grid
        Lines between things; fainter lines behind data.
    border
        Outline of what can be typed into, ticked or dragged: at least 3 to 1 against what lies around it.
    accent
        The one colour besides the data's own: playback position, selection, focus.
    wave
        The waveform.
    """

    name: str
    is_dark: bool
    background: str
    surface: str
    text: str
    muted: str
    hairline: str
    grid: str
    border: str
    accent: str
    wave: str


LIGHT = Theme(
    name="light",
    is_dark=False,
    background="#fafaf8",
    surface="#ffffff",
    text="#1b1d20",
    muted="#5c6066",
    hairline="#d3d4d1",
    grid="#e9e9e6",
    border="#8b8e92",
    accent="#5b3fd0",
    wave="#4a5560",
)

DARK = Theme(
    name="dark",
    is_dark=True,
    background="#17191c",
    surface="#1e2125",
    text="#e8e9ea",
    muted="#9aa0a6",
    hairline="#3a3e44",
    grid="#25282c",
    border="#73787f",
    accent="#a794ff",
    wave="#a3adb8",
)

# What Fusion divides the lightness of the window's colour by, in percent, and whose outlines it draws so.
_OUTLINE_SHADE = 140
_OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QCheckBox", "QSlider", "QProgressBar")
_RAISED = 0.1  # of ink in the colour of a slider's handle

# Okabe and Ito (2008), "Color Universal Design", less the black and the yellow that vanish on one of the grounds.
_ON_DARK = {
    "vowel": "#0072b2",
    "stop": "#d55e00",
    "affricate": "#cc79a7",
    "fricative": "#009e73",
    "nasal": "#e69f00",
    "approximant": "#56b4e9",
    "silence": "#9a9fa5",
    "blank": "#70757c",
}

# The same hues, darkened until the light ones show on white; the dark ones keep their distance in lightness, by which
# those who do not see red from green tell orange from vermillion.
_ON_LIGHT = {
    "vowel": "#005a8f",
    "stop": "#a84400",
    "affricate": "#c973a1",
    "fricative": "#009e73",
    "nasal": "#bf8400",
    "approximant": "#4697c7",
    "silence": "#6b7076",
    "blank": "#8b8f94",
}

# Paul Tol's "medium contrast" scheme, the dark three on white, the light three on black: told apart in grey as well.
_DIFFERENCES_ON_LIGHT = {"substitution": "#997700", "deletion": "#994455", "insertion": "#004488"}
_DIFFERENCES_ON_DARK = {"substitution": "#eecc66", "deletion": "#ee99aa", "insertion": "#6699cc"}


def current_theme(palette: QPalette | None = None) -> Theme:
    """Return the theme a palette calls for; without one, the theme of the system.

    Parameters
    ----------
    palette
        Palette of a widget or of the application. None asks the system for its colour scheme, and the application's
        palette where the system does not say.
    """
    if palette is None:
        scheme = QGuiApplication.styleHints().colorScheme()
        if scheme != Qt.ColorScheme.Unknown:
            return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        palette = QGuiApplication.palette()
    ground, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
    return DARK if text.lightness() > ground.lightness() else LIGHT


def make_palette(theme: Theme) -> QPalette:
    """Return the Qt palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for roles, color in (
        ((role.Window, role.Button), theme.background),
        ((role.Base, role.ToolTipBase), theme.surface),
        ((role.AlternateBase, role.Midlight), theme.grid),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), theme.text),
        ((role.PlaceholderText,), theme.muted),
        ((role.Highlight, role.Accent, role.Link, role.LinkVisited), theme.accent),
        ((role.HighlightedText,), text_on(theme.accent)),
        ((role.Mid, role.Dark), theme.hairline),
        ((role.Light,), theme.surface),
    ):
        for item in roles:
            palette.setColor(item, QColor(color))
    faded = QColor(blend(theme.muted, theme.background, 0.6))
    for item in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, item, faded)
    return palette


def apply(app: QApplication, theme: Theme) -> None:
    """Give the application the colours of a theme."""
    import pyqtgraph as pg  # a quarter of a second: not before the theme is wanted

    palette = make_palette(theme)
    app.setPalette(palette)
    # Fusion draws the outline of a control in a darker shade of the window: on a dark one it could not be seen.
    outline(palette, theme)
    palette.setColor(QPalette.ColorRole.Button, QColor(blend(theme.text, theme.background, _RAISED)))
    for name in _OUTLINED:
        app.setPalette(palette, name)
    pg.setConfigOptions(background=theme.background, foreground=theme.text, antialias=False, imageAxisOrder="row-major")


def outline(palette: QPalette, theme: Theme) -> None:
    """Make a palette that is drawn by Fusion give outlines that can be seen; its window has another colour then."""
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.border).lighter(_OUTLINE_SHADE))


def class_colors(theme: Theme) -> dict[str, str]:
    """Return the colour of each phoneme class and of ``"blank"``, as ``#rrggbb``."""
    colors = _ON_DARK if theme.is_dark else _ON_LIGHT
    return {name: colors[name] for name in (*PHONEME_CLASSES, "blank")}


def difference_colors(theme: Theme) -> dict[str, str]:
    """Return the colours of ``"substitution"``, ``"deletion"`` and ``"insertion"``, as ``#rrggbb``."""
    return dict(_DIFFERENCES_ON_DARK if theme.is_dark else _DIFFERENCES_ON_LIGHT)


def blend(over: str, under: str, share: float) -> str:
    """Return ``#rrggbb`` of `share` (0..1) of one colour laid over another."""
    mixed = (round(share * a + (1.0 - share) * b) for a, b in zip(_channels(over), _channels(under), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def contrast_ratio(first: str, second: str) -> float:
    """Return the contrast of two colours ``#rrggbb`` as WCAG 2.1 defines it, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=1024)
def text_on(*fills: str) -> str:
    """Return black or white, whichever reads better on all of some fills."""
    return max(("#000000", "#ffffff"), key=lambda color: min(contrast_ratio(color, fill) for fill in fills))


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    srgb = np.array(_channels(color)) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


@lru_cache
def color_map(name: str, theme: Theme) -> npt.NDArray[np.uint8]:
    """Return a perceptual colour map as a read-only (256, 3) array of red, green, blue.

    Raises
    ------
    ValueError
        The name is not one of `COLOR_MAPS`.
    """
    if name not in COLOR_MAPS:
        raise ValueError(f"{name!r} is not a colour map; choose one of {', '.join(COLOR_MAPS)}")
    if name == "grey":
        return ramp(theme.background, theme.text)
    import pyqtgraph as pg

    table: npt.NDArray[np.uint8] = np.ascontiguousarray(
        pg.colormap.get(name).getLookupTable(nPts=256, alpha=False), dtype=np.uint8
    )
    table.setflags(write=False)
    return table


def ramp(first: str, last: str) -> npt.NDArray[np.uint8]:
    """Return 256 even steps from one colour to another, shape (256, 3)."""
    share = np.linspace(0.0, 1.0, 256)[:, None]
    mixed = (1.0 - share) * np.array(_channels(first)) + share * np.array(_channels(last))
    result: npt.NDArray[np.uint8] = np.rint(mixed).astype(np.uint8)
    return result


def text_font(font: QFont) -> QFont:
    """Return a font with figures of one width, so that numbers do not jump as they change."""
    result = QFont(font)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def small_font(font: QFont) -> QFont:
    """Return the second of the two type sizes: four fifths of `font`, at least 9 pixels, figures of one width."""
    result = text_font(font)
    result.setPixelSize(max(9, round(0.8 * QFontInfo(font).pixelSize())))
    return result
