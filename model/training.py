"""The training loop as a generator of events: the window's worker and the command line both drive it.

Randomness is a function of the seed and the position in the run: a resumed run goes on as an unbroken one would, to
the bit on a CPU. ``python -m model.training`` trains without the window's packages, under ``torchrun`` in many
processes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from model.batching import Indices
from model.checkpoint import CheckpointHeader
from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.dev_scoring import DevScorer, rounded
from model.distributed import any_true, rank, world_size
from model.errors import Cancelled, UserError, reason
from model.main_memory import parts_that_fit, system_memory
from model.network import SpeechToPhoneme
from model.optimization import learning_rate, plateau_factor
from model.run_folder import HISTORY_COLUMNS, RunFolder
from model.run_keeper import RunKeeper
from model.snapshot_scoring import SnapshotScorer, copy_of, scores_beside
from model.training_batches import BatchMaker, TrainingBatch
from model.training_data import check_features, prepare_features, usable_utterances
from model.training_events import Batch, Control, Epoch, Event, Notice, Phase, Saved, Scored, Stopped
from model.training_state import Position, as_json, is_best, may_mend, no_longer_better, require_same_run
from model.training_step import Stepper

__all__ = [
    "Batch",
    "Control",
    "Epoch",
    "Event",
    "Notice",
    "Phase",
    "Saved",
    "Scored",
    "Stopped",
    "Trainer",
    "learning_rate",
    "prepare_features",
]


class Trainer:
    """One training run.

    Parameters
    ----------
    folder
        Where the run is kept.
    header
        Sizes of the network, feature recipe and symbol table; history and scores are filled in as it learns.
    config
        How to train.
    train, dev
        Features of the two corpora, computed by the header's recipe.
    device
        Where to compute.
    control
        Stops and pauses the run.
    score_beside
        Whether epochs are scored in a thread while the next one trains; by default where that pays, and never where
        the numbers would not be the same (`snapshot_scoring`).

    Raises
    ------
    UserError
        One of the corpora has no utterance that can be learned from, or scored.
    """

    def __init__(
        self,
        folder: RunFolder,
        header: CheckpointHeader,
        config: TrainingConfig,
        train: FeatureCache,
        dev: FeatureCache,
        *,
        device: torch.device | None = None,
        control: Control | None = None,
        score_beside: bool | None = None,
    ) -> None:
        self.folder, self.header, self.config = folder, header, config
        self.device = device or torch.device("cpu")
        self.control = control or Control()
        self.train_features, self.dev_features = train, dev
        if not any(utterance.labels for utterance in dev.utterances):
            raise UserError("The dev corpus has no reference phonemes to score by.")
        self.usable, self.notices, self._left_out = usable_utterances(train, header.network.time_stride)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            self.network = SpeechToPhoneme(header.network).to(self.device)
        self.average = copy_of(self.network) if config.ema_decay else None
        self.maker = BatchMaker(
            train, self.usable, config, stride=header.network.time_stride, pin=self.device.type == "cuda"
        )
        self.stepper = Stepper(self.network, self.average, config, self.control)
        self.optimizer = self.stepper.optimizer
        self.scorer = DevScorer(dev, header.table, config, self.control)
        self.snapshots = SnapshotScorer(self.scorer, beside=scores_beside(config, self.device, score_beside))
        self.keeper = RunKeeper(folder, config.save_minutes, writes=rank() == 0)
        self.history: list[dict[str, Any]] = []
        self.position = Position()
        self._resumed = False

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of another network of the same sizes instead of random ones."""
        for network in (self.network, self.average):
            if network is not None:
                network.load_state_dict(weights)

    def resume(self) -> None:
        """Take up the run kept in the folder; raise UserError when it is of another network, optimiser or seed."""
        state = self.folder.load_state()
        try:
            require_same_run(state, self.folder, self.header, self.config, self.train_features.fingerprint)
            self._take_up(state)
        except (AttributeError, KeyError, TypeError, RuntimeError, ValueError) as error:
            raise UserError(f"{self.folder.state} does not fit this run ({reason(error)}); start a new one.") from None
        if self.folder.damage:
            self.notices.append(f"Resuming from the state before the last one, for {self.folder.damage}")

    def _take_up(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        if self.average is not None:
            self.average.load_state_dict(state["average"] or state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for group in self.optimizer.param_groups:
            group["weight_decay"] = self.config.weight_decay
        if state.get("scaler"):
            self.stepper.scaler.load_state_dict(state["scaler"])
        self.position = Position.from_state(state["position"])
        if may_mend(state, self.config):
            self.position.bad_batches = 0
        self.stepper.splits = self.position.splits
        self._resumed = True
        self.history = list(state["history"])
        self.snapshots.take_up(state.get("unscored"), self.network)

    def run(self) -> Iterator[Event]:
        """Train until all epochs are done or the control asks to stop; everything is saved before the last event."""
        yield from (Notice(text) for text in self.notices)
        yield from self.keeper.begin(self.position.step, self._left_out)
        if self.position.epoch < self.config.epochs:
            yield from self._fit_memory()
        if not self.position.step:  # so that a run killed at any moment can be resumed
            yield from self.keeper.save(self._state)
        with contextlib.closing(self.snapshots):
            stopped = yield from self._train()
        if stopped:
            yield from self.keeper.save(self._state)
            yield Stopped("stopped", len(self.history))
            return
        if self.position.epoch < self.config.epochs:
            yield Notice(f"Ended early, for the dev score got no better in {self.config.patience} epochs.")
        finished = yield from self.scorer.score_best(self.keeper, self.device)
        yield Stopped("finished" if finished else "stopped", self.position.epoch)

    def _train(self) -> Generator[Event, None, bool]:
        """Train and score all epochs that are left; the value is whether the run was asked to stop."""
        if self.snapshots.record is not None and not (yield from self._settle()):
            return True
        yield Phase("first batch")
        while self.position.epoch < self.config.epochs and not no_longer_better(self.history, self.config.patience):
            yield from self._epoch()
            if self._stopping() or not (yield from self._finish_epoch()):
                return True
        return False

    def _fit_memory(self) -> Iterator[Event]:
        """Cut batches into parts where main memory cannot hold them; other devices say when theirs runs out.

        A resumed run stays as it was cut, whatever is free now, for what it learns depends on it.
        """
        if self.device.type != "cpu" or world_size() > 1:
            return
        largest, item = self.maker.largest(), self.stepper.precision.itemsize
        parts, sentence = parts_that_fit(self.header.network, *largest, system_memory()[0], item_bytes=item)
        if parts <= self.stepper.splits:
            return
        if self._resumed:
            more = self.config.accumulation * parts // self.stepper.splits
            yield Notice(f"{sentence}; should the system end this run for it, resume it with accumulation={more}.")
            return
        self.stepper.splits = self.position.splits = parts
        yield Notice(f"{sentence}, so each is computed in {parts} parts whose gradients are summed.")

    def _epoch(self) -> Iterator[Event]:
        """Train from the current position to the end of the epoch."""
        position = self.position
        order = self.maker.epoch(position.epoch)
        intact = True
        self.network.train()
        with contextlib.closing(self.maker.ahead(position.epoch, order[position.batch :])) as batches:
            while position.batch < len(order):
                self.control.wait_while_paused()
                if self._stopping():
                    return
                if intact and not check_features(self.train_features):
                    intact = False
                    yield Notice("The kept features were deleted; this run goes on, another computes them anew.")
                if self.snapshots.ready:
                    yield from self._settle()
                yield from self._batch(order, batches)
                if self.keeper.due:
                    yield from self.keeper.save(self._state)

    def _batch(self, order: list[Indices], batches: Iterator[list[TrainingBatch]]) -> Iterator[Event]:
        """Make one step, unless it is given up because the run is to stop."""
        position, config = self.position, self.config
        began = time.monotonic()
        batch = order[position.batch]
        progress = (position.epoch + position.batch / len(order)) / config.epochs
        losses = [float(record["dev_loss"]) for record in self.history]
        rate = learning_rate(config, progress) * plateau_factor(config, losses)
        seeds = (config.seed, position.epoch, position.batch, position.step)
        with contextlib.suppress(Cancelled):
            loss = self.stepper.step(next(batches), len(batch), rate=rate, seeds=seeds)
            seconds = time.monotonic() - began
            frames = self.maker.frames(batch)
            position.splits = self.stepper.splits
            position.made_step(loss, len(batch), frames, seconds)
            per_second = frames / max(1e-9, seconds)
            self.keeper.steps.add(position.step, position.epoch + 1, loss, rate, per_second, position.seconds)
            yield self._batch_event(loss, rate, len(order), progress)
        yield from (Notice(text) for text in self.stepper.notices)
        self.stepper.notices.clear()

    def _batch_event(self, loss: float, rate: float, batches: int, progress: float) -> Batch:
        position, config = self.position, self.config
        done = progress + 1 / (batches * config.epochs)
        return Batch(
            step=position.step,
            batch=position.batch,
            batches=batches,
            epoch=position.epoch + 1,
            epochs=config.epochs,
            loss=loss,
            learning_rate=rate,
            frames_per_second=position.frames_per_second,
            seconds_left=position.seconds / done * max(0.0, 1 - done),
        )

    def _finish_epoch(self) -> Generator[Event, None, bool]:
        """Have the epoch scored, now or beside the next one; the value is False when the run is to stop before."""
        if self.snapshots.record is not None and not (yield from self._settle()):
            return False
        record = self.position.made_epoch(self.optimizer.param_groups[0]["lr"])
        self.snapshots.take(record, self.network if self.average is None else self.average)
        if not self.snapshots.beside or self.position.epoch >= self.config.epochs:
            return (yield from self._settle())
        yield from self.keeper.save(self._state)
        self.snapshots.start()
        return True

    def _settle(self) -> Generator[Event, None, bool]:
        """Bring the score that is to come, and save what belongs to it; the value is False when the run is to stop."""
        position, snapshots = self.position, self.snapshots
        began, in_state = time.monotonic(), snapshots.started
        score = yield from snapshots.settle()
        position.seconds += time.monotonic() - began
        if score is None or snapshots.record is None or snapshots.network is None:
            return False
        values = {**snapshots.record, **{f"dev_{name}": value for name, value in rounded(score).items()}}
        record = {name: values[name] for name in HISTORY_COLUMNS}
        best = is_best(record, self.history)
        self.history.append(record)
        header = replace(self.header, history=tuple(self.history), scores={"dev, greedy": rounded(score)})
        checkpoint = snapshots.network.state_dict(), header
        snapshots.done()
        # Who hears of the epoch finds its checkpoint on disk.
        state = None if in_state else self._state
        saved = list(self.keeper.save_epoch(checkpoint, best, self.history, state))
        yield Epoch(record, best)
        yield from saved
        return True

    def _stopping(self) -> bool:
        return any_true(self.control.stop.is_set())

    def _state(self) -> dict[str, Any]:
        return {
            "network_config": self.header.network.to_json(),
            "network": self.network.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.stepper.scaler.state_dict(),
            "config": self.config.to_json(),
            "title": self.header.title,
            "notes": self.header.notes,
            "features": self.header.features.to_json(),
            "corpus": self.train_features.fingerprint,
            "position": as_json(self.position),
            "history": self.history,
            "unscored": self.snapshots.state(),
        }


if __name__ == "__main__":
    from model.training_main import main

    raise SystemExit(main())
