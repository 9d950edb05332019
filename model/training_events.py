"""What a training run tells while it works, and how it is told to pause or stop."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Phase:
    """What the run does now, before and between batches; `total` is 0 when there is nothing to count."""

    name: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Batch:
    """A training step was made.

    Attributes
    ----------
    step, batch, batches, epoch, epochs
        Steps since the start; position in the epoch and the run, from 1.
    loss
        CTC loss per label of this batch, NaN when the batch had to be skipped.
    frames_per_second
        Input frames trained on a second, since the epoch began.
    seconds_left
        Estimate for the whole run.
    """

    step: int
    batch: int
    batches: int
    epoch: int
    epochs: int
    loss: float
    learning_rate: float
    frames_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Epoch:
    """An epoch was finished and scored; `record` has the columns of ``history.csv``."""

    record: dict[str, Any]
    best: bool


@dataclass(frozen=True)
class Saved:
    """The resumable state, and a checkpoint when `checkpoint` names one, are on disk."""

    state: str
    checkpoint: str | None = None


@dataclass(frozen=True)
class Scored:
    """The best checkpoint was scored at the end of the run; `scores` stand under `name` in its header."""

    name: str
    scores: dict[str, float]


@dataclass(frozen=True)
class Notice:
    """Something the user should know that does not end the run."""

    text: str


@dataclass(frozen=True)
class Stopped:
    """The run has ended: ``"finished"`` or ``"stopped"`` on request, everything saved."""

    reason: str
    epochs: int


Event = Phase | Batch | Epoch | Saved | Scored | Notice | Stopped


@dataclass
class Control:
    """Asks a running training to stop or pause, from any thread.

    A pause is looked at before each batch, in scoring too; a stop within one, too: on a CPU a batch in work is given
    up and made anew when the run is resumed.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)

    def wait_while_paused(self, stop: threading.Event | None = None) -> None:
        """Return when the run is not paused, or is to stop: as `stop` says in place of the run's own, where given."""
        while self.pause.is_set() and not (stop or self.stop).wait(0.05):
            pass
