"""A small line to type a phoneme into, laid over the box it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QWidget

from phonegui.floating_line import FloatingLine


class SymbolEdit(FloatingLine):
    """Takes one symbol, with a list of those that begin as what is typed."""

    def __init__(self, symbols: Sequence[str], parent: QWidget) -> None:
        super().__init__("Phoneme", parent)
        completer = QCompleter(list(symbols), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(10)
        # A click in the list or Enter on it; of what is typed alone `returnPressed` tells.
        completer.activated.connect(self.take)
        self.setCompleter(completer)

    def leave(self) -> None:
        """Go, with the list."""
        self.completer().popup().hide()
        super().leave()
