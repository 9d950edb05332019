"""What the open recording is to be compared with: another checkpoint, other settings, or both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from model.config import DecodingConfig
from phonegui.comparing import Rival, settings_in_words
from phonegui.panels.decoding import N_BEST, WIDEST
from phonegui.panels.icons import without_icons

_SAME_SETTINGS, _GREEDY, _OWN = range(3)
_NOTHING = "This is what is heard already; choose another checkpoint or other settings."
_PATH = Qt.ItemDataRole.UserRole


class ComparisonDialog(QDialog):
    """Asks for a rival, without blocking the window.

    Parameters
    ----------
    last
        What was compared last, shown to begin with.
    in_use, checkpoint
        Settings and checkpoint that the recording is heard with.
    checkpoints
        Paths of further checkpoints to offer, besides those that are browsed for.
    browse
        Asks for the path of a checkpoint; empty where none was chosen.
    """

    chosen = Signal(object)  # Rival

    def __init__(
        self,
        last: Rival,
        in_use: DecodingConfig,
        checkpoint: str,
        checkpoints: list[str],
        browse: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._in_use, self._used, self._browse = in_use, checkpoint, browse
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Compare with")
        self._make_controls(checkpoints)
        self._lay_out()
        self._show(last)
        for signal in (
            self.checkpoint.currentIndexChanged,
            self.decoding.currentIndexChanged,
            self.width_box.valueChanged,
            self.weight.valueChanged,
            self.bonus.valueChanged,
        ):
            signal.connect(lambda _: self._judge())
        self._judge()

    @property
    def rival(self) -> Rival:
        """What the controls say."""
        settings = {_SAME_SETTINGS: None, _GREEDY: DecodingConfig(beam_width=0, n_best=N_BEST), _OWN: self._own()}
        return Rival(str(self.checkpoint.currentData(_PATH)), settings[self.decoding.currentIndex()])

    def accept(self) -> None:
        """Compare with what is chosen, unless that is what is heard already."""
        if self.compare_button.isEnabled():
            self.chosen.emit(self.rival)
            super().accept()

    def _make_controls(self, checkpoints: list[str]) -> None:
        self.checkpoint = QComboBox()
        self.checkpoint.setAccessibleName("Checkpoint to compare with")
        self.checkpoint.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.checkpoint.setMinimumContentsLength(28)
        self.checkpoint.addItem("The one in use", "")
        for path in checkpoints:
            self._offer(path)
        self.browse_button = QPushButton("Browse…", autoDefault=False)
        self.browse_button.setAccessibleName("Browse for a checkpoint")
        self.browse_button.clicked.connect(self._ask)
        self.decoding = QComboBox()
        self.decoding.setAccessibleName("Decoding to compare with")
        self.decoding.addItems([f"As in use ({settings_in_words(self._in_use)})", "Greedy", "Other settings"])
        self.width_box = QSpinBox(minimum=1, maximum=WIDEST, value=max(1, self._in_use.beam_width))
        self.width_box.setAccessibleName("Beam width of the comparison")
        self.weight = QDoubleSpinBox(minimum=0.0, maximum=2.0, singleStep=0.05, decimals=2)
        self.weight.setSpecialValueText("off")
        self.weight.setValue(self._in_use.alpha)
        self.weight.setAccessibleName("Language model weight of the comparison")
        self.bonus = QDoubleSpinBox(minimum=-3.0, maximum=3.0, singleStep=0.1, decimals=1)
        self.bonus.setValue(self._in_use.beta)
        self.bonus.setAccessibleName("Insertion bonus of the comparison")
        for box in (self.width_box, self.weight, self.bonus):
            box.setFixedWidth(80)
        self.note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.compare_button = buttons.addButton("Compare", QDialogButtonBox.ButtonRole.AcceptRole)
        self.compare_button.setDefault(True)
        without_icons(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._buttons = buttons

    def _lay_out(self) -> None:
        checkpoint = QHBoxLayout()
        checkpoint.setSpacing(8)
        checkpoint.addWidget(self.checkpoint, 1)
        checkpoint.addWidget(self.browse_button)
        self._form = form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, buddy, field in (
            ("Chec&kpoint", self.checkpoint, checkpoint),
            ("&Decoding", self.decoding, self.decoding),
            ("Beam &width", self.width_box, self.width_box),
            ("&Language model", self.weight, self.weight),
            ("&Insertion bonus", self.bonus, self.bonus),
        ):
            label = QLabel(text)
            label.setBuddy(buddy)
            form.addRow(label, field)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(self._buttons)
        self.setMinimumWidth(480)

    def _show(self, rival: Rival) -> None:
        if rival.checkpoint:
            self.checkpoint.setCurrentIndex(self._offer(rival.checkpoint))
        settings = rival.settings
        if settings is None:
            return
        self.decoding.setCurrentIndex(_OWN if settings.beam_width else _GREEDY)
        if settings.beam_width:
            self.width_box.setValue(settings.beam_width)
            self.weight.setValue(settings.alpha)
            self.bonus.setValue(settings.beta)

    def _offer(self, path: str) -> int:
        """Add a checkpoint to the list where it is not there yet, and return its place."""
        place = self.checkpoint.findData(path, _PATH)
        if place < 0:
            self.checkpoint.addItem(Path(path).name, path)
            place = self.checkpoint.count() - 1
            self.checkpoint.setItemData(place, path, Qt.ItemDataRole.ToolTipRole)
        return place

    def _ask(self) -> None:
        path = self._browse()
        if path:
            self.checkpoint.setCurrentIndex(self._offer(path))

    def _own(self) -> DecodingConfig:
        return DecodingConfig(
            beam_width=self.width_box.value(),
            n_best=N_BEST,
            alpha=round(self.weight.value(), 2),
            beta=round(self.bonus.value(), 1),
        )

    def _judge(self) -> None:
        """Enable what has an effect, and say why nothing can be compared where that is so."""
        own = self.decoding.currentIndex() == _OWN
        for box in (self.width_box, self.weight):
            box.setEnabled(own)
        self.bonus.setEnabled(own and self.weight.value() > 0)
        greedy = self.decoding.currentIndex() == _GREEDY
        for box in (self.width_box, self.weight, self.bonus):
            self._form.setRowVisible(box, not greedy)  # greedy decoding has none of them
        rival = self.rival
        same = rival.checkpoint in ("", self._used)
        nothing = same and settings_in_words(rival.settings or self._in_use) == settings_in_words(self._in_use)
        self.compare_button.setEnabled(not nothing)
        self.note.setText(_NOTHING if nothing else f"Heard B: {rival.name(self._in_use)}")
