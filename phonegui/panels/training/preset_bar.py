"""Choice of a preset, with a way to keep the settings shown as one's own."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from model.config import NetworkConfig, Preset, TrainingConfig
from model.errors import UserError
from phonegui.panels.training.sections import muted_label
from phonegui.presets import UserPresets, built_in


class PresetBar(QWidget):
    """A list of presets; the user's own can be saved and deleted."""

    chosen = Signal(object)  # Preset
    problem = Signal(str)  # one sentence

    def __init__(self, store: UserPresets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._presets: dict[str, Preset] = {}
        self._own: set[str] = set()
        self.box = QComboBox()
        self.box.setAccessibleName("Preset")
        self.box.currentTextChanged.connect(self._choose)
        self.save = QToolButton(text="Save as…")
        self.save.setToolTip("Keep the settings shown under a name")
        self.save.clicked.connect(self._ask_name)
        self.delete = QToolButton(text="Delete")
        self.delete.setAccessibleName("Delete the preset")
        self.delete.clicked.connect(self._delete)
        self.name = QLineEdit(placeholderText="Name of the preset", maxLength=60)
        self.name.setAccessibleName("Name of the preset")
        self.confirm = QPushButton("Save")
        self.name.returnPressed.connect(self.confirm.click)
        self.confirm.clicked.connect(self._save)
        self._asking = QWidget()
        self._help = muted_label(wrap=True)
        self._shown: tuple[NetworkConfig, TrainingConfig] | None = None
        self._lay_out()
        self.reload()

    @property
    def current(self) -> Preset:
        """The preset chosen."""
        return self._presets[self.box.currentText()]

    def reload(self, choose: str = "") -> None:
        """Read the user's presets anew and choose one by name."""
        own, problems = self._store.read()
        self._own = set(own)
        self._presets = {**built_in(), **own}
        before = choose or self.box.currentText()
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems(list(self._presets))
            self.box.setCurrentText(before if before in self._presets else "Compact")
        self._choose(self.box.currentText())
        for sentence in problems:
            self.problem.emit(sentence)

    def show_settings(self, network: NetworkConfig, training: TrainingConfig) -> None:
        """Take note of the settings shown: what a save keeps."""
        self._shown = (network, training)

    def _choose(self, name: str) -> None:
        if name not in self._presets:
            return
        text = self._presets[name].help
        self._help.setText(f"{text[:1].upper()}{text[1:]}." if text else "")
        self._help.setVisible(bool(text))
        self.delete.setVisible(name in self._own)
        self.chosen.emit(self._presets[name])

    def _ask_name(self) -> None:
        self._asking.setVisible(not self._asking.isVisible())
        self.name.setText(self.box.currentText() if self.box.currentText() in self._own else "")
        self.name.setFocus()

    def _save(self) -> None:
        if self._shown is None:
            return
        name = self.name.text().strip()
        try:
            self._store.save(name, Preset("", *self._shown))
        except UserError as error:
            self.problem.emit(str(error))
            return
        self._asking.hide()
        self.reload(name)

    def _delete(self) -> None:
        try:
            self._store.delete(self.box.currentText())
        except UserError as error:
            self.problem.emit(str(error))
            return
        self.reload("Compact")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.box, 1)
        row.addWidget(self.save)
        row.addWidget(self.delete)
        asking = QHBoxLayout(self._asking)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(4)
        asking.addWidget(self.name, 1)
        asking.addWidget(self.confirm)
        self._asking.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._asking)
        column.addWidget(self._help)
