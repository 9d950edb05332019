"""What beam width, language model weight and insertion bonus are worth: a curve and a map, computed when asked for.

Both can be read as tables as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from model.sweeps import ALPHAS, BETAS, MAP_UTTERANCES, WIDTHS
from phonegui.evaluation_work import SWEEPS
from phonegui.panels.elided_label import ElidedLabel
from phonegui.panels.evaluation.curve import CurveView
from phonegui.panels.evaluation.sweep_view import SweepView
from phonegui.panels.evaluation.tables import Column, RowsTable
from phonegui.panels.evaluation.weight_map import WeightMapView
from phonegui.panels.icons import IconButton

if TYPE_CHECKING:
    from model.config import DecodingConfig
    from model.sweeps import SweepPoint

_TITLES = {"widths": "Beam width", "weights": "Language model"}
_HINTS = {
    "widths": f"{len(WIDTHS)} widths from {min(WIDTHS)} to {max(WIDTHS)}; a click on a point decodes so.",
    "weights": f"{len(ALPHAS) * len(BETAS)} pairs; a click on a cell decodes so.",
}


def _columns() -> list[Column]:
    return [
        Column("width", lambda point: f"{point.beam_width}", lambda point: point.beam_width, "100"),
        Column("weight", lambda point: f"{point.alpha:g}", lambda point: point.alpha, "0.45"),
        Column("bonus", lambda point: f"{point.beta:g}".replace("-", "−"), lambda point: point.beta, "−0.5"),
        Column("errors, %", lambda p: f"{100 * p.phone_error_rate:.2f}", lambda p: p.phone_error_rate, "100.00"),
        Column("LD", lambda point: f"{point.mean_levenshtein:.2f}", lambda point: point.mean_levenshtein, "100.00"),
        Column("ms", lambda point: f"{point.milliseconds:.1f}", lambda point: point.milliseconds, "100.0"),
    ]


class SweepPart(QWidget):
    """A picture of points under a heading, with the button that computes them and the numbers pointed at."""

    asked = Signal()  # the points are to be computed
    cancelled = Signal()  # computing them is to be given up

    def __init__(self, kind: str, view: SweepView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind, self._running = kind, False
        self.view = view
        self.button = QPushButton("Measure")
        self.button.setAccessibleName(f"Measure: {_TITLES[kind]}")
        self.button.clicked.connect(lambda: self.cancelled.emit() if self._running else self.asked.emit())
        self._words = ElidedLabel(_HINTS[kind])
        self._words.setForegroundRole(self._words.palette().ColorRole.PlaceholderText)
        self._hint = _HINTS[kind]
        view.pointed.connect(lambda words: self._words.setText(words or self._hint))
        self.table = RowsTable(_columns(), f"{_TITLES[kind]}: what was measured", "Enter decodes so")
        self.table.row_chosen.connect(view.point_chosen)
        self.as_table = IconButton("table", f"{_TITLES[kind]} as a table")
        self.as_table.setCheckable(True)
        self._pages = QStackedWidget()
        self._pages.addWidget(view)
        self._pages.addWidget(self.table)
        self.as_table.toggled.connect(lambda shown: self._pages.setCurrentWidget(self.table if shown else view))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(QLabel(_TITLES[kind]))
        row.addSpacing(8)
        row.addWidget(self._words, 1)
        row.addWidget(self.as_table)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._pages, 1)

    def set_hint(self, hint: str) -> None:
        """Say what is measured, wherever nothing else is told."""
        if self._words.text() == self._hint:
            self._words.setText(hint)
        self._hint = hint

    def show_points(self, points: Sequence[SweepPoint]) -> None:
        """Show the points found so far."""
        self.view.set_points(points)
        self.table.set_rows(points)

    def set_running(self, running: bool) -> None:
        """Offer to cancel while points are computed, to compute them otherwise."""
        if self._running and not running:
            self.view.tell_cursor()  # in place of how much is done
        self._running = running
        self.button.setText("Cancel" if running else "Measure")

    def tell_cancelled(self) -> None:
        """Say that computing was given up."""
        self._words.setText("Cancelled.")

    def show_progress(self, done: float) -> None:
        """Show the part done."""
        self._words.setText(f"{100 * done:.0f} % done")


class DecoderTab(QWidget):
    """Curve and map beside each other; choosing a point sets the decoder."""

    sweep_asked = Signal(str)  # one of SWEEPS
    cancelled = Signal()  # what is being computed is to be given up
    point_chosen = Signal(object)  # SweepPoint

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve, self.map = CurveView(), WeightMapView()
        self.curve.wanted = WIDTHS
        self.parts = {"widths": SweepPart("widths", self.curve), "weights": SweepPart("weights", self.map)}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(32)
        for kind in SWEEPS:
            part = self.parts[kind]
            part.asked.connect(lambda kind=kind: self.sweep_asked.emit(kind))
            part.cancelled.connect(self.cancelled)
            part.view.point_chosen.connect(self.point_chosen)
            row.addWidget(part, 1)
        self.set_ready(False)

    def set_ready(self, ready: bool) -> None:
        """Say whether there are posteriors to compute from."""
        for part in self.parts.values():
            part.button.setEnabled(ready)

    def set_utterances(self, count: int) -> None:
        """Say how many utterances the map over the language model is measured on, of so many scored."""
        used = min(count, MAP_UTTERANCES)
        noun = "utterance" if used == 1 else "utterances"
        self.parts["weights"].set_hint(
            f"{len(ALPHAS) * len(BETAS)} pairs on {used} {noun}; a click on a cell decodes so."
        )

    def show_points(self, kind: str, points: Sequence[SweepPoint]) -> None:
        """Show the points found so far."""
        self.parts[kind].show_points(list(points))

    def set_in_use(self, settings: DecodingConfig) -> None:
        """Mark the setting that is decoded with."""
        for part in self.parts.values():
            part.view.set_in_use(settings)

    def set_running(self, kind: str) -> None:
        """Say which of `SWEEPS` is being computed, empty for none."""
        for name, part in self.parts.items():
            part.set_running(name == kind)
