"""Frames are told in words and numbers: in the status bar, in the table, and as competitors of a phoneme."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from model.decoding import Hypothesis
from model.phonemes import DEFAULT_TABLE
from phonegui.panels.frame_table import FrameTable
from phonegui.views.competitors import NOTHING, posterior_competitors, variants
from phonegui.views.frames import Frames, entropy_bits
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import SECONDS, STEP, phoneme, posteriors, shown_timeline


def frame_of(**values: float) -> np.ndarray:
    probabilities = np.full((3, 42), 1e-9)
    for symbol, value in values.items():
        probabilities[1, 0 if symbol == "blank" else DEFAULT_TABLE.index(symbol)] = value
    return np.log(probabilities)


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def test_description_names_the_likeliest_the_blank_and_the_bits() -> None:
    frames = Frames(frame_of(IY=0.75, IH=0.12, EY=0.07, blank=0.06), 3.214, DEFAULT_TABLE)
    assert frames.describe(3.214) == "00:03.214   IY 0.75 · IH 0.12 · EY 0.07   blank 0.06   1.19 bits"


def test_description_of_a_sure_blank_names_no_phoneme() -> None:
    frames = Frames(frame_of(blank=1.0), 1.0, DEFAULT_TABLE)
    assert frames.describe(1.0) == "00:01.000   blank 1.00   0.00 bits"


def test_at_most_five_phonemes_are_named() -> None:
    frames = Frames(frame_of(IY=0.2, IH=0.2, EY=0.2, AA=0.2, AE=0.1, S=0.1), 1.0, DEFAULT_TABLE)
    assert frames.describe(1.0).count("·") == 4


@pytest.mark.parametrize(
    ("span", "frames"), [((0.0, 0.05), (0, 3)), ((0.011, 0.029), (1, 2)), ((-5, 99), (0, 101)), ((5, 6), (101, 101))]
)
def test_frames_of_a_stretch(span: tuple[float, float], frames: tuple[int, int]) -> None:
    found = Frames(posteriors({}), STEP, DEFAULT_TABLE).between(*span)
    assert len(found) == frames[1] - frames[0]
    if found:
        assert (found.start, found.stop) == frames


def test_entropy() -> None:
    assert entropy_bits(np.full(8, 0.125)) == pytest.approx(3.0)
    assert entropy_bits(np.array([1.0, 0.0])) == 0.0


# -- competitors


def test_competitors_in_the_posteriors_leave_the_blank_out() -> None:
    frames = Frames(frame_of(IY=0.3, IH=0.1, blank=0.6), 1.0, DEFAULT_TABLE)
    found = posterior_competitors(frames, phoneme("IY", 0.6, 1.4), 2)
    assert found == [("IY", pytest.approx(0.75)), ("IH", pytest.approx(0.25))]


def hypothesis(symbols: str, share: float) -> Hypothesis:
    labels = np.array(DEFAULT_TABLE.encode(symbols), np.int32)
    return Hypothesis(labels=labels, log_prob=float(np.log(share)), frames=np.arange(len(labels), dtype=np.int32))


def test_variants_have_the_share_of_their_hypotheses() -> None:
    found = [hypothesis("K AE T", 0.5), hypothesis("K AH T", 0.3), hypothesis("K AE D", 0.1), hypothesis("K T", 0.1)]
    assert variants(found, 1, DEFAULT_TABLE) == [
        ("AE", pytest.approx(0.6)),
        ("AH", pytest.approx(0.3)),
        (NOTHING, pytest.approx(0.1)),
    ]
    assert variants(found, 0, DEFAULT_TABLE) == [("K", pytest.approx(1.0))]
    assert variants([], 0, DEFAULT_TABLE) == []


def test_click_on_a_phoneme_tells_its_competitors(view: TimelineView) -> None:
    view.set_hypotheses([hypothesis("SIL IY S", 0.8), hypothesis("SIL IH S", 0.2)])
    view.selection.select(0.5, 1.0)
    lines = view.selected_competitors()
    assert lines[0] == "IY" and lines[1].startswith("posteriors: IY ")
    assert lines[2] == "hypotheses: IY 80 % · IH 20 %"
    row = view.transcript
    told, box = row.tip(QPoint(round(row.x_of(0.7)), 5))
    assert told[1:] == lines[1:] and box.contains(QPoint(round(row.x_of(0.9)), 5))
    view.selection.select(0.5, 0.9)
    assert view.selected_competitors() == []


# -- the table


@pytest.fixture
def table(view: TimelineView, qtbot: QtBot) -> FrameTable:
    table = FrameTable(view)
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    return table


def test_table_lists_the_window_then_the_selection(view: TimelineView, table: FrameTable) -> None:
    assert table.model.rowCount() == 101
    view.show_range(0.98, 1.02)
    assert table.caption.text() == "3 frames of the window, 00:00.980 to 00:01.020"
    assert table.model.cells(1)[:3] == ["50", "00:01.000", "IY 0.90"]
    assert table.model.cells(0)[7] == "0.90"
    view.selection.select(0.0, 0.5)
    assert "of the selection" in table.caption.text()
    assert table.model.rowCount() == 26


def test_table_is_copied_as_text(view: TimelineView, table: FrameTable) -> None:
    view.selection.select(0.98, 1.02)
    QTest.keyClick(table.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 4
    assert lines[0].split("\t")[:2] == ["Frame", "Time"]
    assert lines[2].split("\t")[:3] == ["50", "00:01.000", "IY 0.90"]
    table.table.selectRow(1)
    QTest.keyClick(table.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2


def test_many_rows_are_copied_a_few_at_a_time(view: TimelineView, table: FrameTable, qtbot: QtBot) -> None:
    view.set_posteriors(posteriors({3: "IY"}, frames=5001), SECONDS / 5000, DEFAULT_TABLE)
    assert table.model.rowCount() > 4000
    QGuiApplication.clipboard().setText("before")
    with qtbot.waitSignal(table.copied, timeout=60_000) as copied:
        table.copy()
        assert QGuiApplication.clipboard().text() == "before"
        view.clear()  # what was listed is copied all the same
    lines = QGuiApplication.clipboard().text().splitlines()
    assert copied.args == [len(lines) - 1] == [5001]
    assert [int(line.split("\t")[0]) for line in lines[1:]] == list(range(5001))
    assert lines[4].split("\t")[2] == "IY 0.90"


def test_all_of_many_rows_are_copied_without_selecting_them(view: TimelineView, table: FrameTable) -> None:
    table.table.selectAll()
    assert len(table.table.chosen_rows()) == 101
    view.set_posteriors(posteriors({}, frames=5001), SECONDS / 5000, DEFAULT_TABLE)
    table.table.selectAll()
    assert table.table.chosen_rows() == []


def test_hidden_table_does_nothing_until_it_is_shown(view: TimelineView, table: FrameTable) -> None:
    table.hide()
    view.show_range(0.5, 0.6)
    assert table.model.rowCount() == 101
    table.show()
    assert table.model.rowCount() < 10


def test_table_without_frames_says_what_comes(view: TimelineView, table: FrameTable) -> None:
    view.clear()
    assert table.model.rowCount() == 0
    assert "heard" in table.caption.text()
    QTest.keyClick(table.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
