"""A hypothesis written under its reference, phoneme by phoneme, with the differences marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from model.metrics import edits
from model.phonemes import phoneme_class
from phonegui.pinned import PinnedTranscript
from phonegui.theme import LIGHT, Theme, blend, class_colors, difference_colors, small_font, text_font


@dataclass(frozen=True)
class Column:
    """A place of the alignment: a phoneme of either side, empty where there is none."""

    reference: str
    heard: str

    @property
    def wrong(self) -> bool:
        """Whether the two differ."""
        return self.reference != self.heard

    @property
    def kind(self) -> str:
        """Which difference it is: one of ``substitution``, ``deletion``, ``insertion``."""
        return "deletion" if not self.heard else "insertion" if not self.reference else "substitution"


def align(reference: Sequence[str], heard: Sequence[str]) -> list[Column]:
    """Return the two sequences side by side, with as few differences as there can be."""
    numbers = {symbol: n for n, symbol in enumerate({*reference, *heard})}
    steps = edits([numbers[s] for s in reference], [numbers[s] for s in heard])
    columns: list[Column] = []
    i = j = 0
    for step in steps:
        while i < step.reference and j < step.hypothesis:
            columns.append(Column(reference[i], heard[j]))
            i, j = i + 1, j + 1
        if step.kind == "substitution":
            columns.append(Column(reference[i], heard[j]))
            i, j = i + 1, j + 1
        elif step.kind == "deletion":
            columns.append(Column(reference[i], ""))
            i += 1
        else:
            columns.append(Column("", heard[j]))
            j += 1
    columns += [Column(a, b) for a, b in zip(reference[i:], heard[j:], strict=True)]
    return columns


class AlignedTranscript(QWidget):
    """One utterance; as high as its lines need at the width it has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._title = ""
        self._columns: list[Column] = []
        self.setFont(text_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_transcript(self, item: PinnedTranscript, first: PinnedTranscript | None) -> None:
        """Show an epoch's transcript, and how many errors there were in the first epoch."""
        self._columns = align(item.reference, item.heard)
        wrong = sum(column.wrong for column in self._columns)
        rate = f" ({100 * wrong / len(item.reference):.0f} %)" if item.reference else ""
        self._title = f"{item.name}   {item.seconds:.1f} s   {wrong} of {len(item.reference)} wrong{rate}"
        if first is not None and first.epoch != item.epoch:
            before = sum(column.wrong for column in align(first.reference, first.heard))
            self._title += f", {before} in epoch {first.epoch}"
        self.setAccessibleName(f"Transcript of {item.name}")
        self.setAccessibleDescription(f"Heard: {' '.join(item.heard) or 'nothing'}. Said: {' '.join(item.reference)}.")
        self._fit()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for all lines."""
        return QSize(400, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw title, reference and hypothesis."""
        painter = QPainter(self)
        theme = self._theme
        metrics = QFontMetricsF(self.font())
        painter.setFont(small_font(self.font()))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QPointF(0, QFontMetricsF(painter.font()).ascent()), self._title)
        painter.setFont(self.font())
        names = {name: blend(theme.text, color, 0.35) for name, color in class_colors(theme).items()}
        marks = difference_colors(theme)
        for column, rect in self._places(metrics):
            line = rect.height() / 2
            upper, lower = QRectF(rect), QRectF(rect)
            upper.setHeight(line)
            lower.setTop(rect.top() + line)
            painter.setPen(QColor(theme.muted))
            painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, column.reference or "+")
            if column.wrong:
                color = marks[column.kind]
                painter.fillRect(lower.adjusted(1, 1, -1, -1), QColor(blend(color, theme.background, 0.18)))
                painter.setPen(QPen(QColor(color), 1.5))
                base = lower.bottom() - 1.5
                painter.drawLine(QPointF(lower.left() + 2, base), QPointF(lower.right() - 2, base))
            painter.setPen(QColor(names[phoneme_class(column.heard)] if column.heard else theme.muted))
            painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, column.heard or "−")

    def _places(self, metrics: QFontMetricsF) -> list[tuple[Column, QRectF]]:
        """Return where each column stands, broken into lines at the right edge."""
        line = metrics.height() + 2
        left, top = 0.0, QFontMetricsF(small_font(self.font())).height() + 2
        places = []
        for column in self._columns:
            widest = max(metrics.horizontalAdvance(text) for text in (column.reference, column.heard, "+"))
            if left and left + widest + 8 > self.width():
                left, top = 0.0, top + 2 * line + 6
            places.append((column, QRectF(left, top, widest + 8, 2 * line)))
            left += widest + 8
        return places

    def _height(self) -> int:
        places = self._places(QFontMetricsF(self.font()))
        return round(places[-1][1].bottom() if places else 32) + 12

    def _fit(self) -> None:
        if self.height() != self._height():
            self.setFixedHeight(self._height())
