"""A live plot of curves: drawn by hand, so that the screen, a PNG and an SVG show the same."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from phonegui.theme import LIGHT, Theme, blend, small_font
from phonegui.views.curve_scale import Floats, Scale, duration, labels, thinned, time_ticks, trimmed_range, written

_EMPTY = np.empty(0)


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of a plot.

    Attributes
    ----------
    name
        What the readout calls it.
    x, y
        Shape (N,), x rising; y may hold NaN.
    color
        ``#rrggbb``, or the name of a field of `Theme`.
    ghost
        Drawn faintly behind the others: the raw values of a smoothed line.
    points
        A dot at each value.
    dashed
        Drawn in dashes: the second sign, besides colour, of another run.
    """

    name: str
    x: Floats
    y: Floats
    color: str = "text"
    ghost: bool = False
    points: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Mark:
    """A ring around one value, with a word beside it."""

    x: float
    y: float
    text: str


@dataclass
class Picture:
    """What a plot shows; a plain value, painted by `paint_plot` wherever it is wanted."""

    title: str
    unit: str = ""
    axis: str = "epoch"
    log: bool = False
    high_x: float = 1.0
    curves: list[Curve] = field(default_factory=list)
    mark: Mark | None = None
    cursor: float | None = None


class CurvePlot(QWidget):
    """One plot; the pointer reads off values."""

    pointed = Signal(object)  # x under the pointer, or None when it has left

    def __init__(self, title: str, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = Picture(title, unit)
        self._theme = LIGHT
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Curves of {title}")

    def sizeHint(self) -> QSize:
        """Ask for a flat picture."""
        return QSize(280, 128)

    def minimumSizeHint(self) -> QSize:
        """Stay readable."""
        return QSize(160, 88)

    def show_curves(
        self, curves: list[Curve], *, axis: str, high_x: float, log: bool = False, mark: Mark | None = None
    ) -> None:
        """Show other curves over an axis (``epoch``, ``step`` or ``seconds``) from 0 to `high_x`."""
        picture = self.picture
        picture.curves, picture.axis, picture.high_x = curves, axis, high_x
        picture.log, picture.mark = log, mark
        self.setAccessibleDescription(readout(picture, high_x) or "nothing yet")
        self.update()

    def point_at(self, x: float | None) -> None:
        """Show the values at an x, or none."""
        if x != self.picture.cursor:
            self.picture.cursor = x
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the pointer is."""
        frame = plot_frame(self.picture, QRectF(self.rect()), self.font())
        if frame.left() <= event.position().x() <= frame.right():
            self.pointed.emit(x_scale(self.picture, frame).value(event.position().x()))
        else:
            self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer has left."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        paint_plot(painter, QRectF(self.rect()), self.picture, self._theme, self.font())


def paint_plot(painter: QPainter, rect: QRectF, picture: Picture, theme: Theme, font: QFont) -> None:
    """Draw a plot into a rectangle of any device."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = plot_frame(picture, rect, font)
    across, up = x_scale(picture, frame), _y_scale(picture, frame)
    painter.setFont(small_font(font))
    _paint_grid(painter, frame, across, up, picture, theme)
    painter.save()
    painter.setClipRect(frame.adjusted(-4, -4, 4, 1))
    for curve in sorted(picture.curves, key=lambda curve: not curve.ghost):
        _paint_curve(painter, curve, across, up, theme)
    painter.restore()
    _paint_mark(painter, frame, across, up, picture, theme)
    _paint_heading(painter, rect, frame, across, picture, theme, font)
    painter.restore()


def plot_frame(picture: Picture, rect: QRectF, font: QFont) -> QRectF:
    """Return where the curves are drawn: the rectangle without title and ticks."""
    metrics = QFontMetricsF(small_font(font))
    left = metrics.horizontalAdvance("0.0000") + 8
    return rect.adjusted(left, metrics.height() + 8, -12, -metrics.height() - 6)


def x_scale(picture: Picture, frame: QRectF) -> Scale:
    """Return the scale of the x axis."""
    return Scale(0.0, max(1e-9, picture.high_x), frame.left(), frame.right())


def readout(picture: Picture, x: float) -> str:
    """Return the values of all curves at the nearest x they have, by name."""
    parts = []
    for curve in picture.curves:
        known = np.isfinite(curve.y)
        if curve.ghost or not known.any():
            continue
        xs, ys = curve.x[known], curve.y[known]
        parts.append(f"{curve.name} {written(float(ys[np.abs(xs - x).argmin()]))}")
    return "  ".join(parts)


def _y_scale(picture: Picture, frame: QRectF) -> Scale:
    ghosts = [curve.y for curve in picture.curves if curve.ghost]
    lines = [curve.y for curve in picture.curves if not curve.ghost]
    low, high = trimmed_range(ghosts, lines, log=picture.log)
    return Scale(low, high, frame.bottom(), frame.top(), picture.log)


def _paint_grid(painter: QPainter, frame: QRectF, across: Scale, up: Scale, picture: Picture, theme: Theme) -> None:
    metrics = QFontMetricsF(painter.font())
    line = QPen(QColor(theme.grid), 1)
    muted = QColor(theme.muted)
    ticks = up.ticks(max(3, int(frame.height() / 28)))
    for value, text in zip(ticks, labels(ticks), strict=True):
        y = round(up.pixel(value)) + 0.5
        painter.setPen(line)
        painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
        painter.setPen(muted)
        box = QRectF(frame.left() - 200, y - metrics.height() / 2, 194, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    painter.setPen(QPen(QColor(theme.hairline), 1))
    base = round(frame.bottom()) + 0.5
    painter.drawLine(QPointF(frame.left(), base), QPointF(frame.right(), base))
    _paint_x_ticks(painter, frame, across, picture, theme)


def _paint_x_ticks(painter: QPainter, frame: QRectF, across: Scale, picture: Picture, theme: Theme) -> None:
    metrics = QFontMetricsF(painter.font())
    timed = picture.axis == "seconds"
    most = max(1, int(frame.width() / (72 if timed else 56)))
    ticks = time_ticks(0.0, across.high, most) if timed else across.ticks(most)
    if picture.axis in ("epoch", "step"):
        ticks = [tick for tick in ticks if tick == round(tick)]
    free = frame.left() - 100.0  # text must not run into text
    for value in ticks:
        x = across.pixel(value)
        text = duration(value) if timed else written(value)
        width = metrics.horizontalAdvance(text)
        left = min(x - width / 2, frame.right() + 12 - width)
        if left < free:
            continue
        painter.setPen(QColor(theme.hairline))
        painter.drawLine(QPointF(x, frame.bottom()), QPointF(x, frame.bottom() + 3))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QPointF(left, frame.bottom() + 4 + metrics.ascent()), text)
        free = left + width + 8


def _paint_curve(painter: QPainter, curve: Curve, across: Scale, up: Scale, theme: Theme) -> None:
    color = _color(curve.color, theme)
    pen = QPen(QColor(blend(color, theme.background, 0.28) if curve.ghost else color), 1.0 if curve.ghost else 1.5)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if curve.dashed:
        pen.setDashPattern([5.0, 3.0])
    xs, ys, dense = thinned(across.pixels(curve.x), up.pixels(curve.y))
    # Far outside the picture a line takes long to draw and is seen by nobody.
    ys = np.clip(ys, up.last - 1e4, up.first + 1e4)
    if dense and not curve.ghost:  # a line through the middle of each column
        xs, ys = xs[::2], (ys[::2] + ys[1::2]) / 2
    points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    if dense and curve.ghost:  # a bar in each column; smooth edges would take ten times as long
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        painter.drawLines([QLineF(low, high) for low, high in zip(points[::2], points[1::2], strict=True)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return
    polygon = QPolygonF(points)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if len(polygon) > 1:
        painter.drawPolyline(polygon)
    if (curve.points and len(polygon) <= 60) or len(polygon) == 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        for point in polygon:
            painter.drawEllipse(point, 2.5, 2.5)


def _paint_mark(painter: QPainter, frame: QRectF, across: Scale, up: Scale, picture: Picture, theme: Theme) -> None:
    mark = picture.mark
    if mark is None or not np.isfinite(mark.y) or (picture.log and mark.y <= 0):
        return
    at = QPointF(across.pixel(mark.x), up.pixel(mark.y))
    painter.setPen(QPen(QColor(theme.accent), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(at, 5.5, 5.5)
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(mark.text)
    left = at.x() - width - 8 if at.x() + 10 + width > frame.right() else at.x() + 9
    left = max(frame.left() + 2, left)
    baseline = at.y() - 9 if at.y() - 9 - metrics.ascent() > frame.top() else at.y() + 9 + metrics.ascent()
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(left, baseline), mark.text)


def _paint_heading(
    painter: QPainter, rect: QRectF, frame: QRectF, across: Scale, picture: Picture, theme: Theme, font: QFont
) -> None:
    metrics = QFontMetricsF(painter.font())
    baseline = rect.top() + 2 + metrics.ascent()
    title = f"{picture.title}, {picture.unit}" if picture.unit else picture.title
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(rect.left() + 8, baseline), title)
    x = picture.cursor
    if x is not None:
        painter.setPen(QPen(QColor(theme.accent), 1))
        pixel = across.pixel(x)
        painter.drawLine(QPointF(pixel, frame.top()), QPointF(pixel, frame.bottom()))
    free = frame.right() - rect.left() - 24 - metrics.horizontalAdvance(title)
    _paint_legend(painter, QPointF(frame.right(), baseline), free, picture, theme)


def _paint_legend(painter: QPainter, right: QPointF, free: float, picture: Picture, theme: Theme) -> None:
    """Write names and values of the lines from the right, each in its colour, as many as there is room for."""
    metrics = QFontMetricsF(painter.font())
    at = picture.high_x if picture.cursor is None else picture.cursor
    left = right.x()
    for curve in reversed([curve for curve in picture.curves if not curve.ghost]):
        text = readout(Picture("", curves=[curve]), at)
        width = metrics.horizontalAdvance(text)
        if not text or width > free:
            continue
        painter.setPen(QColor(blend(theme.text, _color(curve.color, theme), 0.25)))
        painter.drawText(QPointF(left - width, right.y()), text)
        left, free = left - width - 12, free - width - 12


def _color(name: str, theme: Theme) -> str:
    return name if name.startswith("#") else str(getattr(theme, name))
