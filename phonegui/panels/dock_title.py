"""The line above a docked panel: its name, and buttons that detach and close it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QWidget

from phonegui.panels.icons import IconButton


class DockTitle(QWidget):
    """A title bar of a dock; dragging it moves the dock.

    Parameters
    ----------
    dock
        Whose name is shown.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        name = QLabel(dock.windowTitle(), textFormat=Qt.TextFormat.PlainText)
        name.setForegroundRole(name.palette().ColorRole.PlaceholderText)
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.float_button = IconButton("float", f"Detach or dock {dock.windowTitle()}")
        self.close_button = IconButton("close", f"Close {dock.windowTitle()}")
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(name, 1)
        for button in (self.float_button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the View menu closes and opens by keyboard
            row.addWidget(button)
