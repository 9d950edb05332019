"""Makes the README's pictures from the real program: ``python -m tests.pictures [FOLDER]``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from phonegui import application, theme
from phonegui.main_window import MainWindow

FOLDER = Path(__file__).parent.parent / "resources" / "pictures"


def main() -> int:
    """Write window-light.png and window-dark.png; return 1 when the window showed no transcript in time."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, tempfile.mkdtemp())
    app = application.make_application(["phonegui"])
    return max(_picture(app, colors, folder / f"window-{colors.name}.png") for colors in (theme.LIGHT, theme.DARK))


def _picture(app: QApplication, colors: theme.Theme, path: Path) -> int:
    theme.apply(app, colors)
    window = MainWindow()
    window.resize(1600, 900)
    window.show()
    status = [1]

    def take() -> None:
        window.timeline.hovered.emit(1.02)
        window.grab().save(str(path), "PNG", 0)
        status[0] = 0
        app.quit()

    window.session.decoded.connect(lambda _: QTimer.singleShot(800, take))
    QTimer.singleShot(120_000, app.quit)
    window.opener.open_at_start([])
    app.exec()
    window.close()
    return status[0]


if __name__ == "__main__":
    sys.exit(main())
