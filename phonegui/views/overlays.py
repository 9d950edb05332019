"""What lies over all rows: the selection, the line under the pointer, and the playhead."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from phonegui.theme import Theme
from phonegui.views.hair_line import HairLine
from phonegui.views.row import TimeRow
from phonegui.views.selection_band import SelectionBand


class Overlays:
    """Widgets over the rows of a timeline; moving them draws no row anew.

    Parameters
    ----------
    parent
        The timeline.
    row
        Where times lie is asked of this row, a child of the timeline.
    """

    def __init__(self, parent: QWidget, row: TimeRow) -> None:
        self._row = row
        self.band = SelectionBand(parent)
        self._cursor, self._playhead = HairLine(parent), HairLine(parent)

    @property
    def cursor(self) -> float | None:
        """Time in seconds under the pointer; `place` shows a change."""
        return self._cursor.time

    @cursor.setter
    def cursor(self, time: float | None) -> None:
        self._cursor.time = time

    @property
    def playhead(self) -> float | None:
        """Time in seconds that is being played; `place` shows a change."""
        return self._playhead.time

    @playhead.setter
    def playhead(self, time: float | None) -> None:
        self._playhead.time = time

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self.band.set_theme(theme)
        self._cursor.set_colors(theme.text, theme.background)
        self._playhead.set_colors(theme.accent, theme.background)

    def place(self, rect: QRect) -> None:
        """Move everything to its time, over the full height of `rect`."""
        self.band.place(self._row, rect)
        for line in (self._cursor, self._playhead):
            line.place(self._row, self._row.time_range, rect)
