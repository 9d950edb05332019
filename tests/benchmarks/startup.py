"""Seconds from starting the program to its visible window, and to the sample's transcript.

``python -m tests.benchmarks.startup`` starts the program a few times in fresh processes and prints each start. The
first one on a machine compiles the decoder and is left out of the best.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

STARTS = 4


def child(began: float) -> None:
    """Start the program as its console script does, and print the two times."""
    from phonegui import application
    from phonegui.main_window import MainWindow

    app = application.make_application(["phonegui"])
    window = MainWindow()
    window.show()
    while not window.windowHandle().isExposed():
        app.processEvents()
    window.grab()
    print(f"{time.time() - began:.2f}", end=" ", flush=True)

    def done() -> None:
        window.grab()
        print(f"{time.time() - began:.2f}", flush=True)
        window.close()
        app.quit()

    window.session.decoded.connect(done)
    window.opener.open_at_start([])
    app.exec()


def main() -> None:
    """Print a line for each start."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    print("seconds to the window, to the transcript")
    found = []
    for number in range(STARTS):
        command = [sys.executable, "-m", "tests.benchmarks.startup", str(time.time())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        times = tuple(float(word) for word in done.stdout.split())
        print(f"{times[0]:.2f}  {times[1]:.2f}{'  (first)' if number == 0 else ''}")
        found.append(times)
    warm = found[1:]
    print(
        f"best warm start: {min(t[0] for t in warm):.2f} s to the window, "
        f"{min(t[1] for t in warm):.2f} s to the transcript"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(float(sys.argv[1]))
    else:
        main()
