"""Keys are looked up and chosen anew in the sheet, and come back at the next start."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from model.errors import UserError
from phonegui.actions import ACTIONS
from phonegui.main_window import MainWindow
from phonegui.settings import Remembered
from phonegui.shortcut_sheet import ShortcutSheet
from phonegui.views.timeline_keys import KEYS, MOUSE, TAKEN

CONTROL, NO_KEY = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot):  # type: ignore[no-untyped-def]
    made = MainWindow()
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.fixture
def sheet(qtbot: QtBot, window: MainWindow) -> ShortcutSheet:
    window.actions_by_name["show_shortcuts"].trigger()
    found = window.findChild(ShortcutSheet)
    qtbot.waitExposed(found)
    return found


def keys(window: MainWindow, name: str) -> list[str]:
    return [key.toString() for key in window.actions_by_name[name].shortcuts()]


def keys_shown(sheet: ShortcutSheet, name: str) -> str:
    """Return what stands in the column of keys beside an action."""
    sheet.select(name)
    return sheet.tree.currentItem().text(1)


def press(sheet: ShortcutSheet, name: str, key: Qt.Key, modifiers: Qt.KeyboardModifier = CONTROL) -> None:
    sheet.select(name)
    sheet.edit.setFocus()
    QTest.keyClick(sheet.edit, key, modifiers)


def test_the_sheet_lists_every_action_key_and_gesture(sheet: ShortcutSheet) -> None:
    for spec in ACTIONS:
        native = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        assert keys_shown(sheet, spec.name).split(", ")[0] == native
    flags = Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly
    for row in (*KEYS, *MOUSE):
        assert sheet.tree.findItems(row[0], flags, 1)


def test_a_pressed_key_is_the_actions_and_works_at_once(qtbot: QtBot, window: MainWindow, sheet: ShortcutSheet) -> None:
    press(sheet, "show_evaluation", Qt.Key.Key_J)
    assert keys(window, "show_evaluation") == ["Ctrl+J"] and keys_shown(sheet, "show_evaluation") == "Ctrl+J"
    assert "Ctrl+J" in sheet.note.text()
    assert window.actions_by_name["show_evaluation"].toolTip().endswith("(Ctrl+J)")
    sheet.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert not window.evaluation.panel.isVisible()
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL)
    assert not window.evaluation.panel.isVisible()
    QTest.keyClick(window, Qt.Key.Key_J, CONTROL)
    qtbot.waitUntil(window.evaluation.panel.isVisible)


@pytest.mark.parametrize(
    ("key", "modifiers", "word"),
    [
        (Qt.Key.Key_O, CONTROL, "Open recording"),
        (Qt.Key.Key_Tab, CONTROL, "Next tab"),  # the second key of an action
        (Qt.Key.Key_Left, NO_KEY, "pans"),
        (Qt.Key.Key_Left, CONTROL | Qt.KeyboardModifier.ShiftModifier, "selects"),
        (Qt.Key.Key_C, CONTROL, "copies"),
        (Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier, "File menu"),
        (Qt.Key.Key_B, NO_KEY, "types a character"),
        (Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier, "types a character"),
    ],
)
def test_a_key_of_another_meaning_is_refused_in_the_sheet(
    window: MainWindow, sheet: ShortcutSheet, key: Qt.Key, modifiers: Qt.KeyboardModifier, word: str
) -> None:
    press(sheet, "zoom_in", key, modifiers)
    assert word in sheet.note.text() and sheet.note.text().endswith(".")
    assert keys(window, "zoom_in") == ["Ctrl+I"]
    assert sheet.edit.keySequence().toString() == "Ctrl+I"


def test_a_key_that_was_given_up_can_be_taken_and_reset_tells_who_has_it(
    window: MainWindow, sheet: ShortcutSheet
) -> None:
    press(sheet, "zoom_in", Qt.Key.Key_F7, NO_KEY)
    press(sheet, "zoom_out", Qt.Key.Key_I)
    assert keys(window, "zoom_in") == ["F7"] and keys(window, "zoom_out") == ["Ctrl+I"]
    sheet.select("zoom_in")
    QTest.mouseClick(sheet.reset_button, LEFT)
    assert "Zoom out" in sheet.note.text() and keys(window, "zoom_in") == ["F7"]
    sheet.select("zoom_out")
    QTest.mouseClick(sheet.reset_button, LEFT)
    assert keys(window, "zoom_out") == ["Ctrl+U"] and not sheet.reset_button.isEnabled()
    sheet.select("zoom_in")
    QTest.mouseClick(sheet.reset_button, LEFT)
    assert keys(window, "zoom_in") == ["Ctrl+I"]


def test_all_keys_are_reset_at_once(window: MainWindow, sheet: ShortcutSheet) -> None:
    before = {spec.name: keys(window, spec.name) for spec in ACTIONS}
    assert not sheet.reset_all_button.isEnabled()
    press(sheet, "next_document", Qt.Key.Key_F7, NO_KEY)
    press(sheet, "fit", Qt.Key.Key_Backspace, NO_KEY)
    assert keys(window, "next_document") == ["F7"] and keys(window, "fit") == []
    QTest.mouseClick(sheet.reset_all_button, LEFT)
    assert {spec.name: keys(window, spec.name) for spec in ACTIONS} == before
    assert len(before["next_document"]) == 2
    assert Remembered().json("shortcuts") == {}


def test_chosen_keys_come_back_at_the_next_start(qtbot: QtBot, window: MainWindow, sheet: ShortcutSheet) -> None:
    press(sheet, "record", Qt.Key.Key_F8, NO_KEY)
    press(sheet, "play_pause", Qt.Key.Key_P)
    press(sheet, "fit", Qt.Key.Key_Delete, NO_KEY)
    window.close()
    again = MainWindow()
    qtbot.addWidget(again)
    assert keys(again, "record") == ["F8"] and keys(again, "play_pause") == ["Ctrl+P"] and keys(again, "fit") == []
    assert again.actions_by_name["fit"].toolTip() == "Fit"
    again.sound._show_microphone()
    assert "Ctrl+R" not in again.actions_by_name["record"].toolTip()
    again.close()


@pytest.mark.parametrize(
    "stored",
    [
        "{",
        "[]",
        json.dumps({"zoom_in": 7, "zoom_out": None, "fit": ["F7"]}),
        json.dumps({"zoom_in": "no such key", "zoom_out": "Ctrl+A, Ctrl+B", "nothing": "F7", "fit": "x" * 100}),
        json.dumps({"zoom_in": "Left", "zoom_out": "Tab", "fit": "Ctrl+O"}),
        json.dumps({"zoom_in": "Alt+F", "zoom_out": "b"}),
    ],
)
def test_damaged_or_taken_keys_are_left_out(qtbot: QtBot, stored: str) -> None:
    Remembered().set("shortcuts", stored)
    window = MainWindow()
    qtbot.addWidget(window)
    assert [keys(window, name) for name in ("zoom_in", "zoom_out", "fit")] == [["Ctrl+I"], ["Ctrl+U"], ["Ctrl+A"]]
    window.close()


def test_no_two_actions_ever_come_back_with_one_key(qtbot: QtBot) -> None:
    # Two that have changed places are as good as any; a third that wants one of their keys goes without.
    Remembered().set("shortcuts", json.dumps({"zoom_in": "Ctrl+U", "zoom_out": "Ctrl+I", "fit": "Ctrl+U"}))
    window = MainWindow()
    qtbot.addWidget(window)
    assert keys(window, "zoom_in") == ["Ctrl+U"] and keys(window, "zoom_out") == ["Ctrl+I"]
    assert keys(window, "fit") == ["Ctrl+A"]
    with pytest.raises(UserError, match="Zoom out"):
        window.shortcuts.choose("fit", QKeySequence("Ctrl+I"))
    window.close()


def test_rows_are_found_by_action_key_and_help(sheet: ShortcutSheet) -> None:
    def shown() -> list[str]:
        groups = [sheet.tree.topLevelItem(place) for place in range(sheet.tree.topLevelItemCount())]
        rows = [group.child(place) for group in groups if not group.isHidden() for place in range(group.childCount())]
        return [row.text(0) for row in rows if not row.isHidden()]

    QTest.keyClicks(sheet.find, "ctrl+k")
    assert shown() == ["Open checkpoint"]
    sheet.find.clear()
    QTest.keyClicks(sheet.find, "half as LONG")
    assert shown() == ["Zoom in"]
    QTest.keyClick(sheet.find, Qt.Key.Key_Return)
    assert sheet.isVisible()  # Enter searches on, it does not close
    sheet.find.clear()
    assert len(shown()) == len(ACTIONS) + len(KEYS) + len(MOUSE)


def test_escape_in_the_field_changes_nothing(window: MainWindow, sheet: ShortcutSheet) -> None:
    press(sheet, "zoom_in", Qt.Key.Key_Escape, NO_KEY)
    assert keys(window, "zoom_in") == ["Ctrl+I"] and sheet.isVisible()


def test_keys_that_are_taken_are_keys(window: MainWindow) -> None:
    for text in TAKEN:
        assert QKeySequence(text).toString(QKeySequence.SequenceFormat.PortableText) == text


def test_tab_leaves_the_field_without_becoming_a_key(qtbot: QtBot, window: MainWindow, sheet: ShortcutSheet) -> None:
    sheet.activateWindow()
    qtbot.waitUntil(sheet.isActiveWindow)
    press(sheet, "zoom_in", Qt.Key.Key_Tab, NO_KEY)
    assert sheet.focusWidget() is not sheet.edit
    assert keys(window, "zoom_in") == ["Ctrl+I"]
