"""The menu of the features row: what it shows, and with how much contrast."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget, QWidgetAction

from phonegui.panels.choice_menu import ChoiceMenu
from phonegui.settings import Remembered
from phonegui.views.spectrogram import FEATURE_KINDS, LEAST_CONTRAST, MOST_CONTRAST
from phonegui.views.timeline import TimelineView

_LEAST, _MOST = round(100 * LEAST_CONTRAST), round(100 * MOST_CONTRAST)


class FeatureMenu(ChoiceMenu):
    """Cepstral coefficients or the log-mel spectrum, and a slider for the contrast.

    Parameters
    ----------
    timeline
        Whose row is changed.
    settings
        What was chosen last.
    """

    def __init__(self, timeline: TimelineView, settings: Remembered, parent: QWidget | None = None) -> None:
        super().__init__("Fea&tures", FEATURE_KINDS, parent)
        self._settings = settings
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=_LEAST, maximum=_MOST, value=100, pageStep=25)
        self.slider.setAccessibleName("Contrast of the features")
        self.slider.setAccessibleDescription("In percent: above 100 the colours spread over fewer values")
        self.slider.setMinimumWidth(160)
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(24, 8, 16, 8)
        line.setSpacing(8)
        label = QLabel("&Contrast")
        label.setBuddy(self.slider)
        line.addWidget(label)
        line.addWidget(self.slider, 1)
        action = QWidgetAction(self)
        action.setDefaultWidget(holder)
        self.addSeparator()
        self.addAction(action)
        self.chosen.connect(timeline.set_feature_kind)
        self.slider.valueChanged.connect(lambda percent: timeline.spectrogram.set_contrast(percent / 100))
        self.choose(settings.text("feature_kind", FEATURE_KINDS[0], FEATURE_KINDS))
        self.slider.setValue(settings.number("feature_contrast", 100, _LEAST, _MOST))

    def remember(self) -> None:
        """Store what is chosen."""
        self._settings.set("feature_kind", self.choice)
        self._settings.set("feature_contrast", self.slider.value())
