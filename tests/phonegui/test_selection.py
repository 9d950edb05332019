"""A stretch of time is selected with the mouse and by keyboard, is shown over all rows, and can be zoomed to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from phonegui.settings import Remembered
from phonegui.theme import LIGHT
from phonegui.views.commands import ViewCommands
from phonegui.views.row import TimeRow
from phonegui.views.selection import Selection
from phonegui.views.selection_band import duration_text
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import SECONDS, shown_timeline

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def drag(row: TimeRow, first: float, last: float, button: Qt.MouseButton = LEFT, keys=NO_KEY) -> None:
    """Drag between two times of a row."""
    points = [QPoint(round(row.x_of(time)), 20) for time in (first, 0.5 * (first + last), last)]
    QTest.mousePress(row, button, keys, points[0])
    for point in points[1:]:
        QTest.mouseMove(row, point)
    QTest.mouseRelease(row, button, keys, points[-1])


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("backwards", [False, True])
def test_dragging_in_a_row_selects(view: TimelineView, number: int, backwards: bool) -> None:
    row, shown = view.rows[number], view.visible_range()
    pixel = view.time_range.span / row.plot_rect().width()
    drag(row, *((1.3, 0.4) if backwards else (0.4, 1.3)))
    assert view.selection.range == pytest.approx((0.4, 1.3), abs=pixel)
    assert view.visible_range() == shown


@pytest.mark.parametrize(("button", "keys"), [(MIDDLE, NO_KEY), (LEFT, SHIFT)])
def test_dragging_with_shift_or_the_middle_button_pans_and_selects_nothing(view, button, keys) -> None:
    view.show_range(0.5, 1.0)
    drag(view.waveform, 0.8, 0.7, button, keys)
    assert view.visible_range() == pytest.approx((0.6, 1.1), abs=0.002)
    assert view.selection.range is None


def test_dragging_the_time_axis_pans(view: TimelineView) -> None:
    view.show_range(0.5, 1.0)
    drag(view.axis, 0.7, 0.8)
    assert view.visible_range() == pytest.approx((0.4, 0.9), abs=0.002)
    assert view.selection.range is None


def test_dragging_beyond_the_picture_stops_at_what_is_shown(view: TimelineView) -> None:
    view.show_range(0.5, 1.0)
    drag(view.waveform, 0.7, 1.2)
    assert view.selection.range[1] == pytest.approx(1.0)


@pytest.mark.parametrize("direction", [-1, 1])
def test_resting_beyond_the_edge_scrolls_and_selects_on(view: TimelineView, qtbot: QtBot, direction: int) -> None:
    start = 0.3 if direction < 0 else SECONDS - 0.5
    view.show_range(start, start + 0.2)
    row, middle = view.waveform, start + 0.1
    plot = row.plot_rect()
    x = plot.left() - 200 if direction < 0 else plot.right() + 200
    QTest.mousePress(row, LEFT, NO_KEY, QPoint(round(row.x_of(middle)), 20))
    QTest.mouseMove(row, QPoint(round(row.x_of(middle)) + 30 * direction, 20))
    assert view.visible_range() == pytest.approx((start, start + 0.2))
    QTest.mouseMove(row, QPoint(x, 20))
    edge = 0.0 if direction < 0 else SECONDS
    qtbot.waitUntil(lambda: view.selection.range is not None and edge in view.selection.range, timeout=20_000)
    assert view.time_range.span == pytest.approx(0.2)
    assert edge in view.visible_range()
    assert view.selection.range == pytest.approx(tuple(sorted((middle, edge))), abs=0.001)
    QTest.mouseMove(row, QPoint(plot.center().x(), 20))
    shown = view.visible_range()
    qtbot.wait(60)
    assert view.visible_range() == shown  # back in the row it stands
    QTest.mouseRelease(row, LEFT, NO_KEY, QPoint(plot.center().x(), 20))


def scrolling(view: TimelineView, qtbot: QtBot) -> TimeRow:
    """Return a row in which a drag beyond the right edge scrolls."""
    view.show_range(0.2, 0.4)
    row = view.waveform
    QTest.mousePress(row, LEFT, NO_KEY, QPoint(round(row.x_of(0.3)), 20))
    QTest.mouseMove(row, QPoint(row.plot_rect().right() + 20, 20))
    start = view.time_range.start
    qtbot.waitUntil(lambda: view.time_range.start > start)
    return row


def stands(view: TimelineView, qtbot: QtBot) -> bool:
    """Return whether nothing scrolls or selects any more."""
    before = (view.visible_range(), view.selection.range)
    qtbot.wait(80)
    return before == (view.visible_range(), view.selection.range)


@pytest.mark.parametrize("how", ["hidden", "cleared", "another window", "another button"])
def test_scrolling_ends_with_its_drag(view: TimelineView, qtbot: QtBot, how: str) -> None:
    row = scrolling(view, qtbot)
    if how == "hidden":
        row.hide()
    elif how == "cleared":
        view.clear()
    elif how == "another window":
        QApplication.sendEvent(row, QEvent(QEvent.Type.WindowDeactivate))
    else:
        QTest.mousePress(row, MIDDLE, NO_KEY, QPoint(row.plot_rect().center().x(), 20))
    assert stands(view, qtbot)
    QTest.mouseRelease(row, LEFT, NO_KEY, QPoint(row.plot_rect().center().x(), 20))
    QTest.mouseRelease(row, MIDDLE, NO_KEY, QPoint(row.plot_rect().center().x(), 20))


def test_a_menu_takes_the_mouse_from_a_drag(view: TimelineView, qtbot: QtBot) -> None:
    row = scrolling(view, qtbot)
    menu = QMenu(view)
    menu.addAction("Something")
    menu.popup(view.mapToGlobal(QPoint(9, 9)))
    qtbot.waitUntil(menu.isVisible)
    qtbot.wait(50)
    menu.close()
    assert stands(view, qtbot)
    QTest.mouseRelease(row, LEFT, NO_KEY, QPoint(row.plot_rect().center().x(), 20))


def test_an_edge_is_taken_where_it_is(view: TimelineView) -> None:
    view.selection.select(0.5, 1.0)
    drag(view.posteriorgram, 1.0, 1.4)
    assert view.selection.range == pytest.approx((0.5, 1.4), abs=0.01)
    drag(view.spectrogram, 0.5, 1.6)
    assert view.selection.range == pytest.approx((1.4, 1.6), abs=0.01)


def test_pointer_shows_where_an_edge_can_be_taken(view: TimelineView) -> None:
    view.selection.select(0.5, 1.0)
    QTest.mouseMove(view.waveform, QPoint(round(view.waveform.x_of(0.5)) + 1, 9))
    assert view.waveform.cursor().shape() == Qt.CursorShape.SizeHorCursor
    QTest.mouseMove(view.waveform, QPoint(round(view.waveform.x_of(0.7)), 9))
    assert view.waveform.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_clicks_select_a_phoneme_let_go_or_extend(view: TimelineView) -> None:
    row = view.transcript
    heard, said = (rect.center().y() for rect in row.tier_rects(row.plot_rect()))
    QTest.mouseClick(row, LEFT, NO_KEY, QPoint(round(row.x_of(0.7)), heard))
    assert view.selection.range == (0.5, 1.0)
    QTest.mouseClick(view.waveform, LEFT, SHIFT, QPoint(round(row.x_of(1.5)), 20))
    assert view.selection.range == pytest.approx((0.5, 1.5), abs=0.01)
    QTest.mouseClick(row, LEFT, NO_KEY, QPoint(round(row.x_of(0.1)), said))
    assert view.selection.range == (0.0, 0.5)
    QTest.mouseClick(view.waveform, LEFT, NO_KEY, QPoint(round(row.x_of(1.5)), 20))
    assert view.selection.range is None


def test_keyboard_selects(view: TimelineView) -> None:
    for _ in range(10):
        QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.selection.range == pytest.approx((1.0, 1.2))
    QTest.keyClick(view, Qt.Key.Key_Left, SHIFT | Qt.KeyboardModifier.ControlModifier)
    assert view.selection.range == pytest.approx((0.98, 1.2))


def test_stepping_through_the_phonemes_shows_each(view: TimelineView) -> None:
    commands = ViewCommands(view)
    view.show_range(0.0, 0.2)
    found = []
    for _ in range(4):
        commands.next_phoneme()
        found.append(view.selection.range)
    assert found == [(0.0, 0.5), (0.5, 1.0), (1.0, 1.6), (1.0, 1.6)]
    assert view.visible_range()[1] == pytest.approx(1.6)
    commands.previous_phoneme()
    assert view.selection.range == (0.5, 1.0)


def test_zoom_to_the_selection_and_back(view: TimelineView) -> None:
    commands = ViewCommands(view)
    commands.zoom_to_selection()
    assert view.visible_range() == (0.0, SECONDS)
    view.selection.select(0.5, 0.75)
    commands.zoom_to_selection()
    assert view.visible_range() == (0.5, 0.75)
    commands.zoom_back()
    assert view.visible_range() == (0.0, SECONDS)
    commands.zoom_forward()
    assert view.visible_range() == (0.5, 0.75)
    commands.clear_selection()
    assert view.selection.range is None
    commands.select_shown()
    assert view.selection.range == (0.5, 0.75)


def test_pinching_zooms_about_the_fingers(view: TimelineView) -> None:
    row = view.posteriorgram
    x = row.x_of(1.5)
    place = QPointF(x, 10)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        row.mapToGlobal(place),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(row, event)
    assert view.time_range.span == pytest.approx(SECONDS / 1.25)
    assert row.time_at(x) == pytest.approx(1.5)


def test_band_lies_over_every_row_and_draws_none_anew(view: TimelineView, monkeypatch: pytest.MonkeyPatch) -> None:
    view.grab()
    drawn: list[TimeRow] = []
    monkeypatch.setattr(TimeRow, "_draw", lambda self, picture: drawn.append(self))
    without = view.grab().toImage()
    view.selection.select(0.5, 1.0)
    image = view.grab().toImage()
    assert drawn == []
    assert view.overlays.band.text == "0.500 s"
    for row in view.rows[:-1]:
        y = row.mapTo(view, QPoint(0, row.height() // 2)).y()
        for time, changed in ((0.45, False), (0.55, True), (0.95, True), (1.05, False)):
            x = round(row.x_of(time))
            assert (image.pixelColor(x, y) != without.pixelColor(x, y)) == changed
        assert image.pixelColor(int(row.x_of(0.5)), y).name() == LIGHT.accent
    view.selection.clear()
    assert view.grab().toImage() == without


def test_band_of_what_is_not_shown_is_hidden(view: TimelineView) -> None:
    view.selection.select(0.5, 0.6)
    view.show_range(1.0, 1.5)
    assert view.overlays.band.isHidden()
    view.show_range(0.55, 1.5)
    assert view.overlays.band.isVisible()


def test_selection_lies_within_the_recording(qtbot: QtBot) -> None:
    selection = Selection()
    told: list[object] = []
    selection.changed.connect(told.append)
    selection.select(1.0, 2.0)
    assert selection.range is None
    selection.set_duration(3.0)
    selection.select(5.0, 2.0)
    selection.select(float("nan"), 1.0)
    assert selection.range == (2.0, 3.0) and selection.span == 1.0
    selection.set_duration(2.5)
    selection.set_duration(1.0)
    assert told == [(2.0, 3.0), (2.0, 2.5), None]


def test_another_recording_has_no_selection_and_no_way_back(view: TimelineView) -> None:
    view.selection.select(0.5, 1.0)
    view.zoom_to_selection()
    view.clear()
    assert view.selection.range is None
    view.history.back()
    assert view.visible_range() == (0.0, 0.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2141, "0.214 s"), (59.9994, "59.999 s"), (62.46, "1:02.5 min"), (3599.97, "60:00.0 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_leaving_drops_no_drag(view: TimelineView) -> None:
    row = view.waveform
    QTest.mousePress(row, LEFT, NO_KEY, QPoint(round(row.x_of(0.5)), 9))
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))
    QTest.mouseMove(row, QPoint(round(row.x_of(1.0)), 9))
    QTest.mouseRelease(row, LEFT, NO_KEY, QPoint(round(row.x_of(1.0)), 9))
    assert view.selection.range == pytest.approx((0.5, 1.0), abs=0.01)


def test_actions_are_enabled_when_they_mean_something(view: TimelineView) -> None:
    commands, settings = ViewCommands(view), Remembered()
    names = ("zoom_back", "zoom_forward", "zoom_to_selection", "toggle_follow")
    actions = {name: QAction() for name in names}
    commands.adopt(actions, settings)
    assert [actions[name].isEnabled() for name in names[:3]] == [False] * 3
    view.selection.select(0.5, 1.0)
    commands.zoom_to_selection()
    assert [actions[name].isEnabled() for name in names[:3]] == [True, False, True]
    commands.zoom_back()
    commands.clear_selection()
    assert [actions[name].isEnabled() for name in names[:3]] == [False, True, False]


def test_following_is_switched_and_remembered(view: TimelineView) -> None:
    commands, settings = ViewCommands(view), Remembered()
    actions = {name: QAction() for name in ("zoom_back", "zoom_forward", "zoom_to_selection", "toggle_follow")}
    commands.adopt(actions, settings)
    actions["toggle_follow"].triggered.connect(commands.toggle_follow)
    assert view.follows_playhead and actions["toggle_follow"].isChecked()
    actions["toggle_follow"].trigger()
    assert not view.follows_playhead
    commands.adopt(actions, settings)
    assert not view.follows_playhead and not actions["toggle_follow"].isChecked()
