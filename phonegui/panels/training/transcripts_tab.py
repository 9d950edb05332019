"""A few dev utterances as the network heard them after each epoch."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSlider, QVBoxLayout, QWidget

from phonegui.panels.training.aligned import AlignedTranscript
from phonegui.panels.training.sections import muted_label
from phonegui.pinned import PinnedTranscript
from phonegui.theme import LIGHT, Theme, text_font

_HINT = (
    "After each epoch, four utterances of the dev corpus appear here as the network hears them, under what was said."
)


class TranscriptsTab(QWidget):
    """A slider over the epochs, and the transcripts of the epoch it stands at; it follows new epochs at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[int, list[PinnedTranscript]] = {}
        self._theme = LIGHT
        self.slider = QSlider(Qt.Orientation.Horizontal, pageStep=1)
        self.slider.setAccessibleName("Epoch of the transcripts")
        self.slider.setTickPosition(QSlider.TickPosition.NoTicks)
        self.slider.valueChanged.connect(self._show)
        self._epoch = QLabel()
        self._epoch.setFont(text_font(self._epoch.font()))
        self._hint = muted_label(_HINT, wrap=True)
        self.lines: list[AlignedTranscript] = []
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(8, 4, 8, 4)
        self._column.setSpacing(4)
        self._column.addStretch(1)
        self._lay_out()
        self.show_transcripts([])

    def show_transcripts(self, items: list[PinnedTranscript]) -> None:
        """Show the transcripts of a run."""
        follow = not self._items or self.slider.value() == self.slider.maximum()
        self._items = {}
        for item in items:
            self._items.setdefault(item.epoch, []).append(item)
        some = bool(self._items)
        self._hint.setVisible(not some)
        self._bar.setVisible(some)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, len(self._items) - 1))
            if follow:
                self.slider.setValue(self.slider.maximum())
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        for line in self.lines:
            line.apply_theme(theme)

    def _show(self) -> None:
        epochs = sorted(self._items)
        epoch = epochs[min(self.slider.value(), len(epochs) - 1)] if epochs else 0
        shown = self._items.get(epoch, [])
        first = {item.name: item for item in self._items[epochs[0]]} if epochs else {}
        self._epoch.setText(f"Epoch {epoch} of {epochs[-1]}" if epochs else "")
        while len(self.lines) < len(shown):
            line = AlignedTranscript()
            line.apply_theme(self._theme)
            self.lines.append(line)
            self._column.insertWidget(len(self.lines) - 1, line)
        for number, line in enumerate(self.lines):
            line.setVisible(number < len(shown))
            if number < len(shown):
                line.show_transcript(shown[number], first.get(shown[number].name))

    def _lay_out(self) -> None:
        self._bar = QWidget()
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(8)
        label = QLabel("&Epoch")
        label.setBuddy(self.slider)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self._epoch)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self._body)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._hint.setContentsMargins(8, 8, 8, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addWidget(self._bar)
        column.addWidget(self._hint)
        column.addWidget(scroll, 1)
