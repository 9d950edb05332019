"""``python -m model.training``: training without the window's packages, under ``torchrun`` in many processes.

    torchrun --nproc-per-node 4 -m model.training TRAIN --dev DEV --out RUN_DIR --preset recommended

The settings, and with them the course of the training, are the same for any number of processes: they share each batch.
The folders of the run and of the kept features lie where all machines see them.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.config import PRESETS, TrainingConfig
from model.errors import Cancelled, UserError, reason

if TYPE_CHECKING:
    from model.tensorboard_log import TensorBoardLog
    from model.training_events import Event
    from model.training_setup import TrainingRequest

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def add_arguments(parser: argparse.ArgumentParser, devices: Sequence[str]) -> None:
    """Give a parser the options of a training run."""
    parser.add_argument("train", metavar="TRAIN", help="corpus to learn from")
    parser.add_argument("--dev", required=True, metavar="DEV", help="corpus scored after every epoch")
    parser.add_argument("--dev-part", metavar="NAME", help="score one sub-corpus of DEV (column corpus) alone")
    parser.add_argument(
        "--choose",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="how to read the corpora where there is a choice: 'label offset', 'symbol table', 'split'",
    )
    parser.add_argument("--out", required=True, metavar="RUN_DIR", help="folder of the run, made if missing")
    presets = "; ".join(f"{name}: {preset.help}" for name, preset in PRESETS.items())
    parser.add_argument("--preset", default="compact", choices=tuple(PRESETS), help=presets.replace("%", "%%"))
    fields = ", ".join(TrainingConfig.__dataclass_fields__)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"change a setting of the preset: {fields}, or a size of the network as network.FIELD",
    )
    parser.add_argument("--start-from", metavar="C", help="begin with a checkpoint's sizes and weights")
    parser.add_argument("--resume", action="store_true", help="go on with the run kept in RUN_DIR, with its settings")
    parser.add_argument("--device", default="auto", choices=tuple(devices))
    parser.add_argument("--title", default="", help="name stored in the checkpoints")
    parser.add_argument("--notes", default="", help="words stored in the checkpoints: data, licences")
    parser.add_argument("--tensorboard", action="store_true", help="log into RUN_DIR/tensorboard, too")


def request_of(options: argparse.Namespace) -> TrainingRequest:
    """Return what the parsed options ask for."""
    from model.training_setup import TrainingRequest

    return TrainingRequest(**{item.name: getattr(options, item.name) for item in dataclasses.fields(TrainingRequest)})


def sentence(event: Event) -> str:
    """Return what a terminal shows of an event, empty for those that come too often."""
    from model.training_events import Epoch, Notice, Scored

    match event:
        case Epoch(record=record, best=best):
            return (
                f"epoch {record['epoch']}: train loss {record['train_loss']:.4f}, "
                f"dev loss {record['dev_loss']:.4f}, "
                f"dev phone error rate {100 * record['dev_phone_error_rate']:.2f} %, "
                f"dev Levenshtein {record['dev_levenshtein']:.2f}{', best so far' if best else ''}"
            )
        case Scored(name=name, scores=scores):
            return (
                f"best checkpoint, {name}: phone error rate {100 * scores['phone_error_rate']:.2f} %, "
                f"Levenshtein {scores['levenshtein']:.2f}"
            )
        case Notice(text=text):
            return text
    return ""


@contextlib.contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl+C, and the end that a batch system announces, stop the run with everything saved."""
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def tensorboard_log(wanted: bool, out: str, step: int) -> contextlib.AbstractContextManager[TensorBoardLog | None]:
    """Return the TensorBoard log of a run as a context, or one of nothing where none is wanted."""
    if not wanted:
        return contextlib.nullcontext()
    from model.tensorboard_log import TensorBoardLog

    return TensorBoardLog(Path(out) / "tensorboard", step)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line asks; return the exit status: 0, or 2 after one sentence on stderr."""
    from model.distributed import is_lost
    from model.inference import DEVICES

    parser = argparse.ArgumentParser(prog="python -m model.training", description=(__doc__ or "").splitlines()[0])
    add_arguments(parser, DEVICES)
    options = parser.parse_args(arguments)
    try:
        return _train(options)
    except UserError as error:
        print(f"phonegui: {error}", file=sys.stderr)
        return 2
    except Cancelled:
        print("phonegui: interrupted.", file=sys.stderr)
        return 130
    except RuntimeError as error:
        if not is_lost(error):
            raise
        print(f"phonegui: The other processes of the run are gone ({reason(error)}).", file=sys.stderr)
        return 1


def _train(options: argparse.Namespace) -> int:
    from model.distributed import joined, rank
    from model.inference import choose_device
    from model.training_events import Control, Notice, Stopped
    from model.training_setup import set_up

    control = Control()
    with joined(choose_device(options.device)) as device, stopped_by_signals(control.stop):
        trainer = set_up(request_of(options), device, control, lambda *_: not control.stop.is_set())
        first = rank() == 0
        with tensorboard_log(options.tensorboard and first, options.out, trainer.position.step) as log:
            for event in trainer.run():
                if log is not None:
                    log.write(event)
                text = sentence(event) if first else ""
                if text:
                    print(text, file=sys.stderr if isinstance(event, Notice) else sys.stdout, flush=True)
                if first and isinstance(event, Stopped):
                    print(f"{event.reason} after {event.epochs} epochs; checkpoints in {options.out}", flush=True)
    return 0
