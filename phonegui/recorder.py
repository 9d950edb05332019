"""Records from the microphone into a file that is never lost, and keeps the samples for what listens meanwhile."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QIODevice, QObject, QTimer, Signal

from model.errors import UserError
from phonegui.recording_file import RecordingFile
from phonegui.sound_devices import Microphone

RATE = 16000
"""The rate in Hz that a microphone is asked for; it may give another."""

_READ_MS = 40
_SILENT = "The microphone gave no sound; look whether it is muted or this program may use it. Nothing was saved."


class Inputs(Protocol):
    """Where microphones come from, `phonegui.sound_devices.SoundDevices` or a test's."""

    def make_microphone(self, rate: int) -> Microphone:
        """Return an input, at a rate in Hz if it can; raise UserError when there is none."""


class Recorder(QObject):
    """One recording at a time.

    Parameters
    ----------
    inputs
        Where the sound comes from.
    """

    moved = Signal(float, float)  # seconds recorded, and the greatest amplitude of the last moment, 0..1
    saved = Signal(str)  # path of the finished recording
    failed = Signal(str)  # one sentence
    stopped = Signal()  # nothing is recorded any more; `saved` or `failed` follows or came before

    def __init__(self, inputs: Inputs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pieces: list[npt.NDArray[np.float32]] = []
        self.rate = RATE
        self.samples = 0
        self._inputs = inputs
        self._microphone: Microphone | None = None
        self._device: QIODevice | None = None
        self._file: RecordingFile | None = None
        self._folder = ""
        self._timer = QTimer(self, interval=_READ_MS)
        self._timer.timeout.connect(self._read)

    @property
    def recording(self) -> bool:
        """Whether the microphone is open."""
        return self._microphone is not None

    @property
    def seconds(self) -> float:
        """Seconds recorded."""
        return self.samples / self.rate

    def start(self, folder: str) -> bool:
        """Record into a new file in a folder; return whether the microphone is open."""
        if self.recording:
            return True
        try:
            microphone = self._inputs.make_microphone(RATE)
            device = microphone.start()
        except UserError as error:
            self.failed.emit(str(error))
            return False
        if self._file is not None:
            self._file.wait()  # the recording before is being given its name, a matter of milliseconds
        self._microphone, self._device = microphone, device
        # A list of its own: what listened to the recording before may still hold that one's.
        self.pieces, self.samples, self.rate = [], 0, microphone.format.rate
        self._file = None
        self._folder = folder
        self._timer.start()
        return True

    def stop(self) -> None:
        """End the recording; `saved` tells its path once it is written."""
        self._read()
        self._finish()

    def close(self) -> None:
        """End the recording and wait until it is saved."""
        self.stop()
        if self._file is not None:
            self._file.wait()

    def _finish(self) -> None:
        if self._microphone is None:
            return
        self._end()
        if self._file is not None:
            self._file.finish()
        else:
            self.failed.emit(_SILENT)

    def _end(self) -> None:
        self._timer.stop()
        if self._microphone is not None:
            self._microphone.stop()
        self._microphone = self._device = None
        self.stopped.emit()

    def _read(self) -> None:
        if self._microphone is None or self._device is None:
            return
        frame = self._microphone.format.frame_bytes
        count = self._device.bytesAvailable() // frame * frame
        data = bytes(self._device.read(count).data()) if count else b""
        samples = self._microphone.format.decode(data)
        if len(samples):
            self._take(samples)
        self.moved.emit(self.seconds, float(np.abs(samples).max()) if len(samples) else 0.0)
        if problem := self._microphone.problem():
            self._finish()
            self.failed.emit(f"{problem} What was recorded till then is kept.")

    def _take(self, samples: npt.NDArray[np.float32]) -> None:
        if self._file is None:
            self._file = RecordingFile(self._folder, self.rate, self)
            self._file.saved.connect(self.saved)
            self._file.failed.connect(self._on_file_failed)
            self._file.start()
        self.pieces.append(samples)
        self.samples += len(samples)
        self._file.add(samples)

    def _on_file_failed(self, sentence: str) -> None:
        if self.recording:
            self._end()
        self.failed.emit(sentence)
