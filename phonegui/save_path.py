"""Asking where to save a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget


def ask_save_path(parent: QWidget, title: str, start: str, kinds: str, suffix: str) -> str:
    """Return the path that the user chose, empty where none; a name typed without a suffix gets one.

    The system's dialog asks before a file is replaced, but only of the name as it was typed: where the suffix leads to
    a file that is there, it is shown again with the whole name, until the answer is whole or leads to no file.

    Parameters
    ----------
    title, start, kinds
        Title, first path and filter of the dialog.
    suffix
        With its dot.
    """
    while True:
        path, _ = QFileDialog.getSaveFileName(parent, title, start, kinds)
        if not path or Path(path).suffix:
            return path
        start = f"{path}{suffix}"
        if not Path(start).exists():
            return start
