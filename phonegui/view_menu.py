"""The choices of the View menu: colours, features and rows."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow

from phonegui.layout import menu_of
from phonegui.panels.choice_menu import ChoiceMenu
from phonegui.panels.feature_menu import FeatureMenu
from phonegui.settings import Remembered
from phonegui.theme import COLOR_MAPS
from phonegui.views.posteriorgram import POSTERIOR_COLORS
from phonegui.views.row_menu import RowsMenu
from phonegui.views.timeline import TimelineView


class ViewMenu:
    """Adds to the View menu what is chosen there of the timeline, and remembers it.

    Parameters
    ----------
    window
        Has the menu.
    timeline
        What is changed.
    settings
        What was chosen last.
    """

    def __init__(self, window: QMainWindow, timeline: TimelineView, settings: Remembered) -> None:
        self._timeline, self._settings = timeline, settings
        self.feature_colors = ChoiceMenu("&Feature colours", COLOR_MAPS, window)
        self.posterior_colors = ChoiceMenu("&Posterior colours", POSTERIOR_COLORS, window)
        self.features = FeatureMenu(timeline, settings, window)
        view = menu_of(window, "&View")
        for menu in (
            self.posterior_colors,
            self.feature_colors,
            self.features,
            RowsMenu(timeline.arrangement, window),
        ):
            view.addMenu(menu)
        self.feature_colors.chosen.connect(timeline.set_feature_colors)
        self.posterior_colors.chosen.connect(timeline.set_posterior_colors)

    def restore(self) -> None:
        """Choose what was chosen last."""
        self._timeline.restore_layout(self._settings.data("rows"))
        self.feature_colors.choose(self._settings.text("feature_colors", COLOR_MAPS[0], COLOR_MAPS))
        self.posterior_colors.choose(self._settings.text("posterior_colors", POSTERIOR_COLORS[0], POSTERIOR_COLORS))

    def remember(self) -> None:
        """Store what is chosen."""
        self._settings.set("rows", self._timeline.save_layout())
        self.features.remember()
        self._settings.set("feature_colors", self.feature_colors.choice)
        self._settings.set("posterior_colors", self.posterior_colors.choice)
