"""What the window shows when no recording is open: what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

_HEADING = 1.4  # times the text
_BUTTON_WIDTH = 160


class EmptyState(QWidget):
    """An invitation to open a recording, or where a corpus is open, to choose one of its utterances."""

    open_clicked = Signal()  # a recording is to be opened
    sample_clicked = Signal()  # the bundled sample is to be opened
    corpus_clicked = Signal()  # a corpus is to be opened

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _HEADING)
        self.title.setFont(font)
        self.detail = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.detail.setForegroundRole(self.detail.palette().ColorRole.PlaceholderText)
        # One below the other: side by side they would keep a small window wide.
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        for text, signal in (
            ("Open recording…", self.open_clicked),
            ("Open corpus…", self.corpus_clicked),
            ("Open sample", self.sample_clicked),
        ):
            button = QPushButton(text)
            button.clicked.connect(signal)
            button.setMinimumWidth(_BUTTON_WIDTH)
            buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(self.title)
        column.addWidget(self.detail)
        column.addLayout(buttons)
        column.addStretch(3)
        self.invite("")

    def invite(self, corpus: str) -> None:
        """Say what to do: with the corpus of a name open, choose an utterance; with an empty name, open a recording."""
        if corpus:
            self.title.setText("Choose an utterance")
            self.detail.setText(f"A click in the corpus panel shows and transcribes an utterance of {corpus}.")
        else:
            self.title.setText("Drop a recording here")
            self.detail.setText("wav, flac, mp3, ogg, aiff, au or w64, of any sample rate and number of channels")
