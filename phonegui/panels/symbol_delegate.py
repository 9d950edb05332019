"""Table cells whose phonemes are drawn in the colours of their classes."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model.phonemes import phoneme_class
from phonegui.theme import Theme, blend, class_colors, current_theme


class SymbolDelegate(QStyledItemDelegate):
    """Draws a cell's words one after the other, phonemes in their class's colour, until the cell is full."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the background as usual and the words by themselves."""
        text = str(index.data() or "")
        self.initStyleOption(option, index)
        option.text = ""  # type: ignore[attr-defined]
        style = option.widget.style()  # type: ignore[attr-defined]
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)  # type: ignore[attr-defined]
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        palette = option.palette  # type: ignore[attr-defined]
        colors = _text_colors(current_theme(palette))
        metrics = option.fontMetrics  # type: ignore[attr-defined]
        rect = option.rect.adjusted(4, 0, -2, 0)  # type: ignore[attr-defined]
        plain = palette.highlightedText().color() if selected else palette.text().color()
        left, space = rect.left(), metrics.horizontalAdvance(" ")
        painter.save()
        for word in text.split(" "):
            name = phoneme_class(word.rstrip(","))
            painter.setPen(plain if selected or name == "blank" else colors[name])
            width = metrics.horizontalAdvance(word)
            if left + width > rect.right():
                painter.setPen(plain)
                painter.drawText(
                    left, rect.top(), rect.right() - left, rect.height(), Qt.AlignmentFlag.AlignVCenter, "…"
                )
                break
            painter.drawText(left, rect.top(), width + 1, rect.height(), Qt.AlignmentFlag.AlignVCenter, word)
            left += width + space
        painter.restore()


@lru_cache(maxsize=4)
def _text_colors(theme: Theme) -> dict[str, QColor]:
    """Return the colours of the classes for text, which needs more contrast than areas do."""
    return {name: QColor(blend(theme.text, color, 0.35)) for name, color in class_colors(theme).items()}
