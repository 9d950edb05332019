"""Play, stop, loop and speed, for the toolbar."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QToolButton, QWidget

from model.time_stretch import FASTEST, SLOWEST
from phonegui.panels.icons import SIZE, icon
from phonegui.player import PlayState
from phonegui.theme import Theme

BUTTONS = {"record": "record", "play_pause": "play", "stop_playing": "stop", "toggle_loop": "loop"}
"""Names of the actions that are buttons here, from left to right, and their icons."""

SPEED_STEP = 0.1


class TransportStrip(QWidget):
    """Buttons of the sound actions and a box for the speed.

    Parameters
    ----------
    actions
        All actions by name; those of `BUTTONS` are shown.
    """

    speed_changed = Signal(float)  # 1 is as it was recorded

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = {name: actions[name] for name in BUTTONS}
        self._state = PlayState.STOPPED
        self._theme: Theme | None = None
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(4)
        for name, action in self._actions.items():
            button = QToolButton(autoRaise=True)
            button.setIconSize(QSize(SIZE, SIZE))
            button.setDefaultAction(action)
            button.setAccessibleName(action.text().replace("&", "").rstrip("…"))
            row.addWidget(button)
            self.buttons[name] = button
        self.speed = QDoubleSpinBox(minimum=SLOWEST, maximum=FASTEST, singleStep=SPEED_STEP, decimals=1, value=1.0)
        self.speed.setSuffix(" ×")
        self.speed.setAccessibleName("Playing speed")
        self.speed.setAccessibleDescription("Half to double speed at the same pitch")
        self.speed.setToolTip("Speed of playing, at the same pitch")
        self.speed.setKeyboardTracking(False)
        self.speed.setFixedWidth(self.speed.sizeHint().width() + 8)
        self.speed.valueChanged.connect(self.speed_changed)
        row.addSpacing(4)
        row.addWidget(self.speed)

    def show_state(self, state: PlayState) -> None:
        """Show on the play button what pressing it does."""
        self._state = state
        playing = state is PlayState.PLAYING
        self._actions["play_pause"].setIconText("Pause" if playing else "Play")
        self.buttons["play_pause"].setAccessibleName("Pause" if playing else "Play")
        self._paint_play_button()

    def show_speed(self, speed: float) -> None:
        """Show a speed without telling it."""
        with QSignalBlocker(self.speed):
            self.speed.setValue(speed)

    def apply_theme(self, theme: Theme) -> None:
        """Draw the icons in the colours of a theme."""
        self._theme = theme
        for name, action in self._actions.items():
            action.setIcon(icon(BUTTONS[name], theme))
            action.setIconVisibleInMenu(False)
        self._paint_play_button()

    def _paint_play_button(self) -> None:
        if self._theme is not None:
            name = "pause" if self._state is PlayState.PLAYING else "play"
            self._actions["play_pause"].setIcon(icon(name, self._theme))
