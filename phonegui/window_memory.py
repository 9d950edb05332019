"""What the window remembers between starts: its size, its docks, and how it decodes."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from model.config import DecodingConfig
from phonegui.layout import hide_docks, size_docks
from phonegui.panels.decoding import SPELLINGS, WIDEST, DecodingPanel
from phonegui.panels.room import keep_within_screen, resize_within_screen
from phonegui.settings import Remembered

_ARRANGEMENT = 2  # raised when docks or toolbars change, so that an older arrangement is not restored
_FIRST_SIZE = (1440, 880)
_FIRST_WIDTHS = {"Recordings": 200, "Decoding": 336}
_LEAST_TIMELINE = 520  # titles, scales, and something to see between them


def restore_window(window: QMainWindow, settings: Remembered) -> None:
    """Give a window with all its docks the size and arrangement it had; at first, room for the timeline comes first."""
    resize_within_screen(window, *_FIRST_SIZE)
    if window.restoreGeometry(settings.data("geometry")):
        keep_within_screen(window)
    if not window.restoreState(settings.data("arrangement"), _ARRANGEMENT):
        size_docks(window, _FIRST_WIDTHS)
        if window.width() < sum(_FIRST_WIDTHS.values()) + _LEAST_TIMELINE:
            hide_docks(window, ("Recordings", "Corpus"))


def remember_window(window: QMainWindow, settings: Remembered) -> None:
    """Store size and arrangement."""
    settings.set("geometry", QByteArray(window.saveGeometry()))
    settings.set("arrangement", QByteArray(window.saveState(_ARRANGEMENT)))


def restore_decoding(panel: DecodingPanel, settings: Remembered) -> None:
    """Set the panel to what was chosen last, every value checked."""
    panel.spelling.setCurrentText(settings.text("spelling", SPELLINGS[0], SPELLINGS))
    panel.set_beam_width(settings.number("beam_width", 10, 0, WIDEST))
    alpha = settings.number("alpha_percent", 0, 0, 200) / 100
    beta = settings.number("beta_percent", round(100 * DecodingConfig().beta), -300, 300) / 100
    panel.set_language_model(alpha, beta)


def remember_decoding(panel: DecodingPanel, settings: Remembered) -> None:
    """Store what the panel is set to."""
    settings.set("spelling", panel.spelling.currentText())
    settings.set("beam_width", panel.beam_width)
    settings.set("alpha_percent", round(100 * panel.settings.alpha))
    settings.set("beta_percent", round(100 * panel.settings.beta))
