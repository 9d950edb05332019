"""Sizes of windows that no screen is too small for."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QWidget

_FRAME = 48  # what the system draws around a window, and a little air


def resize_within_screen(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog a first size in logical pixels, or less where the screen has less room."""
    screen = dialog.screen().availableSize()
    dialog.resize(QSize(width, height).boundedTo(screen - QSize(_FRAME, _FRAME)))


def keep_within_screen(window: QWidget) -> None:
    """Make a window of a remembered size smaller, and move it, where its screen has less room by now."""
    if window.isMaximized() or window.isFullScreen():
        return
    room = window.screen().availableGeometry()
    if room.contains(window.geometry()):
        return
    resize_within_screen(window, window.width(), window.height())
    last = room.bottomRight() - QPoint(window.width() - 1, window.height() - 1)
    window.move(
        max(room.left(), min(window.x(), last.x())),
        max(room.top(), min(window.y(), last.y())),
    )
