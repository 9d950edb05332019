"""Which rows are shown, in what order, how high, and which are folded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QPoint, Signal

from phonegui.views.row import GAP, TimeRow
from phonegui.views.row_splitter import RowSplitter

_VERSION = 1
_HIGHEST = 4000


class Arrangement(QObject):
    """The rows between overview and time axis.

    Parameters
    ----------
    splitter
        Holds the rows.
    rows
        By name, in their first order.
    heights
        First height of each in pixels.
    main
        Name of the row that takes the room the others leave.
    """

    changed = Signal()  # order, visibility or folding changed

    def __init__(
        self, splitter: RowSplitter, rows: Mapping[str, TimeRow], heights: Mapping[str, int], main: str
    ) -> None:
        super().__init__(splitter)
        self._splitter, self.rows, self._first_heights, self._main = splitter, dict(rows), dict(heights), main
        self._heights = dict(heights)  # of rows that are folded or hidden: what they had
        self._hidden: set[str] = set()
        self._guests: set[str] = set()
        self._met: set[str] = set()  # guests that were here before
        for name, row in self.rows.items():
            splitter.addWidget(row)
            splitter.setStretchFactor(splitter.count() - 1, 1 if name == main else 0)
            self._connect(name, row)
        splitter.setSizes([heights[name] for name in rows])

    @property
    def order(self) -> list[str]:
        """Names of all rows from top to bottom, the hidden ones too."""
        names = {id(row): name for name, row in self.rows.items()}
        return [names[id(self._splitter.widget(number))] for number in range(self._splitter.count())]

    def add_guest(self, name: str, row: TimeRow, height: int, after: str) -> None:
        """Put a row that is not there for good below another; it is never remembered."""
        if name in self.rows:
            return
        self._note_heights()
        names = list(self.rows)
        later = {key: self.rows.pop(key) for key in names[names.index(after) + 1 :]}
        self.rows.update({name: row, **later})
        self._guests.add(name)
        self._heights[name] = self._first_heights[name] = height
        self._splitter.insertWidget(self._splitter.indexOf(self.rows[after]) + 1, row)
        self._splitter.setStretchFactor(self._splitter.indexOf(row), 0)
        if name not in self._met:
            self._met.add(name)
            self._connect(name, row)
        row.show()
        self._take_heights()

    def remove_guest(self, name: str) -> None:
        """Take a guest out again; the row is hidden and can come back."""
        if name not in self._guests:
            return
        self._note_heights()
        self._guests.discard(name)
        self._hidden.discard(name)
        row = self.rows.pop(name)
        row.hide()
        row.setParent(self._splitter.parentWidget())
        self._take_heights()

    def is_guest(self, name: str) -> bool:
        """Return whether a row is not there for good."""
        return name in self._guests

    def _connect(self, name: str, row: TimeRow) -> None:
        row.title_clicked.connect(lambda: self.set_folded(name, not row.folded))
        row.title_dragged.connect(lambda place: self._drag(name, place))

    def is_shown(self, name: str) -> bool:
        """Return whether a row is shown."""
        return name not in self._hidden

    def set_shown(self, name: str, shown: bool) -> None:
        """Show or hide a row."""
        if shown == self.is_shown(name):
            return
        self._note_heights()
        (self._hidden.discard if shown else self._hidden.add)(name)
        self.rows[name].setVisible(shown)
        self._take_heights()

    def set_folded(self, name: str, folded: bool) -> None:
        """Fold a row down to its title, or unfold it."""
        if folded == self.rows[name].folded:
            return
        self._note_heights()
        self.rows[name].set_folded(folded)
        self._take_heights()

    def move(self, name: str, by: int) -> None:
        """Move a row by so many places among the shown ones, down (1) or up (-1)."""
        order = self.order
        shown = [item for item in order if self.is_shown(item)]
        place = min(max(shown.index(name) + by, 0), len(shown) - 1)
        if shown[place] != name:
            self._note_heights()
            self._splitter.insertWidget(order.index(shown[place]), self.rows[name])
            self._take_heights()

    def can_resize(self, name: str) -> bool:
        """Return whether a row has a height of its own: it is open, and not the one that has what the others leave."""
        return self.is_shown(name) and not self.rows[name].folded and name != self._filler()

    def resize(self, name: str, by: int) -> None:
        """Make a row higher by so many pixels, or lower, within its bounds; what is open besides gives way."""
        if not self.can_resize(name):
            return
        self._note_heights()
        row = self.rows[name]
        least = max(row.minimumHeight(), row.minimumSizeHint().height())
        self._heights[name] = max(least, min(self._heights[name] + by, row.maximumHeight(), _HIGHEST))
        self._take_heights()

    def reset(self) -> None:
        """Show every row unfolded, in the first order and at its first height."""
        for number, row in enumerate(self.rows.values()):
            self._splitter.insertWidget(number, row)
            row.set_folded(False)
            row.setVisible(True)
        self._hidden.clear()
        self._heights = dict(self._first_heights)
        self._take_heights()

    # -- remembering

    def save(self) -> QByteArray:
        """Return the arrangement as bytes, for `restore`."""
        self._note_heights()
        rows = [
            {
                "name": name,
                "height": self._heights[name],
                "folded": self.rows[name].folded,
                "shown": self.is_shown(name),
            }
            for name in self.order
            if name not in self._guests
        ]
        return QByteArray(json.dumps({"version": _VERSION, "rows": rows}).encode())

    def restore(self, state: QByteArray) -> bool:
        """Take an arrangement from `save`; return whether it could be read, changing nothing where it could not."""
        rows = _checked(state, set(self.rows) - self._guests)
        if rows is None:
            return False
        for number, item in enumerate(rows):
            name = item["name"]
            self._splitter.insertWidget(number, self.rows[name])
            self.rows[name].set_folded(item["folded"])
            self.rows[name].setVisible(item["shown"])
        self._hidden = {item["name"] for item in rows if not item["shown"]}
        self._heights.update({item["name"]: item["height"] for item in rows})
        self._take_heights()
        return True

    # -- heights

    def _note_heights(self) -> None:
        """Remember what the rows were dragged to, but for the one that has what the others leave."""
        if not self._splitter.height():
            return
        for name, height in zip(self.order, self._splitter.sizes(), strict=True):
            if self.is_shown(name) and not self.rows[name].folded and height and name != self._filler():
                self._heights[name] = height

    def _filler(self) -> str | None:
        """Return the row that has the room the others leave: the main one, or else the highest that is open."""
        open_rows = [name for name in self.order if self.is_shown(name) and not self.rows[name].folded]
        if self._main in open_rows:
            return self._main
        return max(open_rows, key=lambda name: self._heights[name], default=None)

    def _take_heights(self) -> None:
        """Give every row its height."""
        shown = [name for name in self.order if self.is_shown(name)]
        wanted = {
            name: self.rows[name].folded_height() if self.rows[name].folded else self._heights[name] for name in shown
        }
        room = self._splitter.height() - self._splitter.handleWidth() * max(0, len(shown) - 1)
        filler = self._filler()
        if filler is not None and room > 0:
            rest = room - sum(height for name, height in wanted.items() if name != filler)
            wanted[filler] = max(self.rows[filler].minimumHeight(), rest)
        self._splitter.setSizes([wanted.get(name, 0) for name in self.order])
        self.changed.emit()

    def _drag(self, name: str, place: QPoint) -> None:
        """Bring a row to where its title is dragged: a place in global pixels."""
        y = self._splitter.mapFromGlobal(place).y()
        shown = [item for item in self.order if self.is_shown(item)]
        at = shown.index(name)
        above, below = (shown[at - 1] if at else None), (shown[at + 1] if at + 1 < len(shown) else None)
        # Past the middle of a neighbour's title, so that rows of different heights do not swap to and fro.
        if above is not None and y < self.rows[above].y() + min(2 * GAP, self.rows[above].height() // 2):
            self.move(name, -1)
        elif below is not None and y > self.rows[below].geometry().bottom() - self.rows[below].height() // 2:
            self.move(name, 1)


def _checked(state: QByteArray, names: set[str]) -> list[dict[str, Any]] | None:
    """Return what `Arrangement.save` wrote, None unless it is whole and every value possible."""
    try:
        value = json.loads(bytes(state.data()).decode())
        rows = value["rows"]
        known = value["version"] == _VERSION and {item["name"] for item in rows} == names and len(rows) == len(names)
        sound = all(
            type(item["height"]) is int
            and 0 < item["height"] <= _HIGHEST
            and type(item["folded"]) is bool
            and type(item["shown"]) is bool
            for item in rows
        )
    except (ValueError, KeyError, TypeError):
        return None
    return rows if known and sound and any(item["shown"] for item in rows) else None
