"""The posteriorgram: the probability of every phoneme in every frame, grouped by class."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from model.phonemes import BLANK, SymbolTable, phoneme_class
from phonegui.theme import COLOR_MAPS, Theme, class_colors, ramp
from phonegui.views.frames import Frames
from phonegui.views.heatmap import HeatmapRow, packed
from phonegui.views.pyramids import FramePyramid
from phonegui.views.row import GAP
from phonegui.views.time_range import TimeRange, format_clock

LogProbs = npt.NDArray[np.floating]

_LEAST_PITCH = 4
_BLANK = ("#26282b", "#c4c7ca")


def symbol_name(table: SymbolTable, index: int) -> str:
    """Return what a class is called on the screen: its symbol, or ``blank``."""
    return "blank" if index == BLANK else table.symbols[index]


POSTERIOR_COLORS = ("classes", *COLOR_MAPS)
"""How posteriors can be coloured: every class in its own colour, or all through one map."""


class PosteriorgramView(HeatmapRow):
    """Probabilities over time, one row for each class of the network in `SymbolTable.display_order`."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Posteriors",
            description="Probability of every phoneme over time, grouped by class, the blank at the bottom.",
            parent=parent,
        )
        self.frames: Frames | None = None
        self._symbols: SymbolTable | None = None
        self._order: list[int] = []
        self._groups: list[tuple[str, int, int]] = []
        self.color_map = POSTERIOR_COLORS[0]
        self.setMinimumHeight(18 * GAP)

    def set_color_map(self, name: str) -> None:
        """Draw through another of `POSTERIOR_COLORS`; raise ValueError on other names."""
        if name == "classes":
            self.color_map = name
            self.refresh()
        else:
            super().set_color_map(name)

    def packed_map(self) -> list[int]:
        """Return the colours of the key, from probability 0 to 1."""
        if self.color_map == "classes":
            return packed(ramp(self.theme.background, self.theme.text))
        return super().packed_map()

    def set_posteriors(
        self,
        log_probs: LogProbs | None,
        step_seconds: float,
        table: SymbolTable | None,
        pyramid: FramePyramid | None = None,
    ) -> None:
        """Show posteriors.

        Parameters
        ----------
        log_probs
            Natural logarithms, shape (T, V); None shows nothing.
        step_seconds
            Time between frames; frame *t* is centred on ``t * step_seconds``.
        table
            Names of the V classes.
        pyramid
            The picture of them, of `phonegui.views.pictures.picture_posteriors`; None until it is made.

        Raises
        ------
        ValueError
            The shape is not (T, V) with V the length of the table.
        """
        if log_probs is None or table is None:
            self.frames, self._symbols, self._order, self._groups = None, None, [], []
            self.set_pyramid(None, step_seconds)
            return
        if log_probs.ndim != 2 or log_probs.shape[1] != len(table):
            raise ValueError(f"posteriors of shape {log_probs.shape} do not fit a table of {len(table)} symbols")
        self.frames, self._symbols = Frames(log_probs, step_seconds, table), table
        self._order = table.display_order()
        self._groups = _groups(table, self._order)
        self.set_pyramid(pyramid, step_seconds)

    def hover_text(self, time: float) -> str:
        """Return the time and the likeliest phonemes there; empty for NaN, only the time without posteriors."""
        if np.isnan(time):
            return ""
        return format_clock(time) if self.frames is None else self.frames.describe(time)

    def color_tables(self) -> list[tuple[slice, list[int]]]:
        """Return the colour map for the phonemes, or each class's own colour, and greys for the blank."""
        if self.color_map == "classes":
            colors = class_colors(self.theme)
            ground = self.theme.background
            return [(slice(a, b), packed(ramp(ground, colors[name]))) for name, a, b in self._groups]
        last = self.rows - 1
        low, high = _BLANK if self.color_map != "grey" else (self.theme.background, self.theme.muted)
        return [(slice(0, last), self.packed_map()), (slice(last, self.rows), packed(ramp(low, high)))]

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the frames, and hairlines between the classes."""
        super().paint_plot(painter, plot)
        self._paint_borders(painter, plot)

    def paint_in_steps(self, painter: QPainter, plot: QRect) -> Iterator[None]:
        """Draw class by class: a drawing (SVG) takes its time to pack an image of all."""
        for _, top, bottom in self._groups if self.rows else ():
            self.paint_rows(painter, plot, top, bottom)
            yield
        self._paint_borders(painter, plot)
        yield

    def _paint_borders(self, painter: QPainter, plot: QRect) -> None:
        if self.rows:
            edges = self.row_edges(plot)
            ground = QColor(self.theme.hairline if self.color_map == "classes" else self.theme.background)
            for _, first, _ in self._groups[1:]:
                across = QRectF(plot.left(), edges[first], plot.width(), 1.0 / self.devicePixelRatioF())
                painter.fillRect(across, ground)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the labels with their classes, and the colour key."""
        self.paint_title(painter)
        if not self.rows:
            return
        edges = self.row_edges(plot)
        colors = class_colors(self.theme)
        for name, first, last in self._groups:
            chip = QRectF(plot.left() - GAP, edges[first], GAP - 2, edges[last] - edges[first])
            painter.fillRect(chip, QColor(colors[name]))
        self._paint_symbols(painter, plot, edges)
        self._paint_names(painter, edges)
        self.paint_key(painter, plot, {0.0: "0", 0.5: "0.5", 1.0: "1"}, "probability")

    def _paint_symbols(self, painter: QPainter, plot: QRect, edges: npt.NDArray[np.float64]) -> None:
        """Write the symbols in one column, or where rows are low in two, every other symbol further left."""
        assert self._symbols is not None
        metrics = painter.fontMetrics()
        pitch = plot.height() / self.rows
        if pitch < _LEAST_PITCH:
            return
        columns = 1 if pitch >= metrics.capHeight() + 3 else 2
        shift = metrics.horizontalAdvance("SPN") + GAP // 2
        step = 1 if columns * pitch >= metrics.capHeight() + 2 else 2
        painter.setPen(QColor(self.theme.text))
        for row in range(0, self.rows, step):
            text = symbol_name(self._symbols, self._order[row])
            right = plot.left() - GAP - GAP // 2 - (shift if columns == 2 and row // step % 2 else 0)
            middle = (edges[row] + edges[row + 1] + metrics.capHeight()) / 2
            baseline = min(max(middle, metrics.capHeight() + 1), plot.height() - 1)
            painter.drawText(QPointF(right - metrics.horizontalAdvance(text), baseline), text)

    def _paint_names(self, painter: QPainter, edges: npt.NDArray[np.float64]) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(QColor(self.theme.muted))
        unpainted = float(QFontMetrics(self.font()).height())  # the title is above
        for name, first, last in self._groups:
            if name == "blank":
                continue
            # Not so low that the letters' tails are cut.
            baseline = min((edges[first] + edges[last] + metrics.capHeight()) / 2, edges[-1] - metrics.descent())
            if baseline - metrics.capHeight() >= unpainted:
                painter.drawText(QPointF(GAP, baseline), name)
                unpainted = baseline + 3


def _groups(table: SymbolTable, order: list[int]) -> list[tuple[str, int, int]]:
    """Return the class, first row and row after the last of each run of one class."""
    found: list[tuple[str, int, int]] = []
    for name, members in groupby(order, key=lambda index: phoneme_class(table.symbols[index])):
        first = found[-1][2] if found else 0
        found.append((name, first, first + len(list(members))))
    return found
