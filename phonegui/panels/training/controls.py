"""Buttons of a training run, and the line that says how it goes."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from model.training_events import Batch, Phase
from phonegui.theme import text_font
from phonegui.training_session import IDLE, PAUSED, RUNNING, STOPPING, TrainingSession
from phonegui.views.curve_scale import duration, written

_GAP = "  ·  "


class ControlRow(QWidget):
    """Start, pause, stop, use, copy; and beside them phase, progress and time left."""

    start_clicked = Signal()  # begin the run that is set up
    pause_clicked = Signal()  # pause, or go on
    stop_clicked = Signal()  # end after this batch and keep everything
    use_clicked = Signal()  # hear with the best checkpoint so far
    copy_clicked = Signal()  # put the command line on the clipboard

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start = _button("Start", "Train the network that is set up at the left", self.start_clicked)
        self.pause = _button("Pause", "Hold the training after this batch, or go on", self.pause_clicked)
        self.stop = _button("Stop and keep", "End after this batch; what was learned is kept", self.stop_clicked)
        self.use = _button("Use this checkpoint", "Hear with the best checkpoint so far", self.use_clicked)
        self.copy = _button("Copy as command", "Copy the command line that does the same run", self.copy_clicked)
        # The widest of its texts, so that the row does not move when it changes.
        self.pause.setMinimumWidth(self.pause.fontMetrics().horizontalAdvance("Resume") + 32)
        self.phase = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.phase.setAccessibleName("Training phase")
        self.numbers = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.numbers.setAccessibleName("Training numbers")
        self.numbers.setForegroundRole(self.numbers.palette().ColorRole.PlaceholderText)
        for label in (self.phase, self.numbers):
            label.setFont(text_font(label.font()))
            # Numbers that change ten times a second must not make the window lay itself out anew.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedHeight(4)
        self.bar.setAccessibleName("Progress of the training")
        self._phase_name, self._phase_began = "", 0.0
        self._lay_out()
        self.show_state(IDLE, has_best=False)

    def show_state(self, state: str, *, has_best: bool) -> None:
        """Enable what can be done in a state of the session."""
        self.start.setEnabled(state == IDLE)
        self.pause.setEnabled(state in (RUNNING, PAUSED))
        self.pause.setText("Resume" if state == PAUSED else "Pause")
        self.stop.setEnabled(state in (RUNNING, PAUSED))
        self.use.setEnabled(has_best)
        self.bar.setVisible(state != IDLE)

    def show_idle(self, sentence: str) -> None:
        """Say how the last run ended, or what to do."""
        self.phase.setText(sentence)
        self.phase.setToolTip(sentence)
        self.numbers.clear()
        self.numbers.hide()  # its room is the sentence's

    def report(self, session: TrainingSession) -> None:
        """Show where the run stands."""
        phase, batch = session.phase, session.batch
        if phase.name != self._phase_name:
            self._phase_name, self._phase_began = phase.name, time.monotonic()
        words = {PAUSED: "Paused", STOPPING: "Stopping after this batch"}.get(session.state)
        self.phase.setText(words or self._phase_text(phase, batch))
        self.phase.setToolTip("")
        self.numbers.show()
        self.numbers.setText(self._fitting(_numbers(session, batch)))
        done = self._part_done(phase, batch, session)
        self.bar.setMaximum(1000 if done is not None else 0)
        self.bar.setValue(round(1000 * (done or 0.0)))

    def _phase_text(self, phase: Phase, batch: Batch | None) -> str:
        name = phase.name[:1].upper() + phase.name[1:]
        if batch is not None and phase.name == "training":
            return f"Epoch {batch.epoch} of {batch.epochs}, batch {batch.batch:,} of {batch.batches:,}"
        if not phase.total:
            return f"{name}…"
        spent = time.monotonic() - self._phase_began
        left = spent * (phase.total - phase.done) / max(1, phase.done)
        text = f"{name}, {phase.done:,} of {phase.total:,}"
        return f"{text}, {duration(left)} left" if spent > 2 and left > 1 else text

    def _fitting(self, words: list[str]) -> str:
        """Join as many words as there is room for, the last ones first."""
        while words and self.numbers.fontMetrics().horizontalAdvance(_GAP.join(words)) > self.numbers.width():
            words = words[1:]
        return _GAP.join(words)

    def _part_done(self, phase: Phase, batch: Batch | None, session: TrainingSession) -> float | None:
        if batch is not None:
            return (batch.epoch - 1 + batch.batch / batch.batches) / batch.epochs
        return phase.done / phase.total if phase.total else None

    def _lay_out(self) -> None:
        status = QVBoxLayout()
        status.setSpacing(4)
        words = QHBoxLayout()
        words.setSpacing(16)
        words.addWidget(self.phase, 2)
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words.addWidget(self.numbers, 3)
        status.addLayout(words)
        status.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        for button in (self.start, self.pause, self.stop):
            row.addWidget(button)
        row.addSpacing(8)
        row.addLayout(status, 1)
        row.addSpacing(8)
        row.addWidget(self.use)
        row.addWidget(self.copy)


def _numbers(session: TrainingSession, batch: Batch | None) -> list[str]:
    """Return what is told of a run, the most wanted last."""
    facts = session.facts
    words = []
    if batch is not None:
        if math.isfinite(batch.loss):
            words.append(f"loss {batch.loss:.3f}")
        words.append(f"{batch.frames_per_second:,.0f} frames/s")
        if facts is not None and batch.frames_per_second > 0:
            words.append(f"{duration(facts.frames / batch.frames_per_second)} an epoch")
        words.append(f"{duration(batch.seconds_left)} left")
    elif facts is not None:
        words = [f"{facts.parameters:,} parameters", f"{facts.utterances:,} utterances", f"{facts.frames:,} frames"]
    best = session.log.best()
    if best is not None:
        words.insert(0, f"best {written(100 * best['dev_phone_error_rate'])} % in epoch {best['epoch']:.0f}")
    return words


def _button(text: str, help_text: str, signal: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(help_text)
    button.setAccessibleDescription(help_text)
    button.clicked.connect(signal)
    return button
