"""The curve over the beam width: phone error rate above, decoding time and edit distance below."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from model.report_figures import nice_ticks
from phonegui.panels.evaluation.sweep_view import SweepView, draw_in_use

_LEFT, _RIGHT, _TITLE, _AXIS, _GAP = 48, 24, 20, 36, 16
_UPPER = 0.62  # part of the height that the error rate has
_REACH = 12
_CENTRE = Qt.AlignmentFlag.AlignCenter
_TICK_ROOM = 16.0  # between ticks that are told apart, in pixels


class CurveView(SweepView):
    """Points joined by lines over a logarithmic axis; the best and the width in use are marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Phone error rate and decoding time over the beam width", parent)
        self.wanted: tuple[int, ...] = ()

    def panels(self) -> tuple[QRectF, QRectF]:
        """Return where the two plots lie, without their titles and axes."""
        width, room = self.width() - _LEFT - _RIGHT, self.height() - 2 * _TITLE - _AXIS - _GAP
        upper = QRectF(_LEFT, _TITLE, width, _UPPER * room)
        return upper, QRectF(_LEFT, upper.bottom() + _TITLE + _GAP, width, (1 - _UPPER) * room)

    def point_rect(self, place: int) -> QRectF:
        """Return the square about a point of the upper curve."""
        point = self._places(self.panels()[0], self._rates())[place]
        return QRectF(point.x() - _REACH, point.y() - _REACH, 2 * _REACH, 2 * _REACH)

    def neighbour(self, key: Qt.Key) -> int:
        """Go left and right."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        return -1 if step is None else max(0, min(len(self.points) - 1, self.cursor_at + step))

    def _rates(self) -> list[float]:
        return [100 * point.phone_error_rate for point in self.points]

    def _x(self, width: int, rect: QRectF) -> float:
        last = math.log(max(self.wanted or (200,)))
        return rect.left() + math.log(max(1, width)) / last * rect.width()

    def _places(self, rect: QRectF, values: list[float]) -> list[QPointF]:
        low, high = _range(values)
        return [
            QPointF(self._x(point.beam_width, rect), rect.bottom() - (value - low) / (high - low) * rect.height())
            for point, value in zip(self.points, values, strict=True)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both plots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        upper, lower = self.panels()
        first = next(iter(self.points), None)
        model = f"; {first.model_text}; ● best".replace("-", "−") if first is not None else ""
        used = self._in_use.beam_width if first is not None and self.same_model(first) else 0
        if used:
            model += ", ▲ in use"
            x = self._x(min(used, max(self.wanted or (used,))), upper)
            draw_in_use(painter, QPointF(x, upper.bottom() + 2), self._theme.text)
        self._draw(painter, upper, self._rates(), f"phone errors, %{model}", marks=True)
        self._draw(painter, lower, [p.milliseconds for p in self.points], "decoding, ms an utterance", marks=False)
        painter.setPen(QColor(self._theme.muted))
        for width in self.wanted:
            x = self._x(width, lower)
            painter.drawText(QRectF(x - 24, lower.bottom() + 4, 48, 14), _CENTRE, str(width))
        painter.setPen(QColor(self._theme.text))
        for point in self.points:
            x = self._x(point.beam_width, lower)
            painter.drawText(QRectF(x - 30, lower.bottom() + 20, 60, 14), _CENTRE, f"{point.mean_levenshtein:.2f}")
        painter.setPen(QColor(self._theme.muted))
        for row, name in ((4, "width"), (20, "LD")):
            painter.drawText(QRectF(0, lower.bottom() + row, _LEFT - 20, 14), Qt.AlignmentFlag.AlignLeft, name)

    def _draw(self, painter: QPainter, rect: QRectF, values: list[float], title: str, *, marks: bool) -> None:
        theme = self._theme
        painter.setPen(QColor(theme.muted))
        room = int(self.width() - rect.left())
        title = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(rect.left(), rect.top() - 7), title)
        if not values:
            painter.setPen(QColor(theme.grid))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            return
        low, high = _range(values)
        ticks = nice_ticks(min(values), max(values), 3 if marks else 2)
        between = (ticks[1] - ticks[0]) / (high - low) * rect.height()
        for tick in ticks[:: max(1, math.ceil(_TICK_ROOM / max(between, 1.0)))]:
            y = rect.bottom() - (tick - low) / (high - low) * rect.height()
            painter.setPen(QColor(theme.grid))
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
            painter.setPen(QColor(theme.muted))
            room = QRectF(0, y - 8, _LEFT - 8, 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{tick:g}")
        places = self._places(rect, values)
        painter.setPen(QPen(QColor(theme.wave), 1.5))
        painter.drawPolyline(QPolygonF(places))
        for k, place in enumerate(places):
            self._draw_point(painter, place, k, marks=marks)

    def _draw_point(self, painter: QPainter, place: QPointF, k: int, *, marks: bool) -> None:
        theme, is_best = self._theme, marks and k == self.best_at
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if is_best else theme.text))
        painter.drawEllipse(place, 4.5 if is_best else 3, 4.5 if is_best else 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if marks and k == self.cursor_at and self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.drawEllipse(place, 8, 8)
        if is_best:
            painter.setPen(QColor(theme.text))
            words = f"{100 * self.points[k].phone_error_rate:.2f}"
            x = min(place.x() - 30, self.width() - 60.0)
            painter.drawText(QRectF(x, place.y() - 24, 60, 16), _CENTRE, words)


def _range(values: list[float]) -> tuple[float, float]:
    ticks = nice_ticks(min(values), max(values), 3)
    return min(ticks[0], min(values)), max(ticks[-1], max(values))
