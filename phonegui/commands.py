"""What the subcommands do. Each takes the parsed options, prints, and returns an exit status."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from model import __version__
from model.distributed import is_lost, joined, launched
from model.errors import UserError, reason
from phonegui.resources import default_checkpoint


def transcribe(options: argparse.Namespace) -> int:
    """Transcribe recordings."""
    from phonegui.transcribe_command import transcribe as run

    return _shared(run, options)


def picture(options: argparse.Namespace) -> int:
    """Draw what the window shows of a recording."""
    from phonegui.export_command import picture as run

    return run(options)


def cut(options: argparse.Namespace) -> int:
    """Write a part of a recording's sound."""
    from phonegui.export_command import cut as run

    return run(options)


def submit(options: argparse.Namespace) -> int:
    """Write a submission."""
    from phonegui.submit_command import submit as run

    return _shared(run, options)


def evaluate(options: argparse.Namespace) -> int:
    """Score a checkpoint on a corpus."""
    from phonegui.evaluate_command import evaluate as run

    return _shared(run, options)


def language_model(options: argparse.Namespace) -> int:
    """Train a phone n-gram model."""
    from phonegui.language_model_command import language_model as run

    return run(options)


def convert(options: argparse.Namespace) -> int:
    """Store a checkpoint anew."""
    from phonegui.convert_command import convert as run

    return run(options)


def train(options: argparse.Namespace) -> int:
    """Train a network."""
    from phonegui.train_command import train as run

    return run(options)


def prepare(options: argparse.Namespace) -> int:
    """Write a corpus's features."""
    from phonegui.prepare_command import prepare as run

    return run(options)


def cache(options: argparse.Namespace) -> int:
    """Tell of the cache, or empty it."""
    from phonegui.prepare_command import cache as run

    return run(options)


def info(options: argparse.Namespace) -> int:
    """Print versions, devices and the checkpoint's header."""
    import torch

    from model.checkpoint import read_header, stored_type
    from model.network import SpeechToPhoneme, parameter_count

    path = Path(options.checkpoint) if options.checkpoint else default_checkpoint()
    header = read_header(path)
    with torch.device("meta"):
        parameters = parameter_count(SpeechToPhoneme(header.network))
    packages = ("torch", "numpy", "PySide6", "pyqtgraph", "librosa", "numba", "safetensors", "soundfile")
    devices = ["cpu", *(f"cuda: {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count()))]
    value = {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in packages},
        "devices": devices,
        "threads": torch.get_num_threads(),
        "checkpoint": {
            "file": str(path),
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "title": header.title,
            "notes": header.notes,
            "parameters": parameters,
            "weights": stored_type(path),
            "epochs": len(header.history),
            "network": header.network.to_json(),
            "features": header.features.to_json(),
            "symbols": header.table.name,
            "scores": header.scores,
        },
    }
    if options.format == "json":
        print(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        _print_tree(value)
    return 0


def _print_tree(value: dict[str, Any], indent: int = 0) -> None:
    for name, item in value.items():
        if isinstance(item, dict):
            print(f"{' ' * indent}{name}")
            _print_tree(item, indent + 2)
        else:
            items = item if isinstance(item, list | tuple) else [item]
            text = ", ".join(f"{x:.5g}" if isinstance(x, float) else str(x) for x in items)
            print(f"{' ' * indent}{name:<{22 - indent}} {text}".rstrip())


def _shared(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run a subcommand in each process that torchrun started, where it did: they share the work, the first one tells.

    Parameters
    ----------
    run
        Its exit status is 0 in all processes but the first, lest one that has less to do ends the others.
    """
    if not launched():
        return run(options)
    from model.inference import choose_device

    try:
        with joined(choose_device(options.device)):
            return run(options)
    except RuntimeError as error:
        if not is_lost(error):
            raise
        raise UserError(f"The other processes are gone ({reason(error)}); start the command again.") from None
