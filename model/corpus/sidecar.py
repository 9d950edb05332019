"""The file ``phonegui.json`` beside features that this program wrote: how they were made, and in which symbols."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.config import FeatureConfig, dumps, from_json
from model.errors import FileError, UserError, reason
from model.files import file_size, write_text
from model.phonemes import SymbolTable

NAME = "phonegui.json"
_FORMAT = 1
_LARGEST = 256 << 20


@dataclass(frozen=True)
class Sidecar:
    """What is known of features in course layout that this program wrote.

    Attributes
    ----------
    recipe
        How they were made.
    table
        The labels are its class indices less 1, for the course adds 1.
    names
        The utterances' names, by split.
    """

    recipe: FeatureConfig
    table: SymbolTable
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_sidecar(folder: Path) -> Sidecar | None:
    """Return what lies beside features in a folder, None when they are not this program's.

    Raises
    ------
    FileError
        The file is there and cannot be used.
    """
    path = folder / NAME
    if not path.exists():
        return None
    if file_size(path, wanted="the file phonegui.json") > _LARGEST:
        raise FileError(path, "is too large to be one of this program's")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict) or value.get("format") != _FORMAT:
            raise ValueError("it is not of a format this program knows")
        return Sidecar(
            from_json(FeatureConfig, value.get("features")),
            SymbolTable.from_json(value.get("symbols")),
            _names(value.get("names")),
        )
    except (OSError, ValueError, RecursionError, UserError) as error:
        problem = f"cannot be used ({reason(error)}); delete it to open the features as those of another origin"
        raise FileError(path, problem) from None


def write_sidecar(folder: Path, sidecar: Sidecar) -> None:
    """Write the file; raise FileError when it cannot be written."""
    value = {
        "format": _FORMAT,
        "features": sidecar.recipe.to_json(),
        "symbols": sidecar.table.to_json(),
        "names": {split: list(names) for split, names in sidecar.names.items()},
    }
    write_text(folder / NAME, dumps(value) + "\n")


def _names(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict) or not all(isinstance(names, list) for names in value.values()):
        raise ValueError("the names in it are malformed")
    if not all(isinstance(name, str) for names in value.values() for name in names):
        raise ValueError("the names in it are malformed")
    return {split: tuple(names) for split, names in value.items()}
