import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from model.phonemes import DEFAULT_TABLE
from phonegui.library import size_text
from phonegui.main_window import MainWindow
from phonegui.resources import sample_utterances

PATIENCE = 60_000


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def manifest(tmp_path):
    """Return a manifest of the samples, and of a recording that is none."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = ["id\tpath\ttext\tphones"]
    for number, utterance in enumerate(sample_utterances()):
        shutil.copy(utterance.path, folder / utterance.path.name)
        phones = " ".join(DEFAULT_TABLE.decode(utterance.labels))
        lines.append(f"u{number}\t{utterance.path.name}\t{utterance.text}\t{phones}")
    (folder / "bad.wav").write_text("no sound")
    lines.append("u9\tbad.wav\tnothing\tAA")
    (folder / "list.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder / "list.tsv"


@pytest.fixture
def opened(qtbot, window, manifest):
    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.opener.open_at_start([str(manifest)])
    return window


def hear(qtbot, window, act):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        act()


def test_a_corpus_of_the_command_line_is_listed_with_its_layout(opened):
    panel = opened.desk.corpus
    assert panel.isVisible() and panel.model.rowCount() == 4
    assert "audio manifest" in panel._facts.text() and "4 utterances" in panel._facts.text()


def test_an_utterance_opens_with_its_reference_and_is_filled_in(qtbot, opened):
    panel = opened.desk.corpus
    where = panel.table.visualRect(panel.model.index(1, 0)).center()
    hear(qtbot, opened, lambda: qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=where))
    utterance = sample_utterances()[1]
    assert len(opened.timeline.transcript.reference) == len(utterance.labels)
    assert opened.session.result.error_rate is not None
    heard, edits = panel.model.index(1, 3).data(), panel.model.index(1, 4).data()
    assert heard.split() == opened.session.result.transcript.symbols
    assert 0 < int(edits) < len(utterance.labels)
    assert panel.table.currentIndex().row() == 1
    assert opened.recordings.paths() == [str(item.path.absolute()) for item in sample_utterances()]
    hear(qtbot, opened, opened.opener.next_file)
    assert panel.table.currentIndex().row() == 2 and opened.session.document.source.utterance.name == "u2"
    hear(qtbot, opened, opened.actions_by_name["previous_file"].trigger)
    assert opened.session.document.source.utterance.name == "u1"


def test_a_recording_that_was_open_before_is_marked_as_the_utterance_that_it_is(qtbot, opened, manifest):
    panel, place = opened.desk.corpus, manifest.parent / sample_utterances()[2].path.name
    hear(qtbot, opened, lambda: opened.opener.open_path(str(place)))
    assert opened.session.document.source.utterance is None and panel.table.currentIndex().row() == 2
    where = panel.table.visualRect(panel.model.index(2, 0)).center()
    hear(qtbot, opened, lambda: qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=where))
    assert len(opened.documents) == 1 and opened.session.result.error_rate is not None
    hear(qtbot, opened, opened.actions_by_name["previous_file"].trigger)
    assert opened.session.document.source.utterance.name == "u1" and panel.table.currentIndex().row() == 1


def test_a_second_click_leaves_the_reference_that_is_being_decoded(qtbot, opened, manifest):
    panel, row = opened.desk.corpus, opened.timeline.transcript
    hear(qtbot, opened, lambda: panel.chosen.emit(1))
    said = len(sample_utterances()[1].labels)
    assert len(row.reference) == said
    known = opened.session.reference
    (manifest.parent / sample_utterances()[1].path.name).unlink()
    opened.session.set_decoding(opened.session.decoding)  # is decoded again, and shown after the click
    panel.chosen.emit(1)
    assert opened.session.reference is known
    qtbot.waitUntil(lambda: not opened.session.busy, timeout=PATIENCE)
    assert row.reference is not None and len(row.reference) == said


def test_an_utterance_of_another_corpus_has_no_place_in_this_one(qtbot, opened, tmp_path, manifest):
    hear(qtbot, opened, lambda: opened.desk.corpus.chosen.emit(1))
    corpora = opened.desk.library.corpora
    source = opened.session.document.source
    assert corpora.place_of(source) == 1
    other = tmp_path / "other.tsv"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    folder = manifest.parent.name
    other.write_text(
        "\n".join([lines[0], *(line.replace("\t", f"\t{folder}/", 1) for line in lines[1:3])]), encoding="utf-8"
    )
    with qtbot.waitSignal(corpora.opened, timeout=PATIENCE):
        corpora.open(other)
    assert corpora.place_of(source) is None  # though the name is the same


def test_all_are_transcribed_as_one_by_one_and_bad_ones_are_marked(qtbot, opened):
    panel, corpora = opened.desk.corpus, opened.desk.library.corpora
    panel.transcribe.click()
    qtbot.waitUntil(lambda: not corpora.transcribing and len(panel.model.distances) == 3, timeout=PATIENCE)
    heard = [panel.model.index(row, 3).data() for row in range(4)]
    assert heard[3] == "not heard" and "bad.wav" in panel.model.index(3, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert panel.progress.isHidden()
    hear(qtbot, opened, lambda: panel.chosen.emit(0))
    assert heard[0].split() == opened.session.result.transcript.symbols
    assert panel.model.index(0, 3).data() == heard[0]
    with qtbot.waitSignal(opened.session.failed, timeout=PATIENCE):
        panel.chosen.emit(3)
    assert opened.session.document.source.utterance.name == "u0"


def test_transcribing_can_be_given_up(qtbot, opened):
    panel, corpora = opened.desk.corpus, opened.desk.library.corpora
    panel.transcribe.click()
    assert corpora.transcribing
    panel.progress.cancelled.emit()
    assert not corpora.transcribing
    qtbot.waitUntil(lambda: not corpora._transcriber.busy, timeout=PATIENCE)
    assert not len(panel.model.distances) and panel.progress.isHidden()


def test_what_is_no_corpus_is_met_by_a_sentence_and_the_open_one_stays(qtbot, opened, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.tsv").write_text("just a note")
    for path in (tmp_path / "empty", tmp_path / "notes.tsv", tmp_path / "gone.tsv"):
        with qtbot.waitSignal(opened.desk.library.corpora.failed, timeout=PATIENCE):
            opened.opener.open_path(str(path))
        assert path.name in opened.message_bar.text
    assert opened.desk.corpus.model.rowCount() == 4


def test_a_folder_is_chosen_and_remembered(qtbot, opened, manifest, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(manifest.parent))
    with qtbot.waitSignal(opened.desk.library.corpora.opened, timeout=PATIENCE):
        opened.actions_by_name["open_corpus_folder"].trigger()
    assert opened.settings.recent_files[0] == str(opened.desk.library.corpora.corpus.path)
    opened.close()
    again = MainWindow()
    qtbot.addWidget(again)
    with qtbot.waitSignals([again.desk.library.corpora.opened, again.session.decoded], timeout=PATIENCE):
        again.opener.open_at_start([])
    again.close()


def test_course_features_open_from_the_panel(qtbot, window, tmp_path):
    chance = np.random.default_rng(0)
    folder = tmp_path / "course"
    folder.mkdir()
    for name, kind in (("dev", np.float32), ("dev_labels", np.int64)):
        items = np.empty(5, dtype=object)
        for number in range(5):
            values = chance.normal(size=(90 + number, 13)) if kind is np.float32 else chance.integers(0, 41, 20)
            items[number] = values.astype(kind)
        np.save(folder / f"{name}.npy", items)
    window.opener.open_at_start([])
    with qtbot.waitSignal(window.desk.library.corpora.opened, timeout=PATIENCE):
        window.opener.open_several([str(folder)])
    panel = window.desk.corpus
    assert panel.model.rowCount() == 5 and panel.choices.isVisible()
    # The bundled checkpoint was trained on other features: a sentence, before anything is computed.
    with qtbot.waitSignal(window.session.failed, timeout=PATIENCE) as told:
        panel.chosen.emit(2)
    assert "features" in told.args[0] and "choose a checkpoint" in told.args[0]


def test_the_cache_tells_its_size_and_is_cleared(qtbot, opened, tmp_path):
    place = tmp_path / "cache" / "features" / "old"
    place.mkdir(parents=True)
    (place / "frames.f32").write_bytes(b"\0" * 2_500_000)
    action, library = opened.actions_by_name["clear_cache"], opened.desk.library
    with qtbot.waitSignal(library._cache.produced, timeout=PATIENCE):
        library._cache.submit("measure")
    assert "2.5 MB" in action.text() and action.isEnabled()
    with qtbot.waitSignal(library._cache.produced, timeout=PATIENCE):
        action.trigger()
    assert not place.exists() and not action.isEnabled()


def test_sizes_for_people():
    assert [size_text(n) for n in (0, 999, 1500, 25_000, 2_500_000, 1.2e9)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "25 kB",
        "2.5 MB",
        "1.2 GB",
    ]


def test_bad_recordings_are_marked_until_they_can_be_read(qtbot, opened, tmp_path):
    path = tmp_path / "later.wav"
    path.write_text("no sound")
    hear(qtbot, opened, opened.opener.open_sample)
    with qtbot.waitSignal(opened.session.failed, timeout=PATIENCE):
        opened.opener.open_several([str(path)])
    assert "later.wav" in opened.recordings.problem(str(path))
    shutil.copy(sample_utterances()[0].path, path)
    hear(qtbot, opened, lambda: opened.opener.open_path(str(path)))
    assert opened.recordings.problem(str(path)) == ""


def test_with_a_corpus_open_and_nothing_chosen_the_window_invites_to_choose(opened):
    empty = opened.empty_state
    assert opened.centre.currentWidget() is empty and empty.isVisible()
    assert empty.title.text() == "Choose an utterance" and "list.tsv" in empty.detail.text()
