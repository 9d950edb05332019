"""Room beside the pictures of rows, and the rhythm of the layout."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontMetrics

from phonegui.theme import small_font

GAP = 8
"""The rhythm of the layout, in logical pixels."""


@dataclass(frozen=True)
class Margins:
    """Room beside the picture of a row, in logical pixels.

    Attributes
    ----------
    left, right
        Whole margins, the same in every row of one font.
    names
        Width of the column of titles and class names at the far left.
    symbol
        Width of the widest symbol label.
    """

    left: int
    right: int
    names: int
    symbol: int


def margins(font: QFont) -> Margins:
    """Return the margins that rows drawn in a font have."""
    metrics = QFontMetrics(small_font(font))
    names = metrics.horizontalAdvance("approximant")
    symbol = max(metrics.horizontalAdvance(text) for text in ("SPN", "blank", "−0.00"))
    left = GAP + names + GAP // 2 + symbol + GAP // 2 + metrics.horizontalAdvance("SPN") + 2 * GAP
    right = GAP + GAP + GAP // 2 + metrics.horizontalAdvance("−0.0") + GAP // 2 + metrics.height() + GAP
    return Margins(_to_rhythm(left), _to_rhythm(right), names, symbol)


def _to_rhythm(pixels: float) -> int:
    return GAP * math.ceil(pixels / GAP)
