"""What stands in place of the curves until something has been trained: what to do, and how to get a corpus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

_TITLE = "Nothing is being trained"
_STEPS = (
    "1.  Choose a corpus to train on and one to score on, at the left, or drop them there.",
    "2.  Choose a preset: Quick look shows learning within minutes on a CPU.",
    "3.  Press Start. Curves and transcripts appear as the network learns.",
)
_CORPORA = (
    "The bundled samples are three recordings, too few to learn from. What can be trained on:",
    "·  Course data: the folder or files as they were handed out (train.npy with train_labels.npy, dev.npy with "
    "dev_labels.npy, or folders with mfcc and transcript), from the course's own pages.",
    "·  Recordings of your own, with a list beside them: a text file, its fields separated by tabs, the first line "
    "“id  path  phones”, and each further line one recording with its phonemes in ARPAbet (“u1  u1.wav  HH AH L OW”).",
    "·  Free speech such as LibriSpeech or Mini LibriSpeech (openslr.org/12 and /31), its words turned into phonemes "
    "with a dictionary such as CMUdict, in such a list. Five hours are enough to see a network learn.",
)


class Guide(QScrollArea):
    """The empty state of the training panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 24, 8)
        column.setSpacing(4)
        title = QLabel(_TITLE)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        title.setFont(font)
        column.addWidget(title)
        column.addSpacing(4)
        for text in _STEPS:
            column.addWidget(_line(text))
        column.addSpacing(8)
        for text in _CORPORA:
            label = _line(text)
            label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
            column.addWidget(label)
        column.addStretch(1)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("How to train")


def _line(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMaximumWidth(880)
    return label
