"""The training run of the window, as the panels are told about it."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile, QObject, QThread, QTimer, Signal

from model.errors import FileError, UserError, reason
from model.run_folder import RunFolder
from model.training_events import Batch, Epoch, Notice, Phase, Saved, Scored
from phonegui.training_log import RunLog
from phonegui.training_plan import TrainingPlan, read_plan, write_plan
from phonegui.training_run import Facts, Transcripts
from phonegui.training_worker import TrainingWorker

IDLE, RUNNING, PAUSED, STOPPING = "idle", "running", "paused", "stopping"

_DRAIN_MS = 100
_LOCK_NAME = "run.lock"


class TrainingSession(QObject):
    """The training run at hand, if any, and its curves; knows no widget."""

    state_changed = Signal(str)  # one of IDLE, RUNNING, PAUSED, STOPPING
    advanced = Signal()  # phase, batch or curves have changed: at most ten times a second
    epoch_finished = Signal(object, bool)  # record, and whether it is the best so far
    transcripts_ready = Signal(object)  # list of PinnedTranscript of all epochs so far
    saved = Signal(str)  # path of the best checkpoint so far
    noticed = Signal(str)  # one sentence
    failed = Signal(str)  # one sentence
    ended = Signal(str)  # "finished", "stopped" or "failed"

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.plan: TrainingPlan | None = None
        self.log = RunLog()
        self.facts: Facts | None = None
        self.phase = Phase("")
        self.batch: Batch | None = None
        self.scores: Scored | None = None
        self.state = IDLE
        self._worker: TrainingWorker | None = None
        self._lock: QLockFile | None = None
        self._timer = QTimer(self, interval=_DRAIN_MS)
        self._timer.timeout.connect(self._drain)

    @property
    def busy(self) -> bool:
        """Whether a run goes on, paused or not."""
        return self._worker is not None

    @property
    def best_checkpoint(self) -> str:
        """Path of the best checkpoint of the run at hand, empty while there is none."""
        if self.plan is None:
            return ""
        best = RunFolder(self.plan.out).best
        return str(best) if best.exists() else ""

    def start(self, plan: TrainingPlan) -> None:
        """Start a run, or resume the one that the plan names.

        Raises
        ------
        UserError
            A run goes on already, here or in another window.
        FileError
            The run's folder cannot be written.
        """
        if self.busy:
            raise UserError("A training run goes on; stop it before starting another.")
        if RunFolder(plan.out).resumable and not plan.resume:
            raise UserError(f"{plan.out} already holds a run; resume it, or choose another folder.")
        lock = _locked(plan.out)
        if lock is None:
            raise UserError(f"The run in {plan.out} goes on in another window.")
        try:
            write_plan(replace(plan, resume=False), "running")
        except FileError:
            lock.unlock()
            raise
        self._lock, self.plan = lock, plan
        self.log = RunLog()
        self.facts, self.batch, self.phase, self.scores = None, None, Phase("starting"), None
        self._worker = TrainingWorker(plan, self)
        self._worker.told.connect(self._on_told)
        self._worker.ended.connect(self._on_ended)
        self._worker.start(QThread.Priority.LowPriority)
        self._timer.start()
        self._set_state(RUNNING)

    def keep_best(self) -> str:
        """Return a name of its own for the best checkpoint so far, which later epochs do not replace.

        Raises
        ------
        UserError
            There is none yet.
        FileError
            The run's folder cannot be written.
        """
        best, record = self.best_checkpoint, self.log.best()
        if not best or record is None:
            raise UserError("There is no checkpoint yet; it comes with the first epoch.")
        kept = Path(best).with_name(f"best-epoch-{record['epoch']:.0f}.safetensors")
        try:
            if not kept.exists() or not os.path.samefile(best, kept):
                kept.unlink(missing_ok=True)
                try:
                    os.link(best, kept)  # takes no time and no space: the trainer never writes into a file in place
                except OSError:
                    shutil.copyfile(best, kept)
        except OSError as error:
            raise FileError(kept, f"cannot be written ({reason(error)}); free space") from None
        return str(kept)

    def pause(self) -> None:
        """Hold the run after the batch that is computed now."""
        if self._worker is not None and self.state == RUNNING:
            self._worker.control.pause.set()
            self._set_state(PAUSED)

    def resume(self) -> None:
        """Go on after a pause."""
        if self._worker is not None and self.state == PAUSED:
            self._worker.control.pause.clear()
            self._set_state(RUNNING)

    def stop(self) -> None:
        """End the run after the batch that is computed now, everything saved."""
        if self._worker is not None:
            self._worker.control.stop.set()
            self._worker.control.pause.clear()
            self._set_state(STOPPING)

    def close(self, seconds: float = 2.0) -> bool:
        """Stop, and wait so long for the end; return whether it has come.

        A run whose batch takes longer is left as it was saved last: it can be resumed from there.
        """
        if self._worker is None:
            return True
        self.stop()
        if not self._worker.wait(round(1000 * seconds)):
            self._timer.stop()
            return False
        worker = self._worker
        worker.ended.disconnect(self._on_ended)
        self._on_ended("finished" if _finished(self.log, self.plan) else "stopped", "")
        return True

    def _drain(self) -> None:
        """Fetch what the worker has left; called by the timer."""
        worker = self._worker
        if worker is None:
            return
        rows = [worker.rows.popleft() for _ in range(len(worker.rows))]
        self.log.add_steps(rows)
        self.phase, self.batch = worker.phase, worker.batch
        self.advanced.emit()

    def _on_told(self, event: Any) -> None:
        if self._worker is None or self.sender() is not self._worker:
            return
        match event:
            case Epoch(record=record, best=best):
                self._drain()
                self.log.add_epoch(record)
                self.epoch_finished.emit(record, best)
            case Saved(checkpoint=str()):
                self.saved.emit(self.best_checkpoint)
            case Notice(text=text):
                self.noticed.emit(text)
            case Scored():
                self.scores = event
            case Transcripts(items=items):
                self.transcripts_ready.emit(list(items))
            case Facts():
                event.log.add_steps(map(tuple, self.log.steps.tolist()))  # those that were faster than this event
                self.facts, self.log = event, event.log
                self.advanced.emit()

    def _on_ended(self, how: str, sentence: str) -> None:
        if self._worker is None or self.sender() not in (None, self._worker):
            return
        self._drain()
        worker, self._worker = self._worker, None
        worker.wait()
        worker.deleteLater()
        self._timer.stop()
        with contextlib.suppress(FileError):  # the folder may be gone; the run's end is told all the same
            if self.plan is not None and Path(self.plan.out).is_dir():
                write_plan(replace(self.plan, resume=False), how)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        self._set_state(IDLE)
        if sentence:
            self.failed.emit(sentence)
        self.ended.emit(how)

    def _set_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)


def unfinished_run(folder: str) -> TrainingPlan | None:
    """Return the plan that resumes the run in a folder, when its process was killed while it went on; else None."""
    if not folder:
        return None
    try:
        plan, status = read_plan(folder)
        lock = _locked(folder) if status == "running" else None
    except UserError:
        return None
    if lock is None:
        return None  # it was ended, or goes on in another window
    lock.unlock()
    return replace(plan, resume=True)


def _locked(folder: str) -> QLockFile | None:
    """Return the lock of a run's folder, made where it is missing; None where another process holds it.

    Raises
    ------
    FileError
        The folder cannot be written.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be made ({reason(error)}); choose another folder") from None
    lock = QLockFile(str(path / _LOCK_NAME))
    lock.setStaleLockTime(0)  # a run takes days; the lock of a process that is gone does not hold
    if lock.tryLock(0):
        return lock
    if lock.error() != QLockFile.LockError.LockFailedError:
        raise FileError(path, "cannot be written; choose another folder")
    return None


def _finished(log: RunLog, plan: TrainingPlan | None) -> bool:
    return plan is not None and bool(log.epochs) and log.epochs[-1]["epoch"] >= plan.training.epochs
