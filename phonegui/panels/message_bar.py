"""An inline message above the timeline, in place of a dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from phonegui.panels.icons import IconButton
from phonegui.theme import Theme


class MessageBar(QFrame):
    """Sentences that stay until they are dismissed or the next thing is opened; hidden while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self.setAccessibleName("Message")
        self._label = QLabel(wordWrap=True)
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = IconButton("close", "Dismiss the message")
        close.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._label, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def text(self) -> str:
        """The sentences shown, empty when hidden."""
        return self._label.text() if not self.isHidden() else ""

    def show_error(self, sentence: str) -> None:
        """Show a sentence, after those that are still shown."""
        shown = self.text
        if sentence in shown:
            return
        self._label.setText(f"{shown}\n{sentence}".strip())
        self.setAccessibleDescription(self._label.text())
        self.show()

    def clear(self) -> None:
        """Hide the bar."""
        self._label.clear()
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.setStyleSheet(
            f"#message_bar {{ background: {theme.surface}; border: 0; border-left: 4px solid {theme.accent};"
            f" border-bottom: 1px solid {theme.hairline}; }}"
        )
