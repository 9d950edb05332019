"""A line of text that is shortened to the room there is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class ElidedLabel(QLabel):
    """A label that ends in … where its text does not fit, and never makes the window wide.

    What does not fit is told by the tooltip, unless another is set.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = self._own_tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def text(self) -> str:
        """Return all of the text."""
        return self._words

    def setText(self, text: str) -> None:
        """Show another text."""
        self._words = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def setToolTip(self, text: str) -> None:
        """Show a tooltip in place of what does not fit."""
        self._own_tip = text
        self._fit()

    def sizeHint(self) -> QSize:
        """Return the room that all of the text takes."""
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self._words) + margins.left() + margins.right() + 1
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return the room for a letter and the dots."""
        return QSize(self.fontMetrics().horizontalAdvance("A…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the text to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.contentsRect().width())
        super().setText(shown)
        super().setToolTip(self._own_tip or (self._words if shown != self._words else ""))
