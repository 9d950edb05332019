"""Tiers: boxes over time with a symbol each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from phonegui.phoneme_columns import CLASSES, columns_of
from phonegui.theme import Theme, blend, class_colors, small_font, text_font
from phonegui.views.row import TimeRow

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.transcript import TimedPhoneme

Times = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

_SHADES = 15
PALEST, FULLEST = 0.08, 0.42
"""How much of its class's colour the least and the surest box is filled with."""
BAR = 3
"""Height of the full colour at the foot of a box, in pixels."""
# Below this width in pixels, boxes stand side by side without the line between them.
_NARROW = 4.0
# Times nearer than this are the same, in seconds.
_TOUCH = 1e-6


class Boxes:
    """Boxes in the arrays that drawing and finding need.

    Parameters
    ----------
    starts, ends
        Seconds, in order of time, shape (n,).
    texts
        What stands in each.
    fills, bars
        Index of the colours of each box and of the bar at its foot, shape (n,).
    shorts
        What stands in each where the text does not fit; by default nothing.
    tops
        Index of the colour of a bar at the head of each box, shape (n,); by default there is none.
    """

    def __init__(
        self,
        starts: Times,
        ends: Times,
        texts: Sequence[str],
        fills: Codes,
        bars: Codes,
        shorts: Sequence[str] | None = None,
        tops: Codes | None = None,
    ) -> None:
        self.starts, self.ends, self.texts, self.fills, self.bars = starts, ends, texts, fills, bars
        self.shorts, self.tops = shorts, fills if tops is None else tops

    def at(self, time: float) -> int | None:
        """Return the index of the box at a time in seconds."""
        index = int(np.searchsorted(self.starts, time, side="right")) - 1
        return index if index >= 0 and time < self.ends[index] else None

    def between(self, start: float, end: float) -> slice:
        """Return which boxes lie at least partly between two times in seconds."""
        return slice(int(np.searchsorted(self.ends, start, side="right")), int(np.searchsorted(self.starts, end)))

    def neighbour(self, selected: tuple[float, float], direction: int) -> int | None:
        """Return the index of the box after (1) or before (-1) a stretch of time in seconds."""
        if direction > 0:
            index = int(np.searchsorted(self.starts, selected[1] - _TOUCH))
        else:
            index = int(np.searchsorted(self.ends, selected[0] + _TOUCH, side="right")) - 1
        return index if 0 <= index < len(self.starts) else None


class Tier(Boxes):
    """Phonemes as boxes: the class by colour, paler where the network was unsure.

    Parameters
    ----------
    phonemes
        In order of time.
    before
        The tier they were edited from, where that is known: only what is new is looked at.
    """

    def __init__(self, phonemes: Sequence[TimedPhoneme], before: Tier | None = None) -> None:
        self.phonemes = phonemes
        self._columns = columns_of(phonemes, None if before is None else before._columns)
        columns = self._columns
        shades = np.rint(np.clip(np.nan_to_num(columns.confidence), 0.0, 1.0) * (_SHADES - 1)).astype(np.intp)
        # 0 is the background; then the shades of the first class and its full colour, those of the second, ...
        fills = (1 + columns.classes * (_SHADES + 1) + shades).astype(np.uint8)
        bars = (1 + columns.classes * (_SHADES + 1) + _SHADES).astype(np.uint8)
        super().__init__(columns.starts, columns.ends, columns.symbols, fills, bars)


@lru_cache(maxsize=4)
def tier_colors(theme: Theme) -> tuple[int, ...]:
    """Return the colour of each code of a `Tier`: the background, then for each class its shades, and itself."""
    colors = class_colors(theme)
    shares = [*(float(share) for share in np.linspace(PALEST, FULLEST, _SHADES)), 1.0]
    shades = (blend(colors[name], theme.background, share) for name in CLASSES for share in shares)
    return tuple(QColor(color).rgba() for color in (theme.background, *shades))


class TierRow(TimeRow):
    """Base of the rows that draw boxes."""

    # Boxes narrower than a pixel are drawn all the same.
    every_box_shows = False

    def paint_boxes(self, painter: QPainter, rect: QRect, tier: Boxes, colors: Sequence[int]) -> None:
        """Draw the boxes as one image: each pixel column has the colour of the phoneme at its middle."""
        shown = tier.between(self.time_range.start, self.time_range.end)
        if shown.start >= shown.stop:
            return
        ratio = self.devicePixelRatioF()
        columns = round(rect.width() * ratio)
        edges = self.column_edges(columns)
        middles = 0.5 * (edges[:-1] + edges[1:])
        index = np.searchsorted(tier.starts, middles, side="right") - 1
        inside = (index >= 0) & (middles < tier.ends[index])
        inside[self._gaps(tier, shown, columns)] = False
        fills, bars, tops = (np.where(inside, codes[index], 0) for codes in (tier.fills, tier.bars, tier.tops))
        if self.every_box_shows:
            first = (tier.starts[shown] - self.time_range.start) * columns / self.time_range.span
            places = np.clip(first.astype(np.intp), 0, columns - 1)
            narrow = (tier.ends[shown] - tier.starts[shown]) * columns < self.time_range.span
            for codes, wanted in ((fills, tier.fills), (bars, tier.bars), (tops, tier.tops)):
                codes[places[narrow]] = wanted[shown][narrow]
        pixels = np.empty((round(rect.height() * ratio), columns), np.uint8)
        pixels[:] = fills
        pixels[: round(BAR * ratio)] = tops
        pixels[-round(BAR * ratio) :] = bars
        self.paint_indexed(painter, QPointF(rect.topLeft()), pixels, list(colors))

    def _gaps(self, tier: Boxes, shown: slice, columns: int) -> npt.NDArray[np.intp]:
        """Return the columns that part a box from its left neighbour, where boxes are wide enough for that."""
        scale = columns / self.time_range.span
        starts, ends = tier.starts[shown], tier.ends[shown]
        wide = (ends - starts) * scale > _NARROW * self.devicePixelRatioF()
        places = np.rint((starts[wide] - self.time_range.start) * scale).astype(np.intp)
        return places[(places > 0) & (places < columns)]

    def paint_texts(self, painter: QPainter, rect: QRect, tier: Boxes) -> None:
        """Write what stands in the boxes where it fits."""
        shown = tier.between(self.time_range.start, self.time_range.end)
        count = shown.stop - shown.start
        # Not even one letter would fit: leave thousands of boxes unmeasured.
        if count <= 0 or rect.width() / count < 0.5 * painter.fontMetrics().averageCharWidth():
            return
        lefts = np.maximum(self.places_of(tier.starts[shown]), rect.left())
        rights = np.minimum(self.places_of(tier.ends[shown]), rect.left() + rect.width())
        room = (rights - lefts).tolist()
        texts = list(tier.texts[shown])
        large = text_font(self.font())
        widths = _widths(large.key(), texts)
        small = sum(width + 4 <= space for width, space in zip(widths, room, strict=True)) < 0.8 * count
        font = small_font(self.font()) if small else large
        widths = _widths(font.key(), texts) if small else widths
        shorts = list(tier.shorts[shown]) if tier.shorts is not None else texts
        short_widths = _widths(font.key(), shorts) if tier.shorts is not None else widths
        painter.setFont(font)
        painter.setPen(QColor(self.theme.text))
        baseline = baseline_of(rect, painter)
        for number, left in enumerate(lefts.tolist()):
            text, width = texts[number], widths[number]
            if width + 3 > room[number]:
                text, width = shorts[number], short_widths[number]
            if width + 3 <= room[number]:
                painter.drawText(QPointF(left + (room[number] - width) / 2, baseline), text)

    def box(self, tier: Boxes, index: int, rect: QRect) -> tuple[float, float]:
        """Return the left and right edge of a box in pixels, as far as it is shown."""
        left = max(self.x_of(float(tier.starts[index])), float(rect.left()))
        right = min(self.x_of(float(tier.ends[index])), float(rect.left() + rect.width()))
        return left, right


def _widths(font_key: str, texts: list[str]) -> list[float]:
    return [_width(font_key, text) for text in texts]


@lru_cache(maxsize=4096)
def _width(font_key: str, text: str) -> float:
    # There are few symbols and many boxes: measuring each again would take longer than drawing them.
    return _metrics(font_key).horizontalAdvance(text)


@lru_cache(maxsize=8)
def _metrics(font_key: str) -> QFontMetricsF:
    font = QFont()
    font.fromString(font_key)
    return QFontMetricsF(text_font(font))


def baseline_of(rect: QRect, painter: QPainter) -> float:
    """Return where the baseline of text in the middle of a box above its bar lies."""
    return rect.top() + (rect.height() - BAR + painter.fontMetrics().capHeight()) / 2
