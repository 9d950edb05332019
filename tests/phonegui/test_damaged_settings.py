"""The file of settings may be old, edited by hand or damaged: the window opens all the same."""

import pytest
from PySide6.QtCore import QByteArray, QSettings

from phonegui.main_window import MainWindow
from phonegui.resources import sample_utterances
from phonegui.settings import Remembered

PATIENCE = 60_000
GARBAGE = {
    "empty": "",
    "words": "no such thing",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "not a number": "nan",
    "bytes": QByteArray(bytes(range(256)) * 20),
    "a list": ["/", "", "\0", "x" * 5000],
    "json of another shape": '{"files": {"path": 1}, "current": "x", "format": [], "zoom_in": {}}',
    "json of odd values": '{"files": [1, {"path": 3}, {"path": "/nowhere/a.wav", "shown": [2, 1]}], "current": 1e999}',
    "deep json": "[" * 100_000,
    "a folder": "/",
}


@pytest.fixture
def names(qtbot, tmp_path):
    """Return the names of all values that a window remembers which was used a little."""
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(sample_utterances()[2].path)])
    window.timeline.show_range(0.5, 1.0)
    window.close()
    QSettings().sync()
    found = QSettings().allKeys()
    assert {"documents", "geometry", "rows", "beam_width", "folder"} <= set(found)
    return [*found, "export", "export_folder", "shortcuts", "corpus", "checkpoint", "recent_files", "training_run"]


def test_every_remembered_value_may_be_damaged(qtbot, names):
    for kind, value in GARBAGE.items():
        QSettings().clear()
        for name in names:
            QSettings().setValue(name, value)
        window = MainWindow(Remembered())
        qtbot.addWidget(window)
        window.show()
        assert 0 <= window.decoding.beam_width <= 200, kind
        assert 0.5 <= window.sound.playback.player.speed <= 2.0, kind
        assert window.timeline.rows[-1].isVisibleTo(window.timeline), kind
        assert window.width() >= 400 and window.height() >= 300, kind
        assert window.actions_by_name["open_files"].shortcut().toString() == "Ctrl+O", kind
        window.close()


@pytest.mark.parametrize("kind", ["json of odd values", "a folder", "a list"])
def test_a_window_with_damaged_values_still_hears(qtbot, names, kind):
    for name in names:
        QSettings().setValue(name, GARBAGE[kind])
    window = MainWindow(Remembered())
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([])
    assert window.session.checkpoint == window.session.bundled_checkpoint
    assert window.windowTitle().startswith("cold_hearted.flac")
    window.close()
