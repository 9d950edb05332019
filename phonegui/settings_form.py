"""A form made from a settings class: bounds, choices, units and help all come from the one definition."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Collection
from typing import Any, get_type_hints

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont, QValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QWidget,
)

from model.config import Settings
from phonegui.panels.icons import IconButton

_LARGEST_INT = 2**31 - 1
_DECIMALS = 10
_BOX_WIDTH = 128
_ACRONYMS = {"lstm": "LSTM", "ema": "EMA", "ctc": "CTC", "hz": "Hz", "gpu": "GPU"}


class NumberBox(QDoubleSpinBox):
    """A number from 1e-8 to 1e6 as people write it: ``0.002``, ``5e-05``; steps follow its size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(QLocale(QLocale.Language.C))  # as on the command line
        self.setDecimals(_DECIMALS)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setKeyboardTracking(False)

    def textFromValue(self, value: float) -> str:
        """Write the number without trailing zeros."""
        return f"{value:.8g}"

    def valueFromText(self, text: str) -> float:
        """Read a number as Python spells it."""
        value = _number(text.removesuffix(self.suffix()))
        return self.value() if value is None else value

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let numbers be typed, those with an exponent too."""
        typed = text.removesuffix(self.suffix()).strip()
        value = _number(typed)
        if value is not None and self.minimum() <= value <= self.maximum():
            return QValidator.State.Acceptable, text, position
        begun = all(letter in "0123456789.eE+-" for letter in typed)
        return QValidator.State.Intermediate if begun else QValidator.State.Invalid, text, position


class SettingsForm(QWidget):
    """A row a field: name, a control within its bounds, a mark where it differs from the defaults, and a way back.

    Parameters
    ----------
    defaults
        What the form shows at first and what changes are marked against.
    hidden
        Fields that have no row; they keep the value of the defaults.
    """

    changed = Signal(object)  # the settings shown now

    def __init__(self, defaults: Settings, *, hidden: Collection[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._defaults = defaults
        self._fields = {f.name: f for f in dataclasses.fields(defaults) if f.name not in hidden}  # type: ignore[arg-type]
        hints = get_type_hints(type(defaults))
        self.controls = {name: _control(field, hints[name]) for name, field in self._fields.items()}
        self._labels: dict[str, QLabel] = {}
        self._resets: dict[str, QToolButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for row, name in enumerate(self._fields):
            self._add_row(grid, row, name)
        self.set_values(defaults)

    @property
    def values(self) -> Any:
        """The settings that the controls show."""
        shown = {name: _value(control) for name, control in self.controls.items()}
        return dataclasses.replace(self._defaults, **shown)

    def set_values(self, settings: Settings) -> None:
        """Show other settings and tell them once; the defaults stay what changes are marked against."""
        for name, control in self.controls.items():
            with QSignalBlocker(control):
                _show(control, getattr(settings, name))
        # What has no row is taken over too.
        hidden = {f.name for f in dataclasses.fields(settings)} - self.controls.keys()  # type: ignore[arg-type]
        self._defaults = dataclasses.replace(self._defaults, **{name: getattr(settings, name) for name in hidden})
        self._tell()

    def set_defaults(self, defaults: Settings) -> None:
        """Mark changes against other defaults, and show those."""
        self._defaults = defaults
        self.set_values(defaults)

    def changed_fields(self) -> list[str]:
        """Return the fields that differ from the defaults."""
        shown = self.values
        return [name for name in self.controls if getattr(shown, name) != getattr(self._defaults, name)]

    def reset(self, name: str) -> None:
        """Give a field its default."""
        _show(self.controls[name], getattr(self._defaults, name))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the wheel from changing values when the form is scrolled past them."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _add_row(self, grid: QGridLayout, row: int, name: str) -> None:
        control, title = self.controls[name], title_of(name)
        help_text = help_of(self._fields[name])
        label = QLabel(title)
        label.setBuddy(control)
        label.setToolTip(help_text)
        control.setAccessibleName(title)
        control.setAccessibleDescription(help_text)
        control.setToolTip(help_text)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)
        back = IconButton("back", f"Reset {title}")
        back.clicked.connect(lambda: self.reset(name))
        policy = back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        back.setSizePolicy(policy)
        grid.addWidget(label, row, 0)
        grid.addWidget(control, row, 1)
        grid.addWidget(back, row, 2)
        self._labels[name], self._resets[name] = label, back
        _notify(control, self._tell)

    def _tell(self) -> None:
        marked = set(self.changed_fields())
        for name, label in self._labels.items():
            font = QFont(label.font())
            font.setWeight(QFont.Weight.DemiBold if name in marked else QFont.Weight.Normal)
            label.setFont(font)
            self._resets[name].setVisible(name in marked)
            default = _spelled(getattr(self._defaults, name))
            self._resets[name].setToolTip(f"Back to {html.escape(default)}")
        self.changed.emit(self.values)


def title_of(name: str) -> str:
    """Return a field's name as a form shows it: ``ema_decay`` as ``EMA decay``."""
    words = [_ACRONYMS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def help_of(field: Any) -> str:
    """Return a field's help with its bounds, in one line."""
    meta = field.metadata
    low, high = meta["minimum"], meta["maximum"]
    text = f"{meta['help'][:1].upper()}{meta['help'][1:]}"
    if low is not None and high is not None:
        text += f" ({_spelled(low)} to {_spelled(high)}{' ' + meta['unit'] if meta['unit'] else ''})"
    elif low is not None:
        text += f" (at least {_spelled(low)})"
    return text


def _control(field: Any, kind: type) -> QWidget:
    meta = field.metadata
    if meta["choices"]:
        box = QComboBox()
        box.addItems(list(meta["choices"]))
        box.setFixedWidth(_BOX_WIDTH)
        return box
    if kind is bool:
        return QCheckBox()
    if kind not in (int, float):
        raise TypeError(f"a form has no control for {field.name} of type {kind.__name__}")
    number: QSpinBox | QDoubleSpinBox = QSpinBox(keyboardTracking=False) if kind is int else NumberBox()
    low = meta["minimum"] if meta["minimum"] is not None else -_LARGEST_INT
    high = meta["maximum"] if meta["maximum"] is not None else _LARGEST_INT
    number.setRange(kind(low), kind(min(high, _LARGEST_INT)))
    number.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    if meta["unit"]:
        number.setSuffix(f" {meta['unit']}")
    number.setAlignment(Qt.AlignmentFlag.AlignRight)
    number.setFixedWidth(_BOX_WIDTH)
    return number


def _value(control: QWidget) -> Any:
    if isinstance(control, QComboBox):
        return control.currentText()
    if isinstance(control, QCheckBox):
        return control.isChecked()
    assert isinstance(control, QSpinBox | QDoubleSpinBox)
    return control.value()


def _show(control: QWidget, value: Any) -> None:
    if isinstance(control, QComboBox):
        control.setCurrentText(value)
    elif isinstance(control, QCheckBox):
        control.setChecked(value)
    else:
        assert isinstance(control, QSpinBox | QDoubleSpinBox)
        control.setValue(value)


def _notify(control: QWidget, slot: Any) -> None:
    if isinstance(control, QComboBox):
        control.currentTextChanged.connect(slot)
    elif isinstance(control, QCheckBox):
        control.toggled.connect(slot)
    else:
        assert isinstance(control, QSpinBox | QDoubleSpinBox)
        control.valueChanged.connect(slot)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
