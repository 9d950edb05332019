"""The file that a recording is written to while it is made, and what is found of those that were interrupted."""

from __future__ import annotations

import contextlib
import os
import queue
import wave
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLockFile, QObject, QStandardPaths, QThread, Signal

from model.errors import reason

_PART = ".part.wav"
_MOST_BYTES = (1 << 32) - (1 << 20)  # the header of a wav file counts with 32 bits


def default_folder() -> str:
    """Return the folder of recordings, beside the user's documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return str(Path(documents or Path.home()) / "Recordings")


def recover(folder: str | Path) -> list[str]:
    """Give the recordings in a folder that were interrupted a name of their own; return their paths.

    What another window is recording at the moment is left alone, and so is what cannot be renamed.
    """
    found = []
    with contextlib.suppress(OSError):
        for part in sorted(Path(folder).glob(f".*{_PART}")):
            lock = _lock_of(part)
            if not lock.tryLock(0):
                continue
            name = part.name[1 : -len(_PART)]
            with contextlib.suppress(OSError):
                target = free_path(part.parent, f"{name} interrupted")
                os.replace(part, target)
                found.append(str(target))
            lock.unlock()
    return found


def free_path(folder: Path, name: str) -> Path:
    """Return the path of a wav file that does not exist yet."""
    paths = (folder / f"{name}{f' {number}' if number else ''}.wav" for number in range(10_000))
    return next(path for path in paths if not path.exists())


class RecordingFile(QThread):
    """Writes samples to a hidden wav file that is whole after every piece, and gives it its name at the end.

    Parameters
    ----------
    folder
        Where the recording will lie; made if missing.
    rate
        Samples a second.
    """

    saved = Signal(str)  # path of the recording, when it was finished
    failed = Signal(str)  # one sentence; what was written till then is kept

    def __init__(self, folder: str | Path, rate: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recording")
        self._rate = rate
        self._name = datetime.now().strftime("%Y-%m-%d %H.%M.%S")
        self._folder = Path(folder)
        self._pieces: queue.SimpleQueue[npt.NDArray[np.float32] | None] = queue.SimpleQueue()
        self.path = ""

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """Write samples (n,), nominally -1..1, after those before."""
        self._pieces.put(samples)

    def finish(self) -> None:
        """Give the recording its name once all is written."""
        self._pieces.put(None)

    def run(self) -> None:
        """Write until finished; runs in the thread."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._unused(self._folder / f".{self._name}{_PART}")
            lock = _lock_of(part)
            lock.tryLock(0)
            try:
                self._write(part)
                target = free_path(self._folder, self._name)
                os.replace(part, target)
            finally:
                lock.unlock()
        except OSError as error:
            self.failed.emit(
                f"{self._folder}: recordings cannot be written there ({reason(error)}); free space or choose another "
                "folder. What was recorded till then is kept."
            )
            return
        self.path = str(target)
        self.saved.emit(self.path)

    def _unused(self, part: Path) -> Path:
        return next(
            path
            for path in (part.with_name(f".{self._name}{f' {n}' if n else ''}{_PART}") for n in range(10_000))
            if not path.exists()
        )

    def _write(self, path: Path) -> None:
        written = 0
        with open(path, "wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(self._rate)
            sound.writeframes(b"")
            while (piece := self._pieces.get()) is not None:
                if written + 2 * len(piece) > _MOST_BYTES:
                    raise OSError("a wav file holds no more than 4 GB")
                # Each call sets the length in the header: what is on the disk can be opened at any moment.
                sound.writeframes(_int16(piece).tobytes())
                file.flush()
                written += 2 * len(piece)
            os.fsync(file.fileno())


def _int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    values: npt.NDArray[np.int16] = np.rint(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2")
    return values


def _lock_of(part: Path) -> QLockFile:
    return QLockFile(str(part.with_suffix(".lock")))
