"""What the window shows while it records: how long, how loud, where it is saved."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from phonegui.theme import LIGHT, Theme, text_font
from phonegui.views.time_range import format_clock

_LOWEST_DECIBELS = -60.0
_CLIPPED = 0.999
_FALL = 0.02  # of the scale at each reading: the eye can follow it


class LevelMeter(QWidget):
    """The greatest amplitude of the last moment, from -60 dB to full scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self._held = 0.0
        self._theme = LIGHT
        self.clipped = False
        self.setFixedSize(160, 8)
        self.setAccessibleName("Level")
        self.setToolTip("Level, −60 dB to full scale")

    @property
    def share(self) -> float:
        """The part of the bar that is filled, 0..1."""
        return self._share

    def set_amplitude(self, amplitude: float) -> None:
        """Show an amplitude, 0..1."""
        decibels = 20.0 * math.log10(max(amplitude, 1e-9))
        self._share = min(max(1.0 - decibels / _LOWEST_DECIBELS, 0.0), 1.0)
        self._held = max(self._share, self._held - _FALL)
        self.clipped = self.clipped or amplitude >= _CLIPPED
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._share = self._held = 0.0
        self.clipped = False
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(160, 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the groove, the level and the greatest level held."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.hairline))
        painter.fillRect(QRectF(0, 0, self._share * self.width(), self.height()), QColor(self._theme.accent))
        held = self._held * (self.width() - 2)
        if self._held > 0:
            painter.fillRect(QRectF(held, 0, 2, self.height()), QColor(self._theme.text))


class RecordingStrip(QFrame):
    """A bar above the timeline while the microphone is open; hidden otherwise."""

    stop_clicked = Signal()  # the recording is to end
    folder_clicked = Signal()  # another folder is to be chosen for recordings to come

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recording_strip")
        self.setAccessibleName("Recording")
        self.time = QLabel("00:00.0")
        self.time.setFont(text_font(self.time.font()))
        self.time.setAccessibleName("Recorded time")
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance("0:00:00.0"))
        self.meter = LevelMeter(self)
        self.note = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._folder = ""
        folder = QPushButton("Folder…", flat=True)
        folder.setAccessibleName("Folder for recordings to come")
        folder.clicked.connect(self.folder_clicked)
        self.stop_button = QPushButton("Stop and open")
        self.stop_button.clicked.connect(self.stop_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(16)
        row.addWidget(QLabel("Recording"))
        row.addWidget(self.time)
        row.addWidget(self.meter)
        row.addWidget(self.note, 1)
        row.addWidget(folder)
        row.addWidget(self.stop_button)
        self.hide()

    def begin(self, folder: str) -> None:
        """Show that a recording begins, which will be saved in a folder."""
        self._folder = folder
        self.meter.clear()
        self.show_level(0.0, 0.0)
        self.show()
        self.stop_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_level(self, seconds: float, amplitude: float) -> None:
        """Show the time recorded and the greatest amplitude of the last moment, 0..1."""
        self.time.setText(format_clock(seconds)[:-2])
        self.meter.set_amplitude(amplitude)
        words = "Too loud: move away from the microphone." if self.meter.clipped else f"Saved in {self._folder}"
        if words != self.note.text():
            self.note.setText(words)
            self.note.setToolTip(words)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.meter.apply_theme(theme)
        self.setStyleSheet(
            f"#recording_strip {{ background: {theme.surface}; border: 0; border-left: 4px solid {theme.accent};"
            f" border-bottom: 1px solid {theme.hairline}; }}"
        )
