"""Beam width, transcript and the best hypotheses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from model.config import DecodingConfig
from model.phonemes import ipa
from phonegui.panels.hypotheses import HypothesesTable
from phonegui.phoneme_columns import columns_of

if TYPE_CHECKING:
    from model.transcript import Transcript
    from phonegui.pipeline import Decoded

WIDEST = 200
N_BEST = 10
_BOX_WIDTH = 80
_SLIDER_WIDTH = 40
_MOST_WEIGHT = 2.0
_WEIGHT_STEP = 0.05
_WEIGHT_STEPS = round(_MOST_WEIGHT / _WEIGHT_STEP)
_STOPS = 64
_LONGEST_LINE = 2000
SPELLINGS = ("ARPAbet", "IPA", "Letters")


def beam_stops() -> list[int]:
    """Return the widths the slider stops at: greedy (0), then 1 to 200 in even steps of the logarithm."""
    return [0, *sorted({round(WIDEST ** (i / (_STOPS - 1))) for i in range(_STOPS)})]


class DecodingPanel(QWidget):
    """Controls of the decoder, and what it found."""

    changed = Signal(object)  # DecodingConfig: how to decode from now on

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stops = beam_stops()
        self._transcript: Transcript | None = None
        self._spelled = ""
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=len(self._stops) - 1, pageStep=5)
        self.slider.setAccessibleName("Beam width")
        self.slider.setAccessibleDescription("Prefixes the decoder keeps, on a logarithmic scale; greedy at the left")
        self.number = QSpinBox(minimum=0, maximum=WIDEST, specialValueText="greedy", keyboardTracking=False)
        self.number.setAccessibleName("Beam width as a number")
        self.slider.valueChanged.connect(lambda stop: self._set(self._stops[stop], tell=True))
        self.number.valueChanged.connect(lambda width: self._set(width, tell=True))
        self.weight = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=_WEIGHT_STEPS, pageStep=2)
        self.weight.setAccessibleName("Language model weight")
        self.weight.setAccessibleDescription("Weight alpha of the phone n-gram model; off at the left")
        self.weight_number = QDoubleSpinBox(maximum=_MOST_WEIGHT, singleStep=_WEIGHT_STEP, specialValueText="off")
        self.weight_number.setAccessibleName("Language model weight as a number")
        self.bonus = QDoubleSpinBox(minimum=-3.0, maximum=3.0, singleStep=0.1, decimals=1)
        self.bonus.setAccessibleName("Insertion bonus")
        self.bonus.setToolTip("Bonus beta for every phoneme, with a language model")
        self.weight.valueChanged.connect(lambda step: self.weight_number.setValue(step * _WEIGHT_STEP))
        self.weight_number.valueChanged.connect(self._weight_changed)
        self.bonus.valueChanged.connect(lambda _: self._tell())
        for slider in (self.slider, self.weight):
            slider.setMinimumWidth(_SLIDER_WIDTH)
        for box in (self.number, self.weight_number, self.bonus):
            box.setFixedWidth(_BOX_WIDTH)
        self._reset = QToolButton(text="Defaults", autoRaise=True)
        self._reset.setToolTip("Decode with beam width, language model and bonus as at the first start")
        self._reset.setAccessibleName("Default decoding settings")
        self._reset.clicked.connect(self.reset)
        self._timing = _muted_label()
        self._scores = QLabel(textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self._timing, self._scores):
            # Numbers that change with every step of a slider must not make the window lay itself out anew.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            label.setMinimumHeight(label.fontMetrics().height())
        self.spelling = QComboBox()
        self.spelling.addItems(SPELLINGS)
        self.spelling.setAccessibleName("Spelling of the transcript")
        self.spelling.currentTextChanged.connect(self._respell)
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setAccessibleName("Transcript")
        self.text.setPlaceholderText("The phonemes heard appear here.")
        self.table = HypothesesTable()
        # On a small screen they leave the window its room, and scroll.
        self.text.setMinimumHeight(2 * self.text.fontMetrics().height())
        self.table.setMinimumHeight(2 * self.text.fontMetrics().height())
        self._lay_out()
        self.reset()

    @property
    def beam_width(self) -> int:
        """The width shown; 0 is greedy."""
        return self.number.value()

    @property
    def settings(self) -> DecodingConfig:
        """What the controls say."""
        return DecodingConfig(
            beam_width=self.beam_width,
            n_best=N_BEST,
            alpha=round(self.weight_number.value(), 2),
            beta=round(self.bonus.value(), 1),
        )

    def set_language_model(self, alpha: float, beta: float) -> None:
        """Show a weight and a bonus and tell them."""
        with QSignalBlocker(self.bonus):
            self.bonus.setValue(beta)
        self.weight_number.setValue(alpha)
        self._tell()

    def set_beam_width(self, width: int) -> None:
        """Show a width and tell it."""
        self._set(max(0, min(WIDEST, width)), tell=True)

    def reset(self) -> None:
        """Show the settings that the command line begins with, too, and tell them."""
        first = DecodingConfig()
        with QSignalBlocker(self):
            self.set_beam_width(first.beam_width)
            self.set_language_model(first.alpha, first.beta)
        self._tell()

    def step(self, direction: int) -> None:
        """Move the slider by one stop, wider (1) or narrower (-1)."""
        self.slider.setValue(self.slider.value() + direction)

    def show_result(self, result: Decoded, frames: int) -> None:
        """Show a decoding of so many posterior frames."""
        if result.transcript is not self._transcript:  # else it was decoded anew for another reference alone
            self._transcript = result.transcript
            self._respell()
        rate = frames / max(1e-9, result.milliseconds / 1000)
        width = result.settings.beam_width
        name = "greedy" if width == 0 else f"width {width}"
        self._timing.setText(f"{name}: {result.milliseconds:.1f} ms, {rate:,.0f} frames/s")
        error = "no reference" if result.error_rate is None else f"{100 * result.error_rate:.1f} % phone errors"
        self._scores.setText(f"{len(result.transcript.phonemes)} phonemes, {error}")
        self.table.show_result(result)

    def clear(self) -> None:
        """Show nothing."""
        self._transcript, self._spelled = None, ""
        self.text.clear()
        self._timing.clear()
        self._scores.clear()
        self.table.setRowCount(0)

    def spelled(self) -> str:
        """Return the transcript as it is spelled now."""
        return self._spelled

    def _lay_out(self) -> None:
        beam = QHBoxLayout()
        beam.setSpacing(8)
        beam.addWidget(self.slider, 1)
        beam.addWidget(self.number)
        form = QFormLayout()
        form.setSpacing(8)
        label = QLabel("&Beam width")
        label.setBuddy(self.slider)
        form.addRow(label, beam)
        model = QHBoxLayout()
        model.setSpacing(8)
        model.addWidget(self.weight, 1)
        model.addWidget(self.weight_number)
        label = QLabel("&Language model")
        label.setBuddy(self.weight)
        form.addRow(label, model)
        label = QLabel("&Insertion bonus")
        label.setBuddy(self.bonus)
        bonus = QHBoxLayout()
        bonus.addStretch(1)
        bonus.addWidget(self.bonus)
        form.addRow(label, bonus)
        heading = QHBoxLayout()
        heading.addWidget(_heading("Transcript"), 1)
        heading.addWidget(self.spelling)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        column.addLayout(form)
        timing = QHBoxLayout()
        timing.addWidget(self._timing, 1)
        timing.addWidget(self._reset)
        column.addLayout(timing)
        column.addSpacing(8)
        column.addLayout(heading)
        column.addWidget(self.text, 2)
        column.addWidget(self._scores)
        column.addSpacing(8)
        column.addWidget(_heading("Best hypotheses"))
        column.addWidget(self.table, 3)

    def _set(self, width: int, *, tell: bool) -> None:
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.slider.setValue(min(range(len(self._stops)), key=lambda i: abs(_log(self._stops[i]) - _log(width))))
            self.number.setValue(width)
        if tell:
            self._tell()

    def _weight_changed(self, weight: float) -> None:
        with QSignalBlocker(self.weight):
            self.weight.setValue(round(weight / _WEIGHT_STEP))
        self._tell()

    def _tell(self) -> None:
        self.bonus.setEnabled(self.weight_number.value() > 0)
        self._reset.setEnabled(self.settings != DecodingConfig(n_best=N_BEST))
        self.changed.emit(self.settings)

    def _respell(self) -> None:
        if self._transcript is None:
            return
        symbols = columns_of(self._transcript.phonemes).symbols
        spelled = {
            "ARPAbet": lambda: " ".join(symbols),
            "IPA": lambda: " ".join(ipa(symbol) for symbol in symbols),
            "Letters": lambda: self._transcript.letters if self._transcript else "",
        }[self.spelling.currentText()]()
        if spelled != self._spelled:
            self._spelled = spelled
            self.text.setPlainText(_paragraphs(spelled))


def _paragraphs(text: str) -> str:
    """Break a long text into lines: one of an hour's would take Qt half a second to lay out."""
    lines = []
    while len(text) > _LONGEST_LINE:
        end = text.rfind(" ", 0, _LONGEST_LINE)
        end = _LONGEST_LINE if end < 0 else end
        lines.append(text[:end])
        text = text[end:].lstrip(" ")
    return "\n".join([*lines, text])


def _log(width: int) -> float:
    return math.log(width) if width else -1.0


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(_bold(label.font()))
    return label


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _muted_label() -> QLabel:
    label = QLabel()
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label
