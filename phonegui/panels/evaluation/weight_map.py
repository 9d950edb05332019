"""The map over language model weight and insertion bonus: a number and a shade for each pair."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from model.sweeps import ALPHAS, BETAS, SweepPoint
from phonegui.panels.evaluation.sweep_view import SweepView, draw_in_use
from phonegui.theme import blend, text_on

_LEFT, _RIGHT, _TITLE, _AXIS = 48, 8, 20, 20
_CENTRE = Qt.AlignmentFlag.AlignCenter
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class WeightMapView(SweepView):
    """Cells with weights across and bonuses up; the darker (on a dark ground lighter), the fewer errors."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Phone error rate over language model weight and insertion bonus", parent)
        self.alone: SweepPoint | None = None

    def set_points(self, points: list[SweepPoint]) -> None:  # type: ignore[override]
        """Show points; the one without the language model is named in the title."""
        self.alone = next((point for point in points if not point.alpha), None)
        super().set_points([point for point in points if point.alpha])

    def point_text(self, place: int) -> str:
        """Return the numbers of a cell; the width is the same everywhere."""
        return super().point_text(place).partition(", ")[2]

    def grid(self) -> QRectF:
        """Return where the cells lie."""
        return QRectF(_LEFT, _TITLE, self.width() - _LEFT - _RIGHT, self.height() - _TITLE - _AXIS)

    def point_rect(self, place: int) -> QRectF:
        """Return a point's cell."""
        point, grid = self.points[place], self.grid()
        wide, tall = grid.width() / len(ALPHAS), grid.height() / len(BETAS)
        across, up = ALPHAS.index(point.alpha), BETAS.index(point.beta)
        return QRectF(grid.left() + across * wide, grid.bottom() - (up + 1) * tall, wide, tall)

    def neighbour(self, key: Qt.Key) -> int:
        """Go to the cell beside, above or below."""
        if key not in _STEPS:
            return -1
        across, up = _STEPS[key]
        point = self.points[self.cursor_at]
        alpha = ALPHAS[max(0, min(len(ALPHAS) - 1, ALPHAS.index(point.alpha) + across))]
        beta = BETAS[max(0, min(len(BETAS) - 1, BETAS.index(point.beta) + up))]
        found = (k for k, p in enumerate(self.points) if (p.alpha, p.beta) == (alpha, beta))
        return next(found, self.cursor_at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells, axes and title."""
        painter, theme, grid = QPainter(self), self._theme, self.grid()
        painter.setPen(QColor(theme.muted))
        title = "phone errors, %; weight across, bonus up"
        if self.alone is not None:
            title += f"; width {self.alone.beam_width}; no model: {100 * self.alone.phone_error_rate:.2f}"
        if self.points:
            title += "; □ best" + (", ▲ in use" if self.in_use_at >= 0 else "")
        title = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(self.width() - grid.left()))
        painter.drawText(QPointF(grid.left(), 13), title)
        wide, tall = grid.width() / len(ALPHAS), grid.height() / len(BETAS)
        for k, alpha in enumerate(ALPHAS):
            room = QRectF(grid.left() + k * wide, grid.bottom() + 4, wide, _AXIS - 4)
            painter.drawText(room, _CENTRE, f"{alpha:g}")
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for k, beta in enumerate(BETAS):
            painter.drawText(
                QRectF(0, grid.bottom() - (k + 1) * tall, _LEFT - 8, tall), right, f"{beta:g}".replace("-", "−")
            )
        painter.setPen(QPen(QColor(theme.grid)))
        painter.drawRect(grid)
        self._draw_cells(painter)

    def _draw_cells(self, painter: QPainter) -> None:
        theme, rates = self._theme, [point.phone_error_rate for point in self.points]
        low, high, winner = min(rates, default=0.0), max(rates, default=1.0), self.best_at
        for k, point in enumerate(self.points):
            rect = self.point_rect(k).adjusted(0.5, 0.5, -0.5, -0.5)
            # Squared: the differences near the best are the ones that matter.
            share = ((high - point.phone_error_rate) / (high - low)) ** 2 if high > low else 1.0
            fill = blend(theme.text, theme.surface, 0.6 * share)
            painter.fillRect(rect, QColor(fill))
            painter.setPen(QColor(text_on(fill)))
            if rect.height() >= 12:
                painter.drawText(rect, _CENTRE, f"{100 * point.phone_error_rate:.1f}")
        if self.in_use_at >= 0:
            rect = self.point_rect(self.in_use_at)
            share = ((high - rates[self.in_use_at]) / (high - low)) ** 2 if high > low else 1.0
            fill = blend(theme.text, theme.surface, 0.6 * share)
            draw_in_use(painter, rect.bottomLeft() + QPointF(10, -12), text_on(fill))
        for place, width in ((winner, 2.5), (self.cursor_at if self.hasFocus() else -1, 1.0)):
            if place >= 0:
                painter.setPen(QPen(QColor(theme.accent), width))
                painter.drawRect(self.point_rect(place).adjusted(1.5, 1.5, -1.5, -1.5))
