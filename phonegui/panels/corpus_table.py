"""The utterances of a corpus as a table that filters and sorts tens of thousands of rows at once."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from phonegui.views.time_range import format_time

if TYPE_CHECKING:
    from model.corpus.base import Corpus, Utterance

COLUMNS = ("id", "s", "ref", "heard", "edits")
ID, SECONDS, REFERENCE, HEARD, DISTANCE = range(len(COLUMNS))
_HELP = (
    "Name of the utterance in the corpus",
    "Duration in seconds, where the corpus states it or it is known by now",
    "Phonemes in the reference",
    "Phonemes heard, once the utterance was transcribed",
    "Edit distance between reference and what was heard, silence counted as the course does",
)
_NUMBERS = (SECONDS, REFERENCE, DISTANCE)
_LONGEST_SHOWN = 240

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class HeardUtterance:
    """What was heard in an utterance.

    Attributes
    ----------
    index
        Its place in the corpus.
    symbols
        The phonemes, separated by spaces.
    distance
        Edits to the reference, None without one.
    seconds
        Its duration.
    problem
        Why it could not be read, else empty.
    """

    index: int
    symbols: str
    distance: int | None
    seconds: float
    problem: str = ""


class CorpusTable(QAbstractTableModel):
    """Rows of a corpus.

    Filtering and sorting permute an array of places instead of going through a proxy: comparing 30,000 rows through
    Qt's proxy calls Python half a million times.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._utterances: tuple[Utterance, ...] = ()
        self._texts: list[str] | None = None  # what the filter looks in, made when it is needed first
        self._heard: list[str] = []
        self._problems: dict[int, str] = {}
        self._numbers = np.zeros((len(COLUMNS), 0))
        self._order: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._filter = ""
        self._sorted: tuple[int, bool] | None = None

    # -- contents

    def set_corpus(self, corpus: Corpus | None) -> None:
        """Show a corpus, nothing heard as yet; None shows nothing."""
        self.beginResetModel()
        self._utterances = corpus.utterances if corpus is not None else ()
        count = len(self._utterances)
        self._texts = None
        self._numbers = np.full((len(COLUMNS), count), np.nan)
        self._numbers[SECONDS] = [item.seconds or np.nan for item in self._utterances]
        self._numbers[REFERENCE] = [len(item.labels) if item.labels else np.nan for item in self._utterances]
        self._heard, self._problems = [""] * count, {}
        self._filter, self._sorted = "", None
        self._order = np.arange(count)
        self.endResetModel()

    def forget_heard(self) -> None:
        """Empty the columns of what was heard: another checkpoint listens from now on."""
        self._numbers[DISTANCE] = np.nan
        self._heard, self._problems = [""] * len(self._utterances), {}
        if len(self._order):
            self.dataChanged.emit(self.index(0, ID), self.index(len(self._order) - 1, DISTANCE))

    def take(self, found: Iterable[HeardUtterance]) -> None:
        """Fill in what was heard; rows keep their places until they are sorted anew."""
        for item in found:
            self._heard[item.index] = item.symbols
            self._numbers[DISTANCE, item.index] = np.nan if item.distance is None else item.distance
            if item.seconds:
                self._numbers[SECONDS, item.index] = item.seconds
            self._problems.pop(item.index, None)
            if item.problem:
                self._problems[item.index] = item.problem
        if len(self._order):
            # One signal for all: the view asks again for the few rows on the screen.
            self.dataChanged.emit(self.index(0, ID), self.index(len(self._order) - 1, DISTANCE))

    def utterance_at(self, row: int) -> int:
        """Return the place in the corpus of the utterance in a row."""
        return int(self._order[row])

    def row_of(self, utterance: int) -> int | None:
        """Return the row of an utterance given by its place in the corpus, None where the filter hides it."""
        found = np.flatnonzero(self._order == utterance)
        return int(found[0]) if len(found) else None

    @property
    def unheard(self) -> list[int]:
        """Places of the utterances of which nothing is known as yet, in the order shown."""
        unknown = self._order[np.isnan(self._numbers[DISTANCE, self._order])].tolist()
        return [place for place in unknown if not self._heard[place]]

    @property
    def distances(self) -> npt.NDArray[np.float64]:
        """Edit distances known so far."""
        known = self._numbers[DISTANCE]
        return known[~np.isnan(known)]

    # -- order

    def set_filter(self, text: str) -> None:
        """Show only utterances whose id, words, speaker or sub-corpus hold a text, in any case."""
        self._filter = text.casefold()
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, unknown values last; a column below 0 gives the order of the corpus."""
        self._sorted = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self._arrange()

    def _arrange(self) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = [int(self._order[item.row()]) for item in before]
        self._order = self._arranged()
        rows = np.full(len(self._utterances), -1)
        rows[self._order] = np.arange(len(self._order))
        # A row below 0 gives no index.
        after = [self.index(int(rows[place]), item.column()) for place, item in zip(places, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _arranged(self) -> npt.NDArray[np.int64]:
        shown = np.arange(len(self._utterances))
        if self._filter:
            if self._texts is None:
                self._texts = [f"{it.name}\n{it.text}\n{it.speaker}\n{it.part}".casefold() for it in self._utterances]
            shown = np.array([i for i, text in enumerate(self._texts) if self._filter in text], np.int64)
        if self._sorted is None:
            return shown
        column, descending = self._sorted
        if column in _NUMBERS:
            keys = self._numbers[column, shown]
            return shown[np.argsort(-keys if descending else keys, kind="stable")]  # NaN goes last either way
        texts = [item.name for item in self._utterances] if column == ID else self._heard
        return np.array(sorted(shown.tolist(), key=texts.__getitem__, reverse=descending), np.int64)

    # -- what Qt asks

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        """Return how many rows the filter leaves."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        # In the order of how often the view asks: a page of rows asks some thousand times.
        if role == _DISPLAY:
            return self._cell(int(self._order[index.row()]), index.column())
        if role == _ALIGNMENT:
            return _RIGHT if index.column() in _NUMBERS else _LEFT
        return self._tip(int(self._order[index.row()])) if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's name, its alignment, and what it holds."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in _NUMBERS else _LEFT
        return _HELP[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def _cell(self, place: int, column: int) -> str:
        if column == ID:
            return self._utterances[place].name
        if column == HEARD:
            return "not heard" if place in self._problems else self._heard[place]
        value = self._numbers[column, place]
        if np.isnan(value):
            return ""
        return format_time(float(value), decimals=2) if column == SECONDS else str(int(value))

    def _tip(self, place: int) -> str:
        utterance = self._utterances[place]
        lines = [utterance.name, utterance.text, f"{utterance.speaker} {utterance.part}".strip()]
        if place in self._problems:
            lines.append(self._problems[place])
        text = "\n".join(line[:_LONGEST_SHOWN] for line in lines if line)
        return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


_DISPLAY, _ALIGNMENT = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
