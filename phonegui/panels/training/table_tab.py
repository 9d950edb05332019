"""The table twin of the curves: a row an epoch."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from phonegui.panels.table_style import style_table
from phonegui.training_log import RunLog
from phonegui.views.curve_scale import duration, written

_COLUMNS = (
    ("epoch", "Epoch", 1.0),
    ("step", "Step", 1.0),
    ("seconds", "Time", 1.0),
    ("train_loss", "Train loss", 1.0),
    ("dev_loss", "Dev loss", 1.0),
    ("dev_phone_error_rate", "Phone errors, %", 100.0),
    ("dev_levenshtein", "Levenshtein", 1.0),
    ("learning_rate", "Learning rate", 1.0),
    ("frames_per_second", "Frames/s", 1.0),
)


class EpochTable(QTableWidget):
    """Every number of every epoch; Ctrl+C copies the selected rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setHorizontalHeaderLabels([title for _, title, _ in _COLUMNS])
        style_table(self, "Epochs")
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in range(len(_COLUMNS)):
            self.horizontalHeaderItem(column).setTextAlignment(RIGHT)
        QShortcut(QKeySequence.StandardKey.Copy, self, self.copy_rows, context=Qt.ShortcutContext.WidgetShortcut)

    def show_log(self, log: RunLog) -> None:
        """Show the epochs of a run, the best in bold."""
        best = log.best()
        self.setRowCount(len(log.epochs))
        for row, record in enumerate(log.epochs):
            for column, (name, _, factor) in enumerate(_COLUMNS):
                item = self.item(row, column) or QTableWidgetItem()
                item.setTextAlignment(RIGHT)
                value = factor * record[name]
                item.setText(duration(value) if name == "seconds" else written(value))
                font = self.font()
                font.setBold(record is best)
                item.setFont(font)
                if self.item(row, column) is None:
                    self.setItem(row, column, item)
        self.scrollToBottom()

    def copy_rows(self) -> None:
        """Copy the selected rows, or all, separated by tabs, with their titles."""
        rows = sorted({index.row() for index in self.selectedIndexes()}) or list(range(self.rowCount()))
        lines = ["\t".join(title for _, title, _ in _COLUMNS)]
        for row in rows:
            cells = [self.item(row, column) for column in range(self.columnCount())]
            lines.append("\t".join(cell.text() if cell else "" for cell in cells))
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")


RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
