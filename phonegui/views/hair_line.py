"""The lines that mark one time through all rows: under the pointer, and where playback is."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from phonegui.views.row import TimeRow
from phonegui.views.time_range import TimeRange


class HairLine(QWidget):
    """A vertical hairline over all rows.

    A widget of its own: what it uncovers when it moves is copied from the pictures the rows keep, nothing is redrawn.
    """

    WIDTH = 3

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.time: float | None = None
        self._colors = ("#000000", "#ffffff")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_colors(self, line: str, halo: str) -> None:
        """Set the colour of the line, and of the edges that part it from a picture of the same colour."""
        self._colors = (line, halo)
        self.update()

    def place(self, row: TimeRow, shown: TimeRange, rect: QRect) -> None:
        """Move to the time's place in a row, over the full height of `rect`; hide where it is not shown."""
        if self.time is None or shown.span <= 0 or not shown.start <= self.time <= shown.end:
            self.hide()
            return
        x = row.mapToParent(QPoint(math.floor(row.x_of(self.time)), 0)).x()
        self.setGeometry(x - self.WIDTH // 2, rect.top(), self.WIDTH, rect.height())
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line between its faint edges."""
        painter = QPainter(self)
        line, halo = (QColor(color) for color in self._colors)
        halo.setAlphaF(0.45)
        painter.fillRect(self.rect(), halo)
        painter.fillRect(self.WIDTH // 2, 0, 1, self.height(), line)
