"""What is remembered between starts. Every value read back is checked: the file may be old or damaged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_MOST_RECENT = 10
_LONGEST_JSON = 1 << 20


class Remembered:
    """Typed access to the application's `QSettings`."""

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings()

    def sync(self) -> None:
        """Write what was set to the disk now."""
        self._store.sync()

    @property
    def recent_files(self) -> list[str]:
        """Files opened lately, newest first; some may be gone, or on a disk that is not there now."""
        value = self._store.value("recent_files", [])
        paths = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [path for path in paths if isinstance(path, str) and Path(path).is_absolute()][:_MOST_RECENT]

    def add_recent(self, path: str) -> None:
        """Put a file at the head of the recent ones."""
        others = [other for other in self.recent_files if other != path]
        self._store.setValue("recent_files", [path, *others][:_MOST_RECENT])

    def clear_recent(self) -> None:
        """Forget all recent files."""
        self._store.setValue("recent_files", [])

    @property
    def folder(self) -> str:
        """Folder the file dialog opens in."""
        value = self._store.value("folder", "")
        return value if isinstance(value, str) and _exists(value) else str(Path.home())

    @folder.setter
    def folder(self, value: str) -> None:
        self._store.setValue("folder", value)

    @property
    def checkpoint(self) -> str:
        """Checkpoint chosen last, empty for the bundled one."""
        value = self._store.value("checkpoint", "")
        return value if isinstance(value, str) and value and _exists(value) else ""

    @checkpoint.setter
    def checkpoint(self, value: str) -> None:
        self._store.setValue("checkpoint", value)

    def path(self, name: str) -> str:
        """Return a remembered path, empty where there is none or it is gone."""
        value = self._store.value(name, "")
        return value if isinstance(value, str) and value and _exists(value) else ""

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a remembered whole number, the default where it is missing, no number or out of bounds."""
        try:
            value = int(str(self._store.value(name, default)))
        except ValueError:
            return default
        return value if low <= value <= high else default

    def text(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return a remembered choice, the default where it is none of the choices."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) and value in choices else default

    def words(self, name: str, default: str = "") -> str:
        """Return remembered text of any kind (a path, a name), the default where there is none."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def data(self, name: str) -> QByteArray:
        """Return remembered bytes (a window's geometry or arrangement), empty where there are none."""
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def json(self, name: str) -> Any:
        """Return a remembered JSON value, None where there is none or it is damaged."""
        value = self._store.value(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST_JSON:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None

    @property
    def folder_of_program(self) -> Path:
        """Folder for files of the program's own that must not be lost."""
        place = Path(self._store.fileName())
        # On Windows the store is no file but a key of the registry.
        if place.is_absolute() and sys.platform != "win32":
            return place.parent
        import platformdirs

        return Path(platformdirs.user_data_dir("phonegui", appauthor=False))

    def set(self, name: str, value: object) -> None:
        """Remember a value."""
        self._store.setValue(name, value)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
