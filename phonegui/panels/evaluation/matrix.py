"""The confusion matrix as a picture: rows said, columns heard, in the order of the phoneme classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from model.phonemes import BLANK
from phonegui.panels.evaluation.matrix_drawing import AXIS, LABELLED, draw_axes, draw_cells, draw_names, pair_text
from phonegui.theme import Theme, current_theme, small_font

if TYPE_CHECKING:
    from model.confusion import Confusions

_CELLS = (5, 7, 9, 11, 13, 16, 20, 24)
_KEYS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class MatrixView(QAbstractScrollArea):
    """Counts of every pair of phonemes, errors in the colour of the text, what is right in the colour of its class.

    The last row holds what was heard where nothing was said, the last column what was said and not heard. Names stay in
    sight when the matrix scrolls. The arrow keys move from cell to cell, Enter chooses one, plus and minus (or the
    wheel with Ctrl) change the size.
    """

    cell_chosen = Signal(int, int)  # said and heard, 0 (the blank) for nothing
    pointed = Signal(str)  # the numbers of the cell under the pointer or the cursor, empty without one

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._confusions: Confusions | None = None
        self._labels: list[int] = []
        self._picture: QPixmap | None = None
        self._size = _CELLS.index(13)
        self._cursor = (0, 0)
        self._theme = current_theme(self.palette())
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Confusion matrix")
        self.setMinimumSize(160, 120)

    # -- what is shown

    def set_confusions(self, confusions: Confusions | None) -> None:
        """Show the counts of a scored corpus, or nothing."""
        self._confusions = confusions
        self._labels = [*confusions.labels(), BLANK] if confusions is not None else []
        last = max(0, len(self._labels) - 1)
        self._cursor = (min(self._cursor[0], last), min(self._cursor[1], last))
        self._refresh()
        self._describe()

    @property
    def cell(self) -> int:
        """Side of a cell in pixels."""
        return _CELLS[self._size]

    def zoom(self, steps: int) -> None:
        """Make cells larger or smaller."""
        self._size = max(0, min(len(_CELLS) - 1, self._size + steps))
        self._refresh()
        self._reveal()

    def select(self, said: int, heard: int) -> None:
        """Put the cursor on a pair of labels; nothing happens where it is not shown."""
        if said in self._labels and heard in self._labels:
            self._move(self._labels.index(said), self._labels.index(heard))

    def cell_text(self, row: int, column: int) -> str:
        """Return the numbers of a cell in words."""
        found = self._confusions
        if found is None or not (0 <= row < len(self._labels) and 0 <= column < len(self._labels)):
            return ""
        return pair_text(found, self._labels[row], self._labels[column])

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return where a cell lies in the viewport."""
        left, top = self._margins()
        # Whole cells are scrolled: one that is cut would lose its name.
        across, down = (bar.value() // self.cell for bar in (self.horizontalScrollBar(), self.verticalScrollBar()))
        return QRect(left + (column - across) * self.cell, top + (row - down) * self.cell, self.cell, self.cell)

    def place_of(self, said: int, heard: int) -> tuple[int, int]:
        """Return row and column of a pair of labels; raise ValueError where it is not shown."""
        return self._labels.index(said), self._labels.index(heard)

    def sizeHint(self) -> QSize:
        """Ask for room for the whole matrix."""
        left, top = self._margins()
        side = self.cell * max(1, len(self._labels))
        return QSize(left + side + 2, top + side + 2)

    # -- drawing

    def _margins(self) -> tuple[int, int]:
        metrics = self.fontMetrics()
        side = AXIS + (metrics.horizontalAdvance("WW") + 8 if self.cell >= LABELLED else 8)
        return side, side

    def _refresh(self) -> None:
        self._picture = None
        left, top = self._margins()
        side = self.cell * len(self._labels) + 1
        for bar, room in (
            (self.horizontalScrollBar(), self.viewport().width() - left),
            (self.verticalScrollBar(), self.viewport().height() - top),
        ):
            bar.setRange(0, max(0, -(-(side - room) // self.cell) * self.cell))
            bar.setPageStep(max(1, room))
            bar.setSingleStep(self.cell)
        self.viewport().update()

    def _drawn(self) -> QPixmap:
        """Return the cells as a picture, made once."""
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            side = self.cell * len(self._labels) + 1
            self._picture = QPixmap(round(side * ratio), round(side * ratio))
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(self._theme.surface))
            painter = QPainter(self._picture)
            if self._confusions is not None:
                draw_cells(painter, self._confusions, self._labels, self.cell, self._theme)
            painter.end()
        return self._picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, the cursor, and the names over what scrolls below them."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(self._theme.background))
        if self._confusions is None:
            return
        left, top = self._margins()
        corner = self.cell_rect(0, 0).topLeft()
        painter.save()
        painter.setClipRect(QRect(left, top, self.viewport().width(), self.viewport().height()))
        painter.drawPixmap(corner, self._drawn())
        pen = QPen(QColor(self._theme.accent), 2 if self.hasFocus() else 1)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(self.cell_rect(*self._cursor).adjusted(0, 0, 0, 0))
        painter.restore()
        painter.setFont(small_font(self.font()))
        places = [(self.cell_rect(0, k), self.cell_rect(k, 0)) for k in range(len(self._labels))]
        names = [self._confusions.table.symbols[label] if label else "" for label in self._labels]
        draw_axes(painter, self.viewport().rect(), (left, top), self._theme)
        draw_names(painter, names, places, (left, top), self._cursor, self._theme)

    # -- pointer and keys

    def _at(self, point: QPoint) -> tuple[int, int] | None:
        left, top = self._margins()
        if self._confusions is None or point.x() < left or point.y() < top:
            return None
        corner = self.cell_rect(0, 0).topLeft()
        column, row = (point.x() - corner.x()) // self.cell, (point.y() - corner.y()) // self.cell
        return (row, column) if row < len(self._labels) and column < len(self._labels) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the numbers under the pointer."""
        place = self._at(event.position().toPoint())
        self.pointed.emit(self.cell_text(*(place or self._cursor)))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell the cursor's numbers again."""
        self.pointed.emit(self.cell_text(*self._cursor))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        place = self._at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._move(*place)
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor, choose its cell, or change the size."""
        key = Qt.Key(event.key())
        if key in _KEYS:
            down, right = _KEYS[key]
            self._move(self._cursor[0] + down, self._cursor[1] + right)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.zoom(-1)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the size with Ctrl, scroll without."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def _move(self, row: int, column: int) -> None:
        if not self._labels:
            return
        last = len(self._labels) - 1
        self._cursor = (max(0, min(last, row)), max(0, min(last, column)))
        self._reveal()
        self._describe()
        self.viewport().update()

    def _choose(self) -> None:
        if self._labels:
            self.cell_chosen.emit(self._labels[self._cursor[0]], self._labels[self._cursor[1]])

    def _reveal(self) -> None:
        """Scroll the cursor's cell into sight."""
        left, top = self._margins()
        rect, view = self.cell_rect(*self._cursor), self.viewport().rect()
        for bar, low, high, first, last in (
            (self.horizontalScrollBar(), rect.left(), rect.right(), left, view.right()),
            (self.verticalScrollBar(), rect.top(), rect.bottom(), top, view.bottom()),
        ):
            if low < first:
                bar.setValue((bar.value() // self.cell - (first - low) // self.cell) * self.cell)
            elif high > last:
                bar.setValue((bar.value() // self.cell - (last - high) // self.cell) * self.cell)

    def _describe(self) -> None:
        words = self.cell_text(*self._cursor)
        self.setAccessibleDescription(words or "Rows said, columns heard; run an evaluation to fill it")
        self.pointed.emit(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the scroll bars in step and the cursor in sight."""
        self._refresh()
        self._reveal()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw anew: the names do not scroll along."""
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.apply_theme(current_theme(self.palette()))

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of a theme."""
        self._theme = theme
        self._refresh()
