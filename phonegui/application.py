"""Starts the window: the application object, the last resort for errors, and the first recording."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication

from phonegui import pauses, theme
from phonegui.main_window import MainWindow
from phonegui.workers import any_running

_PATIENCE_SECONDS = 0.8


def run(files: list[str]) -> int:
    """Show the window on some recordings, or on the bundled sample; return when it is closed."""
    if sys.stderr is not None:
        faulthandler.enable()
    app = make_application(sys.argv[:1])
    window = MainWindow()
    pauses.begin(window.session.idle)
    _install_hooks(window)
    window.show()
    # The engine is loaded only once the window is on the screen.
    QTimer.singleShot(0, lambda: window.opener.open_at_start(files))
    window.patience = _PATIENCE_SECONDS
    status = app.exec()
    window.session.close()
    if window.training.session.busy or any_running(window) or window.timeline.busy:
        # The search of a long recording and a picture of it cannot be broken off. A training has not seen in time that
        # it is to end; what it has saved is whole, and waits to be resumed.
        window.settings.sync()
        os._exit(status)
    return status


def make_application(arguments: list[str]) -> QApplication:
    """Return the application object with its name, style and colours."""
    QCoreApplication.setOrganizationName("phonegui")
    QCoreApplication.setApplicationName("phonegui")
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(arguments)
    app.setApplicationDisplayName("phonegui")
    app.setStyle("Fusion")
    theme.apply(app, theme.current_theme())
    return app


def _install_hooks(window: MainWindow) -> None:
    """Show what nobody caught instead of losing it, and let Ctrl+C in a terminal close the window."""

    def show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        window.session.failed.emit(f"Something unexpected went wrong ({kind.__name__}: {error}); nothing was changed.")

    sys.excepthook = show
    threading.excepthook = lambda args: show(args.exc_type, args.exc_value, args.exc_traceback)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    # Python looks at signals only when it runs: a slow timer lets it.
    ticker = QTimer(window)
    ticker.start(500)
    ticker.timeout.connect(lambda: None)
