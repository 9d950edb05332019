"""A training run as the window drives it: set up, trained, and told as events, transcripts of utterances among them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.errors import Cancelled, UserError
from model.training_events import Batch, Control, Event, Notice, Phase, Saved, Stopped
from phonegui.pinned import PinnedTranscript, choose_pinned, decode_pinned, read_transcripts, write_transcripts
from phonegui.training_log import RunLog, read_run
from phonegui.training_plan import TrainingPlan

if TYPE_CHECKING:
    from model.training import Trainer

Report = Callable[[Phase], bool]
"""Called with what is done now; answers False to give up."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a run when its first batch begins.

    Attributes
    ----------
    parameters
        Weights of the network.
    utterances, frames
        What an epoch trains on.
    device
        Where it computes.
    log
        What a resumed run did before.
    """

    parameters: int
    utterances: int
    frames: int
    device: str
    log: RunLog


@dataclass(frozen=True)
class Step:
    """A batch, and the seconds of training so far."""

    batch: Batch
    seconds: float


@dataclass(frozen=True)
class Transcripts:
    """All transcripts of the pinned utterances so far."""

    items: tuple[PinnedTranscript, ...]


RunEvent = Event | Step | Facts | Transcripts


def run_events(plan: TrainingPlan, control: Control, report: Report) -> Iterator[RunEvent]:
    """Carry out a plan; the last event is `Stopped`.

    Raises
    ------
    UserError
        A corpus cannot be opened or learned from, the folder cannot be used, or the training failed.
    """
    report(Phase("loading the engine"))
    import torch

    from model.inference import choose_device
    from model.processors import available_processors
    from model.training_main import tensorboard_log
    from model.training_setup import set_up

    # One core is the GUI thread's.
    torch.set_num_threads(max(1, available_processors() - 1))

    def tell(name: str, done: int, total: int) -> bool:
        control.wait_while_paused()
        report(Phase(name, done, total))
        if done == total:  # what comes next says nothing itself
            report(Phase("making the network"))
        return not control.stop.is_set()

    device = choose_device(plan.device)
    report(Phase("reading the corpora"))
    try:
        trainer = set_up(plan.request(), device, control, tell)
    except Cancelled:
        yield Stopped("stopped", 0)
        return
    # What the corpora are is on the screen already.
    described = (plan.train, plan.dev)
    trainer.notices = [text for text in trainer.notices if not text.startswith(described)]
    yield _facts(trainer, plan)
    with contextlib.ExitStack() as context:
        log = None
        try:
            log = context.enter_context(tensorboard_log(plan.tensorboard, plan.out, trainer.position.step))
        except UserError as error:
            yield Notice(f"{error} The run goes on without that log.")
        for event in _train(trainer, plan, control):
            if log is not None:
                log.write(event.batch if isinstance(event, Step) else event)
            yield event


def _facts(trainer: Trainer, plan: TrainingPlan) -> Facts:
    log = read_run(plan.out) if plan.resume else RunLog()
    log.cut_after(trainer.position.step)
    log.epochs = []
    for record in trainer.history:
        log.add_epoch(record)
    batches = trainer.maker.epoch(trainer.position.epoch)
    utterances, frames = sum(map(len, batches)), sum(map(trainer.maker.frames, batches))
    parameters = sum(weight.numel() for weight in trainer.network.parameters())
    return Facts(parameters, utterances, frames, str(trainer.device), log)


def _train(trainer: Trainer, plan: TrainingPlan, control: Control) -> Iterator[RunEvent]:
    """Pass on the trainer's events, with the pinned transcripts after every epoch."""
    done = len(trainer.history)
    kept = [item for item in read_transcripts(plan.out) if plan.resume and item.epoch <= done]
    pinned = choose_pinned(trainer.dev_features)
    if kept:
        yield Transcripts(tuple(kept))
    if done and not any(item.epoch == done for item in kept):  # stopped before the epoch's could be made
        yield from _heard(trainer, plan, control, pinned, kept)
    for event in trainer.run():
        yield Step(event, trainer.position.seconds) if isinstance(event, Batch) else event
        if isinstance(event, Saved) and event.checkpoint and len(trainer.history) > done:
            done = len(trainer.history)
            yield from _heard(trainer, plan, control, pinned, kept)


def _heard(
    trainer: Trainer, plan: TrainingPlan, control: Control, pinned: list[int], kept: list[PinnedTranscript]
) -> Iterator[Transcripts | Notice]:
    """Add to `kept` what the checkpoint of the last epoch hears, tell it and write it."""
    try:
        new = decode_pinned(trainer.folder.last, trainer.dev_features, pinned, trainer.device, control.stop)
        kept[:] = [item for item in kept if item.epoch < new[0].epoch] + new
        yield Transcripts(tuple(kept))
        write_transcripts(plan.out, kept)
    except UserError as error:
        # Transcripts are for the eye; the training must not end for want of them.
        yield Notice(f"The transcripts of epoch {len(trainer.history)} are not kept. {error}")
    except Cancelled:
        pass  # the run is to stop; the trainer sees it, too
