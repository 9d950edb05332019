"""A line for a path that takes typing, browsing and drops."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QToolButton, QWidget

from phonegui.panels.icons import IconButton
from phonegui.settings import Remembered


class PathField(QWidget):
    """A path of a file or a folder.

    Parameters
    ----------
    name
        What the path is of, for screen readers and dialogs.
    settings
        Where the folder of dialogs is remembered.
    files
        Whether a file can be chosen too, else only a folder.
    """

    changed = Signal(str)  # the path, when it is typed to its end, chosen or dropped

    def __init__(self, name: str, settings: Remembered, *, files: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._settings = name, settings
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setAcceptDrops(False)  # text dropped into text would add to the path
        self.edit.editingFinished.connect(self._finished)
        self._told = ""
        button = IconButton("folder", f"Choose {name.lower()}")
        button.setAutoRaise(False)
        if files:
            menu = QMenu(button)
            menu.addAction("Choose a &file…", self._choose_file)
            menu.addAction("Choose a f&older…", self._choose_folder)
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        else:
            button.clicked.connect(self._choose_folder)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.edit, 1)
        row.addWidget(button)
        self.setFocusProxy(self.edit)
        self.setAcceptDrops(True)

    @property
    def path(self) -> str:
        """The path shown."""
        return self.edit.text().strip()

    def set_path(self, path: str) -> None:
        """Show a path and tell it."""
        self.edit.setText(path)
        self.edit.setToolTip("" if not path else f"<p style='white-space:pre'>{_escaped(path)}</p>")
        self._finished()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file or folder."""
        if dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show the dropped path."""
        paths = dropped_paths(event)
        if paths:
            event.acceptProposedAction()
            self.set_path(paths[0])

    def _finished(self) -> None:
        if self.path != self._told:
            self._told = self.path
            self.changed.emit(self.path)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self._name, self._settings.folder)
        self._take(path)

    def _choose_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, self._name, self.path or self._settings.folder))

    def _take(self, path: str) -> None:
        if path:
            self.set_path(path)
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)


def dropped_paths(event: QDropEvent) -> list[str]:
    """Return the local paths that are dragged or dropped."""
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]


def _escaped(text: str) -> str:
    import html

    return html.escape(text)
