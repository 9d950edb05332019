"""Saving a run so that it is never lost: what cannot be written now is told once, kept, and written later."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from model.checkpoint import CheckpointHeader
from model.errors import FileError
from model.run_folder import RunFolder
from model.step_log import StepLog
from model.training_events import Event, Notice, Saved

Checkpoint = tuple[dict[str, Any], CheckpointHeader]
"""Weights and header."""

_RETRY_SECONDS = 60.0


class RunKeeper:
    """Writes the state, checkpoints and tables of a run.

    Parameters
    ----------
    folder
        Where the run is kept.
    minutes
        Time between saves of the state.
    writes
        False in all but one of several processes: nothing is written there.
    """

    def __init__(self, folder: RunFolder, minutes: float, *, writes: bool) -> None:
        self.folder, self.steps = folder, StepLog(folder.steps)
        self._writes = writes
        self._pause = 60 * minutes
        self._wait = self._pause
        self._last = time.monotonic()
        self._told = False
        self._unsaved_best: Checkpoint | None = None
        self._there = False  # whether the folder was seen, so that its absence means it was taken away

    def begin(self, step: int, left_out: list[tuple[str, str]]) -> Iterator[Event]:
        """Begin to keep a run that stands at a step."""
        if self._writes:

            def write() -> None:
                self.steps.start(step)
                self.folder.write_left_out(left_out)

            yield from self._tried(write)
        self._last = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to save."""
        return time.monotonic() - self._last > self._wait

    def save(self, state: Callable[[], dict[str, Any]]) -> Iterator[Event]:
        """Save the state, and the best checkpoint where that is still to be done."""
        if not self._writes:
            self._last = time.monotonic()
            return

        def write() -> None:
            self._save_best()
            self.steps.flush()
            self.folder.save_state(state())

        if (yield from self._tried(write)):
            yield Saved(str(self.folder.state))

    def save_epoch(
        self,
        checkpoint: Checkpoint,
        best: bool,
        history: list[dict[str, Any]],
        state: Callable[[], dict[str, Any]] | None,
    ) -> Iterator[Event]:
        """Save everything when an epoch was scored; the state is None where it was saved before that."""
        if not self._writes:
            return
        best = best or not os.path.exists(self.folder.best)
        if best:
            self._unsaved_best = checkpoint

        def write() -> None:
            # The state last: were the run broken off between these, resuming would write them again.
            self._save_best()
            self.folder.save_checkpoint(*checkpoint, best=False)
            self.folder.write_history(history)
            if state is not None:
                self.steps.flush()
                self.folder.save_state(state())

        if (yield from self._tried(write)):
            yield Saved(str(self.folder.state), str(self.folder.best if best else self.folder.last))
        elif self._unsaved_best is checkpoint:
            # The weights go on changing: these are kept as they are now.
            weights = {name: value.detach().clone() for name, value in checkpoint[0].items()}
            self._unsaved_best = weights, checkpoint[1]

    def save_best(self, weights: dict[str, Any], header: CheckpointHeader) -> Iterator[Event]:
        """Write the best checkpoint anew, with more in its header."""
        if self._writes:
            yield from self._tried(lambda: self.folder.save_best(weights, header))

    def _save_best(self) -> None:
        if self._unsaved_best is not None:
            self.folder.save_best(*self._unsaved_best)
            self._unsaved_best = None

    def _tried(self, write: Callable[[], None]) -> Generator[Event, None, bool]:
        """Do what writes, telling of what prevents it once until it goes again; the value is whether it went."""
        if self._there and not os.path.exists(self.folder.path):
            yield Notice(
                f"{self.folder.path} was taken away while the run went on; it is made anew, "
                "with all but the checkpoints of former epochs."
            )
        self._last = time.monotonic()
        try:
            write()
        except FileError as error:
            self._wait = min(self._pause, _RETRY_SECONDS) if self._pause else 0.0
            if not self._told:
                self._told = True
                yield Notice(f"{error} Training goes on, and saving is tried again within a minute.")
            return False
        self._there, self._told, self._wait = os.path.isdir(self.folder.path), False, self._pause
        return True
