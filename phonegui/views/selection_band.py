"""The selection, drawn over all rows."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from phonegui.theme import LIGHT, Theme, small_font, text_on
from phonegui.views.row import GAP, TimeRow

_ALPHA = 0.16


class SelectionBand(QWidget):
    """A translucent band between two hairlines, with its duration at the top; no row is drawn anew for it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self._edges: tuple[float | None, float | None] = (None, None)  # in pixels, None where it is not shown
        self._text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def text(self) -> str:
        """The duration as it is written."""
        return self._text

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.theme = theme
        self.update()

    def place(self, row: TimeRow, rect: QRect) -> None:
        """Move to the selection's place in a row, over the full height of `rect`; hide where none is shown."""
        selected, shown = row.time_range.selection.range, row.time_range
        if selected is None or shown.span <= 0 or selected[1] <= shown.start or selected[0] >= shown.end:
            self.hide()
            return
        plot = row.plot_rect()
        left, right = (math.floor(row.x_of(min(max(time, shown.start), shown.end))) for time in selected)
        self._text = duration_text(selected[1] - selected[0])
        # The duration may need more room than the band: it stands about its middle, within the plot.
        width = QFontMetrics(small_font(self.font())).horizontalAdvance(self._text) + 2 * GAP
        first = max(min(left, (left + right - width) // 2), plot.left())
        last = min(max(right + 1, first + width), plot.left() + plot.width())
        origin = row.mapToParent(QPoint(first, 0)).x()
        self._edges = (
            left - first if selected[0] >= shown.start else None,
            right - first if selected[1] <= shown.end else None,
        )
        self._band = QRectF(left - first, 0, max(1, right + 1 - left), rect.height())
        self.setGeometry(origin, rect.top(), last - first, rect.height())
        self.update()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the band, its edges and its duration."""
        painter = QPainter(self)
        accent = QColor(self.theme.accent)
        fill = QColor(accent)
        fill.setAlphaF(_ALPHA)
        painter.fillRect(self._band, fill)
        for x in self._edges:
            if x is not None:
                painter.fillRect(QRectF(x, 0, 1, self.height()), accent)
        painter.setFont(small_font(self.font()))
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(self._text) + GAP, metrics.height()
        left = min(max(self._band.center().x() - width / 2, 0), self.width() - width)
        painter.fillRect(QRectF(left, 0, width, height), accent)
        painter.setPen(QColor(text_on(self.theme.accent)))
        painter.drawText(QPointF(left + GAP / 2, metrics.ascent()), self._text)


def duration_text(seconds: float) -> str:
    """Return a duration as ``0.214 s``, from a minute on as ``1:02.5 min``."""
    if seconds < 60:
        return f"{seconds:.3f} s"
    tenths = round(10 * seconds)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f} min"
