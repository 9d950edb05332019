"""Work off the GUI thread: one thread a kind of work, the newest request wins."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from PySide6.QtCore import QDeadlineTimer, QObject, QThread, Signal

from model.errors import Cancelled, UserError

Report = Callable[[str, float], bool]
"""Called by the work with the step's name and the part done; answers False when the work should be given up."""

Work = Callable[[Any, Report], Iterator[Any]]
"""Takes a request and yields results; each `yield` is a point where newer requests and the end are looked at."""

PATIENCE_SECONDS = 0.3
"""How long a request that was to be finished runs on when a newer one waits."""

_STACK_BYTES = 8 << 20  # macOS gives threads 512 KB, too little for numerical libraries (numpy #11551)


class LatestWorker(QThread):
    """Runs a generator for the newest request; an older one still running is given up at its next report.

    Parameters
    ----------
    work
        What to do with a request, in this thread.
    name
        Name of the thread in debuggers.
    interrupt
        Whether a newer request gives up the one running. Without it the running one is finished and shown first, unless
        it has run for longer than `PATIENCE_SECONDS`: for work of milliseconds, which a stream of requests would
        otherwise never let finish.
    """

    produced = Signal(object, object)  # request, a value the work yielded
    finished_request = Signal(object)  # request, when its work ended, given up or not
    failed = Signal(object, str)  # request, one sentence for the user
    progressed = Signal(object, str, float)  # request, name of the step, part done 0..1

    last_moment: ClassVar[float | None] = None
    """When closing any worker no longer waits, by `time.monotonic`; None waits for the end of what it does."""

    def __init__(self, work: Work, name: str, parent: QObject | None = None, *, interrupt: bool = True) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setStackSize(_STACK_BYTES)
        self._work = work
        self._interrupt = interrupt
        self._condition = threading.Condition()
        self._pending: Any = None
        self._closing = False
        self._dropped = False
        self._serving = False

    @property
    def busy(self) -> bool:
        """Whether a request runs or waits."""
        with self._condition:
            return self._serving or self._pending is not None

    def submit(self, request: object) -> None:
        """Work on a request next, in place of any other that waits; once closed, do nothing."""
        with self._condition:
            if self._closing:
                return
            self._pending = request
            self._dropped = self._dropped or self._interrupt
            self._condition.notify()
        if not self.isRunning():
            self.start()

    def cancel(self) -> None:
        """Give up what is running and what waits."""
        with self._condition:
            self._pending = None
            self._dropped = True

    def leave(self) -> None:
        """Give everything up, for good; the thread ends when it sees that."""
        with self._condition:
            self._closing = self._dropped = True
            self._pending = None
            self._condition.notify()

    def close(self) -> None:
        """Give everything up and wait for the thread to end, at most until the `last_moment`."""
        self.leave()
        if self.last_moment is None:
            self.wait()
        else:
            self.wait(QDeadlineTimer(max(0, round(1000 * (self.last_moment - time.monotonic())))))

    def run(self) -> None:
        """Take requests until closed; runs in the thread."""
        while True:
            with self._condition:
                while self._pending is None and not self._closing:
                    self._condition.wait()
                if self._closing:
                    return
                request, self._pending, self._dropped = self._pending, None, False
                self._serving = True
            self._serve(request)

    def _serve(self, request: object) -> None:
        began = time.monotonic()

        def report(step: str, done: float) -> bool:
            if self._pending is not None and time.monotonic() - began > PATIENCE_SECONDS:
                self._dropped = True
            if not self._dropped:
                self.progressed.emit(request, step, done)
            return not self._dropped

        try:
            for value in self._work(request, report):
                if self._dropped:
                    break
                self.produced.emit(request, value)
            self._done()
            self.finished_request.emit(request)
        except Cancelled:
            self._done()
            self.finished_request.emit(request)
        except UserError as error:
            self._fail(request, str(error))
        except MemoryError:
            self._fail(request, "There is not enough memory for this; close other programs or choose a shorter file.")
        except Exception as error:
            # A mistake of the program's: the window must live on, and the trace must not be lost.
            traceback.print_exc()
            self._fail(request, f"Something unexpected went wrong ({type(error).__name__}: {error}); nothing is lost.")

    def _done(self) -> None:
        with self._condition:
            self._serving = False

    def _fail(self, request: object, sentence: str) -> None:
        self._done()
        if not self._dropped:
            self.failed.emit(request, sentence)


def leave_all(owner: QObject, patience: float | None) -> None:
    """Tell all workers of an object to end; closing them waits no longer than some seconds, None without limit."""
    LatestWorker.last_moment = None if patience is None else time.monotonic() + patience
    for worker in owner.findChildren(LatestWorker):
        worker.leave()


def any_running(owner: QObject) -> bool:
    """Return whether a worker of an object has not seen that it is to end."""
    return any(worker.isRunning() for worker in owner.findChildren(LatestWorker))
