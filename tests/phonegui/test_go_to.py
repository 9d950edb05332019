import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from phonegui.go_to import GoTo, times_of
from phonegui.playback import Playback
from tests.phonegui.scenes import SECONDS, shown_timeline
from tests.phonegui.sound_helpers import FakeDevices


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("75.3", (75.3,)),
        ("1:15.3", (75.3,)),
        ("0:01:15,3 s", (75.3,)),
        ("12.5 - 13.2", (12.5, 13.2)),
        ("13.2–12.5", (12.5, 13.2)),
        ("1:00 to 1:02", (60.0, 62.0)),
        ("1 2", (1.0, 2.0)),
        ("2-2", (2.0,)),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1:2:3:4", None),
        ("nan", None),
        ("9" * 400, None),
    ],
)
def test_times_are_read_as_people_write_them(text, times):
    assert times_of(text) == (pytest.approx(times) if times else times)


@pytest.fixture
def go_to(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    timeline = shown_timeline(qtbot)
    window.setCentralWidget(timeline)
    window.show()
    window.activateWindow()
    playback = Playback(timeline, FakeDevices(), window)
    go_to = GoTo(timeline, playback, window)
    go_to.said = []
    go_to.told.connect(go_to.said.append)
    yield go_to
    playback.close()


def type_time(go_to, text):
    go_to.go_to_time()
    assert go_to.line.isVisible() and go_to.line.selectedText()
    QTest.keyClicks(go_to.line, text)
    QTest.keyClick(go_to.line, Qt.Key.Key_Return)


def test_a_time_is_shown_and_the_cursor_stands_there(go_to):
    timeline, playback = go_to._timeline, go_to._playback
    timeline.show_range(0.0, 0.5)
    timeline.selection.select(0.1, 0.2)
    type_time(go_to, "1.5")
    assert timeline.visible_range() == pytest.approx((1.25, 1.75))
    assert playback.cursor == 1.5 and timeline.selection.range is None
    type_time(go_to, "1.6")  # seen already: nothing moves
    assert timeline.visible_range() == pytest.approx((1.25, 1.75)) and playback.cursor == 1.6
    timeline.history.back()
    assert timeline.visible_range() == pytest.approx((0.0, 0.5))


def test_two_times_are_selected(go_to):
    timeline = go_to._timeline
    timeline.show_range(0.0, 0.2)
    type_time(go_to, "0:01.2 - 0:01.7")
    assert timeline.selection.range == pytest.approx((1.2, 1.7))
    start, end = timeline.visible_range()
    assert start < 1.2 and end > 1.7


def test_what_is_no_time_is_told_and_escape_changes_nothing(go_to):
    before = go_to._timeline.visible_range()
    type_time(go_to, "soon")
    type_time(go_to, "90")
    assert "1:15.3" in go_to.said[0] and f"00:0{SECONDS:.3f}" in go_to.said[1]
    go_to.go_to_time()
    QTest.keyClicks(go_to.line, "1.0")
    QTest.keyClick(go_to.line, Qt.Key.Key_Escape)
    assert go_to._timeline.visible_range() == before and go_to._playback.cursor is None
    assert len(go_to.said) == 2


def test_with_nothing_open_that_is_told(go_to):
    go_to._timeline.clear()
    go_to.go_to_time()
    assert go_to.line is None and "open a recording" in go_to.said[0]
