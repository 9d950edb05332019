"""What to train: corpora, preset, device, folder and every setting."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from model.config import Preset
from phonegui.devices import Device
from phonegui.panels.training.path_field import PathField
from phonegui.panels.training.preset_bar import PresetBar
from phonegui.panels.training.sections import FoldingSection, muted_label
from phonegui.presets import UserPresets
from phonegui.settings import Remembered
from phonegui.settings_form import SettingsForm
from phonegui.training_plan import TrainingPlan, next_run
from phonegui.training_survey import CorpusFacts, Survey, SurveyRequest

_ALL_PARTS = "all utterances"
_LABEL_WIDTH = 72


class SetupPane(QScrollArea):
    """The form; tells when what it asks for has changed."""

    changed = Signal()  # corpora or sizes are others: the survey is out of date
    problem = Signal(str)  # one sentence

    def __init__(self, settings: Remembered, presets: UserPresets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._has_tensorboard = find_spec("tensorboard") is not None
        self.train = PathField("Training corpus", settings)
        self.dev = PathField("Dev corpus", settings)
        self.runs = PathField("Folder of the runs", settings, files=False)
        self.train_facts, self.dev_facts = muted_label(wrap=True), muted_label(wrap=True)
        self.part = QComboBox()
        self.part.setAccessibleName("Part of the dev corpus")
        self.presets = PresetBar(presets)
        self.device = QComboBox()
        self.device.setAccessibleName("Device")
        self.device.addItem("Automatic", "auto")
        self.device_facts = muted_label(wrap=True)
        self.tensorboard = QCheckBox("&Log for TensorBoard, too")
        self.tensorboard.setToolTip("Keep the curves in the run's folder as TensorBoard reads them, too")
        self.estimate = muted_label(wrap=True)
        self.estimate.setAccessibleName("Estimate")
        preset = self.presets.current
        # Inputs and outputs are those of the corpus.
        self.network = SettingsForm(preset.network, hidden=("features", "classes"))
        self.training = SettingsForm(preset.training)
        self._sections = {
            "training": FoldingSection("Training settings", self.training),
            "network": FoldingSection("Network", self.network),
        }
        self._lay_out()
        self._connect()
        self._restore()

    @property
    def request(self) -> SurveyRequest:
        """What a survey is wanted of."""
        return SurveyRequest(self.train.path, self.dev.path, self.network.values)

    def plan(self) -> TrainingPlan:
        """Return the plan shown, its folder the first free one of the preset's name."""
        return TrainingPlan(
            train=_absolute(self.train.path),
            dev=_absolute(self.dev.path),
            out=str(next_run(self.runs.path or _default_runs(), self.presets.box.currentText())),
            network=self.network.values,
            training=self.training.values,
            dev_part=self.part.currentData() or "",
            device=self.device.currentData(),
            tensorboard=self.tensorboard.isChecked() and self._has_tensorboard,
        )

    def show_plan(self, plan: TrainingPlan) -> None:
        """Show a plan made before."""
        self.train.set_path(plan.train)
        self.dev.set_path(plan.dev)
        self._choose_part(plan.dev_part)
        self._choose_device(plan.device)
        self.tensorboard.setChecked(plan.tensorboard)
        self.network.set_values(plan.network)
        self.training.set_values(plan.training)

    def show_survey(self, survey: Survey) -> None:
        """Show what was found out about the corpora and the network."""
        for label, facts in ((self.train_facts, survey.train), (self.dev_facts, survey.dev)):
            text = facts.described() if isinstance(facts, CorpusFacts) else facts or ""
            label.setText(text)
            label.setVisible(bool(text))
            error = isinstance(facts, str)
            role = label.palette().ColorRole.WindowText if error else label.palette().ColorRole.PlaceholderText
            label.setForegroundRole(role)
        self._show_parts(survey.dev.parts if isinstance(survey.dev, CorpusFacts) else ())
        self.estimate.setText(_estimate(survey))

    def show_devices(self, devices: list[Device]) -> None:
        """Show the devices of this machine, the one chosen before still chosen."""
        before = self.device.currentData()
        with QSignalBlocker(self.device):
            self.device.clear()
            for device in devices:
                self.device.addItem(device.text, device.name)
                self.device.setItemData(self.device.count() - 1, device.memory, Qt.ItemDataRole.ToolTipRole)
            self.device.setCurrentIndex(max(0, self.device.findData(before)))
        self._show_memory()

    def offer(self, paths: list[str]) -> None:
        """Take dropped corpora: the first empty field first, and the training corpus when none is empty."""
        for path in paths[:2]:
            free = [field for field in (self.train, self.dev) if not field.path]
            (free[0] if free else self.train).set_path(path)

    def offer_open(self, path: str) -> None:
        """Take a corpus that is open in the window to train on, where none is chosen."""
        if not self.train.path:
            self.train.set_path(path)

    def remember(self) -> None:
        """Keep corpora, preset, folder and device for the next start."""
        for name, value in (
            ("train", self.train.path),
            ("dev", self.dev.path),
            ("part", self.part.currentData() or ""),
            ("runs", self.runs.path),
            ("preset", self.presets.box.currentText()),
            ("device", self.device.currentData()),
            ("tensorboard", int(self.tensorboard.isChecked())),
        ):
            self._settings.set(f"training_{name}", value)

    def _restore(self) -> None:
        words = self._settings.words
        self.runs.set_path(words("training_runs") or _default_runs())
        self.presets.reload(words("training_preset", "Compact"))
        self.train.set_path(words("training_train"))
        self.dev.set_path(words("training_dev"))
        self.tensorboard.setChecked(bool(self._settings.number("training_tensorboard", 0, 0, 1)))
        self._choose_part(words("training_part"))
        self._choose_device(words("training_device", "auto"))

    def _choose_part(self, name: str) -> None:
        """Choose a part of the dev corpus; the others come with the survey."""
        if self.part.findData(name) < 0:
            self.part.addItem(name or _ALL_PARTS, name)
        self.part.setCurrentIndex(self.part.findData(name))

    def _choose_device(self, name: str) -> None:
        """Choose a device; its name and memory come with the survey."""
        if self.device.findData(name) < 0:
            self.device.addItem(name.upper(), name)
        self.device.setCurrentIndex(self.device.findData(name))

    def _show_preset(self, preset: Preset) -> None:
        self.network.set_defaults(preset.network)
        self.training.set_defaults(preset.training)

    def _settings_changed(self) -> None:
        for name, form in (("training", self.training), ("network", self.network)):
            count = len(form.changed_fields())
            self._sections[name].note(f"{count} changed" if count else "")
        self.presets.show_settings(self.network.values, self.training.values)

    def _show_parts(self, parts: tuple[str, ...]) -> None:
        before = self.part.currentData()
        self.part.clear()
        self.part.addItem(_ALL_PARTS, "")
        for part in parts:
            self.part.addItem(part, part)
        self.part.setCurrentIndex(max(0, self.part.findData(before)))
        self.part.setVisible(len(parts) > 1)

    def _show_memory(self) -> None:
        text = self.device.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self.device_facts.setText(text)
        self.device_facts.setVisible(bool(text))

    def _connect(self) -> None:
        self.presets.chosen.connect(self._show_preset)
        self.presets.problem.connect(self.problem)
        self.device.currentIndexChanged.connect(self._show_memory)
        for form in (self.network, self.training):
            form.changed.connect(self._settings_changed)
        for signal in (self.train.changed, self.dev.changed, self.network.changed):
            signal.connect(self.changed)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("&Train on", self.train),
            ("", self.train_facts),
            ("S&core on", self.dev),
            ("", self.dev_facts),
            ("", self.part),
            ("&Preset", self.presets),
            ("D&evice", self.device),
            ("", self.device_facts),
            ("&Runs in", self.runs),
            ("", self.tensorboard),
            ("Estimate", self.estimate),
        )
        for number, (text, widget) in enumerate(rows):
            if text:
                label = QLabel(text)
                label.setBuddy(self.presets.box if widget is self.presets else widget)
                grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
                label.setContentsMargins(0, 0 if widget is self.estimate else 4, 0, 0)
            grid.addWidget(widget, number, 1)
        for widget in (self.train_facts, self.dev_facts, self.part, self.device_facts):
            widget.hide()
        self.tensorboard.setVisible(self._has_tensorboard)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 4, 12, 12)
        column.setSpacing(8)
        column.addLayout(grid)
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(344)


def _estimate(survey: Survey) -> str:
    words = [f"{survey.parameters:,} parameters", f"{survey.memory / (1 << 20):,.0f} MiB for weights and optimiser"]
    if isinstance(survey.train, CorpusFacts) and survey.train.frames:
        words.append(f"{survey.train.frames:,} frames an epoch")
    return " · ".join(words) + ". The time an epoch takes is known after the first batches."


def _default_runs() -> str:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return str(Path(documents or Path.home()) / "phonegui runs")


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""
