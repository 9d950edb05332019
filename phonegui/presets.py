"""The user's presets: networks and ways to train them, saved under names as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.config import PRESETS, NetworkConfig, Preset, TrainingConfig, from_json
from model.errors import FileError, UserError, reason, shown
from model.files import file_size, write_text

TITLES = {
    "published": "Published recipe",
    "recommended": "Recommended",
    "compact": "Compact",
    "quick": "Quick look",
}
"""Names that the window gives the presets of `model.config`."""

_FORMAT = 1
_LARGEST = 1 << 20
_LONGEST_NAME = 60


@dataclass(frozen=True)
class UserPresets:
    """The presets of a file, each checked when it is read.

    Parameters
    ----------
    path
        The JSON file; it need not exist.
    """

    path: Path

    def read(self) -> tuple[dict[str, Preset], list[str]]:
        """Return the presets in order of their names, and a sentence for each that cannot be used."""
        presets: dict[str, Preset] = {}
        problems: list[str] = []
        try:
            entries = self._entries()
        except FileError as error:
            return {}, [str(error)]
        for name in sorted(entries, key=str.casefold):
            try:
                presets[name] = _preset(entries[name])
            except UserError as error:
                problems.append(f"The preset {shown(name)} in {self.path} is left out: {error}")
        return presets, problems

    def save(self, name: str, preset: Preset) -> None:
        """Keep a preset under a name, in place of one of the same name.

        Raises
        ------
        UserError
            The name is empty, too long, or one of the built-in presets'.
        FileError
            The file is damaged or cannot be written; it is left as it is.
        """
        name = name.strip()
        taken = {title.casefold() for title in (*TITLES, *TITLES.values())}
        if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise UserError(f"The name of a preset has 1 to {_LONGEST_NAME} printable characters, not {shown(name)}.")
        if name.casefold() in taken:
            raise UserError(f"{name} is a preset of the program; choose another name.")
        entries = self._entries()
        entries[name] = {
            "help": preset.help,
            "network": preset.network.to_json(),
            "training": preset.training.to_json(),
        }
        self._write(entries)

    def delete(self, name: str) -> None:
        """Forget a preset; one that is not there is no error. Raise FileError as `save`."""
        entries = self._entries()
        if entries.pop(name, None) is not None:
            self._write(entries)

    def _entries(self) -> dict[str, Any]:
        """Return what the file holds under each name, unchecked, so that what is not understood is not lost."""
        if not self.path.exists():
            return {}
        try:
            if file_size(self.path, wanted="a file of presets") > _LARGEST:
                raise ValueError("it is too large")
            value = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(value, dict) or value.get("format") != _FORMAT or not isinstance(value["presets"], dict):
                raise ValueError("it is of another format")
        except (OSError, ValueError, KeyError, RecursionError) as error:
            raise FileError(self.path, f"holds no presets ({reason(error)}); mend it, or move it away") from None
        presets: dict[str, Any] = value["presets"]
        return presets

    def _write(self, entries: dict[str, Any]) -> None:
        write_text(self.path, json.dumps({"format": _FORMAT, "presets": entries}, indent=2) + "\n")


def built_in() -> dict[str, Preset]:
    """Return the presets of the program under the names that the window gives them."""
    return {TITLES.get(name, name.capitalize()): preset for name, preset in PRESETS.items()}


def _preset(value: object) -> Preset:
    if not isinstance(value, dict):
        raise UserError("It must be a JSON object.")
    network, training = from_json(NetworkConfig, value.get("network")), from_json(TrainingConfig, value.get("training"))
    text = value.get("help", "")
    return Preset(text if isinstance(text, str) else "", network, training)
