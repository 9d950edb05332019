"""The size of the window when it starts."""

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from phonegui.layout import add_dock
from phonegui.settings import Remembered
from phonegui.window_memory import remember_window, restore_window


class Screen:
    """A screen of another size than the one the test runs on."""

    def __init__(self, room: QRect) -> None:
        self.room = room

    def availableSize(self) -> QSize:
        return self.room.size()

    def availableGeometry(self) -> QRect:
        return self.room


class Window(QMainWindow):
    def __init__(self, room: QRect) -> None:
        super().__init__()
        self.room = Screen(room)
        for name in ("Recordings", "Decoding"):
            add_dock(self, name, QWidget(), Qt.DockWidgetArea.LeftDockWidgetArea)

    def screen(self) -> Screen:
        return self.room


@pytest.mark.parametrize("remembered", [False, True])
@pytest.mark.parametrize(("width", "height"), [(800, 450), (1024, 600), (2560, 1440)])
def test_the_window_begins_within_its_screen(qtbot, width, height, remembered):
    settings, window = Remembered(), Window(QRect(0, 0, width, height))
    qtbot.addWidget(window)
    if remembered:
        before = QMainWindow()
        qtbot.addWidget(before)
        before.setGeometry(300, 200, 1400, 860)
        remember_window(before, settings)

    restore_window(window, settings)

    assert window.width() <= width and window.height() <= height
    if remembered:
        assert window.room.room.contains(window.geometry())
    elif width > 2000:
        assert window.size() == QSize(1440, 880)


@pytest.mark.parametrize(("width", "beside"), [(800, False), (1600, True)])
def test_at_first_the_timeline_has_room_before_the_lists_have(qtbot, width, beside):
    window = Window(QRect(0, 0, width, 900))
    qtbot.addWidget(window)
    restore_window(window, Remembered())
    shown = {dock.objectName(): not dock.isHidden() for dock in window.findChildren(QDockWidget)}
    assert shown == {"dock_recordings": beside, "dock_decoding": True}
