"""The icons of the window, all of one family: Heroicons' set of 16 pixels, in the colours of the theme."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from zipfile import ZipFile

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QDialogButtonBox, QToolButton, QWidget

from phonegui.theme import Theme, blend, current_theme

SIZE = 16
"""Edge of an icon in logical pixels."""

ICONS = {
    "back": "arrow-uturn-left",
    "close": "x-mark",
    "fit": "arrows-pointing-out",
    "float": "arrow-top-right-on-square",
    "folder": "folder-open",
    "folded": "chevron-right",
    "loop": "arrow-path",
    "next": "chevron-right",
    "open": "folder-open",
    "pause": "pause",
    "play": "play",
    "previous": "chevron-left",
    "record": "microphone",
    "stop": "stop",
    "table": "table-cells",
    "unfolded": "chevron-down",
    "warning": "exclamation-triangle",
    "zoom_in": "magnifying-glass-plus",
    "zoom_out": "magnifying-glass-minus",
    "zoom_to_selection": "viewfinder-circle",
}
"""What an icon stands for, and its name in Heroicons."""


def icon(name: str, theme: Theme, *, accented: bool = True) -> QIcon:
    """Return one of `ICONS` in the colours of a theme, faded where it is disabled.

    It is drawn for the scale of each screen there is. Where what it stands on is checked it is `accented`, or drawn as
    if it were not.
    """
    ratios = {1.0, 2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}
    return _icon(ICONS[name], theme, accented, tuple(sorted(ratios)))


@lru_cache(maxsize=128)  # dozens of buttons share them, and all ask again when the palette changes
def _icon(drawing: str, theme: Theme, accented: bool, ratios: tuple[float, ...]) -> QIcon:
    result = QIcon()
    faded = blend(theme.muted, theme.background, 0.45)
    for ratio in ratios:
        mask = _mask(drawing, round(SIZE * ratio))
        for mode, state, color in (
            (QIcon.Mode.Normal, QIcon.State.Off, theme.text),
            (QIcon.Mode.Normal, QIcon.State.On, theme.accent if accented else theme.text),
            (QIcon.Mode.Disabled, QIcon.State.Off, faded),
            (QIcon.Mode.Disabled, QIcon.State.On, faded),
        ):
            result.addPixmap(_tinted(mask, color, ratio), mode, state)
    return result


def without_icons(buttons: QDialogButtonBox) -> None:
    """Take the style's icons from the buttons of a dialog: those of the window are all of one family."""
    for button in buttons.buttons():
        button.setIcon(QIcon())


class IconButton(QToolButton):
    """A flat button that shows nothing but an icon, in the colours of the palette.

    Parameters
    ----------
    name
        One of `ICONS`.
    label
        What it does, for its tooltip and for assistive software.
    """

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setAutoRaise(True)
        self.setIconSize(QSize(SIZE, SIZE))
        self.setAccessibleName(label)
        self.setToolTip(label)
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_name"):
            self._paint()

    def _paint(self) -> None:
        self.setIcon(icon(self._name, current_theme(self.palette())))


def _tinted(mask: QImage, color: str, ratio: float) -> QPixmap:
    image = mask.copy()
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), color)
    painter.end()
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@cache
def _mask(name: str, pixels: int) -> QImage:
    """Return the shape of an icon, so many pixels on an edge."""
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(_drawings()[name])).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return image


@lru_cache(maxsize=1)
def _drawings() -> dict[str, bytes]:
    """Return the SVG of every icon used, by its name in Heroicons."""
    with (files("heroicons") / "heroicons.zip").open("rb") as file, ZipFile(file) as pictures:
        return {name: pictures.read(f"micro/{name}.svg") for name in set(ICONS.values())}
