"""The thread that drives a training run."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from collections import deque

from PySide6.QtCore import QObject, QThread, Signal

from model.errors import UserError
from model.training_events import Batch, Control, Phase, Stopped
from phonegui.training_plan import TrainingPlan
from phonegui.training_run import Step, run_events

_STACK_BYTES = 8 << 20  # macOS gives threads 512 KB, too little for numerical libraries (numpy #11551)
_NICENESS = 2


class TrainingWorker(QThread):
    """Runs one plan to its end.

    What comes many times a second (batches, progress) is left in `rows` and `phase` for a timer to fetch; the rest is
    sent by `told`.
    """

    told = Signal(object)  # Epoch, Saved, Scored, Notice, Facts or Transcripts
    ended = Signal(str, str)  # "finished", "stopped" or "failed", and a sentence when it failed

    def __init__(self, plan: TrainingPlan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.setStackSize(_STACK_BYTES)
        self.plan = plan
        self.control = Control()
        self.rows: deque[tuple[float, ...]] = deque()
        self.phase = Phase("starting")
        self.batch: Batch | None = None

    def run(self) -> None:
        """Train; runs in the thread."""
        _give_way()
        try:
            how, sentence = self._follow(), ""
        except UserError as error:
            how, sentence = "failed", str(error)
        except MemoryError:
            how, sentence = "failed", "There is not enough memory to train this; choose smaller batches."
        except Exception as error:
            # A mistake of the program's: the window must live on, and the trace must not be lost.
            traceback.print_exc()
            sentence = f"Something unexpected went wrong ({type(error).__name__}: {error}); what was saved is kept."
            how = "failed"
        self.ended.emit(how, sentence)

    def _follow(self) -> str:
        for event in run_events(self.plan, self.control, self._report):
            match event:
                case Phase():
                    self._report(event)
                case Step(batch=batch, seconds=seconds):
                    self._take(batch, seconds)
                case Stopped(reason=how):
                    return how
                case _:
                    self.told.emit(event)
        return "stopped"

    def _report(self, phase: Phase) -> bool:
        self.phase = phase
        return not self.control.stop.is_set()

    def _take(self, batch: Batch, seconds: float) -> None:
        self.batch = batch
        self.phase = Phase("training", batch.batch, batch.batches)
        epoch = batch.epoch - 1 + batch.batch / batch.batches
        self.rows.append((batch.step, epoch, seconds, batch.loss, batch.learning_rate, batch.frames_per_second))


def _give_way() -> None:
    """Let the GUI thread run before this one and those it starts."""
    if sys.platform == "linux":  # threads have no priorities of their own there, but each is nice by itself
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
