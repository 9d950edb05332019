"""Small builders that the window is put together with."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QSizePolicy, QToolBar, QWidget

from phonegui.actions import ACTIONS


def add_toolbar(window: QMainWindow, actions: dict[str, QAction], right: QWidget) -> QToolBar:
    """Add a toolbar with the actions that the table puts there, and a widget at its right end."""
    bar = QToolBar("Main toolbar", window, movable=False)
    bar.setObjectName("toolbar")
    bar.setIconSize(QSize(16, 16))
    for spec in ACTIONS:
        if spec.toolbar:
            bar.addAction(actions[spec.name])
    space = QWidget()
    space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(space)
    bar.addWidget(right)
    right.setContentsMargins(0, 0, 8, 0)
    window.addToolBar(bar)
    return bar


def add_dock(window: QMainWindow, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """Dock a widget under a name that its place is remembered by."""
    dock = QDockWidget(name, window)
    dock.setObjectName(_dock_name(name))
    dock.setWidget(widget)
    window.addDockWidget(area, dock)
    return dock


def size_docks(window: QMainWindow, widths: dict[str, int]) -> None:
    """Give docks their first widths in pixels."""
    docks = [window.findChild(QDockWidget, _dock_name(name)) for name in widths]
    window.resizeDocks(docks, list(widths.values()), Qt.Orientation.Horizontal)


def menu_of(window: QMainWindow, title: str) -> QMenu:
    """Return the menu of a title with its mnemonic; raise KeyError when there is none."""
    for menu in window.menuBar().findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if menu.title() == title:
            return menu
    raise KeyError(title)


def _dock_name(name: str) -> str:
    return f"dock_{name.lower()}"
