"""How the confusion matrix is drawn: its cells and lines, the names beside them, and the numbers of a cell in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from model.phonemes import BLANK, phoneme_class
from phonegui.theme import Theme, blend, class_colors

if TYPE_CHECKING:
    from model.confusion import Confusions

LABELLED = 11
"""Cells smaller than this, in pixels, have no room for a name beside them."""

AXIS = 16
"""Room for the name of an axis, in pixels."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_BESIDE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def pair_text(found: Confusions, said: int, heard: int) -> str:
    """Return how often one label was heard for another, in words; the blank stands for nothing."""
    names, count = found.table.symbols, int(found.counts[said, heard])
    if said == heard == BLANK:
        return ""
    if said == BLANK:
        return f"{names[heard]} inserted {count:,} ×"
    total = int(found.counts[said].sum())
    share = f"{100 * count / total:.1f} % of {total:,}" if total else "never said"
    if heard == BLANK:
        return f"{names[said]} not heard {count:,} ×, {share}"
    if said == heard:
        return f"{names[said]} heard right {count:,} ×, {share}"
    return f"{names[said]} heard as {names[heard]} {count:,} ×, {share}"


def draw_cells(painter: QPainter, found: Confusions, labels: Sequence[int], cell: int, theme: Theme) -> None:
    """Draw the cells and the lines between them.

    Parameters
    ----------
    found
        The counts.
    labels
        What rows and columns are of, the blank last.
    cell
        Side of a cell in pixels.
    theme
        Has the colours.
    """
    colors, names = class_colors(theme), found.table.symbols
    said = found.counts.sum(axis=1)
    for i, row in enumerate(labels):
        for j, column in enumerate(labels):
            count = int(found.counts[row, column])
            if not count:
                continue
            share = count / int(said[row])
            if row == column:
                color = blend(colors[phoneme_class(names[row])], theme.surface, 0.15 + 0.85 * share)
            else:
                color = blend(theme.text, theme.surface, min(1.0, 3.0 * share) ** 0.7)
            painter.fillRect(j * cell, i * cell, cell, cell, QColor(color))
    classes = [phoneme_class(names[label]) for label in labels]
    side = cell * len(labels) + 1
    for k in range(len(labels) + 1):
        strong = k in (0, len(labels)) or classes[k] != classes[k - 1]
        if strong or cell >= LABELLED:
            painter.setPen(QColor(theme.hairline if strong else theme.grid))
            painter.drawLine(k * cell, 0, k * cell, side)
            painter.drawLine(0, k * cell, side, k * cell)


def draw_names(
    painter: QPainter,
    names: Sequence[str],
    places: Sequence[tuple[QRect, QRect]],
    margins: tuple[int, int],
    cursor: tuple[int, int],
    theme: Theme,
) -> None:
    """Draw the names of columns and rows, or strips in the colours of their classes where there is no room for names.

    Parameters
    ----------
    names
        Of each row and column, empty for nothing.
    places
        The first cell of each column and of each row.
    margins
        Room for names at the left and at the top.
    cursor
        Row and column to stand out.
    """
    left, top = margins
    colors = {name: blend(theme.text, color, 0.35) for name, color in class_colors(theme).items()}
    for k, (name, (across, down)) in enumerate(zip(names, places, strict=True)):
        color = QColor(colors[phoneme_class(name)] if name else theme.text)
        side = across.width()
        if side < LABELLED:
            if across.left() >= left:
                painter.fillRect(across.left() + 1, top - 6, side - 1, 4, color)
            if down.top() >= top:
                painter.fillRect(left - 6, down.top() + 1, 4, side - 1, color)
            continue
        current = QColor(theme.accent)
        if down.top() >= top - 1:
            painter.setPen(current if k == cursor[0] else color)
            painter.drawText(QRect(AXIS, down.top(), left - 4 - AXIS, down.height()), int(_RIGHT), name or "+")
        if across.left() >= left - 1:
            painter.setPen(current if k == cursor[1] else color)
            _draw_upright(painter, across.center().x(), top - 4, name or "−")


def draw_axes(painter: QPainter, room: QRect, margins: tuple[int, int], theme: Theme) -> None:
    """Draw what rows and columns are: said at the left, reading upwards, and heard at the top."""
    left, top = margins
    painter.setPen(QColor(theme.muted))
    painter.drawText(QRect(left, 0, room.width() - left, AXIS), int(_BESIDE), "heard →")
    painter.save()
    painter.rotate(-90)
    painter.drawText(QRect(-room.height(), 0, room.height() - top, AXIS), int(_RIGHT), "← said")
    painter.restore()


def _draw_upright(painter: QPainter, x: int, bottom: int, name: str) -> None:
    """Draw a name that reads upwards from a column's top."""
    painter.save()
    painter.translate(x, bottom)
    painter.rotate(-90)
    painter.drawText(QRect(0, -10, bottom, 20), int(_BESIDE), name)
    painter.restore()
