"""A sound system for tests: what is drawn is kept, and heard when the test lets time pass."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QIODevice, QObject, Signal

from model.errors import UserError
from phonegui.sound_devices import SoundFormat


class FakeSink:
    """Holds a tenth of a second; plays as the test says."""

    def __init__(self, format: SoundFormat) -> None:
        self.format = format
        self.data = bytearray()
        self.heard_bytes = 0
        self.device: QIODevice | None = None
        self.stopped = False
        self.wrong = ""

    def start(self, device: QIODevice) -> None:
        self.device = device
        self._fill()

    def stop(self) -> None:
        self.device, self.stopped = None, True

    def waiting_bytes(self) -> int:
        return len(self.data) - self.heard_bytes

    def problem(self) -> str:
        return self.wrong

    def hear(self, seconds: float) -> None:
        """Let time pass."""
        self.heard_bytes += round(seconds * self.format.rate) * self.format.frame_bytes
        self._fill()

    def heard(self) -> np.ndarray:
        """Return the mono samples that were heard."""
        return self.format.decode(bytes(self.data[: self.heard_bytes]))

    def _fill(self) -> None:
        size = round(0.1 * self.format.rate) * self.format.frame_bytes
        while self.device is not None and self.waiting_bytes() < size:
            self.data += bytes(self.device.read(size - self.waiting_bytes()).data())


class FakeOutputs(QObject):
    """Outputs of one format that the test plugs in and out."""

    changed = Signal()

    def __init__(self, format: SoundFormat | None = None) -> None:
        super().__init__()
        self.format = format
        self.output_problem = self.input_problem = ""
        self.known = True
        self.sinks: list[FakeSink] = []

    def make_sink(self, rate: int) -> FakeSink:
        if self.output_problem:
            raise UserError(self.output_problem)
        self.sinks.append(FakeSink(self.format or SoundFormat(rate)))
        return self.sinks[-1]

    def plug(self, problem: str) -> None:
        self.output_problem = self.input_problem = problem
        self.changed.emit()

    def load(self) -> None:
        self.changed.emit()

    def close(self) -> None:
        pass


class Tape(QIODevice):
    """What a microphone of a test is read from; the test speaks into it."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def readData(self, maxlen: int) -> bytes:
        taken = bytes(self.data[:maxlen])
        del self.data[:maxlen]
        return taken

    def writeData(self, data: bytes, length: int) -> int:
        return -1

    def bytesAvailable(self) -> int:
        return len(self.data)

    def isSequential(self) -> bool:
        return True


class FakeMicrophone:
    """Gives what the test says."""

    def __init__(self, format: SoundFormat) -> None:
        self.format = format
        self.tape = Tape()
        self.stopped = False
        self.wrong = ""

    def start(self) -> QIODevice:
        return self.tape

    def stop(self) -> None:
        self.stopped = True

    def problem(self) -> str:
        return self.wrong

    def say(self, samples: np.ndarray) -> None:
        """Let samples (n,) be heard."""
        self.tape.data += self.format.encode(samples.astype(np.float32))


class FakeDevices(FakeOutputs):
    """Outputs and a microphone."""

    known = True

    def __init__(self, format: SoundFormat | None = None) -> None:
        super().__init__(format)
        self.microphones: list[FakeMicrophone] = []

    def make_microphone(self, rate: int) -> FakeMicrophone:
        if self.input_problem:
            raise UserError(self.input_problem)
        self.microphones.append(FakeMicrophone(self.format or SoundFormat(rate)))
        return self.microphones[-1]
