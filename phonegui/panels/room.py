"""Sizes of dialogs that no screen is too small for."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

_FRAME = 48  # what the system draws around a window, and a little air


def resize_within_screen(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog a first size in logical pixels, or less where the screen has less room."""
    screen = dialog.screen().availableSize()
    dialog.resize(QSize(width, height).boundedTo(screen - QSize(_FRAME, _FRAME)))
