"""Read-only tables of any rows: columns say what they show and what they sort by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from phonegui.panels.symbol_delegate import SymbolDelegate
from phonegui.theme import text_font

ROW_HEIGHT = 24

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title
        Heading.
    text
        What a row shows in it.
    key
        What rows are sorted by, `text` where None.
    widest
        Text that its width is made for; empty for the column that takes what the others leave.
    words
        Left-aligned text; numbers stand at the right.
    symbols
        Whether phonemes are drawn in the colours of their classes.
    """

    title: str
    text: Callable[[Any], str]
    key: Callable[[Any], Any] | None = None
    widest: str = ""
    words: bool = False
    symbols: bool = False


class RowsModel(QAbstractTableModel):
    """Rows that are sorted and filtered here: thousands of them, and texts are made only for those in sight."""

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._all: list[Any] = []
        self.rows: list[Any] = []
        self._wanted: Callable[[Any], bool] | None = None
        self._sorted: tuple[int, Qt.SortOrder] | None = None

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show other rows, sorted and filtered as before."""
        self._all = list(rows)
        self._arrange()

    def set_filter(self, wanted: Callable[[Any], bool] | None) -> None:
        """Show only the rows that a function wants; None shows all."""
        self._wanted = wanted
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows that are equal in it keep their order."""
        self._sorted = (column, order) if 0 <= column < len(self.columns) else None
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        rows = self._all if self._wanted is None else [row for row in self._all if self._wanted(row)]
        if self._sorted is not None:
            column = self.columns[self._sorted[0]]
            rows = sorted(rows, key=column.key or column.text, reverse=self._sorted[1] == Qt.SortOrder.DescendingOrder)
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text or alignment of a cell."""
        column = self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.text(self.rows[index.row()])
        if role == Qt.ItemDataRole.ToolTipRole and column.words:
            return column.text(self.rows[index.row()]).replace("<", "‹")  # never taken for markup
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column.words else _RIGHT
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title or its alignment."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._title(section)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if self.columns[section].words else _RIGHT
        return None

    def _title(self, section: int) -> str:
        """Return a title with an arrow where rows are sorted by it: the style's own would lie on the text."""
        title = self.columns[section].title
        if self._sorted is None or self._sorted[0] != section:
            return title
        arrow = "↓" if self._sorted[1] == Qt.SortOrder.DescendingOrder else "↑"
        return f"{title} {arrow}" if self.columns[section].words else f"{arrow} {title}"


class RowsTable(QTableView):
    """A quiet table of rows: no grid, sorted by a click on a heading; Enter or a double click chooses a row.

    Parameters
    ----------
    columns
        What it shows.
    name, description
        For those who hear it.
    """

    row_chosen = Signal(object)  # the row that was double-clicked, or current at Enter
    row_current = Signal(object)  # the row that is current now, None without one

    def __init__(
        self, columns: Sequence[Column], name: str, description: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._placeholder = ""
        self.rows_model = RowsModel(columns, self)
        self.setModel(self.rows_model)
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        self.setFont(text_font(self.font()))
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab goes on to the next control
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._size_columns()
        self.doubleClicked.connect(lambda index: self._choose(index.row()))
        self.selectionModel().currentRowChanged.connect(lambda index, _: self._tell(index.row()))

    @property
    def current(self) -> Any:
        """The current row, None without one."""
        row = self.currentIndex().row()
        return self.rows_model.rows[row] if 0 <= row < len(self.rows_model.rows) else None

    def set_rows(self, rows: Sequence[Any], same: Callable[[Any], Any] | None = None) -> None:
        """Show other rows; the one with the same `same` as the current one stays current."""
        current = self.current
        self.rows_model.set_rows(rows)
        if current is not None and same is not None:
            self.go_to(next((k for k, row in enumerate(self.rows_model.rows) if same(row) == same(current)), -1))
        else:
            self._tell(-1)

    @property
    def placeholder(self) -> str:
        """What is said where there are no rows."""
        return self._placeholder

    def set_placeholder(self, words: str) -> None:
        """Show words where there are no rows: what will stand here."""
        self._placeholder = words
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or what is said in their place."""
        super().paintEvent(event)
        if not self.rows_model.rows and self._placeholder:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            room = self.viewport().rect().adjusted(16, 8, -16, -8)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._placeholder)
            painter.end()

    def go_to(self, row: int) -> None:
        """Make a row current and bring it into sight; none where there is no such row."""
        if 0 <= row < len(self.rows_model.rows):
            self.selectRow(row)
            self.scrollTo(self.rows_model.index(row, 0))
        else:
            self._tell(-1)

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Let the headings sort, and begin with a column."""
        self.horizontalHeader().setSortIndicator(column, order)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicatorShown(False)
        self.sortByColumn(column, order)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the current row at Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self.rows_model.rows):
            self.row_chosen.emit(self.rows_model.rows[row])

    def _tell(self, row: int) -> None:
        rows = self.rows_model.rows
        self.row_current.emit(rows[row] if 0 <= row < len(rows) else None)

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(32)
        metrics = self.fontMetrics()
        for number, column in enumerate(self.rows_model.columns):
            if column.symbols:
                self.setItemDelegateForColumn(number, SymbolDelegate(self))
            # Fixed widths that fit any content: measuring thousands of cells would block the window.
            mode = QHeaderView.ResizeMode.Interactive if column.widest else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(number, mode)
            if column.widest:
                widest = max(column.widest, f"↓ {column.title}", key=metrics.horizontalAdvance)
                self.setColumnWidth(number, metrics.horizontalAdvance(widest) + 16)


def percent(share: float) -> str:
    """Return a share as per cent with a digit behind the point, a dash where it is no number."""
    return f"{100 * share:.1f}" if share == share else "–"


def finite(value: float) -> float:
    """Return a number to sort by, -1 where it is none."""
    return value if value == value else -1.0


def signed(value: float) -> str:
    """Return a difference with its sign, the minus as long as the plus."""
    text = f"{value:+d}" if isinstance(value, int) else f"{value:+.2f}"
    return "0" if value == 0 else text.replace("-", "−")
