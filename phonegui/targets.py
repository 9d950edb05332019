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


def require_folder(folder: str | Path) -> None:
    """Raise FileError where a folder to write into, made if missing, is a file; to be called before all else."""
    try:
        is_file = Path(folder).is_file()
    except (OSError, ValueError) as error:
        raise FileError(folder, f"cannot be written ({reason(error)}); choose another name") from None
    if is_file:
        raise FileError(folder, "is a file; name a folder to write into")


def require_place(target: str | Path) -> None:
    """Raise FileError where the folder of a file to write, made if missing, cannot be one."""
    folder = Path(target).absolute().parent
    try:
        there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
        usable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    except (OSError, ValueError) as error:
        raise FileError(target, f"cannot be written ({reason(error)}); choose another name") from None
    if not usable:
        raise FileError(there, "cannot be written into; choose another folder" if there.is_dir() else "is no folder")


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
