from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from phonegui import theme
from phonegui.panels.icons import ICONS, SIZE, IconButton, icon
from phonegui.theme import DARK, LIGHT, Theme, contrast_ratio

ROOT = Path(__file__).parents[2]


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_ARGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def shown(
    name: str, colors: Theme, ratio: float, mode: QIcon.Mode = QIcon.Mode.Normal, state: QIcon.State = QIcon.State.Off
) -> np.ndarray:
    pixmap = icon(name, colors).pixmap(QSize(SIZE, SIZE), ratio, mode, state)
    assert pixmap.devicePixelRatio() == ratio
    return pixels(pixmap.toImage())


def colour(picture: np.ndarray) -> str:
    """The colour of the pixels that are wholly covered."""
    solid = picture[picture >> 24 == 255]
    assert len(solid)
    values, counts = np.unique(solid & 0xFFFFFF, return_counts=True)
    return f"#{values[counts.argmax()]:06x}"


def test_every_icon_is_in_the_package(qapp: QApplication) -> None:
    with (files("heroicons") / "heroicons.zip").open("rb") as file, ZipFile(file) as pictures:
        names = set(pictures.namelist())
    assert {f"micro/{name}.svg" for name in ICONS.values()} <= names
    for name in ICONS:
        assert (shown(name, LIGHT, 1.0) >> 24).max() > 200, name


SHARP = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
from tests.phonegui.test_icons import drawn, pixels, shown
from phonegui.theme import LIGHT
ratio = app.primaryScreen().devicePixelRatio()
found, wanted = shown("zoom_in", LIGHT, ratio), drawn("magnifying-glass-plus", round(16 * ratio))
print(ratio, found.shape == wanted.shape and bool((found >> 24 == wanted >> 24).all()))
"""


def drawn(name: str, edge: int) -> np.ndarray:
    """What a drawing covers, so many pixels on an edge."""
    with (files("heroicons") / "heroicons.zip").open("rb") as file, ZipFile(file) as pictures:
        drawing = pictures.read(f"micro/{name}.svg")
    image = QImage(edge, edge, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(drawing)).render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    return pixels(image)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_icons_are_drawn_for_the_scale_of_the_screen(ratio: float) -> None:
    # Pixel for pixel what the drawing covers at this size: nothing was scaled.
    command = [sys.executable, "-c", SHARP, "-platform", "offscreen"]
    environment = {**os.environ, "QT_SCALE_FACTOR": str(ratio)}
    found = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert found.stdout.split() == [str(ratio), "True"], found.stderr


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_colours_tell_the_state(qapp: QApplication, colors: Theme) -> None:
    normal = colour(shown("play", colors, 2.0))
    checked = colour(shown("play", colors, 2.0, state=QIcon.State.On))
    disabled = colour(shown("play", colors, 2.0, QIcon.Mode.Disabled))
    assert (normal, checked) == (colors.text, colors.accent)
    assert contrast_ratio(normal, colors.background) > 7
    assert contrast_ratio(checked, colors.background) >= 3
    assert 1.5 < contrast_ratio(disabled, colors.background) < 4.5


def test_a_button_has_a_name_and_follows_the_palette(qtbot: QtBot) -> None:
    button = IconButton("close", "Dismiss the message")
    qtbot.addWidget(button)
    assert (button.accessibleName(), button.toolTip()) == ("Dismiss the message", "Dismiss the message")
    for colors in (DARK, LIGHT, DARK):
        button.setPalette(theme.make_palette(colors))
        image = button.icon().pixmap(QSize(SIZE, SIZE), 2.0).toImage()
        assert colour(pixels(image)) == colors.text


def test_a_button_that_is_drawn_shows_its_icon_in_ink(qtbot: QtBot) -> None:
    button = IconButton("stop", "Stop")
    button.setPalette(theme.make_palette(LIGHT))
    qtbot.addWidget(button)
    button.show()
    drawn = button.grab().toImage()
    assert any(drawn.pixelColor(x, drawn.height() // 2) == QColor(LIGHT.text) for x in range(drawn.width()))
