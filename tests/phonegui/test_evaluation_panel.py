import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFileDialog, QTableView

import model.kept_posteriors
from model.config import DecodingConfig
from model.confusion import Confusions
from model.corpus import read_manifest
from model.decoding import NGramModel
from model.sweeps import ALPHAS, BETAS, WIDTHS, SweepPoint
from phonegui import theme
from phonegui.evaluation_session import EvaluationSession
from phonegui.panels.evaluation import EvaluationPanel
from phonegui.panels.evaluation.instances import TURN_MS
from phonegui.resources import default_checkpoint, resource_path
from tests.model.scored_helpers import scored as scored_by_hand

PATIENCE = 120_000  # ms; the first evaluation of a process loads the engine and may compile
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def corpus():
    return read_manifest(resource_path("samples/samples.tsv"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def arpa(corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "phones.arpa"
    references = [utterance.labels for utterance in corpus.utterances]
    NGramModel.train(references, order=2, classes=len(corpus.table)).write_arpa(path, corpus.table.symbols)
    return str(path)


@pytest.fixture
def panel(qtbot, monkeypatch, cache, arpa):
    monkeypatch.setenv("PHONEGUI_CACHE", str(cache))
    session = EvaluationSession()
    session.language_model = arpa
    panel = EvaluationPanel(session)
    panel.resize(1400, 336)
    qtbot.addWidget(panel)
    panel.show()
    session.set_checkpoint(str(default_checkpoint()))
    yield panel
    session.close()


@pytest.fixture
def scored(qtbot, panel, corpus):
    panel.add_corpus(corpus, "samples")
    with qtbot.waitSignal(panel.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(panel.controls.run, LEFT)
    qtbot.waitUntil(lambda: not panel.session.busy, timeout=PATIENCE)
    return panel


def click_row(qtbot, table: QTableView, row: int, *, double: bool = False) -> None:
    place = table.visualRect(table.model().index(row, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=place)
    if double:
        qtbot.mouseDClick(table.viewport(), LEFT, pos=place)


def column(table: QTableView, number: int) -> list[str]:
    return [table.model().index(row, number).data() for row in range(table.model().rowCount())]


def show(panel, tab) -> None:
    panel.tabs.setCurrentWidget(tab)
    QApplication.processEvents()


def test_there_is_nothing_to_run_without_a_corpus(qtbot, panel, corpus):
    assert not panel.controls.run.isEnabled() and not panel.controls.report.isEnabled()
    assert panel.pages.currentWidget() is panel.hint
    panel.add_corpus(corpus, "samples")
    assert panel.controls.run.isEnabled()
    panel.session.set_checkpoint("")
    assert not panel.controls.run.isEnabled()


def test_a_click_scores_the_corpus_worst_first(scored):
    session = scored.session
    assert scored.pages.currentWidget() is scored.tabs
    rates = [float(text) for text in column(scored.utterances.table, 4)]
    assert len(rates) == 3 and rates == sorted(rates, reverse=True)
    shown = [label.text() for labels in scored.controls._values for label in labels]
    assert f"{100 * session.score.counts.rate:.2f} %" in shown
    assert any("95 %" in text and "3 utterances" in text for text in shown)
    assert scored.controls.run.text() == "Evaluate" and scored.controls.bar.isHidden()


def test_an_utterance_opens_and_its_errors_lead_to_their_places(qtbot, scored):
    table, errors = scored.utterances.table, scored.utterances.errors.table
    with qtbot.waitSignal(scored.utterance_chosen) as opened:
        click_row(qtbot, table, 1, double=True)
    item = table.rows_model.rows[1]
    assert opened.args == [item.utterance]
    assert errors.model().rowCount() == item.counts.errors
    with qtbot.waitSignal(scored.error_chosen) as chosen:
        click_row(qtbot, errors, 0)
    utterance, start, end = chosen.args
    assert utterance is item.utterance and 0 <= start < end <= item.seconds
    table.setFocus()
    with qtbot.waitSignal(scored.utterance_chosen):
        qtbot.keyClick(table, Qt.Key.Key_Return)


def test_sorting_and_filtering(qtbot, scored):
    table = scored.utterances.table
    header = table.horizontalHeader()
    for _ in range(2):
        place = QPoint(header.sectionViewportPosition(3) + 10, header.height() // 2)
        qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    lengths = [int(text) for text in column(table, 3)]
    assert lengths in (sorted(lengths), sorted(lengths, reverse=True))
    assert any(arrow in table.model().headerData(3, Qt.Orientation.Horizontal) for arrow in "↑↓")
    qtbot.keyClicks(scored.utterances.filter, "spades EIGHT")
    assert column(table, 0) == ["cards"]
    scored.utterances.filter.clear()
    assert table.model().rowCount() == 3


def test_a_cell_of_the_matrix_lists_its_places(qtbot, scored):
    show(scored, scored.confusions)
    matrix, found = scored.confusions.matrix, scored.session.confusions
    kind = found.errors[0]
    # The table selects the same cell as a click in the picture.
    click_row(qtbot, scored.confusions.table, 0)
    assert scored.confusions.instances.table.model().rowCount() == kind.count
    matrix.zoom(-9)
    rect = matrix.cell_rect(*matrix.place_of(kind.said, kind.heard))
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.mouseClick(matrix.viewport(), LEFT, pos=rect.center())
    assert chosen.args == [kind.said, kind.heard]
    assert str(kind.count) in matrix.accessibleDescription()
    instances = scored.confusions.instances.table
    with qtbot.waitSignal(scored.error_chosen) as error:
        click_row(qtbot, instances, 0)
    assert error.args[0] in [item.utterance for item in scored.session.score.utterances]


def test_the_matrix_obeys_keys_and_tells_the_numbers_under_the_pointer(qtbot, scored):
    show(scored, scored.confusions)
    matrix = scored.confusions.matrix
    matrix.setFocus()
    first, labels = matrix.accessibleDescription(), scored.session.confusions.labels()
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Down)
    assert matrix.accessibleDescription() not in ("", first)
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert chosen.args == [labels[1], labels[1]]
    for _ in range(60):
        qtbot.keyClick(matrix, Qt.Key.Key_Left)
        qtbot.keyClick(matrix, Qt.Key.Key_Down)
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert chosen.args == [0, labels[0]]  # inserted: the last row
    rect = matrix.cell_rect(len(labels), 0)
    assert matrix.viewport().rect().contains(rect.center())
    move = QMouseEvent(QEvent.Type.MouseMove, QPointF(rect.center()), QPointF(), LEFT, LEFT, Qt.KeyboardModifier(0))
    with qtbot.waitSignal(matrix.pointed) as pointed:
        QApplication.sendEvent(matrix.viewport(), move)
    assert "inserted" in pointed.args[0]
    # The first row in sight is whole, so that its name is there.
    assert matrix.verticalScrollBar().value() > 0
    assert matrix._margins()[1] in [matrix.cell_rect(row, 0).top() for row in range(len(labels))]
    size = matrix.cell
    qtbot.keyClick(matrix, Qt.Key.Key_Plus)
    assert matrix.cell > size


def test_places_are_played_in_turn_until_the_last(qtbot, scored):
    errors = scored.utterances.errors
    scored.utterances.table.go_to(0)
    places = [(row.start, row.end) for row in errors.table.rows_model.rows]
    played = []
    errors.chosen.connect(lambda _, *place: played.append(place))
    errors._timer.setInterval(1)
    qtbot.mouseClick(errors.turn, LEFT)
    qtbot.waitUntil(lambda: not errors.turn.isChecked())
    assert played == places and len(places) > 3
    assert not errors._timer.isActive() and TURN_MS > 1000


def test_other_settings_score_anew_without_the_network_and_the_newest_wins(qtbot, scored, monkeypatch):
    monkeypatch.setattr(model.kept_posteriors, "batch_posteriors", None)  # would raise
    name = scored.utterances.table.rows_model.rows[2].utterance.name
    scored.utterances.table.go_to(2)
    for width in (1, 3, 50, 7, 100):
        scored.set_decoding(DecodingConfig(beam_width=width))
    qtbot.waitUntil(lambda: scored.session.score.settings.beam_width == 100, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not scored.session.busy, timeout=PATIENCE)
    assert scored.session.score.settings.beam_width == 100
    assert scored.utterances.table.current.utterance.name == name
    alone = scored.session.score.counts.rate
    scored.set_decoding(DecodingConfig(beam_width=100, alpha=1.0))
    qtbot.waitUntil(lambda: scored.session.score.settings.alpha == 1.0, timeout=PATIENCE)
    assert scored.session.score.counts.rate < alone  # the model has learned these very references


def test_the_curve_is_measured_and_a_click_sets_the_width(qtbot, scored):
    show(scored, scored.decoder)
    with qtbot.waitSignal(scored.session.measured, timeout=PATIENCE):
        qtbot.mouseClick(scored.decoder.parts["widths"].button, LEFT)
    curve = scored.decoder.curve
    assert [point.beam_width for point in curve.points] == list(WIDTHS)
    with qtbot.waitSignal(scored.settings_chosen) as chosen:
        qtbot.mouseClick(curve, LEFT, pos=curve.point_rect(curve.best_at).center().toPoint())
    assert chosen.args[0] == curve.points[curve.best_at].beam_width
    curve.setFocus()
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    with qtbot.waitSignal(scored.settings_chosen) as chosen:
        qtbot.keyClick(curve, Qt.Key.Key_Return)
    assert chosen.args[0] == WIDTHS[min(len(WIDTHS) - 1, curve.best_at + 1)]


def test_the_map_is_measured_and_a_click_sets_weight_and_bonus(qtbot, scored):
    show(scored, scored.decoder)
    with qtbot.waitSignal(scored.session.measured, timeout=PATIENCE):
        qtbot.mouseClick(scored.decoder.parts["weights"].button, LEFT)
    view = scored.decoder.map
    assert len(view.points) == len(ALPHAS) * len(BETAS) and view.alone is not None
    corner = view.grid().bottomLeft().toPoint() + QPoint(5, -5)
    with qtbot.waitSignal(scored.settings_chosen) as chosen:
        qtbot.mouseClick(view, LEFT, pos=corner)
    assert chosen.args[1:] == [ALPHAS[0], BETAS[0]]
    view.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    with qtbot.waitSignal(scored.settings_chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert chosen.args[1:] == [ALPHAS[1], BETAS[1]]


def test_measuring_can_be_cancelled(qtbot, scored):
    show(scored, scored.decoder)
    button = scored.decoder.parts["weights"].button
    qtbot.mouseClick(button, LEFT)
    assert button.text() == "Cancel"
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: not scored.session.busy, timeout=PATIENCE)
    assert button.text() == "Measure"
    assert len(scored.decoder.map.points) < len(ALPHAS) * len(BETAS)
    assert scored.decoder.parts["weights"]._words.text() == "Cancelled."


def test_two_settings_are_compared(qtbot, scored):
    show(scored, scored.comparison)
    scored.comparison.width_box.setValue(0)
    with qtbot.waitSignal(scored.session.compared, timeout=PATIENCE) as compared:
        qtbot.mouseClick(scored.comparison.button, LEFT)
    [found] = compared.args
    assert found.second.settings.beam_width == 0
    assert scored.comparison.table.model().rowCount() == 3
    tab = scored.comparison
    qtbot.waitUntil(lambda: tab.button.text() == "Compare", timeout=PATIENCE)
    assert "p " in tab.result.text() and "this: width 10\nother: greedy\n" in tab.result.text()
    told, muted = tab.result.text(), QPalette.ColorRole.PlaceholderText
    assert tab.result.foregroundRole() != muted
    # What was compared is no longer what is chosen: it still says what it is of, and steps back.
    tab.width_box.setFocus()
    qtbot.keyClick(tab.width_box, Qt.Key.Key_Up)
    assert told in tab.result.text() != told and tab.result.foregroundRole() == muted
    qtbot.keyClick(tab.width_box, Qt.Key.Key_Down)
    assert tab.result.text() == told and tab.result.foregroundRole() != muted
    qtbot.mouseClick(tab.button, LEFT)
    qtbot.mouseClick(tab.button, LEFT)
    assert tab.result.text() == f"Cancelled.\n{told}"
    qtbot.waitUntil(lambda: not scored.session.busy, timeout=PATIENCE)
    with qtbot.waitSignal(scored.utterance_chosen):
        click_row(qtbot, scored.comparison.table, 0, double=True)


def test_a_checkpoint_that_cannot_be_read_is_named(qtbot, scored, tmp_path, monkeypatch):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\0" * 64)
    show(scored, scored.comparison)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(bad), ""))
    qtbot.mouseClick(scored.comparison._name, LEFT)
    with qtbot.waitSignal(scored.session.failed, timeout=PATIENCE):
        qtbot.mouseClick(scored.comparison.button, LEFT)
    assert "bad.safetensors" in scored.controls.status.text()
    assert scored.comparison.button.text() == "Compare"
    assert scored.session.score is not None


def test_a_report_is_written(qtbot, scored, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    with qtbot.waitSignal(scored.session.reported, timeout=PATIENCE):
        qtbot.mouseClick(scored.controls.report, LEFT)
    assert "report.html" in scored.controls.status.text()
    value = json.loads((tmp_path / "report.json").read_text())
    assert value["evaluation"]["phone_error_rate"] == scored.session.score.counts.rate


def test_a_report_that_is_there_is_replaced_only_where_one_says_so(qtbot, scored, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    there = tmp_path / "report.html"
    there.write_text("mine")
    qtbot.mouseClick(scored.controls.report, LEFT)
    assert scored.question.text.startswith("report.html is in ") and not scored.session.busy
    qtbot.mouseClick(scored.question.buttons["Cancel"], LEFT)
    assert there.read_text() == "mine" and not scored.question.text and not scored.session.busy
    qtbot.mouseClick(scored.controls.report, LEFT)
    with qtbot.waitSignal(scored.session.reported, timeout=PATIENCE):
        qtbot.mouseClick(scored.question.buttons["Replace"], LEFT)
    assert there.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_corpus_opened_while_another_is_scored_waits_in_the_list(qtbot, panel, corpus):
    panel.add_corpus(corpus, "samples")
    other = dataclasses.replace(corpus, path=Path("other.tsv"), utterances=corpus.utterances[:1])
    with qtbot.waitSignal(panel.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(panel.controls.run, LEFT)
        panel.add_corpus(other)
        assert panel.session.corpus is corpus and panel.controls.run.text() == "Cancel"
        assert panel.controls.corpus.currentText() == "samples" and panel.controls.corpus.findText("other.tsv") == 1
        assert "other.tsv" in panel.controls.note.text() and panel.controls.note.isVisible()
    qtbot.waitUntil(lambda: panel.controls.run.text() == "Evaluate", timeout=PATIENCE)
    assert len(panel.session.score.utterances) == 3
    panel.controls.corpus.setFocus()
    qtbot.keyClick(panel.controls.corpus, Qt.Key.Key_Down)
    assert panel.session.corpus is other and not panel.controls.note.isVisible()
    # One that was read anew meanwhile is what the button scores.
    again = dataclasses.replace(other, utterances=corpus.utterances[:2])
    panel.controls.add_corpus(again, "other.tsv", choose=False)
    with qtbot.waitSignal(panel.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(panel.controls.run, LEFT)
    assert len(panel.session.score.utterances) == 2
    qtbot.waitUntil(lambda: panel.controls.run.text() == "Evaluate", timeout=PATIENCE)
    # One that is chosen while another is scored ends that, and it is told.
    qtbot.mouseClick(panel.controls.run, LEFT)
    qtbot.keyClick(panel.controls.corpus, Qt.Key.Key_Up)
    assert panel.session.corpus is corpus and panel.controls.run.text() == "Evaluate"
    assert "cancelled" in panel.controls.status.text()
    qtbot.waitUntil(lambda: not panel.session.busy, timeout=PATIENCE)


def test_corpora_of_the_same_name_are_told_apart_by_their_folders(panel, corpus):
    paths = [Path("/a/x/dev.tsv"), Path("/b/x/dev.tsv"), Path("/b/y/test.tsv")]
    for path in paths:
        panel.add_corpus(dataclasses.replace(corpus, path=path))
    box = panel.controls.corpus
    assert [box.itemText(k) for k in range(3)] == ["dev.tsv (a/x)", "dev.tsv (b/x)", "test.tsv"]
    panel.add_corpus(dataclasses.replace(corpus, path=paths[0]))
    assert box.count() == 3 and box.currentIndex() == 0
    assert panel.session.corpus.path == paths[0] and box.toolTip() == str(paths[0])


def test_greedy_decoding_is_compared_without_a_language_model(panel):
    tab = panel.comparison
    tab.width_box.setValue(0)
    assert not tab.alpha.isEnabled() and not tab.beta.isEnabled()
    tab.width_box.setValue(5)
    assert tab.alpha.isEnabled() and not tab.beta.isEnabled()
    tab.alpha.setValue(0.5)
    assert tab.beta.isEnabled()


def test_the_setting_in_use_is_marked_where_it_was_measured(panel):
    points = [SweepPoint(width, 0.0, 1.5, 0.2, 9.0, 1.0) for width in WIDTHS]
    panel.decoder.show_points("widths", points)
    curve = panel.decoder.curve
    assert curve.in_use_at == WIDTHS.index(10) and curve.point_text(curve.in_use_at).endswith(", in use")
    before = curve.grab().toImage()
    curve.set_in_use(DecodingConfig(beam_width=50))
    assert curve.in_use_at == WIDTHS.index(50) and curve.grab().toImage() != before
    curve.set_in_use(DecodingConfig(beam_width=50, alpha=0.5))
    assert curve.in_use_at == -1
    pairs = [SweepPoint(10, alpha, beta, 0.2, 9.0, 1.0) for alpha in ALPHAS for beta in BETAS]
    panel.decoder.show_points("weights", pairs)
    view = panel.decoder.map
    assert view.in_use_at == -1
    before = view.grab().toImage()
    view.set_in_use(DecodingConfig(beam_width=10, alpha=0.8, beta=-0.5))
    used = view.points[view.in_use_at]
    assert (used.alpha, used.beta) == (0.8, -0.5) and view.grab().toImage() != before
    assert "bonus −0.5" in view.point_text(view.in_use_at)


def test_a_phoneme_leads_to_its_errors_and_a_speaker_to_the_utterances(qtbot, panel):
    score = scored_by_hand(("T AA T", "T AA D"), ("D", "D"), ("T", "T"), speakers=("1", "12", "1"))
    panel.session.take(score, Confusions(score))
    show(panel, panel.breakdown)
    table = panel.breakdown.phonemes
    symbols = score.table.symbols
    row = next(k for k, item in enumerate(table.rows_model.rows) if symbols[item.label] == "T")
    click_row(qtbot, table, row)
    assert panel.tabs.currentWidget() is panel.confusions
    [place] = panel.confusions.instances.table.rows_model.rows
    assert (symbols[place.said], symbols[place.heard]) == ("T", "D")
    # What is never mistaken shows where it is heard right.
    show(panel, panel.breakdown)
    table.go_to(next(k for k, item in enumerate(table.rows_model.rows) if symbols[item.label] == "AA"))
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert panel.tabs.currentWidget() is panel.confusions
    assert "AA heard right 1 ×" in panel.confusions.instances._heading.text()
    show(panel, panel.breakdown)
    speakers = panel.breakdown.speakers
    click_row(qtbot, speakers, [item.name for item in speakers.rows_model.rows].index("1"))
    assert panel.tabs.currentWidget() is panel.utterances
    assert sorted(column(panel.utterances.table, 0)) == ["u0", "u2"]  # and not those of speaker 12


def test_where_nothing_is_to_be_shown_it_says_so(qtbot, scored):
    errors = scored.utterances.errors
    assert errors.table.placeholder and not any(button.isEnabled() for button in errors.steps)
    empty = errors.table.grab().toImage()
    errors.table.set_placeholder("")
    assert errors.table.grab().toImage() != empty
    click_row(qtbot, scored.utterances.table, 0)
    assert all(button.isEnabled() for button in errors.steps)
    assert scored.comparison.table.placeholder


def test_another_checkpoint_or_part_waits_for_the_button(qtbot, scored, corpus):
    scored.session.set_checkpoint("another.safetensors")
    assert scored.session.score is None
    assert scored.pages.currentWidget() is scored.hint
    assert scored.utterances.table.model().rowCount() == 0
    assert not scored.decoder.parts["widths"].button.isEnabled()
    scored.session.set_checkpoint(str(default_checkpoint()))
    scored.controls.part.setCurrentText("librivox")
    with qtbot.waitSignal(scored.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(scored.controls.run, LEFT)
    assert [item.utterance.name for item in scored.session.score.utterances] == ["cold_hearted"]


def test_scoring_can_be_cancelled_and_what_cannot_be_read_is_told(qtbot, panel, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path))
    panel.add_corpus(corpus, "samples")
    qtbot.mouseClick(panel.controls.run, LEFT)
    assert panel.controls.run.text() == "Cancel"
    qtbot.mouseClick(panel.controls.run, LEFT)
    assert panel.controls.run.text() == "Evaluate"
    qtbot.waitUntil(lambda: not panel.session.busy, timeout=PATIENCE)
    assert panel.session.score is None
    assert panel.controls.status.text().startswith("Cancelled") and panel.controls.status.isVisible()
    gone = tuple(dataclasses.replace(item, path=Path("gone.wav")) for item in corpus.utterances)
    panel.add_corpus(dataclasses.replace(corpus, path=Path("gone.tsv"), utterances=gone), "gone")
    with qtbot.waitSignal(panel.session.failed, timeout=PATIENCE):
        qtbot.mouseClick(panel.controls.run, LEFT)
    assert "gone.wav" in panel.controls.status.text()
    # The other corpus is still there to go on with.
    panel.controls.corpus.setCurrentText("samples")
    with qtbot.waitSignal(panel.session.scored, timeout=PATIENCE):
        qtbot.mouseClick(panel.controls.run, LEFT)


def test_every_control_has_an_accessible_name(scored):
    for kind in (QComboBox, QAbstractSpinBox, QTableView):
        found = [widget for widget in scored.findChildren(kind) if widget.parent().parent() is not None]
        named = [widget for widget in found if not isinstance(widget.parent(), QComboBox)]
        assert named and all(widget.accessibleName() for widget in named)
    for button in scored.findChildren(QAbstractButton):
        if button.metaObject().className() in ("QPushButton", "QToolButton") and button.isVisible():
            assert button.accessibleName() or button.text()


def test_light_and_dark_draw_differently(qtbot, qapp, scored):
    show(scored, scored.confusions)
    light = scored.confusions.matrix.grab().toImage()
    theme.apply(qapp, theme.DARK)
    QApplication.processEvents()
    dark = scored.confusions.matrix.grab().toImage()
    assert light.pixelColor(2, 2).lightness() > 200 > 60 > dark.pixelColor(2, 2).lightness()


def test_the_map_says_how_many_utterances_it_is_measured_on(qtbot, panel):
    panel.decoder.set_utterances(20)
    assert panel.decoder.parts["weights"]._words.text().startswith(f"{len(ALPHAS) * len(BETAS)} pairs on 20 utterances")
    panel.decoder.set_utterances(5000)
    assert "on 120 utterances" in panel.decoder.parts["weights"]._words.text()
