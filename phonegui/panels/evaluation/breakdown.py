"""The errors by phoneme, by speaker and by length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from phonegui.panels.evaluation.tables import Column, RowsTable, finite, percent

if TYPE_CHECKING:
    from model.confusion import Confusions, PhonemeScore
    from model.scored import GroupScore


class BreakdownTab(QWidget):
    """Three tables: how well each phoneme is heard, each speaker understood, and short and long utterances.

    A click or Enter on a phoneme or a speaker asks for its errors.
    """

    phoneme_chosen = Signal(int)  # label
    speaker_chosen = Signal(str)  # name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Confusions | None = None
        self.phonemes = RowsTable(
            self._phoneme_columns(), "Precision and recall of each phoneme", "Enter shows its errors"
        )
        self.phonemes.sort_by(2, Qt.SortOrder.AscendingOrder)
        self.speakers = RowsTable(_group_columns("speaker"), "Errors by speaker", "Enter shows the utterances")
        self.speakers.sort_by(2, Qt.SortOrder.DescendingOrder)
        self.lengths = RowsTable(_group_columns("phonemes"), "Errors by length")
        for table, tell in (
            (self.phonemes, lambda item: self.phoneme_chosen.emit(item.label)),
            (self.speakers, lambda item: self.speaker_chosen.emit(item.name)),
        ):
            table.row_chosen.connect(tell)
            table.clicked.connect(lambda _, table=table: table.row_chosen.emit(table.current))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(24)
        for title, table, share in (
            ("Phonemes; a click shows the errors", self.phonemes, 5),
            ("Speakers; a click shows the utterances", self.speakers, 5),
            ("Length of the reference", self.lengths, 5),
        ):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(QLabel(title))
            column.addWidget(table, 1)
            row.addLayout(column, share)

    def show_confusions(self, found: Confusions | None) -> None:
        """Show a scored corpus, or nothing."""
        self._found = found
        self.phonemes.set_rows(found.phonemes if found is not None else [], same=lambda item: item.label)
        self.speakers.set_rows(found.score.by_speaker if found is not None else [], same=lambda item: item.name)
        self.lengths.set_rows(found.score.by_length if found is not None else [], same=lambda item: item.name)

    def _phoneme_columns(self) -> list[Column]:
        return [
            Column("phoneme", self._symbol, self._place, words=True, symbols=True),
            Column("said", lambda item: f"{item.said:,}", lambda item: item.said, "10,000"),
            Column("recall, %", lambda item: percent(item.recall), lambda item: finite(item.recall), "100.0"),
            Column("precision, %", lambda item: percent(item.precision), lambda item: finite(item.precision), "100.0"),
        ]

    def _symbol(self, item: PhonemeScore) -> str:
        return self._found.table.symbols[item.label] if self._found is not None else ""

    def _place(self, item: PhonemeScore) -> int:
        """Sort by class rather than by letter."""
        return self._found.table.display_order().index(item.label) if self._found is not None else 0


def _group_columns(title: str) -> list[Column]:
    def rate(group: GroupScore) -> float:
        return group.counts.rate

    return [
        Column(title, lambda group: group.name, None, words=True),
        Column("utterances", lambda group: f"{group.utterances:,}", lambda group: group.utterances, "10,000"),
        Column("errors, %", lambda group: percent(rate(group)), lambda group: finite(rate(group)), "100.0"),
        Column("LD", lambda g: f"{g.mean_levenshtein:.2f}", lambda group: group.mean_levenshtein, "100.00"),
    ]
