"""What beam width, language model weight and insertion bonus are worth: a curve and a map, computed when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from model.sweeps import ALPHAS, BETAS, MAP_UTTERANCES, WIDTHS
from phonegui.evaluation_work import SWEEPS
from phonegui.panels.evaluation.curve import CurveView
from phonegui.panels.evaluation.sweep_view import SweepView
from phonegui.panels.evaluation.weight_map import WeightMapView

if TYPE_CHECKING:
    from model.sweeps import SweepPoint

_TITLES = {"widths": "Beam width", "weights": "Language model"}
_HINTS = {
    "widths": f"{len(WIDTHS)} widths from {min(WIDTHS)} to {max(WIDTHS)}; a click on a point decodes so.",
    "weights": f"{len(ALPHAS) * len(BETAS)} pairs on {MAP_UTTERANCES} utterances; a click on a cell decodes so.",
}


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
        self._words = QLabel(_HINTS[kind], textFormat=Qt.TextFormat.PlainText)
        self._words.setForegroundRole(self._words.palette().ColorRole.PlaceholderText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        view.pointed.connect(lambda words: self._words.setText(words or _HINTS[kind]))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(QLabel(_TITLES[kind]))
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(view, 1)

    def set_running(self, running: bool) -> None:
        """Offer to cancel while points are computed, to compute them otherwise."""
        self._running = running
        self.button.setText("Cancel" if running else "Measure")

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

    def show_points(self, kind: str, points: Sequence[SweepPoint]) -> None:
        """Show the points found so far."""
        self.parts[kind].view.set_points(list(points))

    def set_running(self, kind: str) -> None:
        """Say which of `SWEEPS` is being computed, empty for none."""
        for name, part in self.parts.items():
            part.set_running(name == kind)
