"""What the window shows while the recording is compared: with what, and how far the two are apart."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from phonegui.theme import Theme

_SPACING = 16


class ComparisonStrip(QFrame):
    """A bar above the timeline while something is compared; hidden otherwise."""

    change_clicked = Signal()  # something else is to be compared
    end_clicked = Signal()  # nothing is to be compared any more

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison_strip")
        self.setAccessibleName("Comparison")
        self._name = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._state = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._state.setForegroundRole(self._state.palette().ColorRole.PlaceholderText)
        # A long name of a file must not make the window wide.
        self._name.setMinimumWidth(1)
        self._state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._words = ("", "")
        self.change_button = QPushButton("Change…", flat=True)
        self.change_button.setAccessibleName("Compare with something else")
        self.change_button.clicked.connect(self.change_clicked)
        self.end_button = QPushButton("End comparison")
        self.end_button.clicked.connect(self.end_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(_SPACING)
        row.addWidget(self._name)
        row.addWidget(self._state, 1)
        row.addWidget(self.change_button)
        row.addWidget(self.end_button)
        self.hide()

    @property
    def name(self) -> str:
        """What it says is compared, empty when hidden."""
        return self._words[0] if not self.isHidden() else ""

    @property
    def state(self) -> str:
        """What it says came of it, empty when hidden."""
        return self._words[1] if not self.isHidden() else ""

    def show_name(self, name: str) -> None:
        """Say what is compared."""
        words = f"Heard B: {name}"
        self._words = (words, self._words[1])
        self._name.setToolTip(words)
        self.setAccessibleDescription(words)
        self.show()
        self._fit()

    def show_state(self, words: str) -> None:
        """Say what came of it, or how far it is."""
        self._words = (self._words[0], words)
        self._state.setToolTip(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the words to the room there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Write what fits: of the outcome up to half of the room, of the name what that leaves."""
        metrics, (name, state) = self._name.fontMetrics(), self._words
        buttons = self.change_button.sizeHint().width() + self.end_button.sizeHint().width()
        margins = self.layout().contentsMargins()
        room = self.width() - buttons - margins.left() - margins.right() - 3 * _SPACING
        outcome = min(metrics.horizontalAdvance(state) + 1, max(room // 2, room - metrics.horizontalAdvance(name) - 1))
        self._state.setText(metrics.elidedText(state, Qt.TextElideMode.ElideRight, outcome))
        self._name.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, room - outcome))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.setStyleSheet(
            f"#comparison_strip {{ background: {theme.surface}; border: 0; border-left: 4px solid {theme.accent};"
            f" border-bottom: 1px solid {theme.hairline}; }}"
        )
