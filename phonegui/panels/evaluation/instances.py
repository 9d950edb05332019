"""The places where one kind of error was made: a list to go through by eye and ear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from phonegui.panels.elided_label import ElidedLabel
from phonegui.panels.evaluation.tables import Column, RowsTable
from phonegui.panels.icons import IconButton

if TYPE_CHECKING:
    from model.scored import CorpusScore
    from model.scored_utterance import ErrorInstance

TURN_MS = 2500
"""Time between one place and the next when they are played in turn: a click, a second of sound, a breath."""

_AROUND = 2  # phonemes shown on either side


class InstanceList(QWidget):
    """Places in utterances, each with its time and what stands around it."""

    chosen = Signal(object, float, float)  # Utterance, start and end in seconds

    def __init__(self, *, with_utterance: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._score: CorpusScore | None = None
        self._held = False
        self._heading = ElidedLabel()
        self.table = RowsTable(
            self._columns(with_utterance), "Places of the error", "Enter opens the recording there and plays it"
        )
        self.table.row_chosen.connect(self._tell)
        self.table.clicked.connect(lambda _: self._tell(self.table.current))
        self.turn = QToolButton(text="Play in turn", checkable=True, autoRaise=True)
        self.turn.setAccessibleName("Play all places in turn")
        self.turn.setToolTip("Open and play one place after the other")
        self.turn.toggled.connect(self._on_turn)
        self._timer = QTimer(self, interval=TURN_MS)
        self._timer.timeout.connect(lambda: self.step(1))
        self.steps: list[IconButton] = []
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._heading, 1)
        for name, label, by in (("previous", "Previous place", -1), ("next", "Next place", 1)):
            button = IconButton(name, label)
            button.clicked.connect(lambda _=False, by=by: self.step(by))
            row.addWidget(button)
            self.steps.append(button)
        row.addWidget(self.turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self.show_instances(None, [], "")

    def show_instances(self, score: CorpusScore | None, instances: Sequence[ErrorInstance], heading: str) -> None:
        """Show places of a scored corpus under a heading."""
        self.turn.setChecked(False)
        self._score = score
        self._heading.setText(heading)
        self.table.set_rows(instances)
        for button in (self.turn, *self.steps):
            button.setEnabled(len(instances) > 0)

    def step(self, by: int) -> None:
        """Go to the next (1) or the previous (-1) place and choose it; playing in turn ends at the last."""
        row = self.table.currentIndex().row()
        target = 0 if row < 0 else row + by
        if not 0 <= target < len(self.table.rows_model.rows):
            self.turn.setChecked(False)
            return
        self.table.go_to(target)
        self._tell(self.table.current)

    def hold(self, held: bool) -> None:
        """Stay at a place while its recording is opened; the time it has begins when it is shown."""
        self._held = held
        self._run()

    def hideEvent(self, event: object) -> None:
        """Stop playing what is out of sight."""
        self.turn.setChecked(False)

    def _on_turn(self, on: bool) -> None:
        if on:
            row = self.table.currentIndex().row()
            self.table.go_to(max(0, row))
            self._tell(self.table.current)
        self._run()

    def _run(self) -> None:
        if self.turn.isChecked() and not self._held:
            self._timer.start()
        else:
            self._timer.stop()

    def _tell(self, instance: ErrorInstance | None) -> None:
        if instance is not None and self._score is not None:
            self.chosen.emit(self._score.utterances[instance.number].utterance, instance.start, instance.end)

    def _columns(self, with_utterance: bool) -> list[Column]:
        # All places of a cell of the matrix are the same error; those of an utterance are all of one.
        name = Column("utterance", self._name, None, "1272-128104-0000", words=True)
        error = Column("error", self._error, None, "WW → WW", words=True, symbols=True)
        return [
            name if with_utterance else error,
            Column("around", self._around, None, words=True, symbols=True),
            Column("seconds", lambda row: f"{row.start:.2f}", lambda row: row.start, "1000.00"),
        ]

    def _name(self, row: ErrorInstance) -> str:
        return self._score.utterances[row.number].utterance.name if self._score else ""

    def _error(self, row: ErrorInstance) -> str:
        from model.confusion import ErrorKind, error_name

        if self._score is None:
            return ""
        table = self._score.table
        return (
            table.symbols[row.said] if row.said == row.heard else error_name(ErrorKind(row.said, row.heard, 1), table)
        )

    def _around(self, row: ErrorInstance) -> str:
        """Return what was said before and after, the place itself in brackets."""
        if self._score is None:
            return ""
        item, names = self._score.utterances[row.number], self._score.table.symbols
        said = [int(place) for place in item.pairs[:, 0]]
        before = [names[item.reference[i]] for i in said[: row.pair] if i >= 0][-_AROUND:]
        after = [names[item.reference[i]] for i in said[row.pair + 1 :] if i >= 0][:_AROUND]
        here = f"[ {names[row.said]} ]" if row.said else "[ ]"
        return " ".join([*before, here, *after])
