"""The ribbon: every frame in the colour of the phoneme that wins it, paler where the network was unsure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from model.phonemes import BLANK, SymbolTable
from phonegui.theme import Theme, blend, class_colors, text_on
from phonegui.views.heatmap import HeatmapRow
from phonegui.views.pictures import BLANK_SHADES, CLASSES, SHADES, PosteriorPicture
from phonegui.views.row import GAP
from phonegui.views.time_range import TimeRange

# The blank says "nothing new": it may be seen, but must not catch the eye.
_BLANK_SHARE = 0.22
_FAINTEST = 0.12
_FEWEST_PIXELS = 3.0


@lru_cache(maxsize=4)
def ribbon_colors(theme: Theme) -> tuple[int, ...]:
    """Return the colour ``0xffRRGGBB`` of each code of `phonegui.views.pictures.ribbon_codes`."""
    colors, ground = class_colors(theme), theme.background
    blanks = (blend(colors["blank"], ground, _BLANK_SHARE * (n + 1) / BLANK_SHADES) for n in range(BLANK_SHADES))
    shares = (_FAINTEST + (1.0 - _FAINTEST) * n / (SHADES - 1) for n in range(SHADES))
    phonemes = (blend(colors[name], ground, share) for share in shares for name in CLASSES)
    table = [QColor(color).rgba() for color in (ground, *blanks, *phonemes)]
    return (*table, *[QColor(ground).rgba()] * (256 - len(table)))


class RibbonView(HeatmapRow):
    """The winning phoneme of every frame, its class by colour, its confidence by opacity, its symbol where it fits."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Winner",
            description="Likeliest phoneme of every frame: class by colour, confidence by opacity, the blank faded.",
            parent=parent,
        )
        self._winners: npt.NDArray[np.uint16] | None = None
        self._symbols: SymbolTable | None = None
        self.setMinimumHeight(2 * GAP)

    def set_picture(self, picture: PosteriorPicture | None, step_seconds: float, table: SymbolTable | None) -> None:
        """Show the winners of frames so many seconds apart; None shows nothing."""
        self._winners = None if picture is None else picture.winners
        self._symbols = table
        self.set_pyramid(None if picture is None else picture.ribbon, step_seconds)

    def color_tables(self) -> list[tuple[slice, list[int]]]:
        """Return the colours of the codes."""
        return [(slice(0, self.rows), list(ribbon_colors(self.theme)))]

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the frames, and symbols where frames are wide enough."""
        super().paint_plot(painter, plot)
        if self._winners is not None and self._symbols is not None and self.time_range.span > 0:
            self._paint_symbols(painter, plot, self._winners, self._symbols)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the title."""
        self.paint_title(painter, "paler: less sure")

    def _paint_symbols(
        self, painter: QPainter, plot: QRect, winners: npt.NDArray[np.uint16], table: SymbolTable
    ) -> None:
        """Write the symbol of each run of one winner that has room for it."""
        first = max(0, int(self.time_range.start / self._step + 0.5))
        last = min(len(winners), int(self.time_range.end / self._step + 0.5) + 1)
        if self._pyramid is None or last <= first or plot.width() * self._step / self.time_range.span < _FEWEST_PIXELS:
            return
        shown = winners[first:last]
        starts = np.flatnonzero(np.diff(shown, prepend=shown[0] + 1))
        metrics = painter.fontMetrics()
        if plot.height() < metrics.height():
            return
        baseline = (plot.height() + metrics.capHeight()) / 2
        codes, colors = self._pyramid.levels[0][0], ribbon_colors(self.theme)

        def colors_of(code: int) -> str:
            return QColor(colors[code]).name()

        for start, stop in zip(starts, [*starts[1:], len(shown)], strict=True):
            if shown[start] == BLANK:
                continue
            left = max(self.x_of((first + start - 0.5) * self._step), plot.left())
            right = min(self.x_of((first + stop - 0.5) * self._step), plot.left() + plot.width())
            text = table.symbols[int(shown[start])]
            width = metrics.horizontalAdvance(text)
            if width + 2 <= right - left:
                shades = codes[first + start : first + stop]  # of one class, from paler to surer
                painter.setPen(QColor(text_on(colors_of(int(shades.min())), colors_of(int(shades.max())))))
                painter.drawText(QPointF((left + right - width) / 2, baseline), text)
