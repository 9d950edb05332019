"""Everything that sounds, put together: devices, playing, recording, and their places in the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QMainWindow, QWidget

from model.audio import Audio
from phonegui.panels.transport import TransportStrip
from phonegui.playback import Playback
from phonegui.recording import Recording
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.shortcuts import with_keys
from phonegui.sound_devices import SoundDevices
from phonegui.theme import Theme
from phonegui.views.timeline import TimelineView


class SoundDesk(QObject):
    """Plays what the session opens and records new documents for it.

    Parameters
    ----------
    window
        Parent of all.
    session, timeline, settings
        What is open, where it is shown, what is remembered.
    devices
        The system's sound devices; None looks for them.
    """

    failed = Signal(str)  # one sentence
    told = Signal(str)  # a short note for the status bar
    recorded = Signal(str)  # path of a new recording, to be opened
    found = Signal(str)  # path of a recording that was interrupted, now saved

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        timeline: TimelineView,
        settings: Remembered,
        devices: SoundDevices | None = None,
    ) -> None:
        super().__init__(window)
        self.devices = devices or SoundDevices(self)
        self.playback = Playback(timeline, self.devices, window)
        self.recording = Recording(session, timeline, self.devices, settings, window)
        self.strip: TransportStrip | None = None
        self._settings = settings
        self._actions: Mapping[str, QAction] = {}
        self._looked = False
        # The key of an action that is disabled does nothing; this one says why.
        self._why = QShortcut(window)
        self._why.setEnabled(False)
        self._why.activated.connect(lambda: self.told.emit(self.devices.input_problem))
        session.audio_ready.connect(self._on_audio)
        # Not while workers load the engine: Qt's plugins may speak up from within the dynamic linker, and a handler of
        # messages in Python then waits for the interpreter, which another thread holds while it waits for the linker.
        session.idle.connect(self.devices.load)
        self.devices.changed.connect(self._show_microphone)
        self.playback.failed.connect(self.failed)
        self.playback.told.connect(self.told)
        self.recording.failed.connect(self.failed)
        self.recording.saved.connect(self.recorded)
        self.recording.found.connect(self.found)
        self.recording.begun.connect(self.playback.clear)
        self.recording.begun.connect(self._show_microphone)
        self.recording.recorder.stopped.connect(self._show_microphone)

    def adopt(self, actions: Mapping[str, QAction]) -> QWidget:
        """Return the buttons of the sound actions, for the toolbar."""
        self._actions = actions
        self.strip = self.playback.adopt(actions)
        actions["record"].setCheckable(True)
        actions["record"].changed.connect(self._follow_key)
        self.playback.restore(self._settings)
        self._show_microphone()
        return self.strip

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        if self.strip is not None:
            self.strip.apply_theme(theme)
        self.recording.strip.apply_theme(theme)

    def close(self) -> None:
        """Remember what is chosen, save what is being recorded, and end all threads."""
        self.playback.remember(self._settings)
        self.recording.close()
        self.playback.close()

    def _on_audio(self, audio: Audio, _path: str) -> None:
        self.playback.open(audio)
        if not self._looked:
            self._looked = True
            self.recording.look_for_interrupted()

    def _show_microphone(self) -> None:
        action = self._actions.get("record")
        if action is None:
            return
        recording = self.recording.recorder.recording
        problem = self.devices.input_problem if self.devices.known else ""
        action.setChecked(recording)
        action.setEnabled(recording or not problem)
        action.setToolTip(problem or ("Stop and open" if recording else with_keys("Record", action)))

    def _follow_key(self) -> None:
        action = self._actions["record"]
        if self._why.key() != action.shortcut():
            self._why.setKey(action.shortcut())
        self._why.setEnabled(not action.isEnabled())


def interrupted_sentence(path: str) -> str:
    """Return what is said of a recording that was interrupted."""
    return f"A recording was interrupted; what there was of it is saved as {Path(path).name}, in the list."
