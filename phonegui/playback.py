"""Playing in the window: what is played, where the cursor stands, and what the sound actions do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from phonegui.panels.transport import SPEED_STEP, TransportStrip
from phonegui.player import Outputs, Player, PlayState
from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView

if TYPE_CHECKING:
    from model.audio import Audio

IN_THE_TIMELINE = ("play_selection", "play_window", "play_pause")
"""Actions whose keys move the focus or press buttons elsewhere: they work while the timeline has the focus."""


class Devices(Outputs, Protocol):
    """Outputs that are looked for when they are first needed, `phonegui.sound_devices.SoundDevices` or a test's."""

    def load(self) -> None:
        """Look for devices."""

    def close(self) -> None:
        """End what looks for them."""


class Playback(QObject):
    """Plays the open recording in the timeline.

    The cursor is where a click without a selection was, or where playing was paused; playing everything begins there.

    Parameters
    ----------
    timeline
        Shows the cursor, and has the selection and the shown part.
    devices
        Where sound goes to.
    window
        Parent, and the owner of the key that stops.
    """

    failed = Signal(str)  # one sentence: playing ended before its end
    told = Signal(str)  # why a key plays nothing, one sentence

    def __init__(self, timeline: TimelineView, devices: Devices, window: QWidget) -> None:
        super().__init__(window)
        self.cursor: float | None = None
        self.player = Player(devices, self)
        self.strip: TransportStrip | None = None
        self._timeline, self._devices, self._window = timeline, devices, window
        self._actions: Mapping[str, QAction] = {}
        self._escape = QShortcut(QKeySequence("Esc"), window, enabled=False)
        self._escape.activated.connect(self.stop_playing)
        self.player.moved.connect(self._on_moved)
        self.player.state_changed.connect(self._on_state)
        self.player.problem_changed.connect(self._show_problem)
        self.player.failed.connect(self.failed)
        timeline.selection_changed.connect(self._on_selected)
        for row in timeline.rows:
            row.clicked.connect(self._on_clicked)
        timeline.transcript.clicked.connect(self._on_transcript_clicked)
        timeline.installEventFilter(self)

    def adopt(self, actions: Mapping[str, QAction]) -> TransportStrip:
        """Take the actions of the window and return their buttons for the toolbar."""
        self._actions = actions
        for name in IN_THE_TIMELINE:
            actions[name].setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._timeline.addAction(actions[name])
        for name in ("toggle_loop", "toggle_click_plays"):
            actions[name].setCheckable(True)
        self.strip = TransportStrip(actions)
        self.strip.speed_changed.connect(self.set_speed)
        self._show_problem(self.player.problem)
        self._on_state(self.player.state)
        return self.strip

    # -- the recording

    def open(self, audio: Audio) -> None:
        """Play this recording from now on."""
        self.player.set_audio(audio.samples, audio.sample_rate)
        self.place_cursor(None)
        if QApplication.focusWidget() in (None, self._window):
            self._timeline.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear(self) -> None:
        """Play nothing."""
        self.player.set_audio(None)
        self.place_cursor(None)

    def place_cursor(self, time: float | None) -> None:
        """Have playing begin at a time; None takes the cursor away."""
        self.cursor = time
        self._timeline.set_playhead(time)

    def close(self) -> None:
        """Stop, and end the threads."""
        self.player.close()
        self._devices.close()

    # -- commands of the action table

    def play_selection(self) -> None:
        """Play the selection, or what is shown where nothing is selected; stop what plays."""
        if self.player.state is PlayState.PLAYING:
            self.stop_playing()
        else:
            self.player.play(*(self._timeline.selection.range or self._timeline.visible_range()))

    def play_window(self) -> None:
        """Play what is shown; stop what plays."""
        if self.player.state is PlayState.PLAYING:
            self.stop_playing()
        else:
            self.player.play(*self._timeline.visible_range())

    def play_pause(self) -> None:
        """Play from the cursor to the end of the recording, or pause."""
        if self.player.state is PlayState.PLAYING:
            self.player.pause()
        elif self.player.state is PlayState.PAUSED:
            self.player.resume()
        else:
            shown = self._timeline.time_range
            cursor = shown.start if self.cursor is None else self.cursor
            # At the very end there is nothing left: from the beginning.
            self.player.play(0.0 if cursor >= shown.duration - 0.001 else cursor, shown.duration)

    def stop_playing(self) -> None:
        """Stop; the cursor goes back to where it was."""
        self.player.stop()

    def play_part(self, start: float, end: float) -> None:
        """Play from `start` to `end` seconds, a phoneme that was clicked for one."""
        self.player.play(start, end)

    def toggle_loop(self) -> None:
        """Begin again at the end, or no longer."""
        self.player.set_looping(self._actions["toggle_loop"].isChecked())

    def toggle_click_plays(self) -> None:
        """Play a phoneme when it is clicked, or only select it; the check mark of the action says which."""

    def slower(self) -> None:
        """Play a tenth slower."""
        self.set_speed(self.player.speed - SPEED_STEP)

    def faster(self) -> None:
        """Play a tenth faster."""
        self.set_speed(self.player.speed + SPEED_STEP)

    def normal_speed(self) -> None:
        """Play as fast as it was recorded."""
        self.set_speed(1.0)

    def next_pane(self) -> None:
        """Move the keyboard focus out of the timeline, or on to the next panel."""
        _focus_beyond(self._window, self._timeline, forward=True)

    def previous_pane(self) -> None:
        """Move the keyboard focus to the panel before."""
        _focus_beyond(self._window, self._timeline, forward=False)

    def set_speed(self, speed: float) -> None:
        """Play at a speed; out of bounds the nearest one."""
        self.player.set_speed(round(speed, 1))
        if self.strip is not None:
            self.strip.show_speed(self.player.speed)

    # -- remembered state

    def restore(self, settings: Remembered) -> None:
        """Take the remembered speed and loop."""
        self.set_speed(settings.number("speed_percent", 100, 50, 200) / 100)
        self._actions["toggle_loop"].setChecked(settings.number("loop", 0, 0, 1) == 1)
        self.toggle_loop()
        self._actions["toggle_click_plays"].setChecked(settings.number("click_plays", 1, 0, 1) == 1)

    def remember(self, settings: Remembered) -> None:
        """Remember speed and loop."""
        settings.set("speed_percent", round(100 * self.player.speed))
        settings.set("loop", int(self.player.looping))
        settings.set("click_plays", int(self._actions["toggle_click_plays"].isChecked()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Say why nothing plays when one of the keys is pressed that would: Tab must not move the focus instead."""
        if watched is not self._timeline or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key.Key_Tab if event.key() == Qt.Key.Key_Backtab else Qt.Key(event.key())  # what Shift makes of it
        keys = QKeySequence(QKeyCombination(event.modifiers(), key))
        actions = (self._actions[name] for name in IN_THE_TIMELINE if name in self._actions)
        if not any(keys in action.shortcuts() and not action.isEnabled() for action in actions):
            return False
        self.told.emit(self.player.problem)
        return True

    # -- what the player and the timeline tell

    def _on_moved(self, time: float) -> None:
        self._timeline.set_playhead(time)

    def _on_state(self, state: PlayState) -> None:
        playing = state is PlayState.PLAYING
        if state is PlayState.PAUSED:
            self.cursor = self.player.position
        if state is PlayState.STOPPED:
            self.place_cursor(self.cursor)
        # Escape stops first, and lets go of the selection only when nothing plays.
        self._escape.setEnabled(playing)
        if "clear_selection" in self._actions:
            self._actions["clear_selection"].setEnabled(not playing)
        if "stop_playing" in self._actions:
            self._actions["stop_playing"].setEnabled(state is not PlayState.STOPPED)
        if self.strip is not None:
            self.strip.show_state(state)

    def _on_clicked(self, time: float, _height: float) -> None:
        if self.player.state is PlayState.PLAYING or self._timeline.selection.range is not None:
            return
        if self.player.state is PlayState.PAUSED:
            self.player.stop()
        self.place_cursor(time)

    def _on_transcript_clicked(self, time: float, height: float) -> None:
        """Play the phoneme that was clicked; the timeline has selected it by now."""
        action, item = self._actions.get("toggle_click_plays"), self._timeline.transcript.phoneme_at(time, height)
        if item is not None and action is not None and action.isChecked() and not self.player.problem:
            self.play_part(item.start, item.end)

    def _on_selected(self, selected: tuple[float, float] | None) -> None:
        if self.player.state is PlayState.PLAYING or selected is None:
            return
        if self.player.state is PlayState.PAUSED:
            self.player.stop()
        self.place_cursor(selected[0])

    def _show_problem(self, problem: str) -> None:
        for name in ("play_selection", "play_window", "play_pause"):
            action = self._actions.get(name)
            if action is not None:
                if not action.data():
                    action.setData(action.toolTip())
                action.setEnabled(not problem)
                action.setToolTip(problem or str(action.data()))


def _focus_beyond(window: QWidget, timeline: QWidget, *, forward: bool) -> None:
    """Give the focus to the next widget that takes it with Tab and lies in another panel than the one that has it."""
    current = QApplication.focusWidget() or timeline
    panel = _panel_of(current, window)
    following = current
    while True:
        following = following.nextInFocusChain() if forward else following.previousInFocusChain()
        if following is current:
            return
        takes = following.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        usable = following.isVisibleTo(window) and following.isEnabled()
        if takes and usable and following.window() is window and _panel_of(following, window) is not panel:
            reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
            following.setFocus(reason)
            return


def _panel_of(widget: QWidget, window: QWidget) -> QWidget:
    """Return the child of the window, a dock or a bar for one, that a widget lies in."""
    panel: QWidget = widget
    while (parent := panel.parentWidget()) is not None and parent is not window:
        panel = parent
    return panel
