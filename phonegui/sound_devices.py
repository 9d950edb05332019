"""Loudspeakers and microphones: which there are, and opening them. Qt's multimedia library is loaded here alone.

It is loaded once the window is up and in a thread, for it takes a tenth of a second; on many systems it cannot be
loaded at all, and then everything but sound works.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QIODevice, QLoggingCategory, QObject, Signal

from model.errors import UserError, reason
from phonegui.workers import LatestWorker, Report

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

_NOT_YET = "Sound is being prepared."
_NO_OUTPUT = "No sound output was found; plug in loudspeakers or headphones."
_NO_INPUT = "No microphone was found; plug one in."
_BUFFER_SECONDS = 0.2


@dataclass(frozen=True)
class SoundFormat:
    """How a device takes or gives samples.

    Attributes
    ----------
    rate
        Frames a second.
    channels
        Samples of a frame, interleaved.
    kind
        ``"float"`` (32 bits, -1..1), ``"int16"`` or ``"int32"``.
    """

    rate: int
    channels: int = 1
    kind: str = "float"

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return self.channels * self._dtype.itemsize

    def encode(self, samples: npt.NDArray[np.float32]) -> bytes:
        """Return mono samples (n,) as the bytes of n frames; what is beyond full scale is cut off."""
        values = np.clip(samples, -1.0, 1.0)
        if self.kind != "float":
            # float32 cannot tell the greatest 32-bit numbers apart: rounding up would wrap round.
            values = np.rint(values.astype(np.float64) * np.iinfo(self._dtype).max)
        return np.repeat(values.astype(self._dtype), self.channels).tobytes()

    def decode(self, data: bytes) -> npt.NDArray[np.float32]:
        """Return the mono samples (n,) of the whole frames in some bytes."""
        whole = len(data) - len(data) % self.frame_bytes
        frames = np.frombuffer(data[:whole], self._dtype).reshape(-1, self.channels)
        scale = 1.0 if self.kind == "float" else 1.0 / (np.iinfo(self._dtype).max + 1)
        mixed: npt.NDArray[np.float32] = (frames.mean(axis=1, dtype=np.float64) * scale).astype(np.float32)
        return mixed

    @property
    def _dtype(self) -> np.dtype[Any]:
        return np.dtype({"float": np.float32, "int16": np.int16, "int32": np.int32}[self.kind])


class Sink(Protocol):
    """A sound output that draws its samples from a `QIODevice`."""

    format: SoundFormat

    def start(self, device: QIODevice) -> None:
        """Draw from a device from now on."""

    def stop(self) -> None:
        """Stop at once; what was drawn and not heard is dropped."""

    def waiting_bytes(self) -> int:
        """Return how much was drawn and is not heard yet."""

    def problem(self) -> str:
        """Return what is wrong with the output, empty while it works."""


class Microphone(Protocol):
    """A sound input whose samples are read from a `QIODevice`."""

    format: SoundFormat

    def start(self) -> QIODevice:
        """Listen from now on; return what the samples are read from."""

    def stop(self) -> None:
        """Listen no longer."""

    def problem(self) -> str:
        """Return what is wrong with the input, empty while it works."""


class SoundDevices(QObject):
    """The system's sound devices, as far as the system has any."""

    changed = Signal()  # a device came or went, or the reason why there is none changed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.output_problem = _NOT_YET
        self.input_problem = _NOT_YET
        self._qt: Any = None
        self._watch: Any = None
        self._loader = LatestWorker(_load, "sound devices", self)
        self._loader.produced.connect(self._on_loaded)

    @property
    def known(self) -> bool:
        """Whether it is known which devices there are."""
        return self.output_problem != _NOT_YET

    def load(self) -> None:
        """Look for devices, the first time in a thread; `changed` tells when they are known."""
        if not self.known and not self._loader.busy:
            self._loader.submit("devices")

    def close(self) -> None:
        """End the thread."""
        self._loader.close()

    def make_sink(self, rate: int) -> Sink:
        """Return the system's default output, at a rate in Hz if it can; raise UserError when there is none."""
        if self.output_problem:
            raise UserError(self.output_problem)
        return _DeviceSink(self._qt, self._qt.QMediaDevices.defaultAudioOutput(), rate)

    def make_microphone(self, rate: int) -> Microphone:
        """Return the system's default input, at a rate in Hz if it can; raise UserError when there is none."""
        if self.input_problem:
            raise UserError(self.input_problem)
        return _DeviceMicrophone(self._qt, self._qt.QMediaDevices.defaultAudioInput(), rate)

    def _on_loaded(self, _request: object, value: Any) -> None:
        if isinstance(value, str):
            self.output_problem = self.input_problem = value
            self.changed.emit()
            return
        self._qt = value
        self._watch = value.QMediaDevices(self)
        self._watch.audioOutputsChanged.connect(self._look)
        self._watch.audioInputsChanged.connect(self._look)
        self._look()

    def _look(self) -> None:
        devices = self._qt.QMediaDevices
        self.output_problem = _NO_OUTPUT if devices.defaultAudioOutput().isNull() else ""
        self.input_problem = _NO_INPUT if devices.defaultAudioInput().isNull() else ""
        self.changed.emit()


def _load(_request: object, _report: Report) -> Iterator[Any]:
    """Yield Qt's multimedia module, or one sentence why there is none."""
    # What its backend looks for and may do without is of no interest to the user.
    QLoggingCategory.setFilterRules("qt.multimedia.symbolsresolver=false\nqt.multimedia.ffmpeg.info=false")
    try:
        from PySide6 import QtMultimedia
    except (ImportError, OSError) as error:
        yield _missing(error)
        return
    if sys.platform.startswith("linux"):
        QtMultimedia.QMediaDevices.audioOutputs()  # connects to the sound server: the GUI thread finds it done
    yield QtMultimedia


def _missing(error: BaseException) -> str:
    name, colon, _ = str(error).partition(":")
    if ".so" not in name or not colon:
        return f"Sound does not work here: Qt's multimedia library cannot be loaded ({reason(error)})."
    package = {"libpulse.so.0": "libpulse0"}.get(name)
    how = f"; on Debian or Ubuntu: sudo apt-get install -y {package}" if package else "; install it"
    return f"Sound does not work here because the system lacks the library {name}{how}."


class _DeviceSink:
    """An output of the system."""

    def __init__(self, qt: Any, device: QAudioDevice, rate: int) -> None:
        layout, self.format = _agreed_format(qt, device, rate)
        self._sink = qt.QAudioSink(device, layout)
        self._sink.setBufferSize(round(_BUFFER_SECONDS * self.format.rate) * self.format.frame_bytes)

    def start(self, device: QIODevice) -> None:
        self._sink.start(device)

    def stop(self) -> None:
        self._sink.stop()

    def waiting_bytes(self) -> int:
        return max(0, self._sink.bufferSize() - self._sink.bytesFree())

    def problem(self) -> str:
        return _problem_of(self._sink, "output")


class _DeviceMicrophone:
    """An input of the system."""

    def __init__(self, qt: Any, device: QAudioDevice, rate: int) -> None:
        layout, self.format = _agreed_format(qt, device, rate)
        self._source = qt.QAudioSource(device, layout)
        self._source.setBufferSize(self.format.rate * self.format.frame_bytes)  # a second the program may be busy

    def start(self) -> QIODevice:
        device: QIODevice | None = self._source.start()
        if device is None:
            raise UserError("The microphone does not answer; choose another one in the system's settings.")
        return device

    def stop(self) -> None:
        self._source.stop()

    def problem(self) -> str:
        return _problem_of(self._source, "input")


def _problem_of(stream: Any, what: str) -> str:
    # By name: the enumeration has moved between versions of Qt, and its members of old and new are not equal.
    if stream.error().name in ("NoError", "UnderrunError"):
        return ""
    return f"The sound {what} stopped working; it may have been unplugged, or another program holds it."


def _agreed_format(qt: Any, device: QAudioDevice, rate: int) -> tuple[QAudioFormat, SoundFormat]:
    """Return a format that a device takes: at `rate` if it can, and with one channel if it can."""
    kinds = {"float": "Float", "int16": "Int16", "int32": "Int32"}
    preferred = device.preferredFormat()
    rates, channels = (rate, preferred.sampleRate()), (1, preferred.channelCount())
    for wanted in (SoundFormat(r, c, k) for r in rates for c in channels for k in kinds):
        layout = qt.QAudioFormat()
        layout.setSampleRate(wanted.rate)
        layout.setChannelCount(wanted.channels)
        layout.setSampleFormat(getattr(qt.QAudioFormat.SampleFormat, kinds[wanted.kind]))
        if device.isFormatSupported(layout):
            return layout, wanted
    raise UserError(f"{device.description()} takes none of the sound formats known here; choose another device.")
