"""What a step of the beam-width slider costs in the real window: decoding, times and drawing, against a video frame.

``python -m tests.benchmarks.slider`` opens ten seconds of speech (the bundled sample, twice), drags the slider to width
100 and prints the median and 95th percentile of the time from the step to the drawn transcript, and the longest the GUI
thread was held, in units of a frame of 60 a second.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import soundfile
from PySide6.QtCore import QSettings, QTimer

from model.config import DecodingConfig
from phonegui import application
from phonegui.main_window import MainWindow
from phonegui.resources import sample_utterances

FRAME_MS = 1000 / 60
STEPS = 120


class Drag:
    """Steps the slider between widths 99 and 100 and notes how long each step takes until it is drawn."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.times: list[float] = []
        self.held: list[float] = []
        self._began = 0.0
        self._last = time.perf_counter()
        self._pulse = QTimer(window, interval=0)
        self._pulse.timeout.connect(self._beat)
        window.session.decoded.connect(self._drawn)

    def start(self) -> None:
        """Take the first step."""
        self._pulse.start()
        self._step()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.held.append(1000 * (now - self._last))
        self._last = now

    def _step(self) -> None:
        self._began = time.perf_counter()
        self.window.session.set_decoding(DecodingConfig(beam_width=99 + len(self.times) % 2, n_best=10))

    def _drawn(self) -> None:
        if not self._began:
            return
        self.window.timeline.transcript.repaint()
        self.window.decoding.repaint()
        self.times.append(1000 * (time.perf_counter() - self._began))
        if len(self.times) < STEPS:
            self._step()
        else:
            self.window.close()
            application.QApplication.quit()


def main() -> int:
    """Print the measurements."""
    folder = Path(tempfile.mkdtemp())
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    samples, rate = soundfile.read(sample_utterances()[0].path)
    soundfile.write(folder / "ten.wav", np.concatenate([samples, samples])[: 10 * rate], rate)
    app = application.make_application(["phonegui"])
    window = MainWindow()
    window.resize(1600, 900)
    window.show()
    drag = Drag(window)
    QTimer.singleShot(15_000, drag.start)  # well after the first transcript
    window.opener.open_at_start([str(folder / "ten.wav")])
    app.exec()
    times, held = np.array(drag.times[10:]), np.array(drag.held[50:])
    for name, value in (
        ("step to drawn, median", np.median(times)),
        ("step to drawn, 95th percentile", np.percentile(times, 95)),
        ("GUI thread held, longest", held.max()),
    ):
        print(f"{name:<32}{value:7.1f} ms  {value / FRAME_MS:5.2f} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
