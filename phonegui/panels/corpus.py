"""The corpus panel: how a corpus was read, and its utterances to filter, sort, open and transcribe."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from phonegui.corpus_work import corpus_name
from phonegui.panels.choices import ChoicesForm
from phonegui.panels.corpus_table import DISTANCE, HEARD, ID, REFERENCE, SECONDS, CorpusTable, HeardUtterance
from phonegui.panels.progress import ProgressStrip
from phonegui.panels.symbol_delegate import SymbolDelegate
from phonegui.theme import text_font

if TYPE_CHECKING:
    from model.corpus.base import Corpus

_ROW_HEIGHT = 24
_NARROWEST = 88
_SORT_MARK = 12


class CorpusPanel(QWidget):
    """A table of utterances that opens what is chosen in it; an invitation while no corpus is open."""

    chosen = Signal(int)  # place in the corpus of the utterance to open
    open_clicked = Signal()  # a corpus is to be opened
    choice_made = Signal(str, str)  # name of a choice, the value wanted
    transcribe_clicked = Signal(list)  # places of the utterances to transcribe, in order
    cancelled = Signal()  # transcribing or opening is to be given up

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = CorpusTable(self)
        self._total = 0
        self._name = _heading()
        self._facts = _muted()
        self._facts.setWordWrap(True)
        self.choices = ChoicesForm()
        self.filter = QLineEdit(placeholderText="Filter by id, words, speaker", clearButtonEnabled=True)
        self.filter.setAccessibleName("Filter the utterances")
        self.table = _table(self.model)
        self._count = _muted()
        self._count.setWordWrap(True)
        self.transcribe = QPushButton("Transcribe all")
        self.transcribe.setToolTip("Transcribe the utterances listed that were not transcribed yet")
        self.progress = ProgressStrip()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._invitation())
        self._pages.addWidget(self._page())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(self.progress)
        self.setMinimumWidth(_NARROWEST)
        self._connect()

    # -- what is shown

    def show_corpus(self, corpus: Corpus) -> None:
        """Show a corpus in place of the one shown before."""
        self._total = len(corpus)
        self._name.setText(corpus_name(corpus.path))
        self._name.setToolTip(f"<p style='white-space: pre'>{html.escape(str(corpus.path))}</p>")
        counted = "1 utterance" if self._total == 1 else f"{self._total:,} utterances"
        told = any(choice.value == corpus.table.name for choice in corpus.choices)
        self._facts.setText(" · ".join([corpus.layout, counted, *([] if told else [corpus.table.name])]))
        self.choices.show_choices(corpus.choices)
        self.filter.clear()
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.model.set_corpus(corpus)
        _fit_columns(self.table, corpus)
        self._pages.setCurrentIndex(1)
        self._tell_count()

    def take(self, found: list[HeardUtterance]) -> None:
        """Fill in what was heard."""
        self.model.take(found)
        self._tell_count()

    def forget_heard(self) -> None:
        """Empty the columns of what was heard."""
        self.model.forget_heard()
        self._tell_count()

    def finish(self) -> None:
        """Show that nothing runs any more."""
        self.progress.finish()
        self.choices.show_taken()
        self._tell_count()

    def mark(self, place: int | None) -> None:
        """Show which utterance is open, given by its place in the corpus; None where none of them is."""
        row = self.model.row_of(place) if place is not None else None
        if row is None:
            self.table.clearSelection()
        elif self.table.currentIndex().row() != row or not self.table.selectionModel().hasSelection():
            self.table.selectRow(row)

    def neighbour(self, step: int) -> int | None:
        """Go so many rows from the current one and return the place there, None beyond the ends of the table."""
        current = self.table.currentIndex()
        row = current.row() + step if current.isValid() else 0
        if not 0 <= row < self.model.rowCount():
            return None
        self.table.selectRow(row)
        return self.model.utterance_at(row)

    # -- putting together

    def _invitation(self) -> QWidget:
        page = QWidget()
        words = _muted()
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words.setText("Open a course corpus, a Kaldi-style folder, a list of recordings or a folder of them.")
        button = QPushButton("Open corpus…")
        button.clicked.connect(self.open_clicked)
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(words)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return page

    def _page(self) -> QWidget:
        page = QWidget()
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._count, 1)
        foot.addWidget(self.transcribe)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        heading = QVBoxLayout()
        heading.setSpacing(0)
        heading.addWidget(self._name)
        heading.addWidget(self._facts)
        column.addLayout(heading)
        column.addWidget(self.choices)
        column.addWidget(self.filter)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        return page

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._on_filter)
        self.filter.returnPressed.connect(self._choose_first)
        self.table.clicked.connect(self._on_chosen)
        self.table.activated.connect(self._on_chosen)
        self.choices.changed.connect(self.choice_made)
        self.transcribe.clicked.connect(lambda: self.transcribe_clicked.emit(self.model.unheard))
        self.progress.cancelled.connect(self.cancelled)

    def _on_filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._tell_count()

    def _choose_first(self) -> None:
        if self.model.rowCount():
            self.table.selectRow(0)
            self.chosen.emit(self.model.utterance_at(0))

    def _on_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(self.model.utterance_at(index.row()))

    def _tell_count(self) -> None:
        shown, known = self.model.rowCount(), self.model.distances
        parts = [f"{shown:,} of {self._total:,}"] if shown != self._total else []
        if len(known):
            parts.append(f"mean {known.mean():.2f} edits in {len(known):,}")
        self._count.setText(" · ".join(parts))
        self.transcribe.setText("Transcribe all" if shown == self._total else f"Transcribe {shown:,}")


def _table(model: CorpusTable) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setFont(text_font(table.font()))
    table.setAccessibleName("Utterances")
    table.setAccessibleDescription("Utterances of the corpus; Enter or a click opens one, a click on a heading sorts")
    table.setItemDelegateForColumn(HEARD, SymbolDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setFrameShape(QTableView.Shape.NoFrame)
    table.verticalHeader().hide()
    # Fixed heights: tens of thousands of rows are not measured.
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsMovable(True)
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSortingEnabled(True)
    header.moveSection(header.visualIndex(DISTANCE), header.visualIndex(HEARD))
    header.setStretchLastSection(True)
    return table


def _fit_columns(table: QTableView, corpus: Corpus) -> None:
    """Give every column the width of what it holds; of the names, those of the first utterances."""
    metrics = table.fontMetrics()
    longest = max((item.name for item in corpus.utterances[:200]), key=len, default="")
    widths = {
        ID: min(metrics.horizontalAdvance(longest), 160),
        SECONDS: metrics.horizontalAdvance("000.00"),
        REFERENCE: metrics.horizontalAdvance("0000"),
        DISTANCE: metrics.horizontalAdvance("edits") + _SORT_MARK,
        HEARD: 200,
    }
    for column, width in widths.items():
        table.setColumnWidth(column, width + 16)


def _heading() -> QLabel:
    label = QLabel(textFormat=Qt.TextFormat.PlainText)
    font = QFont(label.font())
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _muted() -> QLabel:
    label = QLabel(textFormat=Qt.TextFormat.PlainText)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
