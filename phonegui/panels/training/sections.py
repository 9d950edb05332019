"""Parts of a form that fold away under a heading."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from phonegui.panels.icons import SIZE, icon
from phonegui.theme import current_theme


class FoldingSection(QWidget):
    """A heading that shows and hides what stands below it; folded at first."""

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._body = title, body
        self.heading = QToolButton(text=title, checkable=True, autoRaise=True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setIconSize(QSize(SIZE, SIZE))
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setFont(bold(self.heading.font()))
        self.heading.toggled.connect(self._fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(body)
        body.hide()
        self._paint()

    def note(self, text: str) -> None:
        """Say something beside the title, or nothing."""
        self.heading.setText(f"{self._title}  ·  {text}" if text else self._title)

    def _fold(self, shown: bool) -> None:
        self._body.setVisible(shown)
        self._paint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "heading"):
            self._paint()

    def _paint(self) -> None:
        name = "unfolded" if self.heading.isChecked() else "folded"
        self.heading.setIcon(icon(name, current_theme(self.palette()), accented=False))


def bold(font: QFont) -> QFont:
    """Return a font of the weight of headings."""
    result = QFont(font)
    result.setWeight(QFont.Weight.DemiBold)
    return result


def muted_label(text: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label for what is said aside."""
    label = QLabel(text, wordWrap=wrap)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label
