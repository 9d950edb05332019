import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from model.corpus.base import Corpus, Utterance
from model.phonemes import DEFAULT_TABLE
from phonegui.panels.corpus import CorpusPanel
from phonegui.panels.corpus_table import DISTANCE, HEARD, ID, REFERENCE, SECONDS, CorpusTable, HeardUtterance


def corpus(count, **more):
    utterances = tuple(
        Utterance(
            f"u{(7 * i) % count:05d}",
            Path(f"/nowhere/{i}.wav"),
            (1,) * (i % 90 + 1) if i % 10 else None,
            seconds=(i * 37 % 1500) / 100,
            text="the words" if i % 2 else "others",
            speaker=f"speaker {i % 5}",
        )
        for i in range(count)
    )
    return Corpus(Path("/nowhere/list.tsv"), "audio manifest", DEFAULT_TABLE, utterances, **more)


def column(table, which):
    return [table.data(table.index(row, which)) for row in range(table.rowCount())]


@pytest.fixture
def table(qtbot):
    table = CorpusTable()
    QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal, table)
    table.set_corpus(corpus(300))
    return table


def test_shows_every_utterance_in_the_order_of_the_corpus(table):
    names = [item.name for item in corpus(300).utterances]
    assert column(table, ID) == names
    assert column(table, REFERENCE)[:3] == ["", "2", "3"]
    assert set(column(table, HEARD)) == {""}
    assert [table.utterance_at(row) for row in range(300)] == list(range(300))


def test_sorts_numbers_as_numbers_with_the_unknown_last_and_back(table):
    table.sort(REFERENCE)
    texts = column(table, REFERENCE)
    known = [int(text) for text in texts if text]
    assert known == sorted(known) and texts[len(known) :] == [""] * 30
    table.sort(REFERENCE, Qt.SortOrder.DescendingOrder)
    texts = column(table, REFERENCE)
    assert [int(text) for text in texts if text] == sorted(known, reverse=True) and texts[-1] == ""
    table.sort(ID)
    assert column(table, ID) == sorted(column(table, ID))
    table.sort(-1)
    assert [table.utterance_at(row) for row in range(300)] == list(range(300))


def test_filters_by_id_words_and_speaker_in_any_case(table):
    table.set_filter("SPEAKER 3")
    assert table.rowCount() == 60
    assert all(table.utterance_at(row) % 5 == 3 for row in range(60))
    table.set_filter("u00007")
    assert column(table, ID) == ["u00007"]
    table.set_filter("nothing like it")
    assert table.rowCount() == 0
    table.set_filter("")
    assert table.rowCount() == 300


def test_the_current_row_follows_its_utterance(table):
    from PySide6.QtCore import QPersistentModelIndex

    kept = QPersistentModelIndex(table.index(42, ID))
    name = kept.data()
    table.sort(ID, Qt.SortOrder.DescendingOrder)
    assert kept.data() == name and table.utterance_at(kept.row()) == 42
    table.set_filter("u")
    assert kept.data() == name
    table.set_filter("nothing like it")
    assert not kept.isValid()


def test_takes_what_was_heard_and_forgets_it(table):
    table.take([HeardUtterance(5, "AA B", 3, 2.5), HeardUtterance(6, "", None, 0.0, "6.wav: is gone.")])
    row = table.row_of(5)
    assert [table.data(table.index(row, c)) for c in (HEARD, DISTANCE, SECONDS)] == ["AA B", "3", "2.50"]
    assert table.data(table.index(table.row_of(6), HEARD)) == "not heard"
    assert "6.wav: is gone." in table.data(table.index(table.row_of(6), ID), Qt.ItemDataRole.ToolTipRole)
    assert 5 not in table.unheard and len(table.unheard) == 299
    assert list(table.distances) == [3]
    table.forget_heard()
    assert len(table.unheard) == 300 and not len(table.distances)


def test_names_from_files_are_no_markup(table):
    table.set_corpus(Corpus(Path("x"), "l", DEFAULT_TABLE, (Utterance("<b>bold</b>", Path("x.wav"), None),)))
    tip = table.data(table.index(0, ID), Qt.ItemDataRole.ToolTipRole)
    assert "<b>" not in tip and "&lt;b&gt;" in tip


def test_thirty_thousand_utterances_do_not_make_anyone_wait(qtbot):
    panel = CorpusPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 800)
    panel.show()
    panel.show_corpus(corpus(30_000))
    steps = {
        "sort by number": lambda: panel.model.sort(DISTANCE),
        "sort by name": lambda: panel.model.sort(ID),
        "filter": lambda: panel.model.set_filter("speaker 3"),
        "all again": lambda: panel.model.set_filter(""),
        "take": lambda: panel.take([HeardUtterance(i, "AA B", 3, 2.5) for i in range(16)]),
        "page": lambda: (panel.table.verticalScrollBar().setValue(300_000), panel.table.grab()),
    }
    for name, step in steps.items():
        times = []
        for _ in range(3):
            began = time.process_time()
            step()
            times.append(time.process_time() - began)
        assert min(times) < 0.1, f"{name} took {min(times):.3f} s"


def test_keys_and_clicks_choose(qtbot):
    panel = CorpusPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 800)
    panel.show()
    panel.show_corpus(corpus(50))
    chosen = []
    panel.chosen.connect(chosen.append)
    where = panel.table.visualRect(panel.model.index(3, ID)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert chosen == [3]
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert chosen == [3, 4]
    assert panel.neighbour(1) == 5 and panel.neighbour(-1) == 4
    qtbot.keyClicks(panel.filter, "u00007")
    qtbot.keyClick(panel.filter, Qt.Key.Key_Return)
    assert chosen[-1] == 1 and panel.transcribe.text() == "Transcribe 1"
    assert "1 of 50" in panel._count.text()


def test_choices_are_shown_with_their_reasons_and_can_be_changed(qtbot):
    from PySide6.QtWidgets import QComboBox, QLabel

    from model.corpus.base import Choice

    panel = CorpusPanel()
    qtbot.addWidget(panel)
    panel.show()
    choice = Choice("label offset", "1", ("0", "1"), "the labels run from 0 to 40")
    panel.show_corpus(corpus(5, choices=(choice,)))
    [box] = panel.choices.findChildren(QComboBox)
    assert box.currentText() == "1" and box.accessibleName() == "label offset"
    assert any("The labels run from 0 to 40" in label.text() for label in panel.choices.findChildren(QLabel))
    made = []
    panel.choice_made.connect(lambda *what: made.append(what))
    qtbot.keyClick(box, Qt.Key.Key_Up)
    box.activated.emit(0)
    box.textActivated.emit("0")
    assert ("label offset", "0") in made and box.currentText() == "0"
    panel.finish()  # it could not be read so, or no other corpus would have been shown
    assert box.currentText() == "1"
    panel.show_corpus(corpus(5))
    assert panel.choices.isHidden()
