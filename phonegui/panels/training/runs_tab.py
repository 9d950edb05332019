"""The runs made before: what they reached, to compare with, go on with, or hear with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPalette, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from model.errors import UserError
from model.run_folder import RunFolder
from phonegui.panels.table_style import style_table
from phonegui.panels.training.sections import muted_label
from phonegui.panels.training.table_tab import RIGHT
from phonegui.theme import current_theme, outline
from phonegui.training_log import RunLog, read_run
from phonegui.training_plan import read_plan
from phonegui.views.curve_scale import duration, written
from phonegui.workers import LatestWorker, Report

_COLUMNS = ("Compare", "Run", "State", "Epochs", "Best phone errors, %", "Levenshtein", "Time")
_MOST = 200


@dataclass(frozen=True, eq=False)
class Run:
    """A run's folder and what it tells; `state` is empty where it was not started from a window."""

    folder: str
    log: RunLog
    state: str
    resumable: bool
    checkpoint: str


class _TickDelegate(QStyledItemDelegate):
    """Draws boxes to tick with an outline that can be seen in the dark."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        palette = QPalette(option.palette)
        outline(palette, current_theme(palette))
        option.palette = palette


class RunsTab(QWidget):
    """A table of the runs in a folder, newest first."""

    found = Signal(int)  # how many runs the folder holds
    compared = Signal(object)  # dict of names and RunLogs to lay beneath the curves
    resume_clicked = Signal(str)  # folder of the run to go on with
    use_clicked = Signal(str)  # path of the checkpoint to hear with

    def __init__(self, most_compared: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[Run] = []
        self._chosen: list[str] = []
        self._most = most_compared
        self._colors: list[str] = []
        self._current = ""
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        style_table(self.table, "Runs")
        self.table.setItemDelegateForColumn(0, _TickDelegate(self.table))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column in range(len(_COLUMNS)):
            alignment = RIGHT if column > 2 else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            self.table.horizontalHeaderItem(column).setTextAlignment(alignment)
        self.table.itemChanged.connect(self._checked)
        self.table.itemSelectionChanged.connect(self._selected)
        self.resume = QPushButton("Resume this run")
        self.resume.clicked.connect(lambda: self._tell(self.resume_clicked, lambda run: run.folder))
        self.use = QPushButton("Use its best checkpoint")
        self.use.clicked.connect(lambda: self._tell(self.use_clicked, lambda run: run.checkpoint))
        self._hint = muted_label(f"Tick up to {most_compared} runs to lay their curves beneath this one's.")
        self._reader = LatestWorker(_read_runs, "reading runs", self)
        self._reader.produced.connect(lambda _, runs: self._show(runs))
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 0, 12, 0)
        buttons.setSpacing(8)
        buttons.addWidget(self._hint, 1)
        buttons.addWidget(self.resume)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        self._selected()

    def read(self, parent: str, current: str) -> None:
        """Read the runs in a folder anew; `current` is the folder of the run that goes on."""
        self._current = current
        self._reader.submit(parent)

    def set_colors(self, colors: list[str]) -> None:
        """Take the colours that the compared runs are drawn in."""
        self._colors = colors
        self._paint_swatches()

    def close_worker(self) -> None:
        """End the thread that reads runs."""
        self._reader.close()

    def _show(self, runs: list[Run]) -> None:
        self._runs = runs
        self.table.blockSignals(True)
        self.table.setRowCount(len(runs))
        for row, run in enumerate(runs):
            for column, text in enumerate(_cells(run, going_on=run.folder == self._current)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(
                    RIGHT if column > 2 else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                )
                item.setToolTip(run.folder if column == 1 else "")
                self.table.setItem(row, column, item)
            tick = self.table.item(row, 0)
            tick.setFlags(tick.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            tick.setData(Qt.ItemDataRole.AccessibleTextRole, f"Compare {Path(run.folder).name}")
            chosen = run.folder in self._chosen
            tick.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
        self.table.blockSignals(False)
        self._selected()
        self._tell_compared()
        self.found.emit(len(runs))

    def _checked(self, item: QTableWidgetItem) -> None:
        if item.column() != 0:
            return
        folder = self._runs[item.row()].folder
        if item.checkState() == Qt.CheckState.Checked and folder not in self._chosen:
            self._chosen.append(folder)
        elif item.checkState() != Qt.CheckState.Checked and folder in self._chosen:
            self._chosen.remove(folder)
        if len(self._chosen) > self._most:
            item.setCheckState(Qt.CheckState.Unchecked)
            return
        self._tell_compared()

    def _tell_compared(self) -> None:
        known = {run.folder: run for run in self._runs}
        self._chosen = [folder for folder in self._chosen if folder in known]
        self._paint_swatches()
        self.compared.emit({Path(folder).name: known[folder].log for folder in self._chosen})

    def _paint_swatches(self) -> None:
        self.table.blockSignals(True)
        for row, run in enumerate(self._runs):
            picture = QPixmap()
            if run.folder in self._chosen and self._colors:
                picture = QPixmap(12, 12)
                picture.fill(QColor(self._colors[self._chosen.index(run.folder) % len(self._colors)]))
            item = self.table.item(row, 1)
            if item is not None:
                item.setData(Qt.ItemDataRole.DecorationRole, picture if not picture.isNull() else None)
        self.table.blockSignals(False)

    def _selection(self) -> Run | None:
        row = self.table.currentRow()
        return self._runs[row] if 0 <= row < len(self._runs) and self.table.selectedIndexes() else None

    def _selected(self) -> None:
        run = self._selection()
        self.resume.setEnabled(run is not None and run.resumable and run.folder != self._current)
        self.use.setEnabled(run is not None and bool(run.checkpoint))

    def _tell(self, signal: object, what: object) -> None:
        run = self._selection()
        if run is not None:
            signal.emit(what(run))  # type: ignore[attr-defined, operator]


def _cells(run: Run, *, going_on: bool) -> list[str]:
    best, epochs = run.log.best(), run.log.epochs
    # A plan that says "running" where nothing runs was left by a process that was killed.
    state = "running" if going_on else {"running": "interrupted", "": "command line"}.get(run.state, run.state)
    return [
        "",
        Path(run.folder).name,
        state,
        f"{epochs[-1]['epoch']:.0f}" if epochs else "0",
        written(100 * best["dev_phone_error_rate"]) if best else "–",
        written(best["dev_levenshtein"]) if best else "–",
        duration(epochs[-1]["seconds"]) if epochs else "–",
    ]


def _read_runs(parent: str, report: Report) -> Iterator[list[Run]]:
    try:
        folders = [entry for entry in Path(parent).iterdir() if entry.is_dir()]
        folders.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    except OSError:
        folders = []
    runs = []
    for number, folder in enumerate(folders[:_MOST]):
        report("reading runs", number / len(folders))
        run = _read_run(folder)
        if run is not None:
            runs.append(run)
    yield runs


def _read_run(folder: Path) -> Run | None:
    files = RunFolder(folder)
    try:
        _, state = read_plan(folder)
        planned = True
    except UserError:
        state, planned = "", False
    if not planned and not files.history.exists():
        return None
    resumable = planned and files.resumable and state != "finished"
    return Run(str(folder), read_run(folder), state, resumable, str(files.best) if files.best.exists() else "")
