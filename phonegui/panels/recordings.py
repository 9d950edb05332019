"""The list of recordings at hand: the bundled samples and what was opened since the start."""

from __future__ import annotations

import html
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from phonegui.file_names import told_apart
from phonegui.panels.icons import icon
from phonegui.theme import current_theme

_ROW_HEIGHT = 24
_NARROWEST = 160  # the tabs above it are read whole
_PATH = Qt.ItemDataRole.UserRole
_TIP = Qt.ItemDataRole.UserRole + 1
_PROBLEM = Qt.ItemDataRole.UserRole + 2


class RecordingsPanel(QWidget):
    """A list that opens what is chosen in it."""

    chosen = Signal(str)  # path of the recording to open

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setAccessibleName("Recordings")
        self._list.setAccessibleDescription("Recordings at hand; Enter or a click opens one")
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.setUniformItemSizes(True)
        self._list.itemClicked.connect(self._choose)
        self._list.itemActivated.connect(self._choose)
        self._hint = QLabel("Drop recordings anywhere in the window to add them here.", wordWrap=True)
        self._hint.setForegroundRole(self._hint.palette().ColorRole.PlaceholderText)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._list, 1)
        column.addWidget(self._hint)
        self.setMinimumWidth(_NARROWEST)

    def add(self, path: str, note: str = "") -> None:
        """Add a recording unless it is listed, with a note on it (words, length) as its tooltip."""
        if self._find(path) is None:
            item = QListWidgetItem(Path(path).name)
            item.setSizeHint(QSize(0, _ROW_HEIGHT))
            item.setData(_PATH, path)
            item.setData(_TIP, html.escape(f"{note}\n{path}" if note else path))
            item.setToolTip(item.data(_TIP))
            self._list.addItem(item)
            self._name_items()

    def mark(self, path: str) -> None:
        """Show which recording is open; it can be read, then."""
        item = self._find(path)
        if item is None:
            self._list.clearSelection()
            self._list.setCurrentRow(-1)
            return
        self._list.setCurrentItem(item)
        if item.data(_PROBLEM):
            item.setData(_PROBLEM, None)
            item.setIcon(QIcon())
            item.setToolTip(item.data(_TIP))
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, None)

    def mark_bad(self, path: str, sentence: str) -> None:
        """Show that a recording cannot be opened, and why."""
        item = self._find(path)
        if item is not None:
            item.setData(_PROBLEM, sentence)
            item.setIcon(icon("warning", current_theme(self.palette())))
            item.setToolTip(f"<p>{html.escape(sentence)}</p>")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, sentence)

    def problem(self, path: str) -> str:
        """Return why a recording could not be opened, empty where it was not tried or can be read."""
        item = self._find(path)
        return str(item.data(_PROBLEM) or "") if item is not None else ""

    def changeEvent(self, event: QEvent) -> None:
        """Follow from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for place in range(self._list.count()):
                if self._list.item(place).data(_PROBLEM):
                    self._list.item(place).setIcon(icon("warning", current_theme(self.palette())))

    def paths(self) -> list[str]:
        """Return the listed paths in their order."""
        return [self._list.item(i).data(_PATH) for i in range(self._list.count())]

    def neighbour(self, step: int) -> str | None:
        """Go so many places from the current one and return the path there, None beyond the ends of the list."""
        row = self._list.currentRow() + step
        if not 0 <= row < self._list.count():
            return None
        self._list.setCurrentRow(row)
        return str(self._list.item(row).data(_PATH))

    def _name_items(self) -> None:
        for i, name in enumerate(told_apart(self.paths())):
            if self._list.item(i).text() != name:
                self._list.item(i).setText(name)

    def _find(self, path: str) -> QListWidgetItem | None:
        for i in range(self._list.count()):
            if self._list.item(i).data(_PATH) == path:
                return self._list.item(i)
        return None

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_PATH))
