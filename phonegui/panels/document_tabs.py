"""The tabs above the timeline, one for each open document."""

from __future__ import annotations

import html

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QTabBar, QWidget

from phonegui.documents import Documents, OpenDocument
from phonegui.file_names import told_apart
from phonegui.panels.icons import IconButton


class DocumentTabs(QTabBar):
    """Tabs that show, close and move documents; hidden while there are fewer than two.

    Parameters
    ----------
    documents
        What the tabs stand for.
    """

    close_requested = Signal(object)  # OpenDocument to be closed

    def __init__(self, documents: Documents, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._documents = documents
        self.setAccessibleName("Open documents")
        self.setDocumentMode(True)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setMovable(True)
        self.setAutoHide(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.setUsesScrollButtons(True)
        self.hide()
        self.currentChanged.connect(self._on_current)
        self.tabMoved.connect(self._on_moved)
        self.tabBarDoubleClicked.connect(self._on_double_click)
        documents.changed.connect(self._follow)
        documents.current_changed.connect(self._follow)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Close with the middle button."""
        index = self.tabAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.MiddleButton and index >= 0:
            self.close_requested.emit(self._documents[index])
            return
        super().mouseReleaseEvent(event)

    def _follow(self) -> None:
        """Show the documents as they are."""
        with QSignalBlocker(self):
            while self.count() > len(self._documents):
                self.removeTab(self.count() - 1)
            while self.count() < len(self._documents):
                self._add_close_button(self.addTab(""))
            names = told_apart([item.source.path for item in self._documents])
            for index, (document, name) in enumerate(zip(self._documents, names, strict=True)):
                self._name(index, document, name if document.source.is_recording else document.source.title)
            if self._documents.current in list(self._documents):
                self.setCurrentIndex(self._documents.index(self._documents.current))

    def _add_close_button(self, index: int) -> None:
        button = IconButton("close", "Close")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard has an action for it
        button.clicked.connect(lambda: self._close(button))
        self.setTabButton(index, QTabBar.ButtonPosition.RightSide, button)

    def _close(self, button: IconButton) -> None:
        for index in range(self.count()):
            if self.tabButton(index, QTabBar.ButtonPosition.RightSide) is button:
                self.close_requested.emit(self._documents[index])
                return

    def _name(self, index: int, document: OpenDocument, name: str) -> None:
        name = name.replace("&", "&&")
        text = f"{name} *" if document.modified else name
        if self.tabText(index) != text:
            self.setTabText(index, text)
            self.tabButton(index, QTabBar.ButtonPosition.RightSide).setAccessibleName(f"Close {document.source.title}")
        lines = [document.source.path]
        if document.preview:
            lines.append("Preview: gives way to the next recording looked at; a double click keeps it.")
        if document.modified:
            lines.append("The reference has edits that are not saved.")
        self.setTabToolTip(index, f"<p style='white-space: pre'>{html.escape(chr(10).join(lines))}</p>")
        muted = self.palette().color(self.palette().ColorRole.PlaceholderText)
        self.setTabTextColor(index, muted if document.preview else self.palette().windowText().color())

    def _on_current(self, index: int) -> None:
        if 0 <= index < len(self._documents):
            self._documents.show(self._documents[index])

    def _on_moved(self, start: int, end: int) -> None:
        self._documents.move(start, end)

    def _on_double_click(self, index: int) -> None:
        if 0 <= index < len(self._documents):
            self._documents.keep(self._documents[index])
