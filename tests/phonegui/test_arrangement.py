"""Rows are folded, hidden, moved and sized, and the arrangement comes back."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from phonegui.theme import LIGHT
from phonegui.views.row import TimeRow
from phonegui.views.row_menu import RowsMenu
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import shown_timeline

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
FIRST = ["waveform", "features", "posteriors", "winners", "entropy", "transcript", "differences"]


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def heights(view: TimelineView) -> dict[str, int]:
    return {name: row.height() for name, row in view.arrangement.rows.items()}


def place_of(row: TimeRow) -> int:
    return row.mapTo(row.window(), QPoint(0, 0)).y()


@pytest.mark.parametrize("name", FIRST)
def test_click_on_a_title_folds_the_row_and_another_unfolds_it(view: TimelineView, name: str) -> None:
    row, before = view.arrangement.rows[name], heights(view)
    QTest.mouseClick(row, LEFT, NO_KEY, row.title_rect().center())
    assert row.folded and row.height() == row.folded_height()
    other = "posteriors" if name != "posteriors" else "features"
    assert heights(view)[other] > before[other]
    assert view.selection.range is None
    QTest.mouseClick(row, LEFT, NO_KEY, row.title_rect().center())
    assert not row.folded and heights(view) == before


def test_folded_row_shows_its_title_alone(view: TimelineView) -> None:
    view.arrangement.set_folded("waveform", True)
    image = view.waveform.grab().toImage()
    inked = [x for x in range(image.width()) if image.pixelColor(x, image.height() // 2).name() != LIGHT.background]
    assert inked and max(inked) < view.waveform.plot_rect().left()


def test_hidden_row_leaves_its_room_and_comes_back(view: TimelineView) -> None:
    before = heights(view)
    view.arrangement.set_shown("features", False)
    assert not view.spectrogram.isVisible()
    assert view.posteriorgram.height() > before["posteriors"]
    view.arrangement.set_shown("features", True)
    assert view.spectrogram.isVisible() and heights(view) == before


def test_rows_move_past_hidden_ones(view: TimelineView) -> None:
    arrangement = view.arrangement
    arrangement.move("transcript", -1)
    assert arrangement.order.index("transcript") == FIRST.index("entropy")
    arrangement.set_shown("winners", False)
    arrangement.move("transcript", -1)
    shown = [name for name in arrangement.order if arrangement.is_shown(name)]
    assert shown[:4] == ["waveform", "features", "transcript", "posteriors"]
    for _ in range(9):
        arrangement.move("transcript", -1)
    assert arrangement.order[0] == "transcript"
    assert place_of(view.transcript) < place_of(view.waveform)
    assert view.rows[0] is view.transcript and view.rows[-1] is view.axis


def test_dragging_a_title_moves_the_row(view: TimelineView) -> None:
    row, target = view.entropy, view.waveform
    start = row.title_rect().center()
    QTest.mousePress(row, LEFT, NO_KEY, start)
    for _ in range(6):
        QTest.mouseMove(row, row.mapFromGlobal(target.mapToGlobal(QPoint(start.x(), 2))))
    QTest.mouseRelease(row, LEFT, NO_KEY, QPoint(start.x(), 2))
    assert view.arrangement.order[0] == "entropy"
    assert not row.folded


def test_arrangement_comes_back(view: TimelineView, qtbot: QtBot) -> None:
    view.arrangement.move("differences", -2)
    view.arrangement.set_folded("features", True)
    view.arrangement.set_shown("entropy", False)
    QApplication.processEvents()
    state, sizes = view.save_layout(), heights(view)
    other = shown_timeline(qtbot)
    assert other.restore_layout(state)
    QApplication.processEvents()
    assert other.arrangement.order == view.arrangement.order
    assert other.spectrogram.folded and not other.entropy.isVisible()
    assert {name: height for name, height in heights(other).items() if name != "entropy"} == {
        name: height for name, height in sizes.items() if name != "entropy"
    }
    other.arrangement.reset()
    assert other.arrangement.order == FIRST
    assert not other.spectrogram.folded and other.entropy.isVisible()


def damaged(change: str) -> bytes:
    value = {
        "version": 1,
        "rows": [{"name": name, "height": 50, "folded": False, "shown": True} for name in FIRST],
    }
    exec(change, {"v": value})
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "change",
    [
        "v['version'] = 2",
        "v['rows'].pop()",
        "v['rows'].append(v['rows'][0])",
        "v['rows'][0]['name'] = 'pitch'",
        "v['rows'][0]['name'] = []",
        "v['rows'][0]['height'] = -5",
        "v['rows'][0]['height'] = 10**9",
        "v['rows'][0]['height'] = True",
        "v['rows'][0]['folded'] = 1",
        "del v['rows'][3]['shown']",
        "v['rows'] = 7",
        "[row.update(shown=False) for row in v['rows']]",
    ],
)
def test_damaged_arrangements_change_nothing(view: TimelineView, change: str) -> None:
    before = heights(view)
    assert view.restore_layout(QByteArray(damaged("pass")))  # else the damage would prove nothing
    view.arrangement.reset()
    assert heights(view) == before
    assert not view.restore_layout(QByteArray(damaged(change)))
    assert heights(view) == before and view.arrangement.order == FIRST


@pytest.mark.parametrize("state", [b"", b"\xff\x00\x00\x01", b"[1, 2]", b"null"])
def test_what_is_no_arrangement_is_refused(view: TimelineView, state: bytes) -> None:
    assert not view.restore_layout(QByteArray(state))


def test_menu_reaches_everything_by_keyboard(view: TimelineView, qtbot: QtBot) -> None:
    menu = RowsMenu(view.arrangement)
    qtbot.addWidget(menu)
    entries = {action.text(): action for action in menu.menus["entropy"].actions()}
    menu.menus["entropy"].aboutToShow.emit()
    assert entries["&Show"].isChecked() and not entries["&Fold"].isChecked()
    entries["&Fold"].trigger()
    assert view.entropy.folded
    entries["Move &up"].trigger()
    assert view.arrangement.order.index("entropy") == FIRST.index("winners")
    entries["&Show"].trigger()
    assert not view.entropy.isVisible()
    menu.menus["entropy"].aboutToShow.emit()
    assert not entries["Move &up"].isEnabled()
    menu.actions()[-1].trigger()
    assert view.entropy.isVisible() and view.arrangement.order == FIRST


def test_the_last_row_cannot_be_hidden(view: TimelineView, qtbot: QtBot) -> None:
    menu = RowsMenu(view.arrangement)
    qtbot.addWidget(menu)
    for name in FIRST[1:]:
        view.arrangement.set_shown(name, False)
    menu.menus["waveform"].aboutToShow.emit()
    assert not menu.menus["waveform"].actions()[0].isEnabled()


def test_rows_are_sized_from_their_menu_for_the_keyboard(view: TimelineView) -> None:
    arrangement, before = view.arrangement, heights(view)
    menu = RowsMenu(arrangement, view).menus["waveform"]
    menu.aboutToShow.emit()
    menu._higher.trigger()
    QApplication.processEvents()
    after = heights(view)
    assert after["waveform"] == before["waveform"] + 24 and after["posteriors"] == before["posteriors"] - 24
    for _ in range(9):
        menu._lower.trigger()
    QApplication.processEvents()
    assert heights(view)["waveform"] == view.waveform.minimumHeight()
    arrangement.set_folded("waveform", True)
    menu.aboutToShow.emit()
    assert not menu._higher.isEnabled()
    main = RowsMenu(arrangement, view).menus["posteriors"]
    main.aboutToShow.emit()
    assert not main._higher.isEnabled() and not main._lower.isEnabled()
