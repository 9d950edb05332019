import pytest

from model.transcript import TimedPhoneme
from phonegui.main_window import MainWindow
from phonegui.pipeline import Reference
from phonegui.resources import sample_utterances

PATIENCE = 60_000
UTTERANCE = sample_utterances()[1]


@pytest.fixture
def window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(UTTERANCE.path)])
    yield window
    window.close()


def test_what_is_found_is_shown(window):
    result, timeline = window.session.result, window.timeline
    assert timeline.transcript.heard is result.transcript.phonemes
    assert timeline.transcript.reference == result.reference
    assert window.decoding.spelled().split() == result.transcript.symbols


def test_a_reference_edited_meanwhile_stays(window, qtbot):
    session, row = window.session, window.timeline.transcript
    table = session.document.recognizer.header.table
    first, newer = (
        Reference(table, (table.index(symbol),), (TimedPhoneme(symbol, 0.1, 0.4, 1.0),)) for symbol in ("AA", "IY")
    )
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_reference(session.path, first)
    assert row.reference is first.phonemes
    late = session.result
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        window.timeline.set_reference(newer.phonemes)
        session.set_reference(session.path, newer)
        session.decoded.emit(late)  # of the request before, which was finished
        assert row.reference is newer.phonemes
    assert row.reference is newer.phonemes
