"""The posteriors as numbers: a table of the selected frames, or of those the window shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from model.phonemes import BLANK
from phonegui.theme import text_font
from phonegui.views.frames import LEAST_SHOWN, MOST_NAMED, Frames, entropy_bits
from phonegui.views.time_range import format_clock
from phonegui.views.timeline import TimelineView

_HEADINGS = ("Frame", "Time", *("1st", "2nd", "3rd", "4th", "5th")[:MOST_NAMED], "Blank", "Bits")
_MOST_COPIED = 100_000
_ROWS_AT_ONCE = 200  # a few milliseconds
_MOST_SELECTED = 2000
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_Index = QModelIndex | QPersistentModelIndex


class FrameModel(QAbstractTableModel):
    """A stretch of posterior frames; each row is computed when it is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames: Frames | None = None
        self._span = range(0)
        self._row: tuple[int, list[str]] = (-1, [])  # looked at last: the view asks for every cell of it

    def show_frames(self, frames: Frames | None, span: range) -> None:
        """List frames."""
        self.beginResetModel()
        self._frames, self._span = frames, span if frames is not None else range(0)
        self._row = (-1, [])
        self.endResetModel()

    def time_of(self, row: int) -> float:
        """Return the time of a row in seconds."""
        assert self._frames is not None
        return self._span[row] * self._frames.step

    def cells(self, row: int) -> list[str]:
        """Return the texts of a row."""
        return _cells(self._frames, self._span[row]) if self._frames is not None else [""] * len(_HEADINGS)

    def listed(self, rows: Sequence[int], most: int) -> Rows:
        """Return some rows, all where none are named, as they are now; at most so many."""
        chosen = [self._span[row] for row in rows[:most]] if rows else self._span[:most]
        return Rows(self._frames, chosen)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of frames."""
        return 0 if parent.isValid() else len(self._span)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            if self._row[0] != index.row():
                self._row = (index.row(), self.cells(index.row()))
            return self._row[1][index.column()]
        return _alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a heading."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return _HEADINGS[section] if role == Qt.ItemDataRole.DisplayRole else None


class Rows:
    """Rows to copy: the frames stay theirs, whatever the table lists meanwhile."""

    def __init__(self, frames: Frames | None, numbers: Sequence[int]) -> None:
        self._frames, self._numbers = frames, numbers

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._numbers) if self._frames is not None else 0

    def cells(self, first: int, last: int) -> Iterator[list[str]]:
        """Yield the texts of some of the rows."""
        frames = self._frames
        if frames is not None:
            yield from (_cells(frames, number) for number in self._numbers[first:last])


def _cells(frames: Frames, number: int) -> list[str]:
    probabilities = frames.probabilities(number)
    named = [f"{name} {share:.2f}" for name, share in frames.top(probabilities) if share >= LEAST_SHOWN]
    named += [""] * (MOST_NAMED - len(named))
    blank, bits = f"{probabilities[BLANK]:.2f}", f"{entropy_bits(probabilities):.2f}"
    return [str(number), format_clock(number * frames.step), *named, blank, bits]


def _alignment(column: int) -> int:
    named = column in range(2, 2 + MOST_NAMED)
    return _LEFT if named else _RIGHT


class FrameTable(QWidget):
    """The table of frames, what it lists, and what else the selected phoneme might have been.

    Parameters
    ----------
    timeline
        Its selection, or else the part it shows, is listed.
    """

    copied = Signal(int)  # rows that went to the clipboard

    def __init__(self, timeline: TimelineView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._listed: tuple[Frames | None, range] = (None, range(0))
        self._copying: Iterator[int] | None = None
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._go_on)
        self.caption = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.competitors = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.competitors.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.model = FrameModel(self)
        self.table = _Table(self)
        self.table.setModel(self.model)
        self._fit_columns()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.caption)
        column.addWidget(self.competitors)
        column.addWidget(self.table, 1)
        self.table.activated.connect(lambda index: timeline.reveal(self.model.time_of(index.row())))
        for signal in (timeline.range_changed, timeline.selection_changed, timeline.frames_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """List what is selected or shown now; while nobody looks, nothing is done."""
        if not self.isVisible():
            return
        timeline = self._timeline
        frames, selected = timeline.frames, timeline.selection.range
        start, end = selected or timeline.visible_range()
        span = frames.between(start, end) if frames is not None else range(0)
        if frames is None:
            self.caption.setText("Frames appear here when a recording has been heard.")
        else:
            what = "the selection" if selected else "the window"
            self.caption.setText(f"{len(span):,} frames of {what}, {format_clock(start)} to {format_clock(end)}")
        lines = timeline.selected_competitors()
        self.competitors.setText("   ".join(lines))
        self.competitors.setVisible(bool(lines))
        if (frames, span) != self._listed:
            self._listed = (frames, span)
            self.model.show_frames(frames, span)

    def copy(self) -> None:
        """Copy the selected rows, or all of them, as tab-separated text with headings; many take a few seconds."""
        self._copying = self._copy(self.model.listed(self.table.chosen_rows(), _MOST_COPIED))
        self._go_on()

    def _go_on(self) -> None:
        """Copy some rows more, and let the window live between them."""
        if self._copying is not None and next(self._copying, None) is not None:
            self._later.start()

    def _copy(self, rows: Rows) -> Iterator[int]:
        """Yield how many rows are done, some at a time, and at last put them all on the clipboard."""
        lines = ["\t".join(_HEADINGS)]
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            if first:
                yield first
            lines += ("\t".join(cells) for cells in rows.cells(first, first + _ROWS_AT_ONCE))
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        self._copying = None
        self.copied.emit(len(rows))

    def showEvent(self, event: QShowEvent) -> None:
        """List what changed while nobody looked."""
        super().showEvent(event)
        self.refresh()

    def _fit_columns(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        metrics = self.table.fontMetrics()
        widest = ("0000000", "0:00:00.000", *["BLANK 0.00"] * MOST_NAMED, "Blank", "00.00")
        for number, text in enumerate(widest):
            self.table.setColumnWidth(number, metrics.horizontalAdvance(text) + 24)


class _Table(QTableView):
    """Copies with Ctrl+C; rows of one height, so that a million of them cost nothing."""

    def __init__(self, owner: FrameTable) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setAccessibleName("Posterior frames")
        self.setAccessibleDescription("Time, five likeliest phonemes, blank and entropy of each frame. Ctrl+C copies.")
        self.setFont(text_font(self.font()))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(False)

    def chosen_rows(self) -> list[int]:
        """Return the selected rows in order."""
        # Not selectedIndexes(), which has an object for every cell.
        ranges = self.selectionModel().selection()
        return sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)})

    def selectAll(self) -> None:
        """Select all rows; of very many select none, which is copied as all are.

        Qt asks the model about every cell of a column that is selected as a whole, whenever it draws a heading.
        """
        if self.model().rowCount() <= _MOST_SELECTED:
            super().selectAll()
        else:
            self.clearSelection()

    def sizeHint(self) -> QSize:
        """Return room for a handful of rows: the timeline above is what is looked at."""
        return QSize(640, self.horizontalHeader().sizeHint().height() + 6 * self.verticalHeader().defaultSectionSize())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, or move as tables do."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._owner.copy()
        else:
            super().keyPressEvent(event)
