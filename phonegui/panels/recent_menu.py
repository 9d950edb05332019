"""The menu of recordings opened lately."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from phonegui.file_names import told_apart
from phonegui.settings import Remembered


class RecentMenu(QMenu):
    """Lists recent recordings each time it is shown."""

    chosen = Signal(str)  # path of the recording to open

    def __init__(self, settings: Remembered, parent: QWidget | None = None) -> None:
        super().__init__("Open &recent", parent)
        self._settings = settings
        self.aboutToShow.connect(self._fill)
        self.triggered.connect(self._choose)

    def _fill(self) -> None:
        self.clear()
        paths = self._settings.recent_files
        for path, name in zip(paths, told_apart(paths), strict=True):
            action = self.addAction(name.replace("&", "&&"))
            action.setStatusTip(path)
            action.setData(path)
        if self.isEmpty():
            self.addAction("No recordings yet").setEnabled(False)
            return
        self.addSeparator()
        self.addAction("Clear the list").triggered.connect(self._settings.clear_recent)

    def _choose(self, action: QAction) -> None:
        if action.data():
            self.chosen.emit(action.data())
