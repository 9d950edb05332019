import pytest
from PySide6.QtCore import Qt

from phonegui.evaluation_desk import AROUND_SECONDS, BUNDLED, HEARD_AROUND_SECONDS
from phonegui.main_window import MainWindow
from phonegui.resources import resource_path

PATIENCE = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([])
    yield window
    window.close()


@pytest.fixture
def scored(qtbot, window):
    window.actions_by_name["show_evaluation"].trigger()
    with qtbot.waitSignal(window.evaluation.session.scored, timeout=PATIENCE):
        window.actions_by_name["evaluate_corpus"].trigger()
    return window


def test_the_bundled_samples_are_offered_when_it_is_shown_first(window):
    panel = window.evaluation.panel
    assert not panel.isVisible() and window.evaluation.session.corpus is None
    window.actions_by_name["show_evaluation"].trigger()
    assert panel.isVisible()
    assert panel.controls.corpus.currentText() == BUNDLED
    assert panel.controls.run.isEnabled()


def test_an_error_is_opened_zoomed_to_and_played(qtbot, scored, monkeypatch):
    played = []
    monkeypatch.setattr(scored.sound.playback, "play_part", lambda start, end: played.append((start, end)))
    table = scored.evaluation.panel.utterances.table
    rows = table.rows_model.rows
    # Of another recording than the open one.
    place = next(k for k, item in enumerate(rows) if str(item.utterance.path) != scored.session.path)
    table.go_to(place)
    errors = scored.evaluation.panel.utterances.errors.table
    error = errors.rows_model.rows[1]
    with qtbot.waitSignal(scored.session.decoded, timeout=PATIENCE):
        qtbot.mouseClick(errors.viewport(), LEFT, pos=errors.visualRect(errors.model().index(1, 0)).center())
    qtbot.waitUntil(lambda: bool(played), timeout=PATIENCE)
    around = HEARD_AROUND_SECONDS
    assert played == [(max(0.0, error.start - around), error.end + around)]
    assert scored.timeline.selection.range == pytest.approx((error.start, error.end))
    assert scored.session.path == str(rows[place].utterance.path)
    start, end = scored.timeline.visible_range()
    assert start <= error.start < error.end <= end
    assert end - start < error.end - error.start + 2 * AROUND_SECONDS + 0.1
    # The next one is in the recording that is open now: nothing is opened again.
    errors.go_to(2)
    qtbot.keyClick(errors, Qt.Key.Key_Return)
    assert len(played) == 2


def test_a_corpus_can_be_evaluated_before_anything_was_heard(qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    manifest = str(resource_path("samples/samples.tsv"))
    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.opener.open_at_start([manifest])
    window.actions_by_name["show_evaluation"].trigger()
    assert window.session.document is None
    run = window.evaluation.panel.controls.run
    assert run.isEnabled()
    with qtbot.waitSignal(window.evaluation.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(run, LEFT)
    assert len(window.evaluation.session.score.utterances) == 3
    # Another checkpoint, chosen while nothing is open, is the one to evaluate with.
    window.session.set_checkpoint("another.safetensors")
    assert window.evaluation.session.checkpoint == "another.safetensors"
    window.close()


def test_playing_in_turn_waits_for_a_recording_to_open(qtbot, scored, monkeypatch):
    played = []
    monkeypatch.setattr(scored.sound.playback, "play_part", lambda start, end: played.append((start, end)))
    panel = scored.evaluation.panel
    rows = panel.utterances.table.rows_model.rows
    panel.utterances.table.go_to(
        next(k for k, item in enumerate(rows) if str(item.utterance.path) != scored.session.path)
    )
    errors = panel.utterances.errors
    with qtbot.waitSignal(scored.session.decoded, timeout=PATIENCE):
        qtbot.mouseClick(errors.turn, LEFT)
        assert errors.turn.isChecked() and not errors._timer.isActive()
    qtbot.waitUntil(lambda: bool(played), timeout=PATIENCE)
    assert errors._timer.isActive()
    qtbot.mouseClick(errors.turn, LEFT)
    assert not errors._timer.isActive()
    # A recording that cannot be opened does not hold the list for ever.
    errors.hold(True)
    scored.session.failed.emit("gone")
    qtbot.mouseClick(errors.turn, LEFT)
    assert errors._timer.isActive()
    qtbot.mouseClick(errors.turn, LEFT)


def test_an_utterance_opens_with_its_reference(qtbot, scored):
    table = scored.evaluation.panel.utterances.table
    utterance = next(row.utterance for row in table.rows_model.rows if str(row.utterance.path) != scored.session.path)
    scored.session.references.clear()
    with qtbot.waitSignal(scored.session.decoded, timeout=PATIENCE):
        scored.evaluation.panel.utterance_chosen.emit(utterance)
    symbols = scored.evaluation.session.corpus.table.decode(utterance.labels)
    assert [phoneme.symbol for phoneme in scored.session.result.reference] == symbols


def test_settings_go_both_ways(qtbot, scored):
    scored.decoding.set_beam_width(33)
    qtbot.waitUntil(lambda: scored.evaluation.session.score.settings.beam_width == 33, timeout=PATIENCE)
    scored.evaluation.panel.settings_chosen.emit(50, 0.4, 0.5)
    settings = scored.decoding.settings
    assert (settings.beam_width, settings.alpha, settings.beta) == (50, 0.4, 0.5)
    scored.evaluation.panel.settings_chosen.emit(5, 0.0, 0.0)
    assert (scored.decoding.settings.beam_width, scored.decoding.settings.alpha) == (5, 0.0)


def test_a_corpus_that_is_opened_is_offered(qtbot, window, tmp_path):
    from tests.phonegui.test_cli import make_corpus

    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.desk.library.open_path(str(make_corpus(tmp_path, 2)))
    window.actions_by_name["show_evaluation"].trigger()
    assert window.evaluation.panel.controls.corpus.currentText() == "corpus.tsv"
    assert [part for part in ("even", "odd") if window.evaluation.panel.controls.part.findText(part) > 0]


def test_the_errors_listed_are_those_of_the_timeline(qtbot, scored):
    panel, names = scored.evaluation.panel, scored.session.document.recognizer.header.table.symbols
    score, silent = panel.session.score, scored.session.document.recognizer.header.table.silent()
    compared = 0
    for number, item in enumerate(score.utterances):
        if str(item.utterance.path) != scored.session.path:
            with qtbot.waitSignal(scored.session.decoded, timeout=PATIENCE):
                scored.evaluation.open_utterance(item.utterance)
        assert not silent & {*item.reference, *item.hypothesis}
        qtbot.waitUntil(lambda: not scored.timeline.busy, timeout=PATIENCE)
        shown = scored.timeline.differences.differences
        listed = score.errors_of(number)
        assert len(shown) == len(listed) > 0
        for difference, error in zip(shown, sorted(listed, key=lambda error: (error.start, error.end)), strict=True):
            said, heard = (names[label] if label else "" for label in (error.said, error.heard))
            assert (difference.said, difference.heard) == (said, heard)
            assert (difference.start, difference.end) == pytest.approx((error.start, error.end), abs=0.02)
            compared += 1
    assert compared > 5


def test_a_corpus_without_references_is_told_and_not_offered(qtbot, window, tmp_path):
    recording = resource_path("samples/cold_hearted.flac")
    manifest = tmp_path / "unlabelled.tsv"
    manifest.write_text(f"id\tpath\na\t{recording}\n")
    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.desk.library.open_path(str(manifest))
    window.actions_by_name["show_evaluation"].trigger()
    controls = window.evaluation.panel.controls
    assert controls.corpus.currentText() == BUNDLED and controls.corpus.findText("unlabelled.tsv") < 0
    assert controls.note.isVisible()
    assert controls.note.text().startswith("unlabelled.tsv has no reference phonemes, so nothing can be scored")
