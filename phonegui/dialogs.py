"""The about box."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from model import __version__
from model.checkpoint import CheckpointHeader, stored_type
from model.errors import UserError
from phonegui.panels.icons import without_icons

_WIDTH, _MARGIN = 640, 24
_LICENCE = "MIT. The sample recordings have licences of their own, listed beside them in LICENSES.txt."


def show_about(parent: QWidget, checkpoint: str, header: CheckpointHeader | None) -> QDialog:
    """Show versions and what the checkpoint is, without blocking the window."""
    rows = [("phonegui", __version__), ("Licence", _LICENCE), ("Qt", qVersion()), ("torch", metadata.version("torch"))]
    if header is not None:
        network = header.network
        rows += [
            ("Checkpoint", header.title or "untitled"),
            ("Network", f"{network.layers} × {network.hidden} cells, time stride {network.time_stride}"),
            ("Weights", _stored(checkpoint)),
            ("Notes", header.notes or "none"),
            ("File", checkpoint),
        ]
    return _sheet(parent, "About phonegui", rows)


def _stored(checkpoint: str) -> str:
    try:
        return stored_type(checkpoint)
    except UserError:  # the file may be gone by now
        return "unknown"


def checkpoint_summary(header: CheckpointHeader, path: str) -> str:
    """Return a checkpoint's name, and its phone error rate on what it was measured on last."""
    name = header.title or Path(path).stem
    for corpus, score in reversed(header.scores.items()):
        rate = score.get("phone_error_rate") if isinstance(score, dict) else None
        if isinstance(rate, float):
            return f"{name}  ·  {100 * rate:.1f} % phone errors ({corpus})"
    return name


def _sheet(parent: QWidget, title: str, rows: list[tuple[str, str]]) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            label = QLabel(text, wordWrap=column > 0)
            label.setTextFormat(Qt.TextFormat.PlainText)
            if column:
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            if not column:
                label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
            grid.addWidget(label, number, column)
    grid.setColumnStretch(1, 1)
    grid.setRowStretch(len(rows), 1)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    without_icons(buttons)
    buttons.rejected.connect(dialog.reject)
    column_layout = QVBoxLayout(dialog)
    column_layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 16)
    column_layout.setSpacing(24)
    column_layout.addWidget(_scrolling(grid), 1)
    column_layout.addWidget(buttons)
    dialog.setMinimumWidth(_WIDTH)
    dialog.open()
    return dialog


def _scrolling(grid: QGridLayout) -> QScrollArea:
    """Return a layout in an area that scrolls where it is higher than the screen."""
    holder = QWidget()
    grid.setContentsMargins(0, 0, 16, 0)
    holder.setLayout(grid)
    area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
    area.setWidget(holder)
    area.setMinimumHeight(min(560, grid.heightForWidth(_WIDTH - 2 * _MARGIN)))
    return area
