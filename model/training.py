"""The training loop as a generator of events: the window's worker and the command line both drive it.

Randomness is a function of the seed and the position in the run: a resumed run goes on as an unbroken one would.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model.batching import Indices, augment, length_buckets, pad
from model.checkpoint import CheckpointHeader
from model.config import TrainingConfig
from model.corpus import FeatureCache
from model.errors import UserError, reason
from model.network import SpeechToPhoneme
from model.run_folder import RunFolder
from model.scoring import Score, score_posteriors
from model.training_data import prepare_features, usable_utterances
from model.training_events import Batch, Control, Epoch, Event, Notice, Phase, Saved, Stopped

__all__ = [
    "Batch",
    "Control",
    "Epoch",
    "Event",
    "Notice",
    "Phase",
    "Saved",
    "Stopped",
    "Trainer",
    "learning_rate",
    "prepare_features",
]

_MOST_BAD_BATCHES = 50


@dataclass
class _Position:
    """Where a run stands; everything here is saved and restored."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    loss_count: int = 0
    bad_batches: int = 0
    rate_factor: float = 1.0
    best_error: float = math.inf
    best_loss: float = math.inf
    seconds: float = 0.0
    epoch_frames: int = 0
    epoch_seconds: float = 0.0


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
    ) -> None:
        self.folder, self.header, self.config = folder, header, config
        self.device = device or torch.device("cpu")
        self.control = control or Control()
        self.train_features, self.dev_features = train, dev
        if not any(utterance.labels for utterance in dev.utterances):
            raise UserError("The dev corpus has no reference phonemes to score by.")
        self.usable, self.notices = usable_utterances(train, header.network.time_stride)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            self.network = SpeechToPhoneme(header.network).to(self.device)
        self.average = copy.deepcopy(self.network) if config.ema_decay else None
        make = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
        self.optimizer = make(self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        self.history: list[dict[str, Any]] = []
        self.position = _Position()

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of another network of the same sizes instead of random ones."""
        for network in (self.network, self.average):
            if network is not None:
                network.load_state_dict(weights)

    def resume(self) -> None:
        """Take up the run kept in the folder; raise UserError when it is of another network, optimiser or seed."""
        state = self.folder.load_state()
        if state.get("network_config") != self.header.network.to_json():
            raise UserError(f"The run in {self.folder.path} trains a network of other sizes; give the same settings.")
        try:
            for name in ("seed", "optimizer"):
                before = state.get("config", {}).get(name)
                if before not in (None, getattr(self.config, name)):
                    raise UserError(f"The run in {self.folder.path} was started with {name}={before}; give the same.")
            if state.get("corpus") not in (None, self.train_features.fingerprint):
                raise UserError(f"The run in {self.folder.path} trains on other recordings; give the same corpus.")
            self.network.load_state_dict(state["network"])
            if self.average is not None:
                self.average.load_state_dict(state["average"] or state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.position = _Position(**state["position"])
            self.history = list(state["history"])
        except (AttributeError, KeyError, TypeError, RuntimeError, ValueError) as error:
            raise UserError(f"{self.folder.state} does not fit this run ({reason(error)}); start a new one.") from None
        for group in self.optimizer.param_groups:
            group["weight_decay"] = self.config.weight_decay

    def run(self) -> Iterator[Event]:
        """Train until all epochs are done or the control asks to stop; everything is saved before the last event."""
        yield from (Notice(text) for text in self.notices)
        yield Phase("first batch")
        while self.position.epoch < self.config.epochs:
            yield from self._epoch()
            if self.control.stop.is_set():
                self._save_state()
                yield Saved(str(self.folder.state))
                yield Stopped("stopped", self.position.epoch)
                return
            yield Phase("scoring the dev corpus")
            yield from self._finish_epoch()
        yield Stopped("finished", self.position.epoch)

    def _epoch(self) -> Iterator[Event]:
        """Train from the current position to the end of the epoch."""
        batches = self._batches(self.position.epoch)
        last_save = time.monotonic()
        self.network.train()
        while self.position.batch < len(batches):
            self.control.wait_while_paused()
            if self.control.stop.is_set():
                return
            began = time.monotonic()
            batch = batches[self.position.batch]
            progress = (self.position.epoch + self.position.batch / len(batches)) / self.config.epochs
            rate = learning_rate(self.config, progress) * self.position.rate_factor
            loss = self._step(batch, rate)
            self._count(batch, loss, time.monotonic() - began)
            yield self._batch_event(loss, rate, len(batches), progress)
            if time.monotonic() - last_save > 60 * self.config.save_minutes:
                self._save_state()
                last_save = time.monotonic()
                yield Saved(str(self.folder.state))

    def _batches(self, epoch: int) -> list[Indices]:
        random = np.random.default_rng([self.config.seed, epoch])
        in_order = self.config.sorted_first_epoch and epoch == 0
        buckets = length_buckets(
            self.train_features.lengths[self.usable],
            batch_frames=self.config.batch_frames,
            batch_utterances=self.config.batch_utterances,
            shuffle=None if in_order else random,
        )
        usable = np.array(self.usable)
        return [usable[bucket] for bucket in buckets]

    def _step(self, batch: Indices, rate: float) -> float:
        """Make one step; return the loss per label, NaN when the batch had to be skipped."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        statistics = [buffer.clone() for buffer in self.network.buffers()]
        loss = self._loss(batch)
        self.optimizer.zero_grad(set_to_none=True)
        if bool(torch.isfinite(loss)):
            torch.autograd.backward(loss)
            limit = self.config.clip_norm or math.inf
            norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
            if bool(torch.isfinite(norm)):
                self.optimizer.step()
                self._update_average()
                return float(loss.detach())
        # The forward pass has already put what is no number into the statistics of batch normalisation.
        for buffer, before in zip(self.network.buffers(), statistics, strict=True):
            buffer.copy_(before)
        return math.nan

    def _loss(self, batch: Indices) -> Tensor:
        """Return the CTC loss per label of a batch, its augmentation and dropout drawn by its place in the run."""
        seeds = np.random.SeedSequence([self.config.seed, self.position.epoch, self.position.batch])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        random = np.random.default_rng(seeds)
        features, lengths = pad([augment(self.train_features[i], self.config, random) for i in batch])
        targets, target_lengths = self._targets(self.train_features, batch)
        log_probs, frames = self.network(features.to(self.device, non_blocking=True), lengths)
        return F.ctc_loss(log_probs.transpose(0, 1), targets, frames, target_lengths, zero_infinity=True)

    def _targets(self, features: FeatureCache, batch: Indices) -> tuple[Tensor, Tensor]:
        labels = [features.utterances[i].labels or () for i in batch]
        joined = torch.tensor([label for item in labels for label in item], dtype=torch.int64)
        return joined.to(self.device), torch.tensor([len(item) for item in labels], dtype=torch.int64)

    def _update_average(self) -> None:
        if self.average is None:
            return
        # Early in a run the average must not remember the random weights it began with.
        decay = min(self.config.ema_decay, (1 + self.position.step) / (10 + self.position.step))
        with torch.no_grad():
            state = self.network.state_dict()
            for name, value in self.average.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(state[name], 1 - decay)
                else:
                    value.copy_(state[name])

    def _count(self, batch: Indices, loss: float, seconds: float) -> None:
        position = self.position
        position.batch += 1
        position.step += 1
        position.seconds += seconds
        position.epoch_seconds += seconds
        position.epoch_frames += int(self.train_features.lengths[batch].sum())
        if math.isfinite(loss):
            position.loss_sum += loss * len(batch)
            position.loss_count += len(batch)
            return
        position.bad_batches += 1
        if position.bad_batches > _MOST_BAD_BATCHES:
            raise UserError("The loss is no number in over 50 batches; resume with a lower learning rate or clip_norm.")

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
            frames_per_second=position.epoch_frames / max(1e-9, position.epoch_seconds),
            seconds_left=position.seconds / done * max(0.0, 1 - done),
        )

    def _finish_epoch(self) -> Iterator[Event]:
        position = self.position
        began = time.monotonic()
        score = self.score_dev()
        position.seconds += time.monotonic() - began
        record = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "seconds": round(position.seconds, 1),
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_loss": round(position.loss_sum / max(1, position.loss_count), 5),
            "dev_loss": round(score.loss, 5),
            "dev_phone_error_rate": round(score.counts.rate, 5),
            "dev_levenshtein": round(score.mean_levenshtein, 4),
            "frames_per_second": round(position.epoch_frames / max(1e-9, position.epoch_seconds), 1),
        }
        best = score.counts.rate < position.best_error or not self.history
        if score.counts.rate < position.best_error:  # not when it is NaN
            position.best_error = score.counts.rate
        self.history.append(record)
        self._lower_rate(score.loss)
        position.epoch, position.batch = position.epoch + 1, 0
        position.loss_sum, position.loss_count, position.epoch_frames, position.epoch_seconds = 0.0, 0, 0, 0.0
        # The state last: were the run broken off between these, resuming would write them again.
        self._save_checkpoint(record, best)
        self.folder.write_history(self.history)
        self._save_state()
        yield Epoch(record, best)
        yield Saved(str(self.folder.state), str(self.folder.best if best else self.folder.last))

    def score_dev(self) -> Score:
        """Return the scores of the averaged (or else the current) weights on the dev corpus, decoded greedily."""
        network = self.network if self.average is None else self.average
        count = len(self.dev_features)
        wanted = min(count, self.config.dev_utterances or count)
        chosen = np.unique(np.linspace(0, count - 1, wanted).astype(int))
        return score_posteriors(network.eval(), self.dev_features, chosen.tolist(), self.header.table)

    def _lower_rate(self, dev_loss: float) -> None:
        """Follow ReduceLROnPlateau with a relative threshold and no patience."""
        if self.config.schedule != "plateau":
            return
        if dev_loss < self.position.best_loss * (1 - self.config.plateau_threshold):
            self.position.best_loss = dev_loss
        else:
            self.position.rate_factor *= self.config.plateau_factor

    def _save_checkpoint(self, record: dict[str, Any], best: bool) -> None:
        weights = (self.network if self.average is None else self.average).state_dict()
        scores = {"dev, greedy": {name[4:]: value for name, value in record.items() if name.startswith("dev_")}}
        header = replace(self.header, history=tuple(self.history), scores=scores)
        self.folder.save_checkpoint(weights, header, best=best)

    def _save_state(self) -> None:
        self.folder.save_state(
            {
                "network_config": self.header.network.to_json(),
                "network": self.network.state_dict(),
                "average": None if self.average is None else self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "config": self.config.to_json(),
                "title": self.header.title,
                "notes": self.header.notes,
                "corpus": self.train_features.fingerprint,
                "position": vars(self.position),
                "history": self.history,
            }
        )


def learning_rate(config: TrainingConfig, progress: float) -> float:
    """Return the learning rate at a part (0..1) of the run: a linear rise, then the schedule."""
    if progress < config.warmup_fraction:
        return config.learning_rate * max(0.01, progress / config.warmup_fraction)
    if config.schedule != "cosine":
        return config.learning_rate
    part = (progress - config.warmup_fraction) / (1 - config.warmup_fraction)
    return config.learning_rate * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * min(1.0, part))))
