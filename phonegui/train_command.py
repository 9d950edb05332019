"""The subcommand that trains."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tqdm import tqdm

from model.errors import Cancelled
from model.training_main import request_of, sentence, stopped_by_signals, tensorboard_log
from phonegui.progress_bars import Bars, quiet


def train(options: argparse.Namespace) -> int:
    """Train a network; Ctrl+C stops it with everything saved."""
    from model.distributed import joined, rank
    from model.inference import choose_device
    from model.training import Control
    from model.training_setup import set_up

    control = Control()
    with joined(choose_device(options.device)) as device, stopped_by_signals(control.stop):
        with Bars() as bars:

            def report(name: str, done: int, total: int) -> bool:
                return bars.report(name, done, total) and not control.stop.is_set()

            try:
                trainer = set_up(request_of(options), device, control, report)
            except Cancelled:
                print("phonegui: interrupted.", file=sys.stderr)
                return 130
        first = rank() == 0
        with tensorboard_log(options.tensorboard and first, options.out, trainer.position.step) as log:
            return _follow(trainer, log) if first else _drain(trainer)


def _drain(trainer: Any) -> int:
    for _ in trainer.run():
        pass
    return 0


def _follow(trainer: Any, log: Any) -> int:
    """Print what a training run reports until it ends."""
    from model.training import Batch, Notice, Phase, Stopped

    bar: Any = None
    for event in trainer.run():
        if log is not None:
            log.write(event)
        if bar is not None and (isinstance(event, Phase | Stopped) or (isinstance(event, Batch) and event.batch == 1)):
            bar.close()
            bar = None
        if isinstance(event, Batch):
            if bar is None:
                bar = tqdm(total=event.batches, initial=event.batch - 1, file=sys.stderr, disable=quiet())
                bar.set_description(f"epoch {event.epoch}/{event.epochs}")
            bar.update()
            left = f"{event.seconds_left / 60:.0f} min left"
            bar.set_postfix_str(f"loss {event.loss:.3f}, {event.frames_per_second:.0f} frames/s, run: {left}")
            continue
        text = sentence(event)
        if isinstance(event, Notice):
            text = f"phonegui: {text}"
        if text:
            with tqdm.external_write_mode(sys.stderr):  # an epoch can be scored while the bar of the next one stands
                print(text, file=sys.stderr if isinstance(event, Notice) else sys.stdout, flush=True)
        if isinstance(event, Stopped):
            epochs = "1 epoch" if event.epochs == 1 else f"{event.epochs} epochs"
            print(f"{event.reason} after {epochs}; checkpoints in {trainer.folder.path}")
    return 0
