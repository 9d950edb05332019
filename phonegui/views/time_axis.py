"""The axis of time below the rows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme, small_font
from phonegui.views.pointer import Drag
from phonegui.views.row import GAP, TimeRow, hairline
from phonegui.views.time_range import TimeRange, decimals_of, format_time, tick_step, tick_times, unit_of

_MINOR = {5: 5, 2: 4, 1: 5, 3: 3, 6: 6}


class TimeAxis(TimeRow):
    """Ticks and labels of time, the unit named at the left; dragging it pans."""

    drag = Drag.PAN
    foldable = False

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range, theme, title="Time", description="Time axis of all rows above, in seconds.", parent=parent
        )
        self.focused = False
        self._fit_height()

    def labels(self) -> list[tuple[float, str]]:
        """Return the time in seconds and the text of each labelled tick."""
        times = self.tick_times()
        if not times:
            return []
        decimals = decimals_of(tick_step(self.time_range.span, self.plot_rect().width()))
        return [(time, format_time(time, decimals=decimals, longest=self.time_range.end)) for time in times]

    def unit(self) -> str:
        """Return the unit of the labels: ``s``, ``min:s`` or ``h:min:s``."""
        return unit_of(self.time_range.end)

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the line, ticks, labels and unit, the outer labels beside the plot."""
        painter.setClipping(False)
        painter.fillRect(self.rect(), QColor(self.theme.background))
        metrics = painter.fontMetrics()
        baseline = GAP + metrics.ascent()
        painter.setPen(hairline(self.theme.accent if self.focused else self.theme.hairline))
        painter.drawLine(plot.left(), 0, plot.left() + plot.width(), 0)
        self._paint_ticks(painter)
        painter.setPen(QColor(self.theme.text))
        unpainted = 0.0
        for time, text in self.labels():
            x = self.x_of(time)
            width = metrics.horizontalAdvance(text)
            # A label at either end moves inwards rather than being cut.
            left = min(max(x - width / 2, plot.left() - self.margins.symbol), self.width() - width - GAP // 2)
            if left >= unpainted:
                painter.drawText(QPointF(left, baseline), text)
                unpainted = left + width + GAP
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(GAP, baseline, f"time, {self.unit()}")

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw nothing: even the unit changes with time."""

    def changeEvent(self, event: QEvent) -> None:
        """Take the height that another font needs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_height()

    def _fit_height(self) -> None:
        self.setFixedHeight(GAP + QFontMetrics(small_font(self.font())).height() + GAP)

    def _paint_ticks(self, painter: QPainter) -> None:
        if self.time_range.span <= 0:
            return
        step = tick_step(self.time_range.span, self.plot_rect().width())
        self.paint_ticks(painter, self.theme.muted, GAP // 2 + 1)
        lead = int(f"{step:e}"[0])
        painter.setPen(hairline(self.theme.hairline))
        minor = tick_times(self.time_range.start, self.time_range.end, step / _MINOR.get(lead, 1))
        for x in self.places_of(np.array(minor)):
            painter.drawLine(QPointF(x, 0), QPointF(x, GAP // 4))
