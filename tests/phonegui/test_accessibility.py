"""Whoever cannot see the window, or has no mouse, finds everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from phonegui.dialogs import show_about
from phonegui.main_window import MainWindow
from phonegui.panels.icons import IconButton
from phonegui.resources import sample_utterances
from phonegui.shortcut_sheet import ShortcutSheet

PATIENCE = 60_000
DIALOGS = ("about", "comparison", "export", "shortcuts", "submission")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """Return the window with two documents and a corpus open."""
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))
    paths = [str(item.path) for item in sample_utterances()[:2]]
    lines = ["id\tpath", *(f"u{number}\t{path}" for number, path in enumerate(paths))]
    (tmp_path / "list.tsv").write_text("\n".join(lines), encoding="utf-8")
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.opener.open_at_start([str(tmp_path / "list.tsv")])
    for path in paths:
        with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
            window.opener.open_path(path)
    yield window
    window.close()


def dialog_of(window: MainWindow, name: str) -> QDialog:
    if name == "about":
        return show_about(window, window.session.checkpoint, None)
    if name == "comparison":
        window.comparison.compare_with()
        return window.comparison.dialog
    if name == "export":
        window.exports.export_view()
        return window.exports.dialog
    if name == "submission":
        window.desk.library.write_submission()
        return window.desk.library._submission
    sheet = ShortcutSheet(window.shortcuts, window)
    sheet.open()
    return sheet


def is_part(widget: QWidget) -> bool:
    """Whether a widget is a part that Qt makes of another one, which has the name."""
    parent = widget.parentWidget()
    return (
        widget.objectName().startswith("qt_")
        or isinstance(widget, QHeaderView | QScrollArea | QMenu)
        or isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QTabBar)
        or (parent is not None and isinstance(parent.parentWidget(), QComboBox))
        or (isinstance(widget, QTabBar) and isinstance(parent, QMainWindow))  # of the docks, each of which has a title
    )


def spoken(widget: QWidget) -> str:
    """Return the name that assistive software reads out; of a list that folds out, Qt gives it the entry instead."""
    return widget.accessibleName() or QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def stops(root: QWidget) -> list[QWidget]:
    """Return what Tab comes by in a window, in its order, whether it is shown now or not."""
    chain, widget = [], root
    while (widget := widget.nextInFocusChain()) is not root:
        if widget.window() is root.window() and not is_part(widget):
            chain.append(widget)
    return [widget for widget in chain if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]


def nameless(root: QWidget) -> list[str]:
    """Return what cannot be told from anything else by ear, with what it lies in."""
    found = [w for w in root.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and not is_part(w)]
    buttons = [w for w in root.findChildren(QAbstractButton) if not is_part(w)]
    assert found
    return [path_of(w) for w in {*found, *buttons} if not any(letter.isalpha() for letter in spoken(w))]


def path_of(widget: QWidget | None) -> str:
    names = []
    while widget is not None and not widget.isWindow():
        names.append(type(widget).__name__)
        widget = widget.parentWidget()
    return " in ".join(names)


def test_everything_that_takes_the_keyboard_in_the_window_has_a_name(window):
    for name in ("Frames", "Training", "Evaluation"):
        dock = next(item for item in window.findChildren(QDockWidget) if item.windowTitle() == name)
        dock.toggleViewAction().trigger()
    window.desk.question.ask("Save it?", {"Save": lambda: None, "Discard": lambda: None})
    window.message_bar.show_error("This cannot be read.")
    window.sound.recording.strip.begin("folder")
    assert nameless(window) == []


@pytest.mark.parametrize("name", DIALOGS)
def test_everything_in_a_dialog_has_a_name_and_can_be_reached(window, name):
    dialog = dialog_of(window, name)
    assert nameless(dialog) == []
    reached = stops(dialog)
    buttons = [w for w in dialog.findChildren(QAbstractButton) if not is_part(w) and w.isVisibleTo(dialog)]
    assert buttons and set(buttons) <= set(reached)
    dialog.reject()


def test_what_shows_only_an_icon_says_what_it_does(window):
    buttons = [w for w in window.findChildren(QAbstractButton) if not w.icon().isNull() and not is_part(w)]
    silent = [path_of(w) for w in buttons if not w.toolTip() and not w.text()]
    assert len(buttons) > 10 and silent == []
    assert all(w.toolTip() and spoken(w) for w in window.findChildren(IconButton))
    tabs = window.desk.tabs
    closing = [tabs.tabButton(place, QTabBar.ButtonPosition.RightSide) for place in range(tabs.count())]
    assert [spoken(button) for button in closing] == [f"Close {item.source.title}" for item in window.documents]


def test_a_tab_closes_with_its_button(qtbot, window):
    second = window.documents[1]
    button = window.desk.tabs.tabButton(0, QTabBar.ButtonPosition.RightSide)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert list(window.documents) == [second]


@pytest.mark.parametrize("name", ["decoding", *DIALOGS])
def test_tab_goes_through_what_belongs_together_from_top_to_bottom(window, name):
    root = window.decoding if name == "decoding" else dialog_of(window, name)
    shown = [w for w in stops(window if name == "decoding" else root) if root.isAncestorOf(w) and w.isVisible()]
    assert len(shown) > (0 if name == "about" else 3)
    for before, after in pairwise(shown):
        above = after.mapTo(root, QPoint(0, after.height())).y() <= before.mapTo(root, QPoint(0, 0)).y()
        beside = after.mapTo(root, QPoint(0, 0)).x() >= before.mapTo(root, QPoint(before.width(), 0)).x()
        assert not above or beside, (before, after)
    if name != "decoding":
        root.reject()


def test_tab_leaves_no_panel_before_it_has_been_through_it(window):
    panels = (window.recordings, window.desk.corpus, window.decoding, window.stage)
    owners = [next((p for p in panels if p.isAncestorOf(w) or p is w), None) for w in stops(window) if w.isVisible()]
    runs = [owner for place, owner in enumerate(owners) if owner is not None and owner is not owners[place - 1]]
    assert len(runs) == len(set(map(id, runs))) >= 3


def test_every_plot_can_be_read_as_a_table(window):
    twins = {
        window.timeline: window.frame_table,
        window.training.panel.curves: window.training.panel.table,
        window.evaluation.panel.confusions.matrix: window.evaluation.panel.confusions.table,
    }
    for twin in twins.values():
        tables = [twin, *twin.findChildren(QAbstractItemView)]
        assert any(isinstance(table, QAbstractItemView) and spoken(table) for table in tables)
    decoder = window.evaluation.panel.decoder
    for part in decoder.parts.values():
        part.as_table.click()
        assert part.table.isVisibleTo(decoder) and not part.view.isVisibleTo(decoder)
        part.as_table.click()
        assert part.view.isVisibleTo(decoder) and not part.table.isVisibleTo(decoder)
