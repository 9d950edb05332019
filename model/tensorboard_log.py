"""A run as TensorBoard shows it, written where that package is installed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from model.errors import UserError
from model.training_events import Batch, Epoch, Scored


class TensorBoardLog:
    """Writes the curves of a run into a folder; used as a context.

    Parameters
    ----------
    folder
        Where TensorBoard's event files lie.
    step
        Steps made before: what a broken-off run logged beyond them is hidden.

    Raises
    ------
    UserError
        TensorBoard is not installed, or the folder cannot be written.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ImportError:
            raise UserError("TensorBoard is not installed; pip install tensorboard, or leave it out.") from None
        try:
            # Steps are shown from 1: the first one that a resumed run makes anew is the next.
            self._writer: Any = SummaryWriter(str(folder), purge_step=step + 1)
        except OSError as error:
            raise UserError(f"{folder} cannot be written ({error.strerror}); leave out the TensorBoard log.") from None
        self._step = step

    def __enter__(self) -> TensorBoardLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, event: object) -> None:
        """Log what an event tells, if it is one with numbers."""
        if isinstance(event, Batch):
            self._step = event.step
            if math.isfinite(event.loss):
                self._add("training/loss", event.loss)
            self._add("training/learning_rate", event.learning_rate)
            self._add("training/frames_per_second", event.frames_per_second)
        elif isinstance(event, Epoch):
            for name in ("dev_loss", "dev_phone_error_rate", "dev_levenshtein"):
                # An epoch can be scored while the next one trains.
                self._add(name.replace("_", "/", 1), event.record[name], event.record["step"])
        elif isinstance(event, Scored):
            for name, value in event.scores.items():
                self._add(f"{event.name.replace(', ', '/')}/{name}", value)

    def _add(self, name: str, value: float, step: int | None = None) -> None:
        self._writer.add_scalar(name, value, self._step if step is None else step)
