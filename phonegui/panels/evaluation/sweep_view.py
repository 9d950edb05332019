"""What the curve and the map of settings share: points to hover, walk through by keys, and choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from model.config import DecodingConfig
from phonegui.theme import Theme, current_theme, small_font

if TYPE_CHECKING:
    from model.sweeps import SweepPoint


class SweepView(QWidget):
    """Base of a picture of points; a click or Enter chooses the setting of one."""

    point_chosen = Signal(object)  # SweepPoint
    pointed = Signal(str)  # the numbers of the point under the pointer or the cursor, empty without one

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: list[SweepPoint] = []
        self.cursor_at = -1
        self._in_use = DecodingConfig()
        self._theme = current_theme(self.palette())
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setFont(small_font(self.font()))
        self.setMinimumSize(240, 120)

    def set_points(self, points: Sequence[SweepPoint]) -> None:
        """Show other points; the cursor goes to the best."""
        self.points = list(points)
        self.cursor_at = self.best_at
        self._tell(self.cursor_at)
        self.update()

    @property
    def best_at(self) -> int:
        """Place of the best point, -1 without any."""
        from model.sweeps import best

        return self.points.index(best(self.points)) if self.points else -1

    def set_in_use(self, settings: DecodingConfig) -> None:
        """Mark the setting that is decoded with, where it is among the points."""
        self._in_use = settings
        self.update()

    @property
    def in_use_at(self) -> int:
        """Place of the point that is decoded with, -1 where it is none of them."""
        width = self._in_use.beam_width
        return next((k for k, p in enumerate(self.points) if p.beam_width == width and self.same_model(p)), -1)

    def same_model(self, point: SweepPoint) -> bool:
        """Return whether a point was measured with the language model as it is in use."""
        used = self._in_use
        return math.isclose(point.alpha, used.alpha) and (not used.alpha or math.isclose(point.beta, used.beta))

    def tell_cursor(self) -> None:
        """Tell the numbers of the point under the cursor."""
        self._tell(self.cursor_at)

    def point_rect(self, place: int) -> QRectF:
        """Return where a point can be clicked."""
        raise NotImplementedError

    def point_text(self, place: int) -> str:
        """Return the numbers of a point in words."""
        point = self.points[place]
        model = f", weight {point.alpha:g}, bonus {point.beta:g}".replace("-", "−") if point.alpha else ""
        scores = f"{100 * point.phone_error_rate:.2f} %, LD {point.mean_levenshtein:.2f}, {point.milliseconds:.1f} ms"
        marks = [", best"] * (place == self.best_at) + [", in use"] * (place == self.in_use_at)
        return f"width {point.beam_width}{model}: {scores}{''.join(marks)}"

    def neighbour(self, key: Qt.Key) -> int:
        """Return the place a key leads to from the cursor, -1 where it leads nowhere."""
        raise NotImplementedError

    def _at(self, event: QMouseEvent) -> int:
        return next((k for k in range(len(self.points)) if self.point_rect(k).contains(event.position())), -1)

    def _tell(self, place: int) -> None:
        words = self.point_text(place) if 0 <= place < len(self.points) else ""
        self.setAccessibleDescription(words)
        self.pointed.emit(words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the numbers under the pointer."""
        place = self._at(event)
        self.setCursor(Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor)
        self._tell(place if place >= 0 else self.cursor_at)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell the cursor's numbers again."""
        self.tell_cursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the point under the pointer."""
        place = self._at(event)
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._go(place)
            self.point_chosen.emit(self.points[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor or choose its point."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.cursor_at >= 0:
            self.point_chosen.emit(self.points[self.cursor_at])
        elif (place := self.neighbour(key) if self.points else -1) >= 0:
            self._go(place)
        else:
            super().keyPressEvent(event)

    def _go(self, place: int) -> None:
        self.cursor_at = place
        self._tell(place)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.apply_theme(current_theme(self.palette()))

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of a theme."""
        self._theme = theme
        self.update()


def draw_in_use(painter: QPainter, tip: QPointF, color: str) -> None:
    """Draw the mark of the setting in use, a triangle under its tip: unlike the best's in shape as well as colour."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(5, 8), tip + QPointF(-5, 8)]))
    painter.restore()
