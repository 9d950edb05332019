"""The subcommand that stores a checkpoint anew, and gives files of torch.save the header they lack."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from model.checkpoint import CheckpointHeader, load_checkpoint, save_checkpoint
from model.errors import FileError, UserError, reason
from model.files import file_size, require_other
from model.phonemes import TABLES, SymbolTable
from phonegui.targets import require_free

_LARGEST = 16 << 20


def convert(options: argparse.Namespace) -> int:
    """Store a checkpoint anew; the one read stays as it is."""
    require_other(options.target, options.source)
    require_free([options.target], force=options.force)
    scores = dict(_score(text) for text in options.score)
    table = _table(options.symbols) if options.symbols else None
    network, header = load_checkpoint(options.source)
    changes: dict[str, Any] = {"scores": {**header.scores, **scores}}
    changes |= {name: getattr(options, name) for name in ("title", "notes") if getattr(options, name) is not None}
    if table is not None:
        changes["table"] = table
    if options.features:
        changes["features"] = _declared(header, options.features)
    header = dataclasses.replace(header, **changes)
    save_checkpoint(options.target, network.state_dict(), header, half=options.half)
    print(f"{options.target}: {Path(options.target).stat().st_size / 1e6:.1f} MB")
    print(f"symbols   {header.table.name}")
    print(f"features  {header.features.coefficients} coefficients, {_KINDS[header.features.kind]}")
    return 0


_KINDS = {"mfcc": "computed by phonegui from recordings", "unknown": "of unknown recipe, given as files"}


def _declared(header: CheckpointHeader, kind: str) -> Any:
    """Return the recipe of the kind that the user declares; one that is known already keeps its other settings."""
    recipe = header.features
    bands = max(recipe.mel_bands, recipe.coefficients)
    return dataclasses.replace(recipe, kind=kind, mel_bands=bands)


def _table(name: str) -> SymbolTable:
    """Return the table a name or a JSON file gives; a name's beginning will do, or its number of symbols."""
    found = [table for table in TABLES if table.name == name] or [
        table for table in TABLES if table.name.split()[0] == name or name.lower() in table.name
    ]
    if len(found) == 1:
        return found[0]
    names = "; ".join(table.name for table in TABLES)
    if not Path(name).suffix:
        problem = "names several symbol tables" if found else "names no symbol table"
        raise UserError(f"--symbols {name} {problem}; choose one of: {names}; or give a JSON file.")
    try:
        return SymbolTable.from_json(_read_json(Path(name)))
    except ValueError as error:
        raise FileError(
            name, f"is no symbol table ({error}); give a JSON object with lists symbols and letters"
        ) from None


def _score(text: str) -> tuple[str, dict[str, Any]]:
    name, equals, path = text.partition("=")
    if not equals:
        raise UserError(f"--score takes NAME=FILE, not {text!r}.")
    value = _read_json(Path(path))
    if not isinstance(value, dict) or not isinstance(value.get("phone_error_rate"), float):
        raise FileError(path, "holds no scores; give what evaluate --format json printed")
    # The tables by speaker and phoneme belong into a report.
    return name, {key: part for key, part in value.items() if isinstance(part, int | float) or "interval" in key}


def _read_json(path: Path) -> Any:
    if file_size(path, wanted="a JSON file") > _LARGEST:
        raise FileError(path, "is too large for a JSON file (over 16 MB)")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(path, f"cannot be read as JSON ({reason(error)})") from None
