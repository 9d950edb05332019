"""The whole recording at a glance, and where in it the window is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme
from phonegui.views.pyramids import PeakPyramid
from phonegui.views.row import GAP, TimeRow, hairline
from phonegui.views.time_range import TimeRange, format_time, unit_of

_EDGE = 5
_LEAST_FRAME = 3
_VEIL, _BAND = 0.62, 0.25


class OverviewBar(TimeRow):
    """Peaks of the whole recording under a frame about what is shown.

    Dragging the frame pans, dragging an edge of it zooms, a click elsewhere brings the frame there.
    """

    foldable = False

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Overview",
            description="Peaks of the whole recording, with a frame about the part that is shown.",
            parent=parent,
        )
        # Its picture does not depend on what is shown: the frame is drawn over it.
        time_range.changed.disconnect(self._show_other_time)
        time_range.changed.connect(self.update)
        time_range.selection.changed.connect(self.update)
        self._pyramid: PeakPyramid | None = None
        self._rate = 1
        self._drawn_duration = 0.0
        self._taken: str | None = None  # "pan", "start" or "end"
        self._grabbed = 0.0
        self.setFixedHeight(5 * GAP)

    def set_peaks(self, pyramid: PeakPyramid | None, sample_rate: int) -> None:
        """Show the peaks of samples at a rate in Hz; None shows nothing."""
        self._pyramid = pyramid if pyramid is not None and len(pyramid.samples) else None
        self._rate = sample_rate
        self.refresh()

    def x_of(self, seconds: float) -> float:
        """Return the horizontal place of a time in the whole recording, in logical pixels."""
        plot = self.plot_rect()
        return plot.left() + seconds / (self.time_range.duration or 1.0) * plot.width()

    def time_at(self, x: float) -> float:
        """Return the time in seconds at a horizontal place; the inverse of `x_of`."""
        plot = self.plot_rect()
        return (x - plot.left()) / plot.width() * self.time_range.duration

    def frame_rect(self) -> QRectF:
        """Return the frame about what is shown, in logical pixels."""
        left, right = self.x_of(self.time_range.start), self.x_of(self.time_range.end)
        if right - left < _LEAST_FRAME:
            left, right = 0.5 * (left + right - _LEAST_FRAME), 0.5 * (left + right + _LEAST_FRAME)
        return QRectF(left, 0, right - left, self.height())

    # -- drawing

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the peaks."""
        duration = self.time_range.duration
        if self._pyramid is not None and duration > 0:
            ratio = self.devicePixelRatioF()
            edges = np.linspace(0, duration, round(plot.width() * ratio) + 1) * self._rate
            low, high = self._pyramid.peaks(np.minimum(edges, len(self._pyramid.samples)))
            rows = np.arange(round(plot.height() * ratio))[:, None]
            middle, room = self.height() * ratio / 2, (self.height() / 2 - 2) * ratio / self._pyramid.greatest()
            top, bottom = np.floor(middle - high * room), np.ceil(middle - low * room)
            pixels = ((rows >= top) & (rows < np.maximum(bottom, top + 1))).astype(np.uint8)
            self.paint_indexed(painter, QPointF(plot.topLeft()), pixels, [0, QColor(self.theme.wave).rgba()])

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the duration."""
        self._drawn_duration = duration = self.time_range.duration
        seconds = f"{format_time(duration, decimals=1)} {unit_of(duration)}" if duration > 0 else ""
        self.paint_title(painter, *([seconds] if seconds else []))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy the kept picture, and draw the frame over it."""
        if self._drawn_duration != self.time_range.duration:
            self.refresh()
        super().paintEvent(event)
        self._paint_frame(QPainter(self))

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw all of the bar, the frame too."""
        super().paint_row(painter, plot)
        self._paint_frame(painter)

    def _paint_frame(self, painter: QPainter) -> None:
        """Draw the frame, what is selected, and a veil over what is not shown."""
        if self.time_range.duration <= 0:
            return
        plot, frame = self.plot_rect(), self.frame_rect()
        veil = QColor(self.theme.background)
        veil.setAlphaF(_VEIL)
        painter.fillRect(QRectF(plot.left(), 0, frame.left() - plot.left(), self.height()), veil)
        painter.fillRect(QRectF(frame.right(), 0, plot.left() + plot.width() - frame.right(), self.height()), veil)
        selected = self.time_range.selection.range
        if selected is not None:
            band = QColor(self.theme.accent)
            band.setAlphaF(_BAND)
            left = self.x_of(selected[0])
            painter.fillRect(QRectF(left, 0, max(1.0, self.x_of(selected[1]) - left), self.height()), band)
        painter.setPen(hairline(self.theme.muted))
        painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the frame or one of its edges; elsewhere, bring it here first."""
        x = event.position().x()
        if event.button() != Qt.MouseButton.LeftButton or not self.in_plot(x):
            super().mousePressEvent(event)
            return
        self._taken = self._part_at(x)
        if self._taken is None:
            self._taken = "pan"
            self.time_range.pan(self.time_at(x) - 0.5 * (self.time_range.start + self.time_range.end))
        self._grabbed = self.time_at(x) - self.time_range.start

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken; tell the time under the pointer."""
        x, shown = event.position().x(), self.time_range
        time = min(max(self.time_at(x), 0.0), shown.duration)
        if self._taken == "pan":
            shown.pan(self.time_at(x) - self._grabbed - shown.start)
        elif self._taken == "start":
            shown.show(min(time, shown.end), shown.end)
        elif self._taken == "end":
            shown.show(shown.start, max(time, shown.start))
        part = self._taken or (self._part_at(x) if self.in_plot(x) else None)
        shapes = {"pan": Qt.CursorShape.OpenHandCursor, None: Qt.CursorShape.ArrowCursor}
        self.setCursor(shapes.get(part, Qt.CursorShape.SizeHorCursor))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._taken = None

    def _part_at(self, x: float) -> str | None:
        frame = self.frame_rect()
        # A narrow frame must leave room between its edges to be taken by.
        edge = min(_EDGE, frame.width() / 4)
        if abs(x - frame.left()) <= edge:
            return "start"
        if abs(x - frame.right()) <= edge:
            return "end"
        return "pan" if frame.left() < x < frame.right() else None
