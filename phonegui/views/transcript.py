"""Tiers of phonemes: a box for each, in the colour of its class, paler where the network was unsure."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from model.phonemes import PHONEME_CLASSES, phoneme_class
from phonegui.theme import Theme, blend, class_colors, small_font, text_font
from phonegui.views.row import GAP, TimeRow
from phonegui.views.time_range import TimeRange

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.transcript import TimedPhoneme

_CLASSES = (*PHONEME_CLASSES, "blank")
_SHADES = 15
_PALEST, _FULLEST = 0.08, 0.42
_BAR = 3
_TIER_HEIGHT = 3 * GAP
_TIER_GAP = 2
# Below this width in pixels, boxes stand side by side without the line between them.
_NARROW = 4.0


class Tier:
    """Phonemes in the arrays that drawing and finding need.

    Parameters
    ----------
    phonemes
        In order of time.
    """

    def __init__(self, phonemes: Sequence[TimedPhoneme]) -> None:
        self.phonemes = phonemes
        count = len(phonemes)
        self.starts = np.fromiter((item.start for item in phonemes), np.float64, count)
        self.ends = np.fromiter((item.end for item in phonemes), np.float64, count)
        confidence = np.fromiter((item.confidence for item in phonemes), np.float64, count)
        shades = np.rint(np.clip(np.nan_to_num(confidence), 0.0, 1.0) * (_SHADES - 1)).astype(np.intp)
        classes = np.fromiter((_CLASSES.index(phoneme_class(item.symbol)) for item in phonemes), np.intp, count)
        # 0 is the background; then the shades of the first class and its full colour, those of the second, ...
        self.fills = (1 + classes * (_SHADES + 1) + shades).astype(np.uint8)
        self.bars = (1 + classes * (_SHADES + 1) + _SHADES).astype(np.uint8)

    def at(self, time: float) -> int | None:
        """Return the index of the phoneme at a time in seconds."""
        index = int(np.searchsorted(self.starts, time, side="right")) - 1
        return index if index >= 0 and time < self.ends[index] else None

    def between(self, start: float, end: float) -> slice:
        """Return which phonemes lie at least partly between two times in seconds."""
        return slice(int(np.searchsorted(self.ends, start, side="right")), int(np.searchsorted(self.starts, end)))


@lru_cache
def _fills(theme: Theme) -> tuple[int, ...]:
    """Return the colour of each code: the background, then for each class its shades from pale to full, and itself."""
    colors = class_colors(theme)
    shares = [*(float(share) for share in np.linspace(_PALEST, _FULLEST, _SHADES)), 1.0]
    shades = (blend(colors[name], theme.background, share) for name in _CLASSES for share in shares)
    return tuple(QColor(color).rgba() for color in (theme.background, *shades))


class TranscriptView(TimeRow):
    """What was heard, and below it what was said where that is known."""

    phoneme_clicked = Signal(int)  # index of the heard phoneme

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Transcript",
            description="Phonemes over time: those heard, and below them those of the reference.",
            parent=parent,
        )
        self._heard = Tier(())
        self._reference: Tier | None = None
        height = 2 * _TIER_HEIGHT + _TIER_GAP
        self.setMinimumHeight(height)
        self.setMaximumHeight(2 * height)
        self.clicked.connect(self._find_clicked)

    def set_heard(self, phonemes: Sequence[TimedPhoneme]) -> None:
        """Replace the phonemes heard, in order of time."""
        self._heard = Tier(phonemes)
        self.refresh()

    def set_reference(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the reference, at the times its phonemes carry; None where it is not known."""
        self._reference = None if phonemes is None else Tier(phonemes)
        self.refresh()

    @property
    def heard(self) -> Sequence[TimedPhoneme]:
        """The phonemes heard."""
        return self._heard.phonemes

    @property
    def reference(self) -> Sequence[TimedPhoneme] | None:
        """The phonemes of the reference, where it is known."""
        return None if self._reference is None else self._reference.phonemes

    def tier_rects(self, plot: QRect) -> tuple[QRect, QRect]:
        """Return where the tiers of what was heard and of the reference lie."""
        height = (plot.height() - _TIER_GAP) // 2
        lower = QRect(plot.left(), plot.top() + height + _TIER_GAP, plot.width(), height)
        return QRect(plot.left(), plot.top(), plot.width(), height), lower

    def paint_row(self, painter: QPainter, plot: QRect) -> None:
        """Draw both tiers and their names."""
        for name, tier, rect in zip(
            ("Heard", "Reference"), (self._heard, self._reference), self.tier_rects(plot), strict=True
        ):
            painter.setFont(text_font(self.font()))
            known = tier is not None and len(tier.phonemes) > 0
            painter.setPen(QColor(self.theme.text if known else self.theme.muted))
            painter.drawText(QPointF(GAP, _baseline(rect, painter)), name)
            if tier is not None and self.time_range.span > 0:
                self._paint_boxes(painter, rect, tier)
                self._paint_symbols(painter, rect, tier)

    def _paint_boxes(self, painter: QPainter, rect: QRect, tier: Tier) -> None:
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
        pixels = np.empty((round(rect.height() * ratio), columns), np.uint8)
        pixels[:] = np.where(inside, tier.fills[index], 0)
        pixels[-round(_BAR * ratio) :] = np.where(inside, tier.bars[index], 0)
        self.paint_indexed(painter, QPointF(rect.topLeft()), pixels, list(_fills(self.theme)))

    def _gaps(self, tier: Tier, shown: slice, columns: int) -> npt.NDArray[np.intp]:
        """Return the columns that part a box from its left neighbour, where boxes are wide enough for that."""
        scale = columns / self.time_range.span
        starts, ends = tier.starts[shown], tier.ends[shown]
        wide = (ends - starts) * scale > _NARROW * self.devicePixelRatioF()
        places = np.rint((starts[wide] - self.time_range.start) * scale).astype(np.intp)
        return places[(places > 0) & (places < columns)]

    def _paint_symbols(self, painter: QPainter, rect: QRect, tier: Tier) -> None:
        shown = tier.between(self.time_range.start, self.time_range.end)
        count = shown.stop - shown.start
        # Not even one letter would fit: leave thousands of boxes unmeasured.
        if count <= 0 or rect.width() / count < 0.5 * painter.fontMetrics().averageCharWidth():
            return
        boxes = [self._box(tier, index, rect) for index in range(shown.start, shown.stop)]
        texts = [item.symbol for item in tier.phonemes[shown]]
        painter.setFont(self._fitting_font(texts, boxes))
        metrics = QFontMetricsF(painter.font())
        baseline = _baseline(rect, painter)
        painter.setPen(QColor(self.theme.text))
        for text, (left, right) in zip(texts, boxes, strict=True):
            width = metrics.horizontalAdvance(text)
            if width + 3 <= right - left:
                painter.drawText(QPointF(left + (right - left - width) / 2, baseline), text)

    def _box(self, tier: Tier, index: int, rect: QRect) -> tuple[float, float]:
        left = max(self.x_of(float(tier.starts[index])), float(rect.left()))
        right = min(self.x_of(float(tier.ends[index])), float(rect.left() + rect.width()))
        return left, right

    def _fitting_font(self, texts: list[str], boxes: list[tuple[float, float]]) -> QFont:
        large = text_font(self.font())
        metrics = QFontMetricsF(large)
        fitting = sum(metrics.horizontalAdvance(text) + 4 <= b - a for text, (a, b) in zip(texts, boxes, strict=True))
        return large if fitting >= 0.8 * len(texts) else small_font(self.font())

    # -- mouse

    def _find_clicked(self, time: float, y: float) -> None:
        index = self._heard.at(time)
        if index is not None and self.tier_rects(self.plot_rect())[0].bottom() >= y:
            self.phoneme_clicked.emit(index)

    def event(self, event: QEvent) -> bool:
        """Tell more about the phoneme under a resting pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        return super().event(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        upper, lower = self.tier_rects(self.plot_rect())
        for tier, rect in ((self._heard, upper), (self._reference, lower)):
            index = tier.at(self.time_at(event.pos().x())) if tier and rect.contains(event.pos()) else None
            if tier is not None and index is not None:
                left, right = self._box(tier, index, rect)
                box = QRect(math.floor(left), rect.top(), math.ceil(right - left), rect.height())
                QToolTip.showText(event.globalPos(), html.escape(_describe(tier.phonemes[index])), self, box)
                return
        QToolTip.hideText()


def _describe(item: TimedPhoneme) -> str:
    return f"{item.symbol}   {item.start:.3f} to {item.end:.3f} s   confidence {item.confidence:.2f}"


def _baseline(rect: QRect, painter: QPainter) -> float:
    return rect.top() + (rect.height() - _BAR + painter.fontMetrics().capHeight()) / 2
