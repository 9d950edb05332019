"""A menu of which one entry is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget


class ChoiceMenu(QMenu):
    """Exclusive entries, the first chosen at the start."""

    chosen = Signal(str)  # the entry chosen

    def __init__(self, title: str, choices: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._group = QActionGroup(self)
        for name in choices:
            action = self._group.addAction(self.addAction(name))
            action.setCheckable(True)
        self._group.actions()[0].setChecked(True)
        self._group.triggered.connect(self._tell)

    @property
    def choice(self) -> str:
        """The entry chosen."""
        return self._group.checkedAction().text()

    def choose(self, name: str) -> None:
        """Choose an entry and tell it; raise KeyError when there is none of that name."""
        for action in self._group.actions():
            if action.text() == name:
                action.setChecked(True)
                self.chosen.emit(name)
                return
        raise KeyError(name)

    def _tell(self, action: QAction) -> None:
        self.chosen.emit(action.text())
