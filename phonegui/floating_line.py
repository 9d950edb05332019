"""A line to type into, laid over what it is about for as long as it takes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

NARROWEST = 72


class FloatingLine(QLineEdit):
    """Takes one text; Enter takes it, Esc or a click elsewhere leaves everything as it was."""

    chosen = Signal(str)  # the text typed
    left = Signal()  # the line is gone, with or without a text

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._done = False
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.returnPressed.connect(lambda: self.take(self.text()))

    def open(self, text: str, box: QRect, *, narrowest: int = NARROWEST) -> None:
        """Show over a box, the old text selected so that typing replaces it."""
        width = max(narrowest, box.width())
        left = min(max(0, box.center().x() - width // 2), max(0, self.parentWidget().width() - width))
        self.setGeometry(left, box.top(), width, box.height())
        self.setText(text)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def take(self, text: str) -> None:
        """Tell a text, unless it is empty, and go."""
        if self._done:
            return
        typed = text.strip()
        self.leave()
        if typed:
            self.chosen.emit(typed)

    def leave(self) -> None:
        """Go without a text."""
        if not self._done:
            self._done = True
            self.hide()
            self.left.emit()
            self.deleteLater()

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
            self.leave()
            return
        super().keyPressEvent(event)
        event.accept()  # what is typed here means nothing to what lies below

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leave when the focus goes elsewhere than into a list that belongs to the line."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.leave()
