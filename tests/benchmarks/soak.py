"""Whether the window lives: ``python -m tests.benchmarks.soak [--cycles N] [--repaints N] [--minutes N]``.

In the real window it opens, decodes, zooms and closes recordings, one cycle after the other, every fifth time another
while the first is still being computed and every seventh time a damaged file as well; then it draws again and again. It
prints what resident memory was after the warm-up and at the end, and how long the turns of the GUI thread's event loop
took, by the clock, without what other processes took of it, and in processor time of the thread. At last the program is
closed during each step of its work on a long recording. Whatever Qt or Python says of its own accord counts as a
failure.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import soundfile
from PySide6.QtCore import QSettings, Qt, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from model.processors import available_processors
from phonegui import application, pauses
from phonegui.main_window import MainWindow
from phonegui.resources import sample_utterances
from tests.benchmarks.turns import MOST_MS, PERCENTILE_MS, Loop, Meter

MOST_GROWTH = 0.05
MOST_CLOSING_SECONDS = 2.0
STEPS = ("loading the engine", "reading", "features", "network", "decoding")
OF_THE_MACHINE = ("propagateSizeHints", "PulseAudioService")
"""What Qt says of every window on a platform without a screen, and where no sound server runs."""

WARM_UP = 0.2
RATE = 16000


def resident_bytes() -> int:
    """Return the resident memory of this process, after what nobody holds any more is let go; Linux only."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def repeated(path: Path, seconds: float) -> Path:
    """Write the bundled samples one after the other until they last so many seconds."""
    pieces = [soundfile.read(item.path, dtype="float32")[0] for item in sample_utterances()]
    sound = np.concatenate(pieces)
    count = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for start in range(0, count, len(sound)):
            file.write(sound[: min(len(sound), count - start)])
    return path


class Soak(Loop):
    """One window that is used without pause.

    Parameters
    ----------
    folder
        Where recordings and settings are made.
    """

    def __init__(self, folder: Path, app: QApplication) -> None:
        super().__init__(app)
        self.folder = folder
        self.complaints: list[str] = []
        qInstallMessageHandler(self._on_message)
        warnings.showwarning = lambda message, *_: self.complaints.append(f"Python: {message}")
        sys.excepthook = lambda kind, error, _: self.complaints.append(f"Python: {kind.__name__}: {error}")
        sys.unraisablehook = lambda args: self.complaints.append(f"Python: {args.exc_value!r} in {args.object!r}")
        shorts = [repeated(folder / f"{seconds:g}.wav", seconds) for seconds in (1.0, 7.0, 30.0)]
        for item in sample_utterances():
            shorts.append(Path(shutil.copy(item.path, folder)))
        self.shorts = [str(path) for path in shorts]
        self.damaged = str(folder / "damaged.wav")
        Path(self.damaged).write_bytes(b"RIFF no sound")
        self.window = self.make_window()

    def _on_message(self, _kind: object, _context: object, text: str) -> None:
        if not any(words in text for words in OF_THE_MACHINE):
            self.complaints.append(f"Qt: {text}")

    def make_window(self) -> MainWindow:
        """Return a window on the screen whose sample is transcribed."""
        window = MainWindow()
        pauses.begin(window.session.idle)  # as the program does
        window.resize(1600, 900)
        window.show()
        window.opener.open_at_start([self.shorts[0]])
        self.until(lambda: self.settled(window))
        return window

    def settled(self, window: MainWindow) -> bool:
        """Return whether a window shows all of a recording."""
        return window.session.result is not None and not window.session.busy and not window.timeline.busy

    def cycle(self, number: int) -> None:
        """Open, decode in two ways, zoom, and close."""
        window, path = self.window, self.shorts[number % len(self.shorts)]
        if number % 5 == 4:
            self.act(lambda: window.opener.open_path(self.shorts[2]))
            self.live(0.01 * (number % 20))
        self.act(lambda: window.opener.open_path(path))
        self.until(lambda: self.settled(window) and window.session.path == path)
        for _ in range(3):
            self.act(lambda: window.timeline.zoom(2.0))
        self.act(window.timeline.fit)
        before = window.session.result
        self.act(lambda: window.decoding.set_beam_width(5 + number % 40))
        self.until(lambda: self.settled(window) and window.session.result is not before)
        if number % 7 == 6:
            self.act(lambda: window.opener.open_path(self.damaged))
            self.until(lambda: bool(window.message_bar.text) and not window.session.busy)
        for document in list(window.documents):
            self.act(lambda document=document: window.desk.keeper.close(document))
        self.until(lambda: not window.session.busy and not window.timeline.busy)

    def repaint(self, number: int) -> None:
        """Draw all rows of another part."""
        timeline = self.window.timeline
        span = timeline.time_range.duration / (1 + number % 17)
        start = (timeline.time_range.duration - span) * (number % 101) / 100

        def draw() -> None:
            timeline.show_range(start, start + span)
            for row in (*timeline.rows, timeline.overview):
                row.repaint()

        self.act(draw)


def run_phase(name: str, count: int, step: Callable[[int], None], meter: Meter) -> bool:
    """Take steps, print memory and stalls, and return whether the goals are met."""
    warm = max(1, round(WARM_UP * count))
    began = time.monotonic()
    for number in range(warm):
        step(number)
    first = resident_bytes()
    meter.take()
    for number in range(warm, count):
        step(number)
    turns = meter.take()
    last = resident_bytes()
    growth = last / first - 1
    worked, own, wall = turns.longest()
    over = [sum(value > MOST_MS for value in values) for values in (turns.wall, turns.own)]
    print(f"{name}: {count} without a crash in {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(f"  memory {first / 2**20:.0f} MB after {warm}, {last / 2**20:.0f} MB at the end: {100 * growth:+.1f} %")
    print(
        f"  GUI thread, {len(turns)} turns: 99 % {turns.percentile():.1f} ms, longest {wall:.1f} ms, {over[0]} over "
        f"{MOST_MS:.0f} ms by the clock; without what other processes took, longest {own:.1f} ms, {over[1]} over "
        f"{MOST_MS:.0f} ms; longest of the processor {worked:.1f} ms"
    )
    turns.tell_long(MOST_MS)
    return growth <= MOST_GROWTH and turns.percentile() <= PERCENTILE_MS and own <= MOST_MS


def close_during(path: str, step: str) -> int:
    """Run the program on a recording and close its window a moment after a step has begun; for a process of its own."""
    app = application.make_application(["phonegui"])

    def close(window: MainWindow) -> None:
        print(f"closing {time.time()}", flush=True)
        window.close()

    def watch() -> None:
        window = next((item for item in app.topLevelWidgets() if isinstance(item, MainWindow)), None)
        if window is None:
            return
        timer.stop()
        if step == "decoding":
            window.session.language_model = ""
            window.decoding.set_beam_width(200)
            window.session.heard_ready.connect(lambda _: QTimer.singleShot(200, lambda: close(window)))
            return
        seen: list[str] = []

        def note(name: str) -> None:
            if name == step and not seen:
                seen.append(name)
                QTimer.singleShot(200, lambda: close(window))

        window.session.progressed.connect(lambda name, _: note(name))

    timer = QTimer(app, interval=1)
    timer.timeout.connect(watch)
    timer.start()
    return application.run([path])


def run_closings(folder: Path, minutes: float) -> bool:
    """Close the program during each step of its work on a long recording, and print how long it takes to end."""
    path = str(repeated(folder / "long.wav", 60 * minutes))
    met = True
    for step in STEPS:
        command = [sys.executable, "-m", "tests.benchmarks.soak", "--close-during", step, path]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "XDG_CONFIG_HOME": str(folder)}
        )
        ended = time.time()
        lines = done.stderr.splitlines()
        said = [line for line in lines if not any(words in line for words in OF_THE_MACHINE)]
        began = next((line.split()[1] for line in done.stdout.splitlines() if line.startswith("closing")), None)
        seconds = ended - float(began) if began else float("inf")
        print(f"closing during {step}: ended after {seconds:.2f} s, status {done.returncode}, {len(said)} warnings")
        for line in said[:10]:
            print(f"  {line}")
        met = met and seconds <= MOST_CLOSING_SECONDS and not done.returncode and not said
    return met


def main() -> int:
    """Print the measurements; the exit status says whether the goals are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--repaints", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the recording that is closed; 0 closes none")
    parser.add_argument("--close-during", nargs=2, metavar=("STEP", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.close_during:
        step, path = options.close_during
        return close_during(path, step)
    with tempfile.TemporaryDirectory() as name:
        os.environ["PHONEGUI_CACHE"] = str(Path(name) / "cache")
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name)
        app = application.make_application(["phonegui"])
        print(f"{available_processors()} cores")
        soak = Soak(Path(name), app)
        met = [run_phase("cycles", options.cycles, soak.cycle, soak.meter)] if options.cycles else []
        if options.repaints:
            soak.window.opener.open_path(soak.shorts[2])
            soak.until(lambda: soak.settled(soak.window))
            met.append(run_phase("repaints", options.repaints, soak.repaint, soak.meter))
        soak.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        soak.window.close()
        if options.minutes:
            met.append(run_closings(Path(name), options.minutes))
        app.processEvents()
        gc.collect()
        qInstallMessageHandler(None)
    for text in soak.complaints[:20]:
        print(f"  {text}")
    met.append(not soak.complaints)
    print(f"complaints of Qt and Python: {len(soak.complaints)}; goals {'met' if all(met) else 'missed'}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
