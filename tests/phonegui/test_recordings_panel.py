import pytest

from phonegui.panels.recordings import RecordingsPanel


@pytest.fixture
def panel(qtbot):
    panel = RecordingsPanel()
    qtbot.addWidget(panel)
    return panel


def texts(panel):
    return [panel._list.item(i).text() for i in range(panel._list.count())]


def test_recordings_called_the_same_are_told_apart_by_their_folders(panel):
    for path in ("/x/samples/cards.flac", "/x/samples/other.flac", "/home/me/take 1/cards.flac"):
        panel.add(path)
    assert texts(panel) == ["cards.flac  (samples)", "other.flac", "cards.flac  (take 1)"]
    panel.add("/home/you/take 1/cards.flac")
    assert texts(panel)[2:] == ["cards.flac  (me/take 1)", "cards.flac  (you/take 1)"]
    panel.add("/home/you/take 1/cards.flac")
    assert len(texts(panel)) == 4


def test_a_recording_that_cannot_be_opened_is_marked_until_it_can(panel):
    panel.add("/x/a.wav", "a note")
    panel.mark_bad("/x/a.wav", "/x/a.wav: is <empty>.")
    item = panel._list.item(0)
    assert not item.icon().isNull() and "&lt;empty&gt;" in item.toolTip()
    assert panel.problem("/x/a.wav") == "/x/a.wav: is <empty>."
    panel.mark("/x/a.wav")
    assert item.icon().isNull() and "a note" in item.toolTip() and panel.problem("/x/a.wav") == ""
