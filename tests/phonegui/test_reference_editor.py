import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from model.textgrid import read_textgrid
from phonegui import editing
from phonegui import keeper as keeper_module
from phonegui.main_window import MainWindow
from phonegui.recovery import read_recoveries, write_recovery
from phonegui.resources import sample_utterances
from phonegui.settings import Remembered
from phonegui.sources import Source
from phonegui.symbol_edit import SymbolEdit

PATIENCE = 60_000
SAMPLE = sample_utterances()[1]


@pytest.fixture
def window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1400, 900)
    window.show()
    yield window
    window.close()


@pytest.fixture
def take(tmp_path):
    """Return a copy of a sample, without a reference."""
    path = tmp_path / "take.flac"
    shutil.copy(SAMPLE.path, path)
    return path


@pytest.fixture
def opened(qtbot, window, take):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(take)])
    return window


@pytest.fixture
def started(qtbot, opened):
    opened.actions_by_name["start_reference"].trigger()
    qtbot.waitUntil(lambda: not opened.session.busy, timeout=PATIENCE)  # the edit is decoded too
    return opened


def act(window, name):
    window.actions_by_name[name].trigger()


def tier(window):
    return window.desk.editor.book.tier()


def place(window, time):
    """Return where a time lies on the reference tier."""
    row, mouse = window.timeline.transcript, window.desk.editor.mouse
    return QPoint(round(row.x_of(time)), mouse.rect().center().y())


def typed_into(window):
    """Return the line that is open, None without one."""
    return next((line for line in window.timeline.findChildren(SymbolEdit) if line.isVisible()), None)


def move(row, where, button=Qt.MouseButton.NoButton):
    """Move the mouse: as an event of the row's own, for the screen of a test may have other windows on it."""
    here = QPointF(where)
    event = QMouseEvent(
        QEvent.Type.MouseMove, here, row.mapToGlobal(here), Qt.MouseButton.NoButton, button, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(row, event)


def settle(qtbot, window):
    qtbot.waitUntil(lambda: not window.session.busy, timeout=PATIENCE)
    qtbot.wait(50)


def test_a_long_transcript_is_taken_in_two_steps_unless_the_reference_changed_in_between(qtbot, opened, monkeypatch):
    monkeypatch.setattr("phonegui.reference_editor._MANY", 0)
    act(opened, "start_reference")
    assert tier(opened) is None
    qtbot.waitUntil(lambda: tier(opened) is not None, timeout=PATIENCE)
    assert len(tier(opened).intervals) == len(opened.session.result.transcript.phonemes)
    act(opened, "start_reference")
    act(opened, "undo")
    settle(qtbot, opened)
    assert tier(opened) is None or not tier(opened).intervals


def test_a_reference_begins_with_the_transcript_and_that_can_be_undone(qtbot, opened):
    assert tier(opened) is None and not opened.actions_by_name["undo"].isEnabled()
    act(opened, "start_reference")
    heard = opened.session.result.transcript.phonemes
    assert [item.symbol for item in tier(opened).intervals] == [item.symbol for item in heard]
    assert [item.symbol for item in opened.timeline.transcript.reference] == [item.symbol for item in heard]
    assert opened.isWindowModified() and opened.actions_by_name["undo"].text().endswith("start from the transcript")
    settle(qtbot, opened)
    assert opened.session.result.error_rate == 0.0
    act(opened, "undo")
    settle(qtbot, opened)
    assert not opened.isWindowModified() and opened.timeline.transcript.reference is None
    act(opened, "redo")
    assert len(tier(opened).intervals) == len(heard) and opened.isWindowModified()


def test_a_double_click_and_typing_correct_a_phoneme(qtbot, started):
    old = tier(started).intervals
    middle = 0.5 * (old[4].start + old[4].end)
    row = started.timeline.transcript
    qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=place(started, middle))
    line = typed_into(started)
    assert line.isVisible() and line.text() == old[4].symbol
    qtbot.keyClicks(line, "zh")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    new = tier(started).intervals
    assert new[4].symbol == "ZH" and (new[4].start, new[4].end) == (old[4].start, old[4].end)
    assert new[:4] == old[:4] and new[5:] == old[5:]
    settle(qtbot, started)
    assert started.session.result.error_rate > 0
    act(started, "undo")
    assert tier(started).intervals == old


def test_what_is_no_phoneme_is_refused_and_escape_leaves_it(qtbot, started):
    old = tier(started)
    for text, key in (("qx", Qt.Key.Key_Return), ("ZH", Qt.Key.Key_Escape)):
        act(started, "next_reference")
        act(started, "edit_phoneme")
        line = typed_into(started)
        qtbot.keyClicks(line, text)
        qtbot.keyClick(line, key)
        assert tier(started) == old
        assert typed_into(started) is None
    assert "qx" in started.statusBar().currentMessage()


def test_a_boundary_follows_the_mouse_and_is_one_edit(qtbot, started):
    old = tier(started).intervals
    index = next(i for i in range(1, len(old)) if old[i - 1].end == old[i].start and old[i].end - old[i].start > 0.05)
    row = started.timeline.transcript
    start, end = place(started, old[index].start), place(started, old[index].start + 0.03)
    move(row, start)
    assert row.cursor().shape() == Qt.CursorShape.SplitHCursor
    qtbot.mousePress(row, Qt.MouseButton.LeftButton, pos=start)
    for x in range(start.x(), end.x() + 1):
        move(row, QPoint(x, start.y()), Qt.MouseButton.LeftButton)
    assert tier(started).intervals == old  # not before the button is let go
    shown = started.timeline.transcript.reference
    assert shown[index].start == pytest.approx(old[index].start + 0.03, abs=0.01)
    qtbot.mouseRelease(row, Qt.MouseButton.LeftButton, pos=end)
    new = tier(started).intervals
    assert new[index].start == new[index - 1].end == pytest.approx(old[index].start + 0.03, abs=0.01)
    act(started, "undo")
    assert tier(started).intervals == old
    assert started.timeline.selection.range is None


def test_all_of_it_by_keyboard(qtbot, started):
    window = started
    count = len(tier(window).intervals)
    window.timeline.setFocus()
    act(window, "next_reference")
    act(window, "next_reference")
    first = tier(window).intervals[1]
    assert window.timeline.selection.range == pytest.approx((first.start, first.end))
    act(window, "split_phoneme")
    assert len(tier(window).intervals) == count + 1
    act(window, "merge_phonemes")
    assert len(tier(window).intervals) == count and tier(window).intervals[1] == first
    act(window, "end_earlier")
    assert tier(window).intervals[1].end == pytest.approx(first.end - 0.005)
    act(window, "end_later")
    act(window, "start_later")
    act(window, "start_earlier")
    assert tier(window).intervals[1].end == pytest.approx(first.end)
    act(window, "delete_phoneme")
    assert len(tier(window).intervals) == count - 1 and tier(window).gap(0.5 * (first.start + first.end))
    act(window, "insert_phoneme")
    line = typed_into(window)
    qtbot.keyClicks(line, first.symbol)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert tier(window).intervals[1].symbol == first.symbol
    qtbot.keyClick(window.timeline, Qt.Key.Key_Return)
    assert typed_into(window).text() == first.symbol
    for _ in range(20):
        act(window, "undo")
    assert tier(window).intervals == () and not window.isWindowModified()


def test_without_a_selection_the_actions_say_what_to_do(started):
    before = tier(started)
    for name in ("edit_phoneme", "split_phoneme", "merge_phonemes", "delete_phoneme", "insert_phoneme", "end_later"):
        started.statusBar().clearMessage()
        act(started, name)
        assert "first" in started.statusBar().currentMessage()
    assert tier(started) == before


def test_saving_writes_a_textgrid_that_opens_again(qtbot, started, take):
    act(started, "next_reference")
    act(started, "delete_phoneme")
    kept = tier(started)
    path = take.with_suffix(".TextGrid")
    act(started, "save_reference")
    qtbot.waitUntil(lambda: not started.isWindowModified(), timeout=PATIENCE)
    assert [item.text for item in read_textgrid(path).tiers[0].intervals if item.text] == [
        item.symbol for item in kept.intervals
    ]
    started.close()
    again = MainWindow()
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.session.decoded, timeout=PATIENCE):
        again.opener.open_at_start([str(take)])
    found = tier(again).intervals
    assert [item.symbol for item in found] == [item.symbol for item in kept.intervals]
    assert [item.start for item in found] == pytest.approx([item.start for item in kept.intervals], abs=1e-5)
    again.close()


def test_what_is_saved_is_not_written_again(qtbot, opened, take):
    """A TextGrid keeps the form another program gave it until there is something to save."""
    path = take.with_suffix(".TextGrid")
    short = '"ooTextFile"\n"TextGrid"\n0 3 <exists> 1\n"IntervalTier" "phones" 0 3 2 0 0.5 "AA" 0.5 3 ""\n'
    path.write_text(short)
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_path(str(take))
    assert [item.symbol for item in tier(opened).intervals] == ["AA"]
    act(opened, "save_reference")
    assert "nothing to save" in opened.statusBar().currentMessage()
    act(opened, "next_reference")
    act(opened, "end_later")
    act(opened, "undo")
    act(opened, "save_reference")
    assert "nothing to save" in opened.statusBar().currentMessage() and path.read_text() == short
    act(opened, "redo")
    act(opened, "save_reference")
    qtbot.waitUntil(lambda: not opened.isWindowModified(), timeout=PATIENCE)
    saved = path.read_bytes()
    assert read_textgrid(path).tiers[0].intervals[0].end == pytest.approx(0.505)
    act(opened, "save_reference")
    assert "nothing to save" in opened.statusBar().currentMessage() and path.read_bytes() == saved
    act(opened, "undo")  # back before what is saved: that is an edit too
    act(opened, "save_reference")
    qtbot.waitUntil(lambda: not opened.isWindowModified(), timeout=PATIENCE)
    assert read_textgrid(path).tiers[0].intervals[0].end == pytest.approx(0.5)


def test_a_place_that_cannot_be_written_loses_nothing(qtbot, started, take, monkeypatch):
    place = take.parent / "file"
    place.touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place / "x.TextGrid"), ""))
    with qtbot.waitSignal(started.desk.keeper.failed, timeout=PATIENCE):
        act(started, "save_reference_as")
    assert "x.TextGrid" in started.message_bar.text and started.isWindowModified()


def test_edits_stay_with_their_document(qtbot, started, tmp_path):
    kept = tier(started)
    other = tmp_path / "other.wav"
    soundfile.write(other, 0.1 * np.random.default_rng(0).normal(size=16000), 16000)
    started.opener.open_path(str(other))
    session = started.session
    qtbot.waitUntil(lambda: session.path == str(other) and session.result and not session.busy, timeout=PATIENCE)
    assert not started.isWindowModified() and not started.actions_by_name["undo"].isEnabled()
    assert started.desk.tabs.tabText(0) == "take.flac *"
    with qtbot.waitSignal(started.session.decoded, timeout=PATIENCE):
        act(started, "next_document")
    assert started.isWindowModified() and tier(started) == kept
    assert started.actions_by_name["undo"].isEnabled()
    assert len(started.timeline.transcript.reference) == len(kept.intervals)


def test_closing_a_document_with_edits_asks_first(qtbot, started, take):
    question = started.desk.question
    act(started, "close_document")
    assert "take.flac" in question.text and len(started.documents) == 1
    question.buttons["Keep open"].click()
    assert question.text == "" and started.isWindowModified()
    act(started, "close_document")
    question.buttons["Save"].click()
    qtbot.waitUntil(lambda: len(started.documents) == 0, timeout=PATIENCE)
    assert take.with_suffix(".TextGrid").exists()
    assert started.centre.currentWidget() is started.empty_state and started.windowTitle() == "phonegui"


def test_discarding_brings_the_old_reference_back(qtbot, started, take):
    act(started, "close_document")
    started.desk.question.buttons["Discard"].click()
    assert len(started.documents) == 0 and not take.with_suffix(".TextGrid").exists()
    with qtbot.waitSignal(started.session.decoded, timeout=PATIENCE):
        started.opener.open_path(str(take))
    assert tier(started) is None and not started.isWindowModified()


def test_edits_survive_a_crash(qtbot, started, take, monkeypatch):
    monkeypatch.setattr(keeper_module, "_AUTOSAVE_MS", 50)
    keeper = started.desk.keeper
    keeper._timer.setInterval(50)
    act(started, "next_reference")
    act(started, "delete_phoneme")
    kept = tier(started)
    qtbot.waitUntil(lambda: [item.tier for item in read_recoveries(keeper._folder)] == [kept], timeout=PATIENCE)
    after = MainWindow()  # as if the first had died
    qtbot.addWidget(after)
    after.show()
    assert "take.flac" in after.desk.question.text
    with qtbot.waitSignal(after.desk.editor.book.edited, timeout=PATIENCE):
        after.opener.open_at_start([])
        after.desk.question.buttons["Restore"].click()
    assert after.session.path == str(take)
    assert tier(after).intervals == kept.intervals and after.isWindowModified()
    act(after, "undo")
    assert tier(after).intervals == ()
    qtbot.waitUntil(lambda: not read_recoveries(keeper._folder), timeout=PATIENCE)
    after.close()


def test_recovered_edits_that_are_in_the_file_already_are_not_offered_again(qtbot, started, take):
    folder = started.desk.keeper._folder
    act(started, "save_reference")
    qtbot.waitUntil(lambda: not started.isWindowModified(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not read_recoveries(folder), timeout=PATIENCE)
    write_recovery(folder, str(take), tier(started))  # as a crash right after saving leaves it
    after = MainWindow()
    qtbot.addWidget(after)
    after.show()
    with qtbot.waitSignal(after.session.decoded, timeout=PATIENCE):
        after.opener.open_at_start([])
        after.desk.question.buttons["Restore"].click()
    qtbot.waitUntil(lambda: not read_recoveries(folder), timeout=PATIENCE)
    assert not after.isWindowModified()
    after.close()
    assert read_recoveries(folder) == []


def test_recovered_edits_are_kept_unsaved_until_they_are_saved(qtbot, started, take):
    kept, folder = tier(started), started.desk.keeper._folder
    started.close()
    after = MainWindow()
    qtbot.addWidget(after)
    after.show()
    with qtbot.waitSignal(after.desk.editor.book.edited, timeout=PATIENCE):
        after.opener.open_at_start([])
        after.desk.question.buttons["Restore"].click()
    after.close()
    assert [item.tier for item in read_recoveries(folder)] == [kept]


def test_an_edit_that_leads_back_to_what_is_saved_leaves_nothing_to_keep(qtbot, started):
    keeper = started.desk.keeper
    act(started, "save_reference")
    qtbot.waitUntil(lambda: not started.isWindowModified(), timeout=PATIENCE)
    saved = tier(started)
    act(started, "next_reference")
    act(started, "delete_phoneme")
    qtbot.waitUntil(lambda: len(read_recoveries(keeper._folder)) == 1, timeout=PATIENCE)
    started.desk.editor.book.do(editing.replace_all(tier(started), saved.intervals, "as it was"))
    assert not started.isWindowModified()
    qtbot.waitUntil(lambda: not read_recoveries(keeper._folder), timeout=PATIENCE)


def test_what_is_open_survives_a_crash(qtbot, opened, take, tmp_path):
    qtbot.waitUntil(lambda: Remembered().json("documents") is not None, timeout=PATIENCE)
    after = MainWindow()  # as if the first had died
    qtbot.addWidget(after)
    with qtbot.waitSignal(after.session.decoded, timeout=PATIENCE):
        after.opener.open_at_start([])
    assert after.session.path == str(take)
    after.close()


def test_closing_the_window_keeps_edits_for_the_next_start(qtbot, started):
    kept = tier(started)
    folder = started.desk.keeper._folder
    started.close()
    assert [item.tier for item in read_recoveries(folder)] == [kept]
    again = MainWindow()
    qtbot.addWidget(again)
    again.desk.question.buttons["Discard"].click()
    again.close()
    assert read_recoveries(folder) == []


def test_closing_the_window_asks_where_edits_cannot_be_kept(started, monkeypatch):
    """Those of an utterance in a file of many: a path alone does not lead back to it."""
    monkeypatch.setattr(Source, "is_file", property(lambda _: False))
    question = started.desk.question
    started.close()
    assert started.isVisible() and "take.flac" in question.text
    question.buttons["Go on editing"].click()
    assert question.text == "" and started.isWindowModified()
    started.close()
    question.buttons["Close without saving"].click()
    assert not started.isVisible()


@pytest.mark.parametrize("told_before", [True, False])
def test_closing_the_window_asks_where_edits_of_a_recording_could_not_be_kept(qtbot, started, take, told_before):
    keeper, question = started.desk.keeper, started.desk.question
    keeper._folder.parent.mkdir(parents=True, exist_ok=True)
    keeper._folder.touch()  # a file where the folder should be
    if told_before:
        with qtbot.waitSignal(keeper.failed, timeout=PATIENCE) as failed:
            keeper.keep_edits()
        assert "cannot be written" in failed.args[0]
    kept = tier(started)
    started.close()
    assert started.isVisible() and "take.flac" in question.text and "loses" in question.text
    question.buttons["Go on editing"].click()
    keeper._folder.unlink()  # it can be written again, and nothing need be asked
    started.close()
    assert not started.isVisible() and [item.tier for item in read_recoveries(keeper._folder)] == [kept]


def test_edits_that_were_saved_are_not_lost_with_the_window(qtbot, started, take):
    keeper = started.desk.keeper
    keeper._folder.parent.mkdir(parents=True, exist_ok=True)
    keeper._folder.touch()
    with qtbot.waitSignal(keeper.failed, timeout=PATIENCE):
        keeper.keep_edits()
    act(started, "save_reference")
    qtbot.waitUntil(lambda: not started.isWindowModified(), timeout=PATIENCE)
    started.close()
    assert not started.isVisible() and started.desk.question.text == ""


def test_a_document_comes_back_as_it_was_left(qtbot, opened, tmp_path):
    other = tmp_path / "other.wav"
    soundfile.write(other, 0.1 * np.random.default_rng(0).normal(size=16000), 16000)
    opened.timeline.show_range(0.5, 1.25)
    opened.timeline.selection.select(0.6, 0.8)
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_path(str(other))
    assert opened.timeline.visible_range() == pytest.approx((0, 1.0)) and opened.timeline.selection.range is None
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        qtbot.keyClick(opened, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert opened.timeline.visible_range() == pytest.approx((0.5, 1.25))
    assert opened.timeline.selection.range == pytest.approx((0.6, 0.8))
    opened.close()
    again = MainWindow()
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.session.decoded, timeout=PATIENCE):
        again.opener.open_at_start([])
    assert len(again.documents) == 2 and again.windowTitle().startswith("take.flac")
    assert again.timeline.visible_range() == pytest.approx((0.5, 1.25))
    assert again.timeline.selection.range == pytest.approx((0.6, 0.8))
    again.close()


@pytest.fixture
def labelled(qtbot, window):
    """Return the window with a sample whose reference has no times of its own."""
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(SAMPLE.path)])
    assert window.session.reference.tier is None and window.session.result.placed is not None
    return window


def test_the_first_edit_takes_over_what_the_network_placed(qtbot, labelled):
    session, placed = labelled.session, labelled.session.result.placed
    item = placed.tier.intervals[3]
    labelled.timeline.selection.select(item.start, item.end)
    act(labelled, "delete_phoneme")
    edited = session.reference
    assert edited.labels == (*placed.labels[:3], *placed.labels[4:])
    kept = [*range(3), *range(4, len(placed.labels))]
    assert all(edited.phonemes[row] is placed.phonemes[place] for row, place in enumerate(kept))
    settle(qtbot, labelled)


def test_taking_everything_back_leaves_times_to_the_network_again(qtbot, labelled):
    session, row = labelled.session, labelled.timeline.transcript
    base, shown = session.reference, row.reference
    item = session.result.placed.tier.intervals[3]
    labelled.timeline.selection.select(item.start, item.end)
    act(labelled, "delete_phoneme")
    settle(qtbot, labelled)
    assert session.reference is not base and len(row.reference) == len(shown) - 1
    act(labelled, "undo")
    settle(qtbot, labelled)
    assert session.reference is base
    assert row.reference == shown  # with the network's confidence
    act(labelled, "redo")
    settle(qtbot, labelled)
    assert len(session.reference.labels) == len(base.labels) - 1


def test_a_reference_that_has_no_place_comes_back_when_edits_are_taken_back(qtbot, labelled):
    session = labelled.session
    long = replace(session.reference, labels=session.reference.labels * 100)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_reference(session.path, long)
    assert session.result.placed is None and session.result.error_rate > 0.9
    labelled.timeline.selection.select(0.1, 0.3)
    act(labelled, "insert_phoneme")
    line = typed_into(labelled)
    if line is not None:
        qtbot.keyClicks(line, "AA")
        qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(qtbot, labelled)
    assert session.reference is not long
    while labelled.desk.editor.book.group.canUndo():
        act(labelled, "undo")
    settle(qtbot, labelled)
    assert session.reference is long and session.result.error_rate > 0.9
