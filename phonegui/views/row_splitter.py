"""Rows one below the other, whose heights can be dragged."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from phonegui.theme import Theme
from phonegui.views.row import GAP, hairline


class RowSplitter(QSplitter):
    """Rows one below the other, parted by hairlines that can be dragged."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.theme = theme
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        """Return a handle in the colours of the theme."""
        return _Handle(self)

    def apply_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.theme = theme
        for number in range(self.count()):
            self.handle(number).update()


class _Handle(QSplitterHandle):
    def __init__(self, splitter: RowSplitter) -> None:
        super().__init__(Qt.Orientation.Vertical, splitter)
        self._rows = splitter

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._rows.theme.background))
        painter.setPen(hairline(self._rows.theme.grid))
        painter.drawLine(0, self.height() // 2, self.width(), self.height() // 2)
