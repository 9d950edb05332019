"""A small line to type a phoneme into, laid over the box it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

_NARROWEST = 72


class SymbolEdit(QLineEdit):
    """Takes one symbol, with a list of those that begin as what is typed; Enter takes it, Esc leaves the old one."""

    chosen = Signal(str)  # the symbol typed
    left = Signal()  # the line is gone, with or without a symbol

    def __init__(self, symbols: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._symbols = tuple(symbols)
        self._done = False
        self.setAccessibleName("Phoneme")
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        completer = QCompleter(list(symbols), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(10)
        # A click in the list or Enter on it; of what is typed alone `returnPressed` tells.
        completer.activated.connect(self._take)
        self.setCompleter(completer)
        self.returnPressed.connect(lambda: self._take(self.text()))

    def open(self, symbol: str, box: QRect) -> None:
        """Show over a box, the old symbol selected so that typing replaces it."""
        width = max(_NARROWEST, box.width())
        left = min(max(0, box.center().x() - width // 2), max(0, self.parentWidget().width() - width))
        self.setGeometry(left, box.top(), width, box.height())
        self.setText(symbol)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window's shortcut of the same key."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)
        event.accept()  # what is typed here means nothing to what lies below

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leave when the focus goes elsewhere than into the list."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._leave()

    def _take(self, text: str) -> None:
        if self._done:
            return
        typed = text.strip()
        self._leave()
        if typed:
            self.chosen.emit(typed)

    def _leave(self) -> None:
        if not self._done:
            self._done = True
            self.completer().popup().hide()
            self.hide()
            self.left.emit()
            self.deleteLater()
