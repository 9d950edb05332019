"""Small builders that the window is put together with."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from phonegui.panels.dock_title import DockTitle
from phonegui.panels.icons import SIZE, icon
from phonegui.theme import Theme

_BOTTOM_HEIGHT = 320
_BUTTONS = {
    "open_files": "open",
    "zoom_in": "zoom_in",
    "zoom_out": "zoom_out",
    "zoom_to_selection": "zoom_to_selection",
    "fit": "fit",
}


def add_toolbar(window: QMainWindow, actions: dict[str, QAction], middle: QWidget, right: QWidget) -> QToolBar:
    """Add a toolbar: opening, a widget in the middle, zooming, and a widget at the right end."""
    bar = QToolBar("Main toolbar", window, movable=False)
    bar.setObjectName("toolbar")
    bar.setIconSize(QSize(SIZE, SIZE))
    for name in _BUTTONS:
        bar.addAction(actions[name])
        button = bar.widgetForAction(actions[name])
        button.setAccessibleName(actions[name].text().replace("&", "").rstrip("…"))
        if name == "open_files" and isinstance(button, QToolButton):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            bar.addWidget(middle)
    right.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    right.setContentsMargins(16, 0, 8, 0)
    bar.addWidget(right)
    window.addToolBar(bar)
    return bar


def show_icons(actions: dict[str, QAction], theme: Theme) -> None:
    """Give the actions that the toolbar adds their icons in the colours of a theme; menus show text alone."""
    for name, sign in _BUTTONS.items():
        actions[name].setIcon(icon(sign, theme))
        actions[name].setIconVisibleInMenu(False)


def add_dock(window: QMainWindow, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """Dock a widget under a name that its place is remembered by."""
    dock = QDockWidget(name, window)
    dock.setObjectName(_dock_name(name))
    dock.setWidget(widget)
    dock.setTitleBarWidget(DockTitle(dock))
    window.addDockWidget(area, dock)
    return dock


def add_bottom_dock(window: QMainWindow, name: str, widget: QWidget) -> QDockWidget:
    """Dock a widget at the bottom, hidden at first; it scrolls where there is too little room for it."""
    # Without it even a hidden widget's least size would keep the window wide.
    dock = add_dock(window, name, scrolling(widget), Qt.DockWidgetArea.BottomDockWidgetArea)
    dock.hide()
    dock.toggleViewAction().triggered.connect(lambda shown: show_bottom(window, dock) if shown else None)
    return dock


def scrolling(widget: QWidget) -> QScrollArea:
    """Return an area that scrolls a widget where there is too little room for it."""
    area = QScrollArea(frameShape=QFrame.Shape.NoFrame, widgetResizable=True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(widget)
    return area


def show_bottom(window: QMainWindow, dock: QDockWidget) -> None:
    """Show a dock of the bottom at a useful height, in tabs with those that are shown there."""
    # Only docks that are shown are put in tabs: of hidden ones Qt leaves a bar of tabs lying about (6.11).
    bottom = Qt.DockWidgetArea.BottomDockWidgetArea
    shown = [
        other
        for other in window.findChildren(QDockWidget)
        if other is not dock and other.isVisible() and not other.isFloating() and window.dockWidgetArea(other) == bottom
    ]
    dock.show()
    if shown and not dock.isFloating() and dock not in window.tabifiedDockWidgets(shown[0]):
        window.tabifyDockWidget(shown[0], dock)
    dock.raise_()
    if dock.height() < _BOTTOM_HEIGHT and not dock.isFloating():
        window.resizeDocks([dock], [_BOTTOM_HEIGHT], Qt.Orientation.Vertical)


def size_docks(window: QMainWindow, widths: dict[str, int]) -> None:
    """Give docks their first widths in pixels."""
    docks = [window.findChild(QDockWidget, _dock_name(name)) for name in widths]
    window.resizeDocks(docks, list(widths.values()), Qt.Orientation.Horizontal)


def hide_docks(window: QMainWindow, names: Iterable[str]) -> None:
    """Hide docks; the View menu shows them again."""
    for name in names:
        dock = window.findChild(QDockWidget, _dock_name(name))
        if dock is not None:
            dock.hide()


def menu_of(window: QMainWindow, title: str) -> QMenu:
    """Return the menu of a title with its mnemonic; raise KeyError when there is none."""
    for menu in window.menuBar().findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if menu.title() == title:
            return menu
    raise KeyError(title)


def _dock_name(name: str) -> str:
    return f"dock_{name.lower()}"
