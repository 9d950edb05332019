"""Where a run stands, and whether a state that was saved is of this run."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from model.checkpoint import CheckpointHeader
from model.config import TrainingConfig
from model.errors import UserError
from model.run_folder import RunFolder

_MOST_BAD_BATCHES = 50
_MUST_STAY = ("seed", "optimizer")
_OF_FORMER_VERSIONS = ("rate_factor", "best_loss", "best_error")


@dataclass
class Position:
    """Where a run stands; everything here is saved and restored.

    Attributes
    ----------
    epoch, batch, step
        Epochs trained, batches of the epoch at hand, and steps of the whole run.
    loss_sum, loss_count
        Sum of the losses of the epoch at hand, and the utterances they are of.
    bad_batches
        Batches skipped in the whole run.
    seconds
        Time spent on the run, without pauses.
    epoch_frames, epoch_seconds
        Frames trained on in the epoch at hand, and the time that took.
    splits
        Parts that batches are cut into for want of memory.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    loss_count: int = 0
    bad_batches: int = 0
    seconds: float = 0.0
    epoch_frames: int = 0
    epoch_seconds: float = 0.0
    splits: int = 1

    @classmethod
    def from_state(cls, values: dict[str, Any]) -> Position:
        """Return the position that a state holds."""
        return cls(**{name: value for name, value in values.items() if name not in _OF_FORMER_VERSIONS})

    @property
    def frames_per_second(self) -> float:
        """Input frames trained on a second in the epoch at hand."""
        return self.epoch_frames / max(1e-9, self.epoch_seconds)

    def made_step(self, loss: float, utterances: int, frames: int, seconds: float) -> None:
        """Count a step.

        Raises
        ------
        UserError
            Too many batches had to be skipped.
        """
        self.batch += 1
        self.step += 1
        self.seconds += seconds
        self.epoch_seconds += seconds
        self.epoch_frames += frames
        if math.isfinite(loss):
            self.loss_sum += loss * utterances
            self.loss_count += utterances
            return
        self.bad_batches += 1
        if self.bad_batches > _MOST_BAD_BATCHES:
            raise UserError(
                "Over 50 batches had to be skipped (a loss that is no number, or too little memory); "
                "resume with a lower learning_rate, clip_norm or batch_frames."
            )

    def made_epoch(self, learning_rate: float) -> dict[str, Any]:
        """Go on to the next epoch; return what ``history.csv`` says of this one before it is scored."""
        record = {
            "epoch": self.epoch + 1,
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "learning_rate": learning_rate,
            "train_loss": round(self.loss_sum / max(1, self.loss_count), 5),
            "frames_per_second": round(self.frames_per_second, 1),
        }
        self.epoch, self.batch = self.epoch + 1, 0
        self.loss_sum, self.loss_count, self.epoch_frames, self.epoch_seconds = 0.0, 0, 0, 0.0
        return record


def require_same_run(
    state: dict[str, Any], folder: RunFolder, header: CheckpointHeader, config: TrainingConfig, corpus: str
) -> None:
    """Raise UserError when a state is of a run with another network, optimiser, seed or corpus."""
    if state.get("network_config") != header.network.to_json():
        raise UserError(f"The run in {folder.path} trains a network of other sizes; give the same settings.")
    before = dict(state.get("config", {}))
    for name in _MUST_STAY:
        if before.get(name) not in (None, getattr(config, name)):
            raise UserError(f"The run in {folder.path} was started with {name}={before[name]}; give the same.")
    if state.get("corpus") not in (None, corpus):
        raise UserError(
            f"The run in {folder.path} trains on other recordings, or some were changed or are gone since; "
            "give the same corpus."
        )


def may_mend(state: dict[str, Any], config: TrainingConfig) -> bool:
    """Return whether a setting was changed since that bad batches can come from: they are counted anew then."""
    before = state.get("config", {})
    return any(before.get(name) != getattr(config, name) for name in ("learning_rate", "clip_norm", "precision"))


def is_best(record: dict[str, Any], history: list[dict[str, Any]]) -> bool:
    """Return whether an epoch is better than all before: by phone error rate, or where that is equal by the dev loss.

    A network that still hears nothing has as many errors after every epoch, but its loss falls.
    """
    return all(epoch_rank(record) < epoch_rank(other) for other in history)


def epoch_rank(record: dict[str, Any]) -> tuple[float, ...]:
    """Return what epochs are compared by, lower being better; what is no number is worst."""
    values = (float(record[name]) for name in ("dev_phone_error_rate", "dev_loss"))
    return tuple(math.inf if math.isnan(value) else value for value in values)


def no_longer_better(history: list[dict[str, Any]], patience: int) -> bool:
    """Return whether the dev score has been getting no better for as many epochs as `patience` allows; 0 waits on."""
    errors = [epoch_rank(record) for record in history]
    return 0 < patience < len(errors) and min(errors[-patience:]) >= min(errors[:-patience])


def as_json(position: Position) -> dict[str, Any]:
    """Return a position as a state holds it."""
    return dataclasses.asdict(position)
