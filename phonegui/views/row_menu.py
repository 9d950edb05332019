"""The menu of a row: show, fold, move, resize."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from phonegui.views.arrangement import Arrangement

_STEP = 24


class RowMenu(QMenu):
    """Show or hide, fold, move and resize one row."""

    def __init__(self, arrangement: Arrangement, name: str, parent: QWidget | None = None) -> None:
        super().__init__(arrangement.rows[name].title, parent)
        self._arrangement, self._name = arrangement, name
        self._shown = self.addAction("&Show", lambda: arrangement.set_shown(name, self._shown.isChecked()))
        self._folded = self.addAction("&Fold", lambda: arrangement.set_folded(name, self._folded.isChecked()))
        for action in (self._shown, self._folded):
            action.setCheckable(True)
        self.addSeparator()
        self._up = self.addAction("Move &up", lambda: arrangement.move(name, -1))
        self._down = self.addAction("Move &down", lambda: arrangement.move(name, 1))
        self._higher = self.addAction("&Higher", lambda: arrangement.resize(name, _STEP))
        self._lower = self.addAction("&Lower", lambda: arrangement.resize(name, -_STEP))
        self.aboutToShow.connect(self._fit)

    def _fit(self) -> None:
        """Check and enable what fits the state of the row."""
        arrangement, name = self._arrangement, self._name
        shown = [item for item in arrangement.order if arrangement.is_shown(item)]
        self._shown.setChecked(name in shown)
        # The last row stays: an empty timeline says nothing about how to get one back. A guest goes by its own action.
        self._shown.setEnabled(shown != [name] and not arrangement.is_guest(name))
        self._folded.setChecked(arrangement.rows[name].folded)
        self._folded.setEnabled(name in shown)
        for action in (self._higher, self._lower):
            action.setEnabled(arrangement.can_resize(name))
        self._up.setEnabled(name in shown and shown[0] != name)
        self._down.setEnabled(name in shown and shown[-1] != name)


class RowsMenu(QMenu):
    """The menus of all rows, and the way back to the first arrangement."""

    def __init__(self, arrangement: Arrangement, parent: QWidget | None = None) -> None:
        super().__init__("&Rows", parent)
        self.menus = {name: RowMenu(arrangement, name, self) for name in arrangement.rows}
        for menu in self.menus.values():
            self.addMenu(menu)
        self.addSeparator()
        self.addAction("&Reset rows", arrangement.reset)
