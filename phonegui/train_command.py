"""The subcommand that trains."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from model import __version__
from model.config import PRESETS, NetworkConfig, TrainingConfig, from_json, with_overrides
from model.errors import UserError
from model.run_folder import RunFolder
from phonegui.commands import chosen_part
from phonegui.progress_bars import Bars, quiet


def train(options: argparse.Namespace) -> int:
    """Train a network; Ctrl+C stops it after the batch with everything saved."""
    from model.checkpoint import CheckpointHeader, load_checkpoint
    from model.corpus import open_corpus
    from model.inference import choose_device
    from model.training import Control, Trainer

    folder = RunFolder(options.out)
    if options.resume and options.start_from:
        raise UserError("--resume goes on with the weights of the run; leave out --start-from.")
    parent, parent_header = load_checkpoint(options.start_from) if options.start_from else (None, CheckpointHeader())
    network, config, title, notes = _start(options, folder)
    network, config = _overridden(network if parent is None else parent_header.network, config, options.set)
    if parent is not None and network != replace(parent_header.network, dropout=network.dropout):
        raise UserError(f"The sizes of {options.start_from} cannot be changed, only network.dropout.")
    device = choose_device(options.device)
    train_corpus, dev_corpus = open_corpus(options.train), open_corpus(options.dev)
    if options.dev_part:
        dev_corpus = chosen_part(dev_corpus, options.dev_part)
    folder.prepare(resume=options.resume)
    header = replace(parent_header, network=network, title=options.title or title, notes=options.notes or notes)
    header = replace(header, history=(), scores={}, program_version=__version__)
    with Bars() as bars:
        caches = [_features(corpus, header, bars) for corpus in (train_corpus, dev_corpus)]
    control = Control()
    trainer = Trainer(folder, header, config, *caches, device=device, control=control)
    if parent is not None:
        trainer.start_from(parent.state_dict())
    if options.resume:
        trainer.resume()
    previous = signal.signal(signal.SIGINT, lambda *_: control.stop.set())
    try:
        return _follow(trainer)
    finally:
        signal.signal(signal.SIGINT, previous)


def _start(options: argparse.Namespace, folder: RunFolder) -> tuple[NetworkConfig, TrainingConfig, str, str]:
    """Return sizes, settings, title and notes: those of the preset, or on resuming those the run was started with."""
    if options.resume and folder.state.exists():
        sizes, settings, title, notes = folder.started_with()
        return from_json(NetworkConfig, sizes), from_json(TrainingConfig, settings), title, notes
    preset = PRESETS[options.preset]
    return preset.network, preset.training, Path(options.out).name, ""


def _features(corpus: Any, header: Any, bars: Bars) -> Any:
    from model.training import Phase, prepare_features

    for step in prepare_features(corpus, header, corpus.path.name):
        if not isinstance(step, Phase):
            return step
        bars.report(step.name, step.done, step.total)
    raise AssertionError("the last step gives the features")


def _overridden(network: NetworkConfig, config: Any, assignments: list[str]) -> tuple[NetworkConfig, Any]:
    """Apply ``--set`` to the training settings, and to the network's where the name begins with ``network.``."""
    sizes: dict[str, str] = {}
    settings: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UserError(f"--set takes FIELD=VALUE, not {assignment!r}.")
        target = sizes if name.startswith("network.") else settings
        target[name.removeprefix("network.")] = value
    return with_overrides(network, sizes), with_overrides(config, settings)


def _follow(trainer: Any) -> int:
    """Print what a training run reports until it ends."""
    from model.training import Batch, Epoch, Notice, Phase, Saved, Stopped

    bar: Any = None
    for event in trainer.run():
        match event:
            case Batch():
                if bar is None:
                    bar = tqdm(total=event.batches, initial=event.batch - 1, file=sys.stderr, disable=quiet())
                    bar.set_description(f"epoch {event.epoch}/{event.epochs}")
                bar.update()
                left = f"{event.seconds_left / 60:.0f} min left"
                bar.set_postfix_str(f"loss {event.loss:.3f}, {event.frames_per_second:.0f} frames/s, run: {left}")
                continue
            case Epoch(record=record, best=best):
                print(
                    f"epoch {record['epoch']}: train loss {record['train_loss']:.4f}, "
                    f"dev loss {record['dev_loss']:.4f}, "
                    f"dev phone error rate {100 * record['dev_phone_error_rate']:.2f} %, "
                    f"dev Levenshtein {record['dev_levenshtein']:.2f}"
                    f"{', best so far' if best else ''}",
                    flush=True,
                )
            case Notice(text=text):
                print(f"phonegui: {text}", file=sys.stderr)
            case Stopped(reason=reason, epochs=epochs):
                print(f"{reason} after {epochs} epochs; checkpoints in {trainer.folder.path}")
            case Phase() | Saved():
                pass
        if bar is not None and isinstance(event, Phase | Stopped):
            bar.close()
            bar = None
    return 0
