"""The confusion matrix, the errors made most often, and the places where the chosen one was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from phonegui.panels.evaluation.instances import InstanceList
from phonegui.panels.evaluation.matrix import MatrixView
from phonegui.panels.evaluation.tables import Column, RowsTable

if TYPE_CHECKING:
    from model.confusion import Confusions, ErrorKind

_MOST_INSTANCES = 2000


class ConfusionsTab(QWidget):
    """Picture and table of the same counts; either lists the places of what is chosen in it."""

    error_chosen = Signal(object, float, float)  # Utterance, start and end in seconds

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Confusions | None = None
        self.matrix = MatrixView()
        self._pointed = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._pointed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._pointed.setForegroundRole(self._pointed.palette().ColorRole.PlaceholderText)
        self.matrix.pointed.connect(self._pointed.setText)
        self.matrix.cell_chosen.connect(self.show_cell)
        self.table = RowsTable(self._columns(), "Most frequent errors", "Enter lists the places of an error")
        self.table.sort_by(1, Qt.SortOrder.DescendingOrder)
        self.table.row_chosen.connect(self._choose)
        self.table.clicked.connect(lambda _: self._choose(self.table.current))
        self.instances = InstanceList()
        self.instances.chosen.connect(self.error_chosen)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(4)
        column.addWidget(self._pointed)
        column.addWidget(self.matrix, 1)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for widget, share in ((picture, 5), (self.table, 0), (self.instances, 4)):
            split.addWidget(widget)
            split.setStretchFactor(split.count() - 1, share)
        split.setSizes([520, 232, 360])
        self.table.setMinimumWidth(216)
        self.instances.setMinimumWidth(280)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 0, 0)
        outer.addWidget(split)
        self.show_confusions(None)

    def show_confusions(self, found: Confusions | None) -> None:
        """Show the counts of a scored corpus, or nothing."""
        self._found = found
        self.matrix.set_confusions(found)
        self.table.set_rows(found.errors if found is not None else [], same=lambda kind: (kind.said, kind.heard))
        self.instances.show_instances(None, [], "Places")
        self.instances.table.set_placeholder("Choose an error to see where it was made")

    def show_cell(self, said: int, heard: int) -> None:
        """List the places where one label was said and another heard."""
        found = self._found
        if found is None:
            return
        instances = found.instances(said, heard, most=_MOST_INSTANCES)
        words = self.matrix.cell_text(*self.matrix.place_of(said, heard))
        if len(instances) < found.counts[said, heard]:
            words += f"; the first {_MOST_INSTANCES:,}"
        self.instances.show_instances(found.score, instances, words)
        self.instances.table.set_placeholder("There is no such place")

    def show_phoneme(self, label: int) -> None:
        """Show the row of a phoneme: the places of what it is mistaken for most, or else of where it is heard right."""
        kinds = enumerate(self.table.rows_model.rows)
        row, kind = max(
            ((k, it) for k, it in kinds if it.said == label), key=lambda it: it[1].count, default=(-1, None)
        )
        self.table.go_to(row)
        if kind is not None:
            self._choose(kind)
        elif self._found is not None:
            self.matrix.select(label, label)
            self.show_cell(label, label)
        self.matrix.setFocus()

    def _choose(self, kind: ErrorKind | None) -> None:
        if kind is not None:
            self.matrix.select(kind.said, kind.heard)
            self.show_cell(kind.said, kind.heard)

    def _columns(self) -> list[Column]:
        return [
            Column("error", self._name, None, words=True, symbols=True),
            Column("times", lambda kind: f"{kind.count:,}", lambda kind: kind.count, "100,000"),
            Column("% of all", self._share, lambda kind: kind.count, "100.0"),
        ]

    def _name(self, kind: ErrorKind) -> str:
        from model.confusion import error_name

        return error_name(kind, self._found.table) if self._found is not None else ""

    def _share(self, kind: Any) -> str:
        errors = self._found.score.counts.errors if self._found is not None else 0
        return f"{100 * kind.count / max(1, errors):.1f}"
