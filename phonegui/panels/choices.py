"""Decisions made while a corpus was read, each with its reason, to be made otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from model.corpus.base import Choice


class ChoicesForm(QWidget):
    """A row for each decision: its name, the ways there are, and why the one taken was taken."""

    changed = Signal(str, str)  # name of the choice, the value wanted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._body = QWidget()
        self._column.addWidget(self._body)
        self._taken: list[tuple[QComboBox, str]] = []
        self.hide()

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Show these decisions in place of those shown before."""
        self._column.removeWidget(self._body)
        self._body.deleteLater()
        self._body, self._taken = QWidget(), []
        form = QFormLayout(self._body)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(4)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        for choice in choices:
            self._add(form, choice)
        self._column.addWidget(self._body)
        self.setVisible(bool(choices))

    def show_taken(self) -> None:
        """Show the ways taken again, where another was wanted but could not be taken."""
        for box, value in self._taken:
            box.setCurrentText(value)

    def _add(self, form: QFormLayout, choice: Choice) -> None:
        box = QComboBox()
        box.addItems(choice.options)
        box.setCurrentText(choice.value)
        self._taken.append((box, choice.value))
        box.setAccessibleName(choice.name)
        box.setAccessibleDescription(choice.reason)
        box.setEnabled(len(choice.options) > 1)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        box.textActivated.connect(lambda value, name=choice.name: self.changed.emit(name, value))
        label = QLabel(choice.name[:1].upper() + choice.name[1:])
        label.setBuddy(box)
        form.addRow(label, box)
        reason = QLabel(f"{choice.reason[:1].upper()}{choice.reason[1:].rstrip('.')}.", wordWrap=True)
        reason.setTextFormat(Qt.TextFormat.PlainText)
        reason.setForegroundRole(reason.palette().ColorRole.PlaceholderText)
        form.addRow(reason)
