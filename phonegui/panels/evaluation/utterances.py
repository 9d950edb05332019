"""The utterances of a scored corpus, worst first, and the errors of the one that is current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from phonegui.evaluation_text import counted
from phonegui.panels.evaluation.instances import InstanceList
from phonegui.panels.evaluation.tables import Column, RowsTable, finite, percent

if TYPE_CHECKING:
    from model.scored import CorpusScore
    from model.scored_utterance import ScoredUtterance

_RATE = 4


class UtterancesTab(QWidget):
    """A table to sort and filter; Enter or a double click opens an utterance, a click on an error goes there."""

    utterance_chosen = Signal(object)  # Utterance
    error_chosen = Signal(object, float, float)  # Utterance, start and end in seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._score: CorpusScore | None = None
        self._numbers: dict[str, int] = {}
        self._speakers: set[str] = set()
        self.filter = QLineEdit(placeholderText="Filter by id, speaker, words", clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter the scored utterances")
        self.filter.textChanged.connect(self._filter)
        self.table = RowsTable(_columns(), "Scored utterances", "Enter opens the utterance")
        self.table.sort_by(_RATE, Qt.SortOrder.DescendingOrder)
        self.table.row_chosen.connect(lambda row: self.utterance_chosen.emit(row.utterance))
        self.table.row_current.connect(self._show_errors)
        self.errors = InstanceList(with_utterance=False)
        self.errors.chosen.connect(self.error_chosen)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(4)
        column.addWidget(self.filter)
        column.addWidget(self.table, 1)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(left)
        split.addWidget(self.errors)
        split.setStretchFactor(0, 1)
        split.setSizes([760, 360])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.addWidget(split)

    def show_score(self, score: CorpusScore | None) -> None:
        """Show a scored corpus, or nothing; the current utterance stays current."""
        self._score = score
        items = score.utterances if score is not None else ()
        # Made when they are needed first: of a large corpus they take a while.
        self._numbers, self._speakers = {}, set()
        self.table.set_rows(items, same=lambda item: item.utterance.name)

    def _filter(self, text: str) -> None:
        words, whole = text.casefold().split(), text.casefold().strip()
        if words and not self._speakers and self._score is not None:
            named = {item.utterance.speaker for item in self._score.utterances}
            self._speakers = {name.casefold().strip() for name in named}

        def spoken(item: ScoredUtterance) -> bool:
            return item.utterance.speaker.casefold().strip() == whole

        def known(item: ScoredUtterance) -> bool:
            said = f"{item.utterance.name} {item.utterance.speaker} {item.utterance.text}".casefold()
            return all(word in said for word in words)

        # Not also those whose ids or words hold a speaker's name.
        wanted = spoken if whole in self._speakers else known
        self.table.rows_model.set_filter(wanted if words else None)

    def _show_errors(self, item: ScoredUtterance | None) -> None:
        if self._score is None or item is None:
            self.errors.show_instances(None, [], "Errors")
            self.errors.table.set_placeholder("Choose an utterance to see its errors")
            return
        if not self._numbers:
            self._numbers = {each.utterance.name: number for number, each in enumerate(self._score.utterances)}
        instances = self._score.errors_of(self._numbers[item.utterance.name])
        heading = f"{item.utterance.name}: {counted(len(instances), 'error')}"
        self.errors.show_instances(self._score, instances, heading)
        self.errors.table.set_placeholder("All of it is heard right")

    def show_speaker(self, speaker: str) -> None:
        """Show the utterances of one speaker alone."""
        self.filter.setText(speaker)
        self.table.setFocus()


def _columns() -> list[Column]:
    return [
        Column("id", lambda item: item.utterance.name, None, "1272-128104-00000", words=True),
        Column("words", lambda item: item.utterance.text, None, words=True),
        Column("speaker", lambda item: item.utterance.speaker, None, "1000", words=True),
        Column("phones", lambda item: str(item.counts.reference_length), lambda i: i.counts.reference_length, "100"),
        Column("errors, %", lambda i: percent(i.counts.rate), lambda i: finite(i.counts.rate), "100.0"),
        Column("LD", lambda item: str(item.distance), lambda item: item.distance, "100"),
        Column("S", lambda item: str(item.counts.substitutions), lambda item: item.counts.substitutions, "100"),
        Column("D", lambda item: str(item.counts.deletions), lambda item: item.counts.deletions, "100"),
        Column("I", lambda item: str(item.counts.insertions), lambda item: item.counts.insertions, "100"),
    ]
