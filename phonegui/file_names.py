"""Short names of files in lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def told_apart(paths: Sequence[str]) -> list[str]:
    """Return the names of files, with as much of their folders as tells apart those that are called the same."""
    alike: dict[str, set[Path]] = {}
    for path in map(Path, paths):
        alike.setdefault(path.name, set()).add(path)
    return [_name(path, alike[path.name]) for path in map(Path, paths)]


def _name(path: Path, alike: set[Path]) -> str:
    if len(alike) < 2:
        return path.name
    folders = [other.parent.parts for other in alike]
    deepest = max(map(len, folders))
    count = next((n for n in range(1, deepest) if len({parts[-n:] for parts in folders}) == len(alike)), deepest)
    return f"{path.name}  ({Path(*path.parent.parts[-count:])})"
