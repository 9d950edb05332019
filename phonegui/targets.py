"""Files that subcommands write: none that is there is written over unless ``--force`` says so."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from model.errors import FileError, reason


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add the option that all subcommands share which write files."""
    parser.add_argument("--force", action="store_true", help="replace files that are there already")


def require_free(targets: Iterable[str | Path], *, force: bool) -> None:
    """Raise FileError unless all of some files may be written; to be called before anything is computed.

    Parameters
    ----------
    force
        Whether ordinary files that are there may be replaced. Folders and devices never are.
    """
    for target in map(Path, targets):
        try:
            there = os.path.lexists(target)
            ordinary = target.is_file() or (target.is_symlink() and not target.exists())
        except (OSError, ValueError) as error:
            raise FileError(target, f"cannot be written ({reason(error)}); choose another name") from None
        if there and target.is_dir():
            raise FileError(target, "is a folder; name a file in it")
        if there and not ordinary:
            raise FileError(target, "is a pipe or a device; name an ordinary file to write")
        if there and not force:
            raise FileError(target, "is there already; name another file, or add --force to replace it")
