"""The choices of an export: format, part, size, scale and colours."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QSpinBox, QWidget

from phonegui.exporting import FORMATS, PARTS, PICTURES, SCALES, TEXTS, THEMES, Choice
from phonegui.picture import LARGEST, SMALLEST


class ExportForm(QWidget):
    """Controls for a `Choice`; those that mean nothing for a format are hidden.

    Parameters
    ----------
    parts, formats
        Keys of `PARTS` and `FORMATS` that can be chosen.
    """

    changed = Signal()  # anything was chosen

    def __init__(
        self, parts: Collection[str], formats: Collection[str] = tuple(FORMATS), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.format = _box("Format", {name: FORMATS[name][0] for name in FORMATS if name in formats})
        self.part = _box("Part of the recording", {name: words for name, words in PARTS.items() if name in parts})
        self.width_box = _pixels("Width in pixels", SMALLEST.width(), LARGEST.width())
        self.height_box = _pixels("Height in pixels", SMALLEST.height(), LARGEST.height())
        self.scale = _box("Scale", SCALES)
        self.theme = _box("Colours", THEMES)
        self._size = QHBoxLayout()
        self._size.setSpacing(8)
        for widget in (self.width_box, QLabel("×"), self.height_box):
            self._size.addWidget(widget)
        self._form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(8)
        self._form.addRow("&Format", self.format)
        self._form.addRow("&Part", self.part)
        size = QLabel("&Size")
        size.setBuddy(self.width_box)
        self._form.addRow(size, self._size)
        self._form.addRow("Sc&ale", self.scale)
        self._form.addRow("&Colours", self.theme)
        self.setMinimumWidth(self.sizeHint().width())  # of all rows: hiding some must not move the preview
        for box in (self.format, self.part, self.scale, self.theme):
            box.currentIndexChanged.connect(self._on_changed)
        for number in (self.width_box, self.height_box):
            number.valueChanged.connect(self._on_changed)

    @property
    def choice(self) -> Choice:
        """What the controls say."""
        return Choice(
            format=self.format.currentData(),
            part=self.part.currentData(),
            theme=self.theme.currentData(),
            width=self.width_box.value(),
            height=self.height_box.value(),
            scale=self.scale.currentData(),
        )

    def show_choice(self, choice: Choice) -> None:
        """Show a choice; a part that cannot be chosen is all of the recording."""
        for box, value in (
            (self.format, choice.format),
            (self.part, choice.part),
            (self.scale, choice.scale),
            (self.theme, choice.theme),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
        self.width_box.setValue(choice.width)
        self.height_box.setValue(choice.height)
        self._on_changed()

    def _on_changed(self) -> None:
        format = self.format.currentData()
        self._form.setRowVisible(self._size, format in PICTURES)
        self._form.setRowVisible(self.theme, format in PICTURES)
        self._form.setRowVisible(self.scale, format == "png")
        self._form.setRowVisible(self.part, format not in TEXTS)
        self.changed.emit()


def _box(name: str, items: Mapping[str, str] | Mapping[float, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, words in items.items():
        box.addItem(words, value)
    return box


def _pixels(name: str, least: int, most: int) -> QSpinBox:
    box = QSpinBox(minimum=least, maximum=most, singleStep=80, keyboardTracking=False)
    box.setAccessibleName(name)
    box.setSuffix(" px")
    return box
