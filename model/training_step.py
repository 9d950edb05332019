"""One optimiser step: loss and gradient of a batch in as many parts as memory asks for, clipping, averaging.

The loss is the CTC loss per label, averaged over the utterances of the whole batch; computed in parts, or shared by
several processes, its gradient is the same sum. Two things differ in parts: dropout draws other masks, and batch
normalisation takes the statistics of each part (of all processes, though), its running averages moving as fast as
in one.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from model.config import TrainingConfig
from model.distributed import rank, sum_gradients, sum_numbers, world_size
from model.errors import UserError
from model.interruption import Interruptible
from model.network import SpeechToPhoneme
from model.optimization import make_optimizer, update_average
from model.out_of_memory import free_memory, is_out_of_memory
from model.synced_norm import synced_norms
from model.training_batches import TrainingBatch
from model.training_events import Control


class Stepper:
    """Makes the steps of a run on one device.

    Parameters
    ----------
    network
        Its weights are moved.
    average
        A network that follows with the running average of the weights, or None.
    config
        How to train.
    control
        A step on the CPU is given up in its midst, nothing changed, when this asks to stop.

    Attributes
    ----------
    splits
        Parts that each part of a batch is cut into, because memory ran out before.
    notices
        Sentences for the user, taken away by the caller.
    """

    def __init__(
        self, network: SpeechToPhoneme, average: SpeechToPhoneme | None, config: TrainingConfig, control: Control
    ) -> None:
        self.network, self.average, self.config = network, average, config
        self.device = next(network.parameters()).device
        self.optimizer = make_optimizer(network, config)
        self.precision = precision_of(config, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision is torch.float16)
        self.splits = 1
        self.notices: list[str] = []
        self._norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
        self._momenta = [norm.momentum or 0.0 for norm in self._norms]
        alone = world_size() == 1
        self._synced = [] if alone else synced_norms(network)
        # Other processes would wait for one that gave up; a GPU's step is short.
        self._stop = control.stop if alone and self.device.type == "cpu" else None

    def step(self, parts: list[TrainingBatch], utterances: int, *, rate: float, seeds: tuple[int, ...]) -> float:
        """Make one step.

        Parameters
        ----------
        parts
            What this process has of the batch.
        utterances
            Of the whole batch, in all processes.
        rate
            Learning rate.
        seeds
            The place in the run, which dropout is drawn by; the last is the number of steps made before.

        Returns
        -------
        float
            The loss per label; NaN when the batch had to be skipped and nothing was changed.

        Raises
        ------
        Cancelled
            The control asks to stop; nothing was changed.
        UserError
            Memory ran out and smaller parts cannot help.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        statistics = [buffer.clone() for buffer in self.network.buffers()]
        loss: float | None = math.nan
        finite = False
        try:
            loss = self._gradient(parts, utterances, seeds, statistics)
            finite = math.isfinite(loss) and self._move(seeds[-1])
        finally:
            self.optimizer.zero_grad(set_to_none=True)
            if not finite:
                # The forward pass has already put what is no number, or a batch given up, into the statistics.
                self._restore(statistics)
        overflowed = self.scaler.is_enabled() and math.isfinite(loss)  # the scaler has lowered its scale
        return loss if finite or overflowed else math.nan

    def _gradient(
        self, parts: list[TrainingBatch], utterances: int, seeds: tuple[int, ...], statistics: list[Tensor]
    ) -> float:
        """Put the gradient of the batch into the weights and return its loss, in smaller parts when memory runs out."""
        while True:
            state = np.random.SeedSequence([*seeds[:-1], rank()] if rank() else list(seeds[:-1])).generate_state(1)
            torch.manual_seed(int(state[0]))
            self.optimizer.zero_grad(set_to_none=True)
            try:
                loss = self._backward(parts, utterances)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Out of the except block, whose traceback holds all that the failed pass had in memory.
            free_memory()
            self._restore(statistics)
            if not self._split(max(len(part.lengths) for part in parts)):
                return math.nan
        sum_gradients(self.network.parameters())
        return sum_numbers([loss])[0]

    def _backward(self, parts: list[TrainingBatch], utterances: int) -> float:
        pieces = [piece for part in parts for piece in _pieces(part, self.splits)]
        for norm, momentum in zip(self._norms, self._momenta, strict=True):
            norm.momentum = momentum if len(pieces) == 1 else 1 - (1 - momentum) ** (1 / len(pieces))
        total = torch.zeros((), device=self.device)
        for piece in pieces:
            with Interruptible(self._stop) if self._stop is not None else contextlib.nullcontext():
                loss = self._loss(piece) / utterances
                torch.autograd.backward(self.scaler.scale(loss))
            total += loss.detach()
        return float(total)

    def _loss(self, batch: TrainingBatch) -> Tensor:
        """Return the sum over the utterances of the loss per label."""
        batch = batch.to(self.device)
        with self._norms_for(batch), torch.autocast(self.device.type, self.precision, self.precision != torch.float32):
            log_probs, frames = self.network(batch.features, batch.lengths)
        losses = functional.ctc_loss(
            log_probs.transpose(0, 1),
            batch.targets,
            frames,
            batch.target_lengths,
            reduction="none",
            zero_infinity=True,
        )
        smoothing = self.config.label_smoothing
        if smoothing:
            # Even posteriors in each frame as a second target (Kim et al., 2018, for CTC).
            beyond = torch.arange(log_probs.shape[1])[None, :] >= frames[:, None]
            evenly = -log_probs.mean(2).masked_fill(beyond.to(self.device), 0.0).sum(1)
            losses = (1 - smoothing) * losses + smoothing * evenly
        per_label = losses / batch.target_lengths.clamp(min=1).to(self.device)
        return per_label.sum() if batch.real else per_label.sum() * 0

    @contextlib.contextmanager
    def _norms_for(self, batch: TrainingBatch) -> Iterator[None]:
        for norm in self._synced:
            norm.counted = batch.real
            norm.train(batch.enough)
        yield
        for norm in self._synced:
            norm.train()

    def _move(self, steps: int) -> bool:
        """Make the optimiser's step unless the gradient is no number; return whether it was made."""
        self.scaler.unscale_(self.optimizer)
        limit = self.config.clip_norm or math.inf
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        finite = bool(torch.isfinite(norm))
        if finite or self.scaler.is_enabled():
            try:
                self.scaler.step(self.optimizer)  # leaves out the step where the gradient overflowed float16
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                raise UserError(
                    "Memory ran out for the optimiser, so no smaller batch can help; "
                    "train a smaller network, or resume on a device with more memory."
                ) from None
            self.scaler.update()
        if finite and self.average is not None:
            update_average(self.average, self.network, self.config.ema_decay, steps)
        return finite

    def _split(self, utterances: int) -> bool:
        """Cut batches in twice as many parts and tell the user; return whether there was anything left to cut."""
        if world_size() > 1:
            raise UserError(
                f"Memory ran out in process {rank()}; resume with twice the accumulation "
                f"(now {self.config.accumulation}), which leaves the training as it is."
            )
        if self.splits >= utterances:
            self.notices.append("Skipped a batch, for not even one of its utterances fits into memory.")
            return False
        self.splits *= 2
        self.notices.append(
            f"Memory ran out, so each batch is now computed in {self.splits} parts whose gradients are summed; "
            "only the statistics of batch normalisation are then of smaller parts."
        )
        return True

    def _restore(self, statistics: list[Tensor]) -> None:
        with torch.no_grad():
            for buffer, before in zip(self.network.buffers(), statistics, strict=True):
                buffer.copy_(before)


def precision_of(config: TrainingConfig, device: torch.device) -> torch.dtype:
    """Return the arithmetic of the forward pass on a device; weights and loss are float32 always."""
    if config.precision == "float32":
        return torch.float32
    if device.type == "cpu":
        if config.precision == "float16":
            raise UserError("float16 is for CUDA; on the CPU set precision to auto, bfloat16 or float32.")
        return torch.bfloat16 if config.precision == "bfloat16" or _fast_bfloat16() else torch.float32
    if config.precision == "float16":
        return torch.float16
    if config.precision == "bfloat16":
        return torch.bfloat16
    # Cards older than Ampere only emulate bfloat16.
    return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float32


def _fast_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16 faster than float32, as those with AVX512_BF16 or AMX do."""
    has: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _pieces(part: TrainingBatch, splits: int) -> list[TrainingBatch]:
    if splits == 1:
        return [part]
    edges = np.linspace(0, len(part.lengths), min(splits, len(part.lengths)) + 1).astype(int).tolist()
    return [part.rows(first, last) for first, last in itertools.pairwise(edges)]
