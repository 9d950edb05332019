"""What an export would write, shown before it is written."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QSizePolicy, QStackedWidget, QWidget

_LEAST = QSize(280, 160)
MOST_LINES = 200
"""Lines of a text that are worth showing."""


class ExportPreview(QStackedWidget):
    """Shows a picture or the first lines of a text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName("Preview of the picture")
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.text = QPlainTextEdit(readOnly=True, lineWrapMode=QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Preview of the file")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.addWidget(self.picture)
        self.addWidget(self.text)
        self.setMinimumSize(_LEAST)

    def ratio(self, size: QSize, most: float) -> float:
        """Return with how many pixels in a logical one, at most, a picture of a size fits in; turn to the picture."""
        self.setCurrentWidget(self.picture)
        room = self.picture.size() * self.devicePixelRatioF()
        return min(most, room.width() / size.width(), room.height() / size.height())

    def show_picture(self, image: QImage) -> None:
        """Show a picture, with a line where it ends."""
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(1.0)
        painter = QPainter(pixmap)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(pixmap.rect().adjusted(0, 0, -1, -1))
        painter.end()
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.picture.setPixmap(pixmap)

    def show_text(self, text: str) -> None:
        """Show a text."""
        self.setCurrentWidget(self.text)
        self.text.setPlainText(text)
