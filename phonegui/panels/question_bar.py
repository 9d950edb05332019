"""An inline question with buttons, in place of a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from phonegui.theme import Theme

_NARROWEST = 320  # a sentence needs at least so much beside the buttons


class QuestionBar(QFrame):
    """A sentence and what can be done about it; hidden while there is nothing to ask."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question_bar")
        self.setAccessibleName("Question")
        self._label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        lines = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        lines.setContentsMargins(16, 8, 8, 8)
        lines.setSpacing(8)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        lines.addWidget(self._label, 1)
        lines.addLayout(self._row)
        self._lines = lines
        self._buttons: list[QPushButton] = []
        self.hide()

    @property
    def text(self) -> str:
        """The question shown, empty when hidden."""
        return self._label.text() if not self.isHidden() else ""

    @property
    def buttons(self) -> dict[str, QPushButton]:
        """The buttons shown, by their texts."""
        return {button.text(): button for button in self._buttons}

    def ask(self, sentence: str, answers: dict[str, Callable[[], None]]) -> None:
        """Ask in place of what was asked before; each answer hides the bar and calls its function."""
        self.clear()
        self._label.setText(sentence)
        self.setAccessibleDescription(sentence)
        for name, answer in answers.items():
            button = QPushButton(name)
            button.setAccessibleDescription(sentence)
            button.clicked.connect(lambda _=False, answer=answer: self._answered(answer))
            self._row.addWidget(button)
            self._buttons.append(button)
        self._fit()
        self.show()
        self._buttons[0].setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the sentence where both have no room beside each other."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        beside = self.width() - self._row.sizeHint().width() >= _NARROWEST
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if self._lines.direction() != direction:
            self._lines.setDirection(direction)

    def clear(self) -> None:
        """Ask nothing."""
        for button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        self._label.clear()
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.setStyleSheet(
            f"#question_bar {{ background: {theme.surface}; border: 0; border-left: 4px solid {theme.accent};"
            f" border-bottom: 1px solid {theme.hairline}; }}"
        )

    def _answered(self, answer: Callable[[], None]) -> None:
        self.clear()
        answer()
