"""The signs of the sound controls, drawn in the colours of the theme: what every player has on its buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from phonegui.theme import Theme, blend

_SIZE = 16
_RATIOS = (1.0, 1.5, 2.0, 3.0)


def glyph(name: str, theme: Theme) -> QIcon:
    """Return a sign: ``play``, ``pause``, ``stop``, ``loop`` or ``record``; sharp at every scale of the screen."""
    icon = QIcon()
    faded = blend(theme.muted, theme.background, 0.45)
    for mode, state, color in (
        (QIcon.Mode.Normal, QIcon.State.Off, theme.text),
        (QIcon.Mode.Normal, QIcon.State.On, theme.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, faded),
        (QIcon.Mode.Disabled, QIcon.State.On, faded),
    ):
        for ratio in _RATIOS:
            icon.addPixmap(_drawn(_SIGNS[name], color, ratio), mode, state)
    return icon


def _drawn(sign: Callable[[QPainter, QColor], None], color: str, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(_SIZE * ratio), round(_SIZE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    sign(painter, QColor(color))
    painter.end()
    return pixmap


def _play(painter: QPainter, _color: QColor) -> None:
    painter.drawPolygon(QPolygonF([QPointF(4, 2.5), QPointF(13.5, 8), QPointF(4, 13.5)]))


def _pause(painter: QPainter, _color: QColor) -> None:
    painter.drawRect(QRectF(3.5, 3, 3, 10))
    painter.drawRect(QRectF(9.5, 3, 3, 10))


def _stop(painter: QPainter, _color: QColor) -> None:
    painter.drawRect(QRectF(3.5, 3.5, 9, 9))


def _record(painter: QPainter, _color: QColor) -> None:
    painter.drawEllipse(QRectF(3, 3, 10, 10))


def _loop(painter: QPainter, color: QColor) -> None:
    # Two half turns that chase each other.
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    arcs = QPainterPath(QPointF(2.25, 8))
    arcs.lineTo(QPointF(2.25, 7.5))
    arcs.arcTo(QRectF(2.25, 4.5, 6, 6), 180, -90)
    arcs.lineTo(QPointF(10.5, 4.5))
    painter.drawPath(arcs)
    arcs = QPainterPath(QPointF(13.75, 8))
    arcs.lineTo(QPointF(13.75, 8.5))
    arcs.arcTo(QRectF(7.75, 5.5, 6, 6), 0, -90)
    arcs.lineTo(QPointF(5.5, 11.5))
    painter.drawPath(arcs)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(10, 1.5), QPointF(14, 4.5), QPointF(10, 7.5)]))
    painter.drawPolygon(QPolygonF([QPointF(6, 8.5), QPointF(2, 11.5), QPointF(6, 14.5)]))


_SIGNS: dict[str, Callable[[QPainter, QColor], None]] = {
    "play": _play,
    "pause": _pause,
    "stop": _stop,
    "loop": _loop,
    "record": _record,
}
