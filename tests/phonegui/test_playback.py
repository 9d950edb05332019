import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow

from model.audio import Audio
from phonegui import theme
from phonegui.actions import ACTIONS, install_actions
from phonegui.panels.transport import BUTTONS
from phonegui.playback import Playback
from phonegui.player import PlayState
from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import phoneme
from tests.phonegui.sound_helpers import FakeDevices

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
RATE = 16000
AUDIO = Audio(np.random.default_rng(0).uniform(-0.5, 0.5, 8 * RATE).astype(np.float32), RATE, RATE, 1)


class Window(QMainWindow):
    """A window with a timeline, the sound actions and something else that takes the focus."""

    def __init__(self):
        super().__init__()
        self.timeline = TimelineView(self)
        self.setCentralWidget(self.timeline)
        self.devices = FakeDevices()
        self.playback = Playback(self.timeline, self.devices, self)
        self.actions_by_name = install_actions(self, self.playback)
        bar = self.addToolBar("tools")
        self.strip = self.playback.adopt(self.actions_by_name)
        bar.addWidget(self.strip)
        self.field = QLineEdit()
        bar.addWidget(self.field)
        self.resize(900, 600)

    def __getattr__(self, name):
        if name in {spec.name for spec in ACTIONS}:
            return lambda *_: None
        raise AttributeError(name)


@pytest.fixture
def window(qtbot):
    window = Window()
    qtbot.addWidget(window)
    window.show()
    window.strip.apply_theme(theme.LIGHT)
    window.timeline.set_audio(AUDIO.samples, RATE)
    window.playback.open(AUDIO)
    window.timeline.fit()
    window.playback.restore(Remembered())
    window.activateWindow()
    window.timeline.setFocus()
    qtbot.waitUntil(window.timeline.hasFocus)
    yield window
    window.playback.close()


def press(window, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window.focusWidget(), key, modifiers)


def state(window):
    return window.playback.player.state


def test_tab_plays_the_selection_and_stops(qtbot, window):
    window.timeline.selection.select(2.0, 3.0)
    press(window, Qt.Key.Key_Tab)
    assert state(window) is PlayState.PLAYING and window.playback.player.range == (2.0, 3.0)
    assert window.timeline.hasFocus()
    press(window, Qt.Key.Key_Tab)
    assert state(window) is PlayState.STOPPED


def test_tab_plays_what_is_shown_where_nothing_is_selected(window):
    window.timeline.show_range(1.0, 4.0)
    press(window, Qt.Key.Key_Tab)
    assert window.playback.player.range == pytest.approx((1.0, 4.0))


def test_shift_tab_plays_the_window_beside_a_selection(window):
    window.timeline.selection.select(2.0, 3.0)
    window.timeline.show_range(1.0, 4.0)
    QTest.keyClick(window.timeline, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.playback.player.range == pytest.approx((1.0, 4.0))


def test_space_plays_pauses_and_goes_on_from_the_cursor(qtbot, window):
    row = window.timeline.waveform
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect().center())
    cursor = window.playback.cursor
    assert cursor == pytest.approx(row.time_at(row.rect().center().x()), abs=0.02)
    press(window, Qt.Key.Key_Space)
    assert window.playback.player.range == pytest.approx((cursor, 8.0))
    qtbot.waitUntil(lambda: window.devices.sinks[-1].device is not None)
    for _ in range(3):
        window.devices.sinks[-1].hear(0.05)
        window.playback.player._tick()
    press(window, Qt.Key.Key_Space)
    assert state(window) is PlayState.PAUSED
    assert window.playback.cursor == pytest.approx(cursor + 0.15, abs=0.11)
    assert window.timeline.overlays.playhead == window.playback.cursor
    press(window, Qt.Key.Key_Space)
    assert state(window) is PlayState.PLAYING


def test_escape_stops_first_and_lets_go_of_the_selection_then(window):
    window.timeline.selection.select(2.0, 3.0)
    press(window, Qt.Key.Key_Tab)
    assert not window.actions_by_name["clear_selection"].isEnabled()
    press(window, Qt.Key.Key_Escape)
    assert state(window) is PlayState.STOPPED and window.timeline.selection.range is not None
    assert window.actions_by_name["clear_selection"].isEnabled()


def test_elsewhere_tab_moves_the_focus_and_space_writes(qtbot, window):
    window.field.setFocus()
    qtbot.waitUntil(window.field.hasFocus)
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_Tab)
    assert window.field.text() == " " and not window.field.hasFocus()
    assert state(window) is PlayState.STOPPED


def test_f6_leaves_the_timeline(qtbot, window):
    press(window, Qt.Key.Key_F6)
    assert not window.timeline.hasFocus() and window.focusWidget() is not None
    press(window, Qt.Key.Key_F6)
    assert window.timeline.hasFocus()


def test_buttons_do_what_the_actions_do(qtbot, window):
    assert set(window.strip.buttons) == set(BUTTONS)
    qtbot.mouseClick(window.strip.buttons["play_pause"], Qt.MouseButton.LeftButton)
    assert state(window) is PlayState.PLAYING
    assert window.strip.buttons["play_pause"].accessibleName() == "Pause"
    qtbot.mouseClick(window.strip.buttons["stop_playing"], Qt.MouseButton.LeftButton)
    assert state(window) is PlayState.STOPPED
    qtbot.mouseClick(window.strip.buttons["toggle_loop"], Qt.MouseButton.LeftButton)
    assert window.playback.player.looping
    window.strip.speed.setValue(1.5)
    assert window.playback.player.speed == 1.5
    window.playback.slower()
    assert window.strip.speed.value() == window.playback.player.speed == 1.4
    for _ in range(20):
        window.playback.faster()
    assert window.playback.player.speed == 2.0


def test_without_a_device_the_button_says_why(window):
    button = window.strip.buttons["play_pause"]
    assert button.isEnabled()
    window.devices.plug("No sound output was found; plug in loudspeakers or headphones.")
    assert not button.isEnabled() and "loudspeakers" in button.toolTip()
    window.devices.plug("")
    assert button.isEnabled() and "loudspeakers" not in button.toolTip()


def test_without_a_recording_nothing_plays(window):
    window.playback.clear()
    button = window.strip.buttons["play_pause"]
    assert not button.isEnabled() and "Open a recording" in button.toolTip()


def test_the_mark_moves_with_what_is_heard_and_goes_back(qtbot, window):
    window.timeline.selection.select(2.0, 3.0)
    press(window, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: window.devices.sinks[-1].device is not None)
    window.playback.player._timer.stop()
    for _ in range(5):
        window.devices.sinks[-1].hear(0.05)
        window.playback.player._tick()
    assert 2.1 < window.timeline.overlays.playhead < 2.4
    window.playback.stop_playing()
    assert window.timeline.overlays.playhead == 2.0


def test_speed_and_loop_are_remembered(window):
    settings = Remembered()
    window.playback.set_speed(0.7)
    window.actions_by_name["toggle_loop"].trigger()
    window.playback.remember(settings)
    window.playback.set_speed(1.0)
    window.actions_by_name["toggle_loop"].trigger()
    window.playback.restore(settings)
    assert window.playback.player.speed == 0.7 and window.playback.player.looping
    settings.set("speed_percent", "nonsense")
    settings.set("loop", 17)
    window.playback.restore(settings)
    assert window.playback.player.speed == 1.0 and not window.playback.player.looping


def test_sound_actions_have_signs(window):
    assert all(isinstance(window.actions_by_name[name], QAction) for name in BUTTONS)
    assert all(not window.actions_by_name[name].icon().isNull() for name in BUTTONS)


def click(window, row, time, height):
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(round(row.x_of(time)), round(height)))


def test_a_clicked_phoneme_is_selected_and_played_unless_that_is_off(window):
    row = window.timeline.transcript
    window.timeline.set_heard([phoneme("AA", 1.0, 2.0), phoneme("B", 2.0, 4.0)])
    window.timeline.set_reference([phoneme("AE", 1.0, 3.0)])
    heard, reference = (rect.center().y() for rect in row.tier_rects(row.plot_rect()))
    for height, part in ((heard, (2.0, 4.0)), (reference, (1.0, 3.0))):
        click(window, row, 2.5, height)
        assert state(window) is PlayState.PLAYING and window.playback.player.range == part
        assert window.timeline.selection.range == part
    window.playback.stop_playing()
    window.actions_by_name["toggle_click_plays"].trigger()
    click(window, row, 1.5, heard)
    assert state(window) is PlayState.STOPPED and window.timeline.selection.range == (1.0, 2.0)


def test_whether_a_click_plays_is_remembered(window):
    settings = Remembered()
    action = window.actions_by_name["toggle_click_plays"]
    window.playback.restore(settings)
    assert action.isChecked()
    action.trigger()
    window.playback.remember(settings)
    action.setChecked(True)
    window.playback.restore(settings)
    assert not action.isChecked()


def test_without_a_device_keys_say_why_nothing_plays_and_a_click_selects(qtbot, window):
    window.devices.plug("There is no device to play on.")
    said = []
    window.playback.told.connect(said.append)
    for key, modifiers in ((Qt.Key.Key_Tab, NONE), (Qt.Key.Key_Backtab, SHIFT), (Qt.Key.Key_Space, NONE)):
        press(window, key, modifiers)
    assert said == ["There is no device to play on."] * 3 and window.timeline.hasFocus()
    window.timeline.set_heard([phoneme("AA", 1.0, 2.0)])
    row = window.timeline.transcript
    click(window, row, 1.5, row.tier_rects(row.plot_rect())[0].center().y())
    assert window.timeline.selection.range == (1.0, 2.0) and state(window) is PlayState.STOPPED
    window.devices.plug("")
    press(window, Qt.Key.Key_Tab)
    assert state(window) is PlayState.PLAYING and len(said) == 3
