"""How fast the timeline draws: ``python -m tests.benchmarks.timeline [MINUTES ...]``.

Real paint events of the real widget at 1600x900 over made-up sound, frames and phonemes: what setting the data costs
the window's thread at most, how long until all is drawn, and how long a frame takes while panning and zooming at every
scale, by the clock and in processor time of the thread (on a machine that does other things as well, the clock counts
those too).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from model.phonemes import DEFAULT_TABLE
from model.transcript import TimedPhoneme
from phonegui.application import make_application
from phonegui.theme import LIGHT
from phonegui.views.timeline import TimelineView

RATE, HOP, STEP = 16000, 0.01, 0.02
SIZE = (1600, 900)
SPANS = (0.5, 2.0, 10.0, 60.0, 600.0, 3600.0, 28800.0)
BUDGET_MS = 1000 / 60


def made_up(seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[TimedPhoneme]]:
    """Return sound, features, log-posteriors and phonemes that look like speech: spikes between blanks."""
    random = np.random.default_rng(3)
    samples = random.standard_normal(int(seconds * RATE), dtype=np.float32)
    samples *= np.repeat(random.uniform(0.0, 0.3, int(seconds) + 1), RATE)[: len(samples)].astype(np.float32)
    features = random.standard_normal((int(seconds / HOP) + 1, 13), dtype=np.float32)
    frames = int(seconds / STEP) + 1
    log_probs = np.full((frames, 42), np.log(0.002), np.float32)
    log_probs[:, 0] = np.log(0.9)
    spikes = np.flatnonzero(random.random(frames) < 0.2)
    labels = random.integers(1, 42, len(spikes))
    log_probs[spikes, 0] = np.log(0.2)
    log_probs[spikes, labels] = np.log(0.7)
    ends = [*spikes[1:], frames]
    phonemes = [
        TimedPhoneme(DEFAULT_TABLE.symbols[label], start * STEP, end * STEP, 0.7)
        for label, start, end in zip(labels, spikes, ends, strict=True)
    ]
    return samples, features, log_probs, phonemes


def frame_times(app: QApplication, view: TimelineView, changes: Iterator[Callable[[], None]]) -> np.ndarray:
    """Return milliseconds from each change to the end of its painting, by the clock and of the processor, (n, 2)."""
    times = []
    for change in changes:
        began, worked = time.perf_counter(), time.thread_time()
        change()
        app.processEvents()  # delivers the paint events that the change asked for
        times.append((time.perf_counter() - began, time.thread_time() - worked))
    return 1000 * np.array(times)


def moves(view: TimelineView, seconds: float) -> Iterator[Callable[[], None]]:
    """Yield pans and zooms at every scale that fits."""
    for span in (item for item in SPANS if item <= seconds):
        middle = 0.37 * seconds
        view.show_range(middle - span / 2, middle + span / 2)
        for number in range(30):
            yield lambda span=span, number=number: view.time_range.pan(0.013 * span * (1 if number % 2 else -1))
    view.fit()
    for number in range(120):
        yield lambda number=number: view.time_range.zoom(1.15 if number < 60 else 1 / 1.15, 0.37 * seconds)


def measure(app: QApplication, minutes: float) -> list[str]:
    """Return a row of the table for a recording of so many minutes."""
    samples, features, log_probs, phonemes = made_up(60 * minutes)
    view = TimelineView(theme=LIGHT)
    view.resize(*SIZE)
    view.show()
    app.processEvents()
    costs = []
    began = time.perf_counter()
    for change in (
        lambda: view.set_audio(samples, RATE),
        lambda: view.set_features(features, HOP),
        lambda: view.set_posteriors(log_probs, STEP, DEFAULT_TABLE),
        lambda: view.set_heard(phonemes),
        lambda: view.set_reference(phonemes[:-1]),
    ):
        start = time.perf_counter()
        change()
        costs.append(1000 * (time.perf_counter() - start))
    longest = 0.0
    while view.busy:
        start = time.perf_counter()
        app.processEvents()
        longest = max(longest, 1000 * (time.perf_counter() - start))
        time.sleep(0.001)
    app.processEvents()
    drawn = time.perf_counter() - began
    frame_times(app, view, (lambda: view.fit() for _ in range(2)))
    times = frame_times(app, view, moves(view, 60 * minutes))
    view.selection.select(0.3 * 60 * minutes, 0.4 * 60 * minutes)
    play = frame_times(app, view, (lambda at=at: view.set_playhead(at) for at in np.linspace(0, 60 * minutes, 200)))
    view.close()
    view.deleteLater()
    frames = [*np.percentile(times[:, 0], [50, 95, 100]), *np.percentile(times[:, 1], [50, 95])]
    numbers = (max(costs), longest, 1000 * drawn, *frames, np.percentile(play[:, 0], 95))
    return [f"{minutes:g}", *(f"{number:.1f}" for number in numbers)]


def main() -> int:
    """Print the table; return 1 when the 95th percentile of processor time is over a sixtieth of a second."""
    app = make_application(["phonegui"])
    minutes = [float(text) for text in sys.argv[1:]] or [1.0, 10.0, 60.0]
    headings = ["minutes", "set, ms", "longest, ms", "drawn, ms", "median", "95 %", "most", "CPU median", "CPU 95 %"]
    headings.append("playhead 95 %")
    rows = [measure(app, item) for item in minutes]
    for row in (headings, *rows):
        print("  ".join(text.rjust(len(heading)) for text, heading in zip(row, headings, strict=True)))
    return int(any(float(row[8]) > BUDGET_MS for row in rows))


if __name__ == "__main__":
    sys.exit(main())
