"""Writes files off the GUI thread, one after the other; none is dropped."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QThread, Signal

from model.errors import UserError

_STACK_BYTES = 8 << 20


@dataclass(frozen=True, eq=False)
class Job:
    """Something to write, and what it is for: a value handed back when it is done."""

    write: Callable[[], None]
    purpose: object = None


class Writer(QThread):
    """Carries out jobs in their order. Unlike `LatestWorker`, newer ones do not replace those that wait."""

    written = Signal(object)  # purpose of a job that is done
    failed = Signal(object, str)  # purpose, one sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("writing")
        self.setStackSize(_STACK_BYTES)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._settled = threading.Condition()
        self._unfinished = 0

    def submit(self, job: Job) -> None:
        """Write this after all that waits."""
        with self._settled:
            self._unfinished += 1
        self._jobs.put(job)
        if not self.isRunning():
            self.start()

    def settle(self, seconds: float) -> bool:
        """Wait some seconds at most until all is written; return whether it is.

        What became of it is told with the next events.
        """
        with self._settled:
            return self._settled.wait_for(lambda: not self._unfinished, seconds)

    def close(self) -> None:
        """Write what waits, then end the thread."""
        if self.isRunning():
            self._jobs.put(None)
            self.wait()

    def run(self) -> None:
        """Take jobs until closed; runs in the thread."""
        while (job := self._jobs.get()) is not None:
            try:
                job.write()
            except UserError as error:
                self.failed.emit(job.purpose, str(error))
            except Exception as error:
                traceback.print_exc()
                self.failed.emit(job.purpose, f"The file was not written ({type(error).__name__}: {error}).")
            else:
                self.written.emit(job.purpose)
            with self._settled:
                self._unfinished -= 1
                self._settled.notify_all()
