"""What the window shows when no recording is open: what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget


class EmptyState(QWidget):
    """An invitation to open a recording."""

    open_clicked = Signal()  # the button was pressed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Drop a recording here")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        title.setFont(font)
        detail = QLabel("wav, flac, mp3 or ogg, of any sample rate and number of channels")
        detail.setWordWrap(True)
        detail.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        detail.setForegroundRole(detail.palette().ColorRole.PlaceholderText)
        button = QPushButton("Open recording…")
        button.clicked.connect(self.open_clicked)
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(detail)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
