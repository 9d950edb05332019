"""Makes the README's pictures from the real program: ``python -m tests.pictures [FOLDER] [NAME...]``.

The names are those of `PICTURES`; without any, all are made. The hour is made of the sample recordings, one after the
other; hearing it takes minutes on two cores.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import soundfile
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget

from phonegui import application, theme
from phonegui.main_window import MainWindow
from phonegui.resources import sample_utterances

FOLDER = Path(__file__).parent.parent / "resources" / "pictures"
SIZE = (1600, 900)
MOST_BYTES = 250_000
HOVERED_SECONDS = 1.66
_PATIENCE = 1200.0
_COLORS = 256
_HOUR = 3600.0


def main() -> int:
    """Write the pictures; return 1 when one could not be made or is too large."""
    names = [name for name in sys.argv[1:] if name in PICTURES]
    folders = [name for name in sys.argv[1:] if name not in PICTURES]
    folder = Path(folders[0]) if folders else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, tempfile.mkdtemp())
    app = application.make_application(["phonegui"])
    status = 0
    for name in names or PICTURES:
        path = folder / f"{name}.png"
        save_small(PICTURES[name](app), path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        status |= path.stat().st_size > MOST_BYTES
    return status


def _light(app: QApplication) -> QImage:
    return _window(app, theme.LIGHT, [])


def _dark(app: QApplication) -> QImage:
    return _window(app, theme.DARK, [])


def _hover(app: QApplication) -> QImage:
    def point(window: MainWindow) -> None:
        window.timeline.show_range(1.0, 2.4)
        row = window.timeline.posteriorgram
        place = QPointF(row.x_of(HOVERED_SECONDS), row.height() / 3)
        QApplication.sendEvent(row, _moved(place, QPointF(row.mapToGlobal(place.toPoint()))))

    return _window(app, theme.LIGHT, [], point)


def _hour(app: QApplication) -> QImage:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "an hour of speech.wav"
        pieces = [soundfile.read(item.path, dtype="float32")[0] for item in sample_utterances()]
        speech = np.concatenate([np.pad(piece, (0, 8000)) for piece in pieces])
        soundfile.write(path, np.resize(speech, round(_HOUR * 16000)), 16000)
        return _window(app, theme.LIGHT, [str(path)])


PICTURES: dict[str, Callable[[QApplication], QImage]] = {
    "window-light": _light,
    "window-dark": _dark,
    "hover": _hover,
    "hour": _hour,
}


def _moved(place: QPointF, globally: QPointF) -> QMouseEvent:
    none = Qt.MouseButton.NoButton
    return QMouseEvent(QMouseEvent.Type.MouseMove, place, globally, none, none, Qt.KeyboardModifier.NoModifier)


def _window(
    app: QApplication, colors: theme.Theme, files: list[str], then: Callable[[MainWindow], None] | None = None
) -> QImage:
    """Return the picture of a window on some recordings, or on the bundled sample, once everything is shown."""
    theme.apply(app, colors)
    QSettings().clear()  # nothing of the picture before is restored
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    for dock in window.findChildren(QDockWidget):
        if window.dockWidgetArea(dock) == Qt.DockWidgetArea.BottomDockWidgetArea:
            dock.hide()  # the timeline is what the pictures are about
    results: list[object] = []
    window.session.decoded.connect(results.append)
    window.opener.open_at_start(files)
    end = time.monotonic() + _PATIENCE
    while (not results or window.session.busy or window.timeline.busy) and time.monotonic() < end:
        _pass_time(app, 0.05)
    if not results:
        raise SystemExit("the window showed no transcript in time")
    _pass_time(app, 1.0)
    window.hover.setText("")
    if then is not None:
        then(window)
        _pass_time(app, 0.5)
    image = window.grab().toImage()
    window.close()
    return image


def _pass_time(app: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)


def save_small(image: QImage, path: Path) -> None:
    """Write a png of at most 256 colours, those that the picture needs most."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[:, :, 2::-1]
    table, indices = quantized(np.ascontiguousarray(pixels))
    small = QImage(indices.data, image.width(), image.height(), image.width(), QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in table])
    small.save(str(path), "PNG", 0)


def quantized(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at most 256 colours (n, 3) and the index of the nearest of them for each pixel (height, width).

    Median cut (Heckbert, 1982): the box of colours that spreads most is halved until there are enough.
    """
    colors, inverse, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    boxes = [np.arange(len(colors))]
    while len(boxes) < min(_COLORS, len(colors)):
        spreads = [np.ptp(colors[box], axis=0).max() * np.sqrt(counts[box].sum()) for box in boxes]
        box = boxes.pop(int(np.argmax(spreads)))
        order = box[np.argsort(colors[box][:, np.argmax(np.ptp(colors[box], axis=0))], kind="stable")]
        half = np.searchsorted(np.cumsum(counts[order]), counts[order].sum() / 2) + 1
        half = min(max(int(half), 1), len(order) - 1)
        boxes += [order[:half], order[half:]]
    # The commonest colour of a box rather than its mean: grounds and lines keep theirs.
    table = np.array([colors[box[np.argmax(counts[box])]] for box in boxes])
    places = np.empty(len(colors), np.uint8)
    for number, box in enumerate(boxes):
        places[box] = number
    return table, np.ascontiguousarray(places[inverse.ravel()].reshape(pixels.shape[:2]))


if __name__ == "__main__":
    sys.exit(main())
