"""The curves of a run, live, over those of earlier runs; with smoothing, scales and export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from model.files import write_text
from phonegui.panels.training.sections import muted_label
from phonegui.settings import Remembered
from phonegui.theme import LIGHT, Theme, class_colors, text_font
from phonegui.training_log import AXES, STEP_COLUMNS, RunLog, smoothed
from phonegui.views.curve_export import write_picture
from phonegui.views.curve_scale import written
from phonegui.views.curves import Curve, CurvePlot, Mark
from phonegui.workers import LatestWorker, Report

_SMOOTHING_STOPS = 60
_AXIS_TITLES = {"epoch": "Epoch", "step": "Step", "seconds": "Time"}
_MOST_POINTS = 8000  # ten times as many as there are pixels
_HUES = ("vowel", "stop", "fricative", "nasal")
MOST_COMPARED = len(_HUES)


@dataclass(frozen=True)
class PlotSpec:
    """A plot: what of the steps and of the epochs it shows, and the factor to its unit."""

    title: str
    unit: str
    step: str
    epoch: str
    factor: float = 1.0
    can_log: bool = True


PLOTS = (
    PlotSpec("Loss per label", "", "train_loss", "dev_loss"),
    PlotSpec("Dev phone error rate", "%", "", "dev_phone_error_rate", 100.0),
    PlotSpec("Dev Levenshtein distance", "edits", "", "dev_levenshtein"),
    PlotSpec("Learning rate", "", "learning_rate", ""),
    PlotSpec("Frames per second", "", "frames_per_second", "", can_log=False),
)


class CurvesTab(QWidget):
    """Five plots over one x axis."""

    failed = Signal(str)  # one sentence: an export that could not be written

    def __init__(self, settings: Remembered, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._log = RunLog()
        self._compared: dict[str, RunLog] = {}
        self._theme = LIGHT
        self._turn = 0
        self.plots = [CurvePlot(spec.title, spec.unit) for spec in PLOTS]
        self.axis = QComboBox()
        for name in AXES:
            self.axis.addItem(_AXIS_TITLES[name], name)
        self.axis.setAccessibleName("Axis of the curves")
        self.smoothing = QSlider(Qt.Orientation.Horizontal, maximum=_SMOOTHING_STOPS, pageStep=5)
        self.smoothing.setAccessibleName("Smoothing of the training loss")
        self.smoothing.setFixedWidth(144)
        self._share = muted_label()
        self._share.setFont(text_font(self._share.font()))
        self._share.setFixedWidth(self._share.fontMetrics().horizontalAdvance("0.999") + 4)
        self.log_scale = QCheckBox("&Log scale")
        self.export = QToolButton(text="Export ▾", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self._exporting = LatestWorker(_export, "export of curves", self, interrupt=False)
        self._exporting.failed.connect(lambda _, sentence: self.failed.emit(sentence))
        self._lay_out()
        self._restore()
        self.axis.currentIndexChanged.connect(self.refresh)
        self.smoothing.valueChanged.connect(self.refresh)
        self.log_scale.toggled.connect(self.refresh)
        for plot in self.plots:
            plot.pointed.connect(self._point)

    @property
    def share(self) -> float:
        """How much of the average smoothing keeps at each step, 0 to 0.999."""
        stop = self.smoothing.value()
        return 1.0 - 10.0 ** (-3.0 * stop / _SMOOTHING_STOPS)

    def show_log(self, log: RunLog) -> None:
        """Show the curves of a run."""
        self._log = log
        self.refresh()

    def compare(self, runs: dict[str, RunLog]) -> None:
        """Lay the curves of other runs beneath, the first few of them."""
        self._compared = dict(list(runs.items())[:MOST_COMPARED])
        self.refresh()

    def colors(self) -> list[str]:
        """Return the colours of the compared runs in their order, as ``#rrggbb``."""
        known = class_colors(self._theme)
        return [known[hue] for hue in _HUES]

    def follow(self, log: RunLog) -> None:
        """Show the curves of a run that goes on: the large plot and the small ones in turns, to hold nobody up."""
        self._log = log
        self._turn += 1
        self._draw(range(1) if self._turn % 2 else range(1, len(PLOTS)))

    def refresh(self) -> None:
        """Draw anew what the log says now."""
        self._share.setText(f"{self.share:.3f}" if self.share > 0.9 else f"{self.share:.2f}")
        self._draw(range(len(PLOTS)))

    def _draw(self, numbers: range) -> None:
        axis, log_scale = self.axis.currentData(), self.log_scale.isChecked()
        high = max([_end(log, axis) for log in (self._log, *self._compared.values())])
        for number in numbers:
            spec = PLOTS[number]
            self.plots[number].show_curves(
                list(self._curves(spec, axis)),
                axis=axis,
                high_x=high or 1.0,
                log=log_scale and spec.can_log,
                mark=self._mark(spec, axis),
            )

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        for plot in self.plots:
            plot.apply_theme(theme)
        self.refresh()

    def remember(self) -> None:
        """Keep axis, smoothing and scale for the next start."""
        self._settings.set("curves_axis", self.axis.currentData())
        self._settings.set("curves_smoothing", self.smoothing.value())
        self._settings.set("curves_log", int(self.log_scale.isChecked()))

    def close_worker(self) -> None:
        """End the thread that writes files."""
        self._exporting.close()

    def export_to(self, path: str) -> None:
        """Write the picture, or the numbers of epochs (``.csv``) or steps (``-steps.csv``), off the GUI thread."""
        if path.lower().endswith(".csv"):
            log = self._log
            steps = path.lower().endswith("-steps.csv")
            self._exporting.submit((path, lambda: write_text(path, log.to_csv(steps=steps))))
            return
        pictures = [replace(plot.picture, curves=list(plot.picture.curves), cursor=None) for plot in self.plots]
        theme, font = self._theme, self.font()
        self._exporting.submit((path, lambda: write_picture(path, pictures, theme, font)))

    def _curves(self, spec: PlotSpec, axis: str) -> Iterator[Curve]:
        for (name, log), color in zip(self._compared.items(), self.colors(), strict=False):
            other = log.epoch_series(spec.epoch, axis)
            if not spec.epoch:
                other = log.step_series(spec.step, axis, most=_MOST_POINTS)
            if not len(other.x):  # older runs have no file of steps
                other = log.epoch_series(spec.step, axis)
            yield Curve(name, other.x, spec.factor * other.y, color, dashed=True)
        steps = self._log.step_series(spec.step, axis, most=_MOST_POINTS)
        if len(steps.x):
            is_loss = spec.step == "train_loss"
            if is_loss and self.share > 0:
                yield Curve("each batch", steps.x, steps.y, "wave", ghost=True)
            y = smoothed(steps.y, self.share**steps.every) if is_loss else steps.y
            yield Curve("train" if is_loss else "", steps.x, spec.factor * y, "wave")
        elif spec.step:
            epochs = self._log.epoch_series(spec.step, axis)
            yield Curve("train" if spec.epoch else "", epochs.x, spec.factor * epochs.y, "wave")
        if spec.epoch:
            epochs = self._log.epoch_series(spec.epoch, axis)
            yield Curve("dev" if spec.step else "", epochs.x, spec.factor * epochs.y, "accent", points=True)

    def _mark(self, spec: PlotSpec, axis: str) -> Mark | None:
        best = self._log.best()
        if best is None or not spec.epoch:
            return None
        value = spec.factor * best[spec.epoch]
        # The best epoch is that of the fewest errors: its loss may not be the lowest.
        text = "best epoch" if spec.epoch == "dev_loss" else f"best {written(value)}"
        return Mark(best[axis], value, text)

    def _point(self, x: float | None) -> None:
        for plot in self.plots:
            plot.point_at(x)

    def _ask_path(self, kind: str) -> None:
        suffix, words = {
            "PNG": (".png", "PNG pictures (*.png)"),
            "SVG": (".svg", "SVG pictures (*.svg)"),
            "epochs": (".csv", "Comma-separated values (*.csv)"),
            "steps": ("-steps.csv", "Comma-separated values (*.csv)"),
        }[kind]
        start = str(Path(self._settings.folder) / f"curves{suffix}")
        path, _ = QFileDialog.getSaveFileName(self, "Export curves", start, words)
        if path:
            self._settings.folder = str(Path(path).parent)
            self.export_to(path if path.lower().endswith(suffix) else path.removesuffix(".csv") + suffix)

    def _restore(self) -> None:
        axes = [_AXIS_TITLES[name] for name in AXES]
        with QSignalBlocker(self.axis), QSignalBlocker(self.smoothing), QSignalBlocker(self.log_scale):
            name = self._settings.text("curves_axis", "epoch", AXES)
            self.axis.setCurrentIndex(axes.index(_AXIS_TITLES[name]))
            self.smoothing.setValue(self._settings.number("curves_smoothing", 20, 0, _SMOOTHING_STOPS))
            self.log_scale.setChecked(bool(self._settings.number("curves_log", 0, 0, 1)))

    def _lay_out(self) -> None:
        menu = QMenu(self.export)
        for text, kind in (
            ("Picture as &PNG…", "PNG"),
            ("Picture as &SVG…", "SVG"),
            ("&Epochs as CSV…", "epochs"),
            ("S&teps as CSV…", "steps"),
        ):
            menu.addAction(text, lambda kind=kind: self._ask_path(kind))
        self.export.setMenu(menu)
        self.export.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.export.setAccessibleName("Export the curves")
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 0, 0, 0)
        tools.setSpacing(8)
        for text, widget in (("O&ver", self.axis), ("S&moothing", self.smoothing)):
            label = QLabel(text)
            label.setBuddy(widget)
            tools.addWidget(label)
            tools.addWidget(widget)
            tools.addSpacing(0 if widget is self.smoothing else 16)
        tools.addWidget(self._share)
        tools.addSpacing(16)
        tools.addWidget(self.log_scale)
        tools.addStretch(1)
        tools.addWidget(self.export)
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.addWidget(self.plots[0], 0, 0, 2, 1)
        for number, plot in enumerate(self.plots[1:]):
            grid.addWidget(plot, number // 2, 1 + number % 2)
        for column, stretch in enumerate((5, 4, 4)):
            grid.setColumnStretch(column, stretch)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 4, 12, 4)
        column_layout.setSpacing(4)
        column_layout.addLayout(tools)
        column_layout.addLayout(grid, 1)


def _end(log: RunLog, axis: str) -> float:
    """Return the last x of a run, 0 while it has none."""
    ends = [log.epochs[-1][axis]] if log.epochs else []
    return max([*ends, *log.steps[-1:, STEP_COLUMNS.index(axis)].tolist()], default=0.0)


def _export(request: tuple[str, object], report: Report) -> Iterator[str]:
    path, write = request
    report("writing", 0.0)
    write()  # type: ignore[operator]
    yield path
