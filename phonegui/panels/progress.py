"""Progress with the time left and a button to give up, for the status bar."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

_DELAY_MS = 300  # what is over sooner is not worth a flicker


class ProgressStrip(QWidget):
    """Shows a step while it runs; invisible otherwise."""

    cancelled = Signal()  # the user gives up

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel()
        self._bar = QProgressBar(maximum=1000, textVisible=False)
        self._bar.setFixedSize(160, 8)
        self._bar.setAccessibleName("Progress")
        button = QToolButton(text="Cancel", autoRaise=True)
        button.setAccessibleName("Cancel what is running")
        button.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (self._label, self._bar, button):
            row.addWidget(widget)
        self._step = ""
        self._began = 0.0
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self.show)
        self.hide()

    def report(self, step: str, done: float) -> None:
        """Show that a part (0..1) of a step is done; 0 stands for a step of unknown length."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._began = step, now
        self._bar.setMaximum(1000 if done > 0 else 0)
        self._bar.setValue(round(1000 * done))
        left = (now - self._began) * (1 - done) / done if done > 0 else 0.0
        name = f"{step[:1].upper()}{step[1:]}"
        self._label.setText(f"{name} · {left:.0f} s left" if left > 1 else name)
        if self.isHidden() and not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Hide."""
        self._timer.stop()
        self._step = ""
        self._bar.setMaximum(1000)
        self.hide()
