"""A second transcript of the recording, and below it where it differs from the first."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from phonegui.theme import Theme
from phonegui.views.differences import Difference, DifferenceTier, difference_tier_colors
from phonegui.views.row import GAP
from phonegui.views.tier import Tier, TierRow, tier_colors
from phonegui.views.time_range import TimeRange, format_clock

if TYPE_CHECKING:
    from model.transcript import TimedPhoneme

_TIER_HEIGHT = 3 * GAP
_TIER_GAP = 2
HEIGHT = 2 * _TIER_HEIGHT + _TIER_GAP
"""First height of the row in pixels."""

TITLE, FIRST = "Heard B", "Heard"


class RivalView(TierRow):
    """What another checkpoint, or other settings, make of the recording; differences by colour and by mark."""

    # A difference among thousands of phonemes on the screen is what one looks for.
    every_box_shows = True

    compared = Signal()  # other differences are shown

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title=TITLE,
            description="Phonemes of the comparison, and below them where they differ from those heard: another (≠), "
            "missing (−), additional (+).",
            parent=parent,
        )
        self._name = ""
        self._tier: Tier | None = None
        self._differences: DifferenceTier | None = None
        self.setMinimumHeight(HEIGHT)
        self.setMaximumHeight(2 * HEIGHT)

    @property
    def name(self) -> str:
        """Which checkpoint and settings this is, empty where nothing is compared."""
        return self._name

    @property
    def heard(self) -> Sequence[TimedPhoneme] | None:
        """The phonemes shown, None until they are known."""
        return None if self._tier is None else self._tier.phonemes

    @property
    def differences(self) -> Sequence[Difference] | None:
        """What differs from the first transcript, in order of time; None until it is known."""
        return None if self._differences is None else self._differences.differences

    def set_name(self, name: str) -> None:
        """Say which checkpoint and settings this is."""
        self._name = name
        self.setAccessibleName(f"{TITLE}: {name}" if name else TITLE)
        self.refresh()

    def set_heard(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the phonemes, in order of time; None while they are not known."""
        self._tier = None if phonemes is None else Tier(phonemes)
        self.refresh()

    def set_differences(self, tier: DifferenceTier | None) -> None:
        """Replace the differences of the phonemes shown from those heard."""
        self._differences = tier
        self.refresh()
        self.compared.emit()

    def item_at(self, time: float, y: float) -> TimedPhoneme | Difference | None:
        """Return the phoneme or the difference drawn at a time in seconds and a height in pixels."""
        for tier, rect in self._tiers():
            index = tier.at(time) if rect.top() <= y <= rect.bottom() else None
            if index is not None:
                return tier.phonemes[index] if isinstance(tier, Tier) else tier.differences[index]
        return None

    def tier_rects(self, plot: QRect) -> tuple[QRect, QRect]:
        """Return where the phonemes and the differences lie."""
        height = (plot.height() - _TIER_GAP) // 2
        lower = QRect(plot.left(), plot.top() + height + _TIER_GAP, plot.width(), height)
        return QRect(plot.left(), plot.top(), plot.width(), height), lower

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw phonemes and differences."""
        if self.time_range.span <= 0:
            return
        for tier, rect in self._tiers(plot):
            colors = tier_colors(self.theme) if isinstance(tier, Tier) else difference_tier_colors(self.theme)
            self.paint_boxes(painter, rect, tier, colors)
            self.paint_texts(painter, rect, tier)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the title, which checkpoint and settings this is, and how much differs."""
        count = None if self._differences is None else len(self._differences.differences)
        words = "" if count is None else differences_in_words(count)
        room = self.margins.left - 2 * GAP
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        self.paint_title(painter, name, words)

    def tip(self, place: QPoint) -> tuple[list[str], QRect]:
        """Return what there is to say about a place, and the box it is true of; nothing outside the boxes."""
        if place.x() < self.plot_rect().left():
            return [f"{TITLE}: {self._name}"], QRect(0, 0, self.plot_rect().left(), self.height())
        for tier, rect in self._tiers():
            index = tier.at(self.time_at(place.x())) if rect.contains(place) else None
            if index is not None:
                left, right = self.box(tier, index, rect)
                box = QRect(math.floor(left), rect.top(), math.ceil(right - left), rect.height())
                return [_describe(tier.phonemes[index] if isinstance(tier, Tier) else tier.differences[index])], box
        return [], QRect()

    def event(self, event: QEvent) -> bool:
        """Tell more about what lies under a resting pointer."""
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        lines, box = self.tip(event.pos())
        if lines:
            QToolTip.showText(event.globalPos(), "<br>".join(map(html.escape, lines)), self, box)
        else:
            QToolTip.hideText()
        return True

    def _tiers(self, plot: QRect | None = None) -> list[tuple[Tier | DifferenceTier, QRect]]:
        rects = self.tier_rects(self.plot_rect() if plot is None else plot)
        return [
            (tier, rect) for tier, rect in zip((self._tier, self._differences), rects, strict=True) if tier is not None
        ]


def differences_in_words(count: int) -> str:
    """Return a number of differences in words."""
    return "no difference" if not count else "1 difference" if count == 1 else f"{count:,} differences"


def _describe(item: TimedPhoneme | Difference) -> str:
    if not isinstance(item, Difference):
        return f"{item.symbol}   {item.start:.3f} to {item.end:.3f} s   confidence {item.confidence:.2f}"
    words = {
        "substitution": f"{FIRST} has {item.said}, {TITLE} has {item.heard}",
        "deletion": f"{FIRST} has {item.said}, {TITLE} has nothing",
        "insertion": f"{FIRST} has nothing, {TITLE} has {item.heard}",
    }
    return f"{format_clock(item.start)}   {words[item.kind]}"
