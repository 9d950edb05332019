"""The open recording is heard twice, and what differs is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from model.checkpoint import CheckpointHeader, save_checkpoint
from model.config import DecodingConfig, FeatureConfig
from model.metrics import error_counts
from model.network import SpeechToPhoneme
from model.phonemes import DEFAULT_TABLE, SymbolTable
from model.recognizer import Recognizer
from model.search import Search
from phonegui.comparing import Rival
from phonegui.main_window import MainWindow
from phonegui.panels.comparison_dialog import ComparisonDialog
from phonegui.panels.comparison_strip import ComparisonStrip
from phonegui.resources import sample_utterances
from phonegui.views.row import TimeRow
from tests.model.helpers import tiny_network

PATIENCE = 60_000  # ms


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return the checkpoint of a small network that was never trained."""
    return write_tiny(tmp_path / "tiny.safetensors")


def write_tiny(path: Path, table: SymbolTable = DEFAULT_TABLE) -> Path:
    torch.manual_seed(3)
    header = CheckpointHeader(network=tiny_network(), table=table)
    save_checkpoint(path, SpeechToPhoneme(header.network).state_dict(), header)
    return path


@pytest.fixture
def opened(qtbot: QtBot):  # type: ignore[no-untyped-def]
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([])
    yield window
    window.close()


def wait(qtbot: QtBot, window: MainWindow) -> None:
    """Let the comparison come to its end."""
    qtbot.waitUntil(lambda: not window.session.busy and not window.comparison.busy, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.timeline.rival.heard is not None, timeout=PATIENCE)


def symbols(row_heard) -> list[str]:  # type: ignore[no-untyped-def]
    return [item.symbol for item in row_heard]


def test_greedy_decoding_shows_no_width_and_no_weights(qtbot):
    dialog = ComparisonDialog(Rival(), DecodingConfig(beam_width=10), "", [], lambda: "")
    qtbot.addWidget(dialog)
    dialog.show()
    for choice, shown in (("Greedy", False), ("Other settings", True)):
        dialog.decoding.setCurrentText(choice)
        assert [box.isVisible() for box in (dialog.width_box, dialog.weight, dialog.bonus)] == [shown] * 3


def test_another_checkpoint_is_chosen_in_the_dialog_and_its_transcript_shown(qtbot, opened, tiny, monkeypatch):
    assert not opened.timeline.rival.isVisible() and not opened.actions_by_name["end_comparison"].isEnabled()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tiny), ""))
    opened.actions_by_name["compare_with"].trigger()
    dialog = opened.comparison.dialog
    assert not dialog.compare_button.isEnabled()  # nothing else is chosen as yet
    QTest.mouseClick(dialog.browse_button, Qt.MouseButton.LeftButton)
    assert "tiny.safetensors" in dialog.note.text()
    QTest.mouseClick(dialog.compare_button, Qt.MouseButton.LeftButton)
    wait(qtbot, opened)
    recognizer = Recognizer(tiny)
    heard = recognizer.hear(opened.session.path)
    expected = recognizer.transcript(heard, Search(opened.session.decoding)(heard.log_probs)[0])
    rival = opened.timeline.rival
    assert symbols(rival.heard) == list(expected.symbols)
    count = error_counts(opened.session.result.transcript.labels, expected.labels)
    assert len(rival.differences) == count.substitutions + count.deletions + count.insertions > 0
    assert rival.isVisible() and "tiny.safetensors" in rival.name and "width 10" in rival.name
    assert "tiny.safetensors" in opened.comparison.strip.name
    assert f"{len(rival.differences)} differences" in opened.comparison.strip.state


def test_other_settings_need_no_network(qtbot, opened, monkeypatch):
    monkeypatch.setattr(Recognizer, "posteriors", None)  # would raise
    opened.comparison.compare(Rival(settings=DecodingConfig(beam_width=40, alpha=1.5)))
    wait(qtbot, opened)
    rival, first = opened.timeline.rival, opened.timeline.transcript
    assert symbols(rival.heard) != symbols(first.heard)
    assert "width 40, LM 1.50" in opened.comparison.strip.name
    assert "phone errors: A " in opened.comparison.strip.state and ", B " in opened.comparison.strip.state
    opened.decoding.set_beam_width(40)
    opened.decoding.set_language_model(1.5, 1.5)
    qtbot.waitUntil(lambda: opened.session.result.settings.alpha == 1.5, timeout=PATIENCE)
    assert symbols(rival.heard) == symbols(first.heard) and not rival.differences
    assert opened.comparison.strip.state.startswith("no difference")


def test_a_rival_checkpoint_follows_the_settings_in_use(qtbot, opened, tiny, monkeypatch):
    opened.comparison.compare(Rival(str(tiny)))
    wait(qtbot, opened)
    monkeypatch.setattr(Recognizer, "posteriors", None)  # would raise: only the decoding is done again
    opened.decoding.set_beam_width(0)
    qtbot.waitUntil(lambda: opened.comparison.result.settings.beam_width == 0, timeout=PATIENCE)
    assert "greedy" in opened.timeline.rival.name and "greedy" in opened.comparison.strip.name
    assert opened.message_bar.text == ""


def test_the_next_recording_is_compared_too(qtbot, opened, tiny):
    opened.comparison.compare(Rival(str(tiny)))
    wait(qtbot, opened)
    before = opened.timeline.rival.heard
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.next_file()
    wait(qtbot, opened)
    assert opened.session.path.endswith("go_forward.flac")
    after = opened.timeline.rival.heard
    assert after is not before and after[-1].end <= sample_utterances()[1].seconds + 0.01
    heard = Recognizer(tiny).hear(opened.session.path)
    assert len(after) == len(Search(opened.session.decoding)(heard.log_probs)[0].labels)


def test_ending_takes_the_row_away_and_the_dialog_remembers(qtbot, opened, tiny):
    opened.comparison.compare(Rival(str(tiny), DecodingConfig(beam_width=0)))
    wait(qtbot, opened)
    layout = opened.timeline.save_layout()
    QTest.mouseClick(opened.comparison.strip.end_button, Qt.MouseButton.LeftButton)
    assert not opened.timeline.rival.isVisible() and opened.comparison.strip.isHidden()
    assert "rival" not in opened.timeline.arrangement.rows
    assert not opened.actions_by_name["end_comparison"].isEnabled()
    assert opened.timeline.save_layout() == layout  # what is remembered never speaks of a guest
    opened.actions_by_name["compare_with"].trigger()
    dialog = opened.comparison.dialog
    assert dialog.rival.checkpoint == str(tiny) and dialog.rival.settings.beam_width == 0
    dialog.reject()
    assert not opened.timeline.rival.isVisible()


def test_a_checkpoint_of_other_symbols_is_refused_in_a_sentence(qtbot, opened, tmp_path, tiny):
    names = list(DEFAULT_TABLE.symbols)
    names[1], names[2] = names[2], names[1]
    other = write_tiny(tmp_path / "swapped.safetensors", SymbolTable("swapped", tuple(names), DEFAULT_TABLE.letters))
    with qtbot.waitSignal(opened.comparison.failed, timeout=PATIENCE):
        opened.comparison.compare(Rival(str(other)))
    assert "swapped" in opened.message_bar.text and "cannot be compared" in opened.message_bar.text
    assert not opened.timeline.rival.isVisible() and opened.comparison.rival is None
    opened.comparison.compare(Rival(str(tiny)))
    wait(qtbot, opened)
    with qtbot.waitSignal(opened.comparison.failed, timeout=PATIENCE):
        opened.comparison.compare(Rival(str(other)))
    wait(qtbot, opened)
    assert opened.comparison.rival.checkpoint == str(tiny)  # the comparison there was comes back


def test_a_file_that_is_no_checkpoint_is_refused_in_a_sentence(qtbot, opened, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x00" * 100)
    with qtbot.waitSignal(opened.comparison.failed, timeout=PATIENCE):
        opened.comparison.compare(Rival(str(bad)))
    assert "bad.safetensors" in opened.message_bar.text and "unexpected" not in opened.message_bar.text
    assert opened.comparison.strip.isHidden()


def test_clicking_a_difference_selects_its_stretch_and_says_what_differs(qtbot, opened, tiny):
    opened.comparison.compare(Rival(str(tiny)))
    wait(qtbot, opened)
    row = opened.timeline.rival
    qtbot.waitUntil(lambda: row.height() > 2 * row.folded_height())
    phonemes, differences = row.tier_rects(row.plot_rect())
    item = max(row.differences, key=lambda item: item.end - item.start)
    place = QPoint(round(row.x_of(0.5 * (item.start + item.end))), differences.center().y())
    assert item.said in row.tip(place)[0][0] or item.heard in row.tip(place)[0][0]
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    selected = row.time_range.selection.range
    assert selected is not None and selected[0] <= row.time_at(place.x()) <= selected[1]
    # Far from the first click: two close ones are a double click.
    said = max(row.heard, key=lambda phoneme: abs(phoneme.start - item.start))
    place = QPoint(round(row.x_of(0.5 * (said.start + said.end))), phonemes.center().y())
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert row.time_range.selection.range == (said.start, said.end)


def test_the_row_folds_moves_and_keeps_its_place_among_the_others(qtbot, opened):
    opened.comparison.compare(Rival(settings=DecodingConfig(beam_width=1)))
    wait(qtbot, opened)
    arrangement, row = opened.timeline.arrangement, opened.timeline.rival
    assert arrangement.order.index("rival") == arrangement.order.index("transcript") + 1
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row.title_rect().center())
    assert row.folded and row.height() == row.folded_height()
    arrangement.set_folded("rival", False)
    arrangement.move("rival", -1)
    assert arrangement.order.index("rival") == arrangement.order.index("transcript") - 1
    assert all(isinstance(item, TimeRow) for item in opened.timeline.rows)
    arrangement.reset()
    assert arrangement.order.index("rival") == arrangement.order.index("transcript") + 1


def test_a_picture_shows_the_comparison(qtbot, opened):
    from phonegui.export_work import shown_of
    from phonegui.picture import make_timeline
    from phonegui.theme import LIGHT

    opened.comparison.compare(Rival(settings=DecodingConfig(beam_width=1, alpha=1.0)))
    wait(qtbot, opened)
    view = make_timeline(shown_of(opened.session, opened.timeline), LIGHT)
    qtbot.addWidget(view)
    assert view.rival.isVisibleTo(view) and symbols(view.rival.heard) == symbols(opened.timeline.rival.heard)
    assert view.rival.name == opened.timeline.rival.name


def test_closing_while_comparing_ends_the_thread(qtbot, opened, tiny):
    opened.comparison.compare(Rival(str(tiny)))
    opened.close()
    assert not opened.comparison.busy


def test_features_that_the_other_checkpoint_cannot_read_are_refused_in_a_sentence(qtbot, opened, tmp_path, tiny):
    opened.comparison.compare(Rival(str(tiny)))
    wait(qtbot, opened)
    path = tmp_path / "frames.npy"
    np.save(path, np.random.default_rng(0).normal(size=(200, 13)).astype(np.float32))
    with qtbot.waitSignal(opened.session.decoded, timeout=PATIENCE):
        opened.opener.open_path(str(path))
    wait(qtbot, opened)  # thirteen coefficients suit both
    other = tmp_path / "wider.safetensors"
    network = replace(tiny_network(), features=20)
    header = CheckpointHeader(network=network, features=FeatureConfig(coefficients=20))
    save_checkpoint(other, SpeechToPhoneme(network).state_dict(), header)
    with qtbot.waitSignal(opened.comparison.failed, timeout=PATIENCE):
        opened.comparison.compare(Rival(str(other)))
    assert "13 coefficients" in opened.message_bar.text and "20" in opened.message_bar.text
    wait(qtbot, opened)
    assert opened.comparison.rival.checkpoint == str(tiny)


def test_what_cannot_be_compared_leaves_the_comparison_for_the_next_recording(qtbot, opened, tmp_path):
    other = tmp_path / "wider.safetensors"
    network = replace(tiny_network(), features=20)
    header = CheckpointHeader(network=network, features=FeatureConfig(coefficients=20))
    save_checkpoint(other, SpeechToPhoneme(network).state_dict(), header)
    opened.comparison.compare(Rival(str(other)))
    wait(qtbot, opened)
    sample, path = opened.session.path, tmp_path / "frames.npy"
    np.save(path, np.random.default_rng(0).normal(size=(200, 13)).astype(np.float32))
    with qtbot.waitSignal(opened.comparison.failed, timeout=PATIENCE):
        opened.opener.open_path(str(path))
    assert "cannot be compared" in opened.comparison.strip.state and opened.timeline.rival.heard is None
    opened.opener.open_path(sample)
    qtbot.waitUntil(lambda: opened.timeline.rival.heard is not None, timeout=PATIENCE)
    assert "difference" in opened.comparison.strip.state


def fits(label: QLabel) -> bool:
    return label.fontMetrics().horizontalAdvance(label.text()) <= label.width()


def test_the_strip_shortens_its_words_in_a_narrow_window(qtbot):
    strip = ComparisonStrip()
    qtbot.addWidget(strip)
    strip.show_name("a_rather_long_name_of_a_checkpoint.safetensors, width 50")
    strip.show_state("106 differences")
    strip.show()
    strip.resize(1400, strip.sizeHint().height())
    labels = strip.findChildren(QLabel)
    assert [label.text() for label in labels] == [strip.name, strip.state]
    strip.resize(560, strip.height())
    assert "…" in labels[0].text() and labels[1].text() == "106 differences"
    qtbot.waitUntil(lambda: all(fits(label) for label in labels))
