"""Where what was heard differs from the reference."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRect
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from phonegui.phoneme_columns import columns_of
from phonegui.theme import Theme, blend, difference_colors
from phonegui.views.row import GAP
from phonegui.views.tier import FULLEST, Boxes, TierRow
from phonegui.views.time_range import TimeRange, format_clock

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.transcript import TimedPhoneme

KINDS = ("substitution", "deletion", "insertion")
_MARKS = {"substitution": "≠", "deletion": "−", "insertion": "+"}
_LEAST_SECONDS = 0.02


@dataclass(frozen=True)
class Difference:
    """One difference between reference and transcript.

    Attributes
    ----------
    kind
        One of `KINDS`: a deletion was said and not heard, an insertion heard and not said.
    said, heard
        The two symbols, empty where there is none.
    start, end
        Seconds.
    """

    kind: str
    said: str
    heard: str
    start: float
    end: float

    @property
    def mark(self) -> str:
        """The difference in as few letters as possible: ``T≠D``, ``−AH``, ``+AH``."""
        sign = _MARKS[self.kind]
        return f"{self.said}{sign}{self.heard}" if self.kind == "substitution" else f"{sign}{self.said}{self.heard}"

    def describe(self) -> str:
        """Return the difference in words."""
        words = {
            "substitution": f"substitution: {self.said} heard as {self.heard}",
            "deletion": f"deletion: {self.said} not heard",
            "insertion": f"insertion: {self.heard} heard, not said",
        }
        return f"{format_clock(self.start)}   {words[self.kind]}"


def find_differences(reference: Sequence[TimedPhoneme], heard: Sequence[TimedPhoneme]) -> list[Difference]:
    """Return the fewest differences that make the reference into what was heard, in order of time.

    A substitution and an insertion stand where the phoneme was heard, a deletion where it was said.
    """
    from model.timed_edits import timed_edits

    first, second = columns_of(reference), columns_of(heard)
    numbers = {symbol: number for number, symbol in enumerate({*first.symbols, *second.symbols})}
    labels = (list(map(numbers.__getitem__, columns.symbols)) for columns in (first, second))
    found = []
    for edit in timed_edits(*labels, first.middles, second.middles):
        said = reference[edit.reference] if edit.kind != "insertion" else None
        listened = heard[edit.hypothesis] if edit.kind != "deletion" else None
        place = listened or said
        assert place is not None
        found.append(
            Difference(
                edit.kind, said.symbol if said else "", listened.symbol if listened else "", place.start, place.end
            )
        )
    return sorted(found, key=lambda item: (item.start, item.end))


class DifferenceTier(Boxes):
    """Differences as boxes; where two lie over each other, the earlier ends where the later begins."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        self.differences = differences
        count = len(differences)
        starts = np.fromiter((item.start for item in differences), np.float64, count)
        ends = np.fromiter((max(item.end, item.start + _LEAST_SECONDS) for item in differences), np.float64, count)
        ends[:-1] = np.maximum(np.minimum(ends[:-1], starts[1:]), starts[:-1])
        kinds = np.fromiter((KINDS.index(item.kind) for item in differences), np.uint8, count)
        fills, full = (1 + 2 * kinds).astype(np.uint8), (2 + 2 * kinds).astype(np.uint8)
        # What is left out has its bar at the foot, what is put in at the head, a substitution at both: the kind can be
        # told where there is no room for its mark.
        bars = np.where(kinds == KINDS.index("insertion"), fills, full)
        tops = np.where(kinds == KINDS.index("deletion"), fills, full)
        shorts = [_MARKS[item.kind] for item in differences]
        super().__init__(starts, ends, [item.mark for item in differences], fills, bars, shorts, tops)


@lru_cache(maxsize=4)
def difference_tier_colors(theme: Theme) -> tuple[int, ...]:
    """Return the colour of each code of a `DifferenceTier`: the background, then each kind's fill and full colour."""
    colors = difference_colors(theme)
    pairs = (pair for name in KINDS for pair in (blend(colors[name], theme.background, FULLEST), colors[name]))
    return tuple(QColor(color).rgba() for color in (theme.background, *pairs))


class DifferencesView(TierRow):
    """Substitutions, deletions and insertions, each by colour and by mark."""

    # An error among thousands of phonemes on the screen is what one looks for.
    every_box_shows = True

    def __init__(self, time_range: TimeRange, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            time_range,
            theme,
            title="Differences",
            description="Substitutions (≠), deletions (−) and insertions (+) of the transcript against the reference.",
            parent=parent,
        )
        self._tier: DifferenceTier | None = None
        self.setMinimumHeight(2 * GAP)

    def set_differences(self, tier: DifferenceTier | None) -> None:
        """Show differences; None where there is no reference to differ from."""
        self._tier = tier
        self.refresh()

    @property
    def differences(self) -> Sequence[Difference]:
        """What is shown, in order of time."""
        return self._tier.differences if self._tier else ()

    def difference_at(self, time: float) -> Difference | None:
        """Return the difference drawn at a time in seconds."""
        index = self._tier.at(time) if self._tier else None
        return None if index is None or self._tier is None else self._tier.differences[index]

    def paint_plot(self, painter: QPainter, plot: QRect) -> None:
        """Draw the boxes and their marks."""
        if self._tier is not None and self.time_range.span > 0:
            self.paint_boxes(painter, plot, self._tier, difference_tier_colors(self.theme))
            self.paint_texts(painter, plot, self._tier)

    def paint_margins(self, painter: QPainter, plot: QRect) -> None:
        """Draw the title."""
        self.paint_title(painter, *([] if self._tier else ["no reference"]))

    def event(self, event: QEvent) -> bool:
        """Say in words what differs under a resting pointer."""
        if event.type() != QEvent.Type.ToolTip or not isinstance(event, QHelpEvent):
            return super().event(event)
        index = self._tier.at(self.time_at(event.pos().x())) if self._tier else None
        if index is None or self._tier is None:
            QToolTip.hideText()
        else:
            left, right = self.box(self._tier, index, self.plot_rect())
            box = QRect(math.floor(left), 0, math.ceil(right - left), self.height())
            text = html.escape(self._tier.differences[index].describe())
            QToolTip.showText(event.globalPos(), text, self, box)
        return True
