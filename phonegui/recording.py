"""Recording in the window: the transcript grows while someone speaks, and the recording opens when it ends."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QFileDialog, QWidget

from phonegui.live_hearing import LiveHearing, LiveRequest, LiveResult
from phonegui.panels.recording_strip import RecordingStrip
from phonegui.recorder import Inputs, Recorder
from phonegui.recording_file import default_folder, recover
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView
from phonegui.workers import LatestWorker

_EVERY_MS = 1000
_PAUSES = 5  # times what showing took: a long recording is shown less often, and the window stays free
_SHOWN_SECONDS = 20.0


class Microphones(Inputs, Protocol):
    """Inputs that are looked for when they are first needed, `phonegui.sound_devices.SoundDevices` or a test's."""

    input_problem: str
    known: bool
    changed: SignalInstance

    def load(self) -> None:
        """Look for devices."""


class Recording(QObject):
    """Carries out the action that records.

    Parameters
    ----------
    session
        Says what listens and how to decode.
    timeline
        Where what is heard grows.
    devices
        Where microphones come from.
    settings
        Remembers the folder.
    """

    begun = Signal()  # what was shown gives way to the recording
    grown = Signal(object)  # LiveResult: there is more to show
    saved = Signal(str)  # path of a finished recording, to be opened
    failed = Signal(str)  # one sentence
    found = Signal(str)  # path of a recording that was interrupted, now saved

    def __init__(
        self, session: Session, timeline: TimelineView, devices: Microphones, settings: Remembered, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._timeline, self._devices = session, timeline, devices
        self._settings, self._window = settings, window
        self.strip = RecordingStrip(window)
        self.recorder = Recorder(devices, self)
        self._shows = False
        self._begun = False  # what was open gave way
        self._wanted = False  # as soon as it is known whether there is a microphone
        self._worker = LatestWorker(LiveHearing(), "live hearing", self, interrupt=False)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._listen)
        self._worker.produced.connect(self._on_heard)
        self._worker.finished_request.connect(lambda _: self._again(_EVERY_MS))
        self._worker.failed.connect(lambda _, sentence: self.failed.emit(sentence))
        self.strip.stop_clicked.connect(self.recorder.stop)
        self.strip.folder_clicked.connect(self.choose_folder)
        self.recorder.moved.connect(self.strip.show_level)
        self.recorder.stopped.connect(self._on_stopped)
        self.recorder.saved.connect(self.saved)
        self.recorder.failed.connect(self._on_failed)
        session.audio_ready.connect(lambda *_: self._give_way())
        devices.changed.connect(self._on_devices)

    @property
    def folder(self) -> str:
        """Where recordings are saved."""
        return self._settings.words("recordings_folder") or default_folder()

    def record(self) -> None:
        """Record from the microphone, or end the recording and open it."""
        if not self._devices.known:
            self._wanted = True
            self._devices.load()
            return
        if self.recorder.recording:
            self.recorder.stop()
        elif self.recorder.start(self.folder):
            self._shows = self._begun = True
            self.strip.begin(self.folder)
            self.begun.emit()
            self._timer.start(_EVERY_MS)

    def choose_folder(self) -> None:
        """Ask where recordings to come are saved."""
        folder = QFileDialog.getExistingDirectory(self._window, "Folder for recordings", self.folder)
        if folder:
            self._settings.set("recordings_folder", folder)

    def look_for_interrupted(self) -> None:
        """Save the recordings that a crash interrupted, and tell of them."""
        for path in recover(self.folder):
            self.found.emit(path)

    def close(self) -> None:
        """End and save what is recorded, and end the worker."""
        self._timer.stop()
        self.recorder.blockSignals(True)  # nothing is opened any more
        self.recorder.close()
        self._worker.close()
        self._timer.stop()

    def _on_devices(self) -> None:
        if self._wanted and self._devices.known:
            self._wanted = False
            self.record()

    def _listen(self) -> None:
        session = self._session
        checkpoint = session.checkpoint or session.bundled_checkpoint
        if not self.recorder.recording or not self._shows or not checkpoint:
            return
        self._worker.submit(
            LiveRequest(self.recorder.pieces, self.recorder.rate, checkpoint, session.device, session.decoding)
        )

    def _on_heard(self, request: LiveRequest, result: LiveResult) -> None:
        if not self._shows or not self.recorder.recording or request.pieces is not self.recorder.pieces:
            return
        began = time.perf_counter()
        heard, timeline = result.heard, self._timeline
        timeline.set_audio(heard.audio.samples, heard.audio.sample_rate)
        timeline.set_features(heard.features, heard.hop_seconds)
        timeline.set_posteriors(heard.log_probs, heard.step_seconds, heard.table)
        timeline.set_heard(result.decoded.transcript.phonemes)
        end = heard.audio.seconds
        timeline.show_range(max(0.0, end - _SHOWN_SECONDS), end)
        self.grown.emit(result)
        self._again(max(_EVERY_MS, round(1000 * _PAUSES * (time.perf_counter() - began))))

    def _again(self, milliseconds: int) -> None:
        if self.recorder.recording and self._shows and not self._timer.isActive():
            self._timer.start(milliseconds)

    def _give_way(self) -> None:
        """Show a recording that was opened meanwhile; the microphone stays open."""
        self._shows = False
        self._timer.stop()

    def _on_stopped(self) -> None:
        self.strip.hide()
        self._timer.stop()
        self._shows = False

    def _on_failed(self, sentence: str) -> None:
        if self._begun and not self.recorder.samples and self._session.path:
            self.saved.emit(self._session.path)  # nothing came of it: what was open is shown again
        self._begun = False
        self.failed.emit(sentence)
