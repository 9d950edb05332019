import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal

from phonegui import documents as module
from phonegui.document_memory import remember, restore, span
from phonegui.documents import Documents
from phonegui.panels.document_tabs import DocumentTabs
from phonegui.settings import Remembered
from phonegui.sources import Source


@dataclass(eq=False)
class Whole:
    source: Source
    heard: object = field(
        default_factory=lambda: SimpleNamespace(
            audio=SimpleNamespace(samples=np.zeros(10)), features=np.zeros(1), log_probs=np.zeros(1)
        )
    )

    @property
    def path(self):
        return self.source.key


class FakeSession(QObject):
    """Opens at once what is not bad."""

    audio_ready = Signal(object, str)
    heard_ready = Signal(object)

    def __init__(self):
        super().__init__()
        self.document = self.shown_source = None
        self.opening = False
        self.calls = []

    def open(self, source):
        self.calls.append(("open", source.path))
        if "bad" not in source.path:
            self._show(Whole(source))

    def show(self, document):
        self.calls.append(("show", document.path))
        self._show(document)

    def forget(self):
        self.document = self.shown_source = None
        self.calls.append(("forget", ""))

    def _show(self, document):
        self.shown_source = document.source
        self.document = document
        self.audio_ready.emit(None, document.path)
        self.heard_ready.emit(None)


@pytest.fixture
def session(qtbot):
    return FakeSession()


@pytest.fixture
def documents(session):
    return Documents(session)


def names(documents):
    return [item.source.path for item in documents]


def test_previews_give_way_to_each_other_and_others_stay(documents):
    for path in ("a", "b"):
        documents.open(Source(path), preview=True)
    assert names(documents) == ["b"]
    documents.open(Source("c"))
    documents.open(Source("d"), preview=True)
    assert names(documents) == ["d", "c"]
    documents.keep(documents.current)
    documents.open(Source("e"), preview=True)
    assert sorted(names(documents)) == ["c", "d", "e"]


def test_a_document_that_is_open_is_shown_without_being_computed_again(documents, session):
    for path in ("a", "b"):
        documents.open(Source(path))
    documents.open(Source("a"))
    assert session.calls[-1] == ("show", "a") and documents.current.source.path == "a"
    documents.open(Source("a"))
    assert session.calls[-1] == ("open", "a")  # the one on the screen is read anew
    assert names(documents) == ["a", "b"]


def test_what_cannot_be_opened_gets_no_tab(documents):
    documents.open(Source("a"))
    documents.open(Source("bad"))
    assert names(documents) == ["a"] and documents.current.source.path == "a"


def test_closing_shows_the_neighbour_and_the_last_leaves_nothing(documents, session):
    for path in ("a", "b", "c"):
        documents.open(Source(path))
    documents.show(documents[1])
    documents.close(documents[1])
    assert names(documents) == ["a", "c"] and documents.current.source.path == "c"
    documents.close(documents[0])
    assert documents.current.source.path == "c"
    gone = []
    documents.current_changed.connect(lambda: gone.append(documents.current))
    documents.close(documents[0])
    assert documents.current is None and gone[-1] is None and session.calls[-1][0] == "forget"


def test_an_edited_preview_stays(documents):
    documents.open(Source("a"), preview=True)
    documents.set_modified(documents.current, True)
    documents.open(Source("b"), preview=True)
    assert names(documents) == ["a", "b"]


def test_only_some_documents_keep_what_was_heard(documents, session, monkeypatch):
    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    for path in "abcde":
        documents.open(Source(path))
    assert [item.heard is not None for item in documents] == [False, False, True, True, True]
    documents.show(documents[0])
    assert session.calls[-1] == ("open", "a")
    monkeypatch.setattr(module, "_MOST_BYTES", 1)
    documents.open(Source("f"))
    assert sum(item.heard is not None for item in documents) == 1


def test_steps_go_round(documents):
    for path in "abc":
        documents.open(Source(path))
    documents.step(1)
    assert documents.current.source.path == "a"
    documents.step(-1)
    assert documents.current.source.path == "c"


@pytest.fixture
def tabs(qtbot, documents):
    tabs = DocumentTabs(documents)
    qtbot.addWidget(tabs)
    tabs.resize(600, 30)
    for path in ("one & two.wav", "b.wav", "c.wav"):
        documents.open(Source(path))
    tabs.show()
    return tabs


def test_tabs_show_documents_and_what_is_not_saved(tabs, documents):
    assert [tabs.tabText(i) for i in range(3)] == ["one && two.wav", "b.wav", "c.wav"]
    assert tabs.currentIndex() == 2
    documents.set_modified(documents[1], True)
    assert tabs.tabText(1) == "b.wav *"


def test_a_click_shows_and_a_middle_click_closes(qtbot, tabs, documents):
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(0).center())
    assert documents.current is documents[0]
    asked = []
    tabs.close_requested.connect(asked.append)
    qtbot.mouseClick(tabs, Qt.MouseButton.MiddleButton, pos=tabs.tabRect(1).center())
    assert asked == [documents[1]] and documents.current is documents[0]


def test_tabs_can_be_moved(tabs, documents):
    tabs.moveTab(0, 2)
    assert names(documents) == ["b.wav", "c.wav", "one & two.wav"]
    assert [tabs.tabText(i) for i in range(3)] == ["b.wav", "c.wav", "one && two.wav"]
    assert tabs.currentIndex() == 1 and documents.current.source.path == "c.wav"


def test_one_document_needs_no_tabs(tabs, documents):
    documents.close(documents[0])
    documents.close(documents[0])
    assert tabs.isHidden()


def test_dragging_a_tab_moves_its_document(qtbot, tabs, documents):
    start, end = tabs.tabRect(0).center(), tabs.tabRect(1).center() + QPoint(20, 0)
    qtbot.mousePress(tabs, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 11):
        qtbot.mouseMove(tabs, start + (end - start) * step / 10)
    qtbot.mouseRelease(tabs, Qt.MouseButton.LeftButton, pos=end)
    qtbot.wait(400)  # the bar's own animation
    assert sorted(names(documents)) == ["b.wav", "c.wav", "one & two.wav"]
    assert [tabs.tabText(i).replace("&&", "&") for i in range(3)] == names(documents)


def test_the_session_comes_back(documents, tmp_path, qtbot):
    settings = Remembered()
    for name in ("a.wav", "b.wav", "gone.wav"):
        (tmp_path / name).touch()
        documents.open(Source(str(tmp_path / name)))
    documents[1].shown, documents[1].selected = (1.0, 2.5), (1.5, 1.75)
    documents.show(documents[1])
    remember(documents, settings)
    (tmp_path / "gone.wav").unlink()
    again = Documents(FakeSession())
    current, missing = restore(again, settings)
    assert names(again) == [str(tmp_path / "a.wav"), str(tmp_path / "b.wav")]
    assert current == 1 and again[1].shown == (1.0, 2.5) and again[1].selected == (1.5, 1.75)
    assert missing == [str(tmp_path / "gone.wav")]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '{"files": 3}',
        '{"files": [3, null, {}, {"path": 3}, {"path": "relative.wav"}, {"path": "/x\\u0000"}], "current": "x"}',
        json.dumps({"files": [{"path": "/"}], "current": 10**30}),
        '{"files": [' + "[" * 100_000,
    ],
)
def test_a_damaged_session_is_met_calmly(documents, value):
    settings = Remembered()
    settings.set("documents", value)
    current, missing = restore(documents, settings)
    assert current in (-1, 0)
    assert len(missing) <= 1


def test_remembered_times_are_checked():
    assert span([0, 1]) == (0.0, 1.0) and span((0.5, 2)) == (0.5, 2.0)
    bad = (None, 3, [1], [1, 0], [0, "x"], [True, 2], [float("nan"), 1], [-1, 2], [0, float("inf")])
    assert [span(value) for value in bad] == [None] * len(bad)
