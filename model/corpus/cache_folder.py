"""The folder for what can be made again: its size, its limit, and how it is emptied."""

from __future__ import annotations

import contextlib
import os
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.errors import UserError, shown

_PARTS = ("features", "corpora", "posteriors")
_LIMIT_GIGABYTES = 20.0

# What this process has mapped into memory: it is not deleted under its reader.
_in_use: dict[str, list[weakref.ref[Any]]] = {}


def default_cache_folder() -> Path:
    """Return the folder for files that can be made again: ``PHONEGUI_CACHE`` if set, else the system's place."""
    chosen = os.environ.get("PHONEGUI_CACHE")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("phonegui", appauthor=False))


def cache_limit() -> int:
    """Return the most bytes that are kept: ``PHONEGUI_CACHE_LIMIT`` in GB, 20 GB if it is not set.

    Raises
    ------
    UserError
        The variable holds no number of gigabytes.
    """
    text = os.environ.get("PHONEGUI_CACHE_LIMIT", "")
    try:
        gigabytes = float(text or _LIMIT_GIGABYTES)
        if 0 <= gigabytes <= 1e6:
            return round(gigabytes * 1e9)
    except ValueError:
        pass
    raise UserError(f"PHONEGUI_CACHE_LIMIT must be a number of gigabytes, not {shown(text)}.")


def cache_size(folder: Path | None = None) -> int:
    """Return the bytes that the cache takes."""
    return sum(_size(entry) for entry in _entries(folder or default_cache_folder()))


def clear_cache(folder: Path | None = None) -> int:
    """Delete all that can be made again and is not open in this process; return the bytes that were freed."""
    return sum(_delete(entry) for entry in _entries(folder or default_cache_folder()) if not _is_open(entry))


def trim_cache(folder: Path | None = None, *, limit: int | None = None) -> int:
    """Delete what was used longest ago until the cache is within its limit; return the bytes that were freed.

    What this process has open stays, whatever the limit.
    """
    limit = cache_limit() if limit is None else limit
    sizes = {entry: _size(entry) for entry in _entries(folder or default_cache_folder())}
    excess, freed = sum(sizes.values()) - limit, 0
    for entry in sorted(sizes, key=_last_use):
        if freed >= excess:
            break
        if not _is_open(entry):
            freed += _delete(entry)
    return freed


def note_use(entry: Path, reader: Any = None) -> None:
    """Remember that an entry of the cache is used now, and by `reader` as long as that exists."""
    if reader is not None:
        others = [other for other in _in_use.get(str(entry.absolute()), ()) if other() is not None]
        _in_use[str(entry.absolute())] = [*others, weakref.ref(reader)]
    with contextlib.suppress(OSError):
        os.utime(entry)


def _entries(folder: Path) -> Iterator[Path]:
    for part in _PARTS:
        with contextlib.suppress(OSError):
            yield from sorted((folder / part).iterdir())


def _files(entry: Path) -> Iterator[Path]:
    if entry.is_dir() and not entry.is_symlink():
        for root, _, names in os.walk(entry):
            yield from (Path(root, name) for name in names)
    else:
        yield entry


def _size(entry: Path) -> int:
    total = 0
    for file in _files(entry):
        with contextlib.suppress(OSError):
            total += file.lstat().st_size
    return total


def _last_use(entry: Path) -> float:
    try:
        return entry.lstat().st_mtime
    except OSError:
        return 0.0


def _is_open(entry: Path) -> bool:
    return any(reader() is not None for reader in _in_use.get(str(entry.absolute()), ()))


def _delete(entry: Path) -> int:
    """Delete an entry; what another program holds open (on Windows) stays."""
    size = _size(entry)
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            entry.unlink()
    return size - (_size(entry) if entry.exists() else 0)
