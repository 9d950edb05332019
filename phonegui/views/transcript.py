"""The transcript: the phonemes heard, and below them those of the reference."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from phonegui.theme import Theme, text_font
from phonegui.views.row import GAP
from phonegui.views.tier import Tier, TierRow, baseline_of, tier_colors
from phonegui.views.time_range import TimeRange

if TYPE_CHECKING:
    from model.transcript import TimedPhoneme

_TIER_HEIGHT = 3 * GAP
_TIER_GAP = 2


class TranscriptView(TierRow):
    """What was heard, and below it what was said where that is known."""

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Transcript",
            description="Phonemes over time: those heard, and below them those of the reference.",
            parent=parent,
        )
        self.more_about: Callable[[int], list[str]] = lambda _: []
        """Tells more lines about a heard phoneme, by its index."""
        self.hint = ""
        """What is written where the reference would be while there is none."""
        self._heard = Tier(())
        self._reference: Tier | None = None
        height = 2 * _TIER_HEIGHT + _TIER_GAP
        self.setMinimumHeight(height)
        self.setMaximumHeight(2 * height)
        self.clicked.connect(self._tell_more)

    def set_heard(self, phonemes: Sequence[TimedPhoneme]) -> None:
        """Replace the phonemes heard, in order of time."""
        self._heard = Tier(phonemes)
        self.refresh()

    def set_reference(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the reference, at the times its phonemes carry; None where it is not known."""
        self._reference = None if phonemes is None else Tier(phonemes, self._reference)
        self.refresh()

    @property
    def heard(self) -> Sequence[TimedPhoneme]:
        """The phonemes heard."""
        return self._heard.phonemes

    @property
    def reference(self) -> Sequence[TimedPhoneme] | None:
        """The phonemes of the reference, where it is known."""
        return None if self._reference is None else self._reference.phonemes

    def phoneme_at(self, time: float, y: float) -> TimedPhoneme | None:
        """Return the phoneme drawn at a time in seconds and a height in pixels, heard or of the reference."""
        for tier, rect in zip((self._heard, self._reference), self.tier_rects(self.plot_rect()), strict=True):
            index = tier.at(time) if tier is not None and rect.top() <= y <= rect.bottom() else None
            if tier is not None and index is not None:
                return tier.phonemes[index]
        return None

    def neighbour(self, selected: tuple[float, float], direction: int) -> TimedPhoneme | None:
        """Return the heard phoneme after (1) or before (-1) a stretch of time in seconds."""
        index = self._heard.neighbour(selected, direction)
        return None if index is None else self._heard.phonemes[index]

    def index_of(self, selected: tuple[float, float] | None) -> int | None:
        """Return the index of the heard phoneme that a stretch of time is exactly."""
        if selected is None:
            return None
        index = self._heard.at(selected[0])
        item = None if index is None else self._heard.phonemes[index]
        return index if item is not None and (item.start, item.end) == selected else None

    def title_rect(self) -> QRect:
        """Return where the name of the upper tier lies, which is the row's title."""
        rect = super().title_rect()
        rect.setHeight(rect.height() if self.folded else self.tier_rects(self.plot_rect())[0].height())
        return rect

    def tier_rects(self, plot: QRect) -> tuple[QRect, QRect]:
        """Return where the tiers of what was heard and of the reference lie."""
        height = (plot.height() - _TIER_GAP) // 2
        lower = QRect(plot.left(), plot.top() + height + _TIER_GAP, plot.width(), height)
        return QRect(plot.left(), plot.top(), plot.width(), height), lower

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw both tiers."""
        for tier, rect in zip((self._heard, self._reference), self.tier_rects(plot), strict=True):
            if tier is not None and self.time_range.span > 0:
                self.paint_boxes(painter, rect, tier, tier_colors(self.theme))
                self.paint_texts(painter, rect, tier)
        if self.hint and self._reference is None and len(self._heard.phonemes):
            painter.setPen(QColor(self.theme.muted))
            place = self.tier_rects(plot)[1]
            if painter.fontMetrics().horizontalAdvance(self.hint) < place.width():
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.hint)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the names of the tiers."""
        painter.setFont(text_font(self.font()))
        for name, tier, rect in zip(
            ("Heard", "Reference"), (self._heard, self._reference), self.tier_rects(plot), strict=True
        ):
            known = tier is not None and len(tier.phonemes) > 0
            painter.setPen(QColor(self.theme.text if known else self.theme.muted))
            baseline = baseline_of(rect, painter)
            painter.drawText(QPointF(GAP, baseline), name)
            if tier is self._heard:
                self.paint_triangle(painter, baseline - painter.fontMetrics().xHeight() / 2)

    # -- mouse

    def _tell_more(self, time: float, y: float) -> None:
        index = self._heard.at(time)
        if index is not None and self.tier_rects(self.plot_rect())[0].bottom() >= y:
            self._show_tip(QPoint(round(self.x_of(time)), round(y)))

    def event(self, event: QEvent) -> bool:
        """Tell more about the phoneme under a resting pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event.pos())
            return True
        return super().event(event)

    def tip(self, place: QPoint) -> tuple[list[str], QRect]:
        """Return what there is to say about a place, and the box it is true of; nothing outside the boxes."""
        for tier, rect in zip((self._heard, self._reference), self.tier_rects(self.plot_rect()), strict=True):
            index = tier.at(self.time_at(place.x())) if tier and rect.contains(place) else None
            if tier is not None and index is not None:
                left, right = self.box(tier, index, rect)
                box = QRect(math.floor(left), rect.top(), math.ceil(right - left), rect.height())
                more = self.more_about(index) if tier is self._heard else []
                return [_describe(tier.phonemes[index]), *more], box
        return [], QRect()

    def _show_tip(self, place: QPoint) -> None:
        lines, box = self.tip(place)
        if lines:
            QToolTip.showText(self.mapToGlobal(place), "<br>".join(map(html.escape, lines)), self, box)
        else:
            QToolTip.hideText()


def _describe(item: TimedPhoneme) -> str:
    return f"{item.symbol}   {item.start:.3f} to {item.end:.3f} s   confidence {item.confidence:.2f}"
