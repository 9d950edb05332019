"""What every test of the window needs: a screen that is none, settings of its own, and nothing left behind."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from phonegui import theme


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("settings")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> None:
    qapp.setStyle("Fusion")
    theme.apply(qapp, theme.LIGHT)


@pytest.fixture(autouse=True)
def _nothing_left_behind(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running or a timer of the program's ticking."""
    made: list[QThread | QTimer] = []
    for kind in (QThread, QTimer):
        monkeypatch.setattr(kind, "__init__", _noting(kind.__init__, made))
    before = set(threading.enumerate())
    yield
    running = [item for item in made if isinstance(item, QThread) and _alive(item) and item.isRunning()]
    assert not running, f"threads still running: {[thread.objectName() for thread in running]}"
    # Threads of libraries' pools are daemons, or idle in a pool that lives as long as the program.
    left = [t for t in set(threading.enumerate()) - before if not t.daemon and not t.name.startswith("ThreadPool")]
    assert not left, f"threads still running: {left}"
    ticking = [item for item in made if isinstance(item, QTimer) and _alive(item) and item.isActive()]
    assert not ticking, f"timers still ticking: {[(timer.parent(), timer.interval()) for timer in ticking]}"


def _noting(original, made):  # type: ignore[no-untyped-def]
    def init(self, *arguments, **keywords):  # type: ignore[no-untyped-def]
        made.append(self)
        original(self, *arguments, **keywords)

    return init


def _alive(item: object) -> bool:
    from shiboken6 import isValid

    return isValid(item)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Return a wav file of a second of a tone."""
    import numpy as np
    import soundfile

    path = tmp_path / "tone.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000), 16000)
    return path


@pytest.fixture
def bot(qtbot: QtBot) -> QtBot:
    return qtbot
