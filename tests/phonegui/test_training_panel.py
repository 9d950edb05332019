"""The training panel and its desk in the window, with real clicks on a toy corpus."""

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QFileDialog, QPushButton, QSlider, QToolButton

from model.checkpoint import load_checkpoint
from model.config import PRESETS
from model.run_folder import RunFolder
from phonegui import theme
from phonegui.main_window import MainWindow
from phonegui.panels.training import setup
from phonegui.panels.training.aligned import Column, align
from phonegui.panels.training.panel import TrainingPanel
from phonegui.presets import UserPresets
from phonegui.settings import Remembered
from phonegui.training_plan import TrainingPlan, read_plan, write_plan
from phonegui.training_session import IDLE, TrainingSession
from tests.model.helpers import tiny_network, write_toy_corpus

PATIENCE = 300_000  # ms; the first import of everything on a busy machine
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora")
    return tuple(
        str(write_toy_corpus(folder / name, count=count, seed=1)) for name, count in (("train", 12), ("dev", 6))
    )


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path_factory.getbasetemp() / "training_cache"))


@pytest.fixture
def settings(tmp_path):
    settings = Remembered()
    settings.set("training_runs", str(tmp_path / "runs"))
    return settings


@pytest.fixture
def panel(qtbot, settings, tmp_path):
    panel = TrainingPanel(TrainingSession(), settings, UserPresets(tmp_path / "presets.json"))
    qtbot.addWidget(panel)
    panel.resize(1400, 340)
    panel.show()
    yield panel
    assert panel.session.close(60)
    panel.close_panel()


def make_tiny(panel, epochs=2):
    panel.setup.network.set_values(tiny_network())
    training = panel.setup.training
    training.set_values(
        dataclasses.replace(
            PRESETS["quick"].training,
            epochs=epochs,
            batch_frames=0,
            batch_utterances=4,
            learning_rate=0.01,
            final_beam_width=0,
        )
    )


@pytest.fixture
def ready(panel, corpora):
    panel.setup.train.set_path(corpora[0])
    panel.setup.dev.set_path(corpora[1])
    make_tiny(panel)
    return panel


@pytest.fixture
def trained(qtbot, ready):
    with qtbot.waitSignal(ready.session.ended, timeout=PATIENCE):
        qtbot.mouseClick(ready.controls.start, LEFT)
    return ready


def test_the_empty_state_says_what_to_do_and_start_asks_for_corpora(qtbot, panel):
    assert panel.right.currentWidget() is panel.guide
    qtbot.mouseClick(panel.controls.start, LEFT)
    assert "Choose a corpus" in panel.messages.text
    assert panel.session.state == IDLE


def test_the_question_for_corpora_goes_once_both_are_chosen(qtbot, panel, corpora):
    qtbot.mouseClick(panel.controls.start, LEFT)
    panel.setup.train.set_path(corpora[0])
    assert "Choose a corpus" in panel.messages.text
    panel.setup.dev.set_path(corpora[1])
    assert panel.messages.text == ""


def test_a_corpus_that_is_open_is_offered_to_train_on_where_none_is_chosen(panel, corpora):
    panel.setup.offer_open(corpora[0])
    panel.setup.offer_open(corpora[1])
    assert panel.setup.train.path == corpora[0] and panel.setup.dev.path == ""


def test_training_and_scoring_on_one_corpus_is_warned_of_and_the_end_says_where_the_run_is(qtbot, ready, corpora):
    ready.setup.dev.set_path(corpora[0])
    make_tiny(ready, epochs=1)
    with qtbot.waitSignal(ready.session.ended, timeout=PATIENCE):
        qtbot.mouseClick(ready.controls.start, LEFT)
    assert "scored on the corpus it learns from" in ready.messages.text
    assert ready.session.plan.out in ready.controls.phase.toolTip()


def test_a_run_from_click_to_curves_transcripts_and_table(qtbot, ready):
    qtbot.mouseClick(ready.controls.start, LEFT)
    assert ready.right.currentWidget() is ready.tabs
    assert ready.controls.phase.text()  # something is said from the first moment on
    assert (
        not ready.setup.train.isEnabled()
        and ready.setup.verticalScrollBar().isEnabled()
        and ready.controls.stop.isEnabled()
        and not ready.controls.start.isEnabled()
    )
    with qtbot.waitSignal(ready.session.ended, timeout=PATIENCE):
        pass
    assert not ready.messages.text
    assert "finished after 2 epochs" in ready.controls.phase.text()
    loss, error, distance, rate, speed = (plot.picture for plot in ready.curves.plots)
    assert [curve.name for curve in loss.curves] == ["each batch", "train", "dev"]
    assert loss.curves[0].ghost and len(loss.curves[0].x) == 6 and len(loss.curves[2].x) == 2
    assert error.mark is not None and distance.mark.text.startswith("best")
    assert len(rate.curves[0].x) == len(speed.curves[0].x) == 6
    assert ready.table.rowCount() == 2
    ready.tabs.setCurrentWidget(ready.transcripts)
    assert sum(line.isVisible() for line in ready.transcripts.lines) == 4
    ready.transcripts.slider.setValue(0)
    assert ready.transcripts._epoch.text() == "Epoch 1 of 2"
    assert read_plan(ready.session.plan.out)[1] == "finished"
    assert ready.controls.start.isEnabled() and ready.setup.train.isEnabled()


def test_axis_log_and_smoothing_change_the_curves(qtbot, trained):
    curves = trained.curves
    curves.axis.setCurrentIndex(1)
    assert curves.plots[0].picture.high_x == 6.0
    smooth = curves.plots[0].picture.curves[1].y.copy()
    curves.smoothing.setValue(0)
    assert [curve.name for curve in curves.plots[0].picture.curves] == ["train", "dev"]
    assert (curves.plots[0].picture.curves[0].y != smooth).any()
    curves.smoothing.setValue(curves.smoothing.maximum())
    assert curves.share == pytest.approx(0.999)
    qtbot.mouseClick(curves.log_scale, LEFT, pos=QPoint(8, curves.log_scale.height() // 2))
    assert [plot.picture.log for plot in curves.plots] == [True, True, True, True, False]


def test_curves_are_exported_as_pictures_and_numbers(qtbot, trained, tmp_path, monkeypatch):
    for kind, name in (("PNG", "a.png"), ("SVG", "a.svg"), ("epochs", "a.csv"), ("steps", "a-steps.csv")):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        trained.curves._ask_path(kind)
        qtbot.waitUntil(lambda name=name: (tmp_path / name).exists(), timeout=PATIENCE)
    assert QImage(str(tmp_path / "a.png")).width() > 1000
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    assert len((tmp_path / "a-steps.csv").read_text().splitlines()) == 7
    trained.curves.export_to(str(tmp_path / "a.csv" / "b.png"))
    qtbot.waitUntil(lambda: "cannot be written" in trained.messages.text, timeout=PATIENCE)


def test_the_runs_made_before_are_shown_in_place_of_the_guide(qtbot, trained, settings, tmp_path):
    assert trained.curves.plots[0].picture.mark.text == "best epoch"  # its loss need not be the lowest
    again = TrainingPanel(TrainingSession(), settings, UserPresets(tmp_path / "presets.json"))
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: again.right.currentWidget() is again.tabs, timeout=PATIENCE)
    assert again.tabs.currentWidget() is again.runs and again.runs.table.rowCount() == 1
    again.close_panel()


def test_a_plan_is_shown_whole_and_remembered(qtbot, ready, settings, tmp_path):
    shown = dataclasses.replace(ready.setup.plan(), dev_part="a part", device="cpu")
    ready.setup.show_plan(shown)
    assert dataclasses.replace(ready.setup.plan(), out=shown.out) == shown
    ready.setup.remember()
    again = TrainingPanel(TrainingSession(), settings, UserPresets(tmp_path / "presets.json"))
    qtbot.addWidget(again)
    assert (again.setup.plan().dev_part, again.setup.plan().device) == ("a part", "cpu")
    again.close_panel()


@pytest.mark.parametrize("installed", [True, False])
def test_a_log_for_tensorboard_is_offered_where_that_is_installed(
    qtbot, settings, tmp_path, monkeypatch, corpora, installed
):
    monkeypatch.setattr(setup, "find_spec", lambda name: name if installed else None)
    panel = TrainingPanel(TrainingSession(), settings, UserPresets(tmp_path / "presets.json"))
    qtbot.addWidget(panel)
    panel.show()
    box = panel.setup.tensorboard
    assert box.isVisibleTo(panel.setup) == installed
    box.click()
    assert panel.setup.plan().tensorboard == installed
    panel.close_panel()
    assert settings.number("training_tensorboard", 0, 0, 1) == 1


def test_runs_are_listed_compared_and_resumed(qtbot, ready):
    make_tiny(ready, epochs=3)
    ready.session.epoch_finished.connect(lambda *_: ready.stop())
    with qtbot.waitSignal(ready.session.ended, timeout=PATIENCE):
        qtbot.mouseClick(ready.controls.start, LEFT)
    ready.session.epoch_finished.disconnect()
    ready.tabs.setCurrentWidget(ready.runs)
    runs = ready.runs
    qtbot.waitUntil(lambda: runs.table.rowCount() == 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: runs.table.item(0, 2).text() == "stopped", timeout=PATIENCE)
    runs.table.item(0, 0).setCheckState(Qt.CheckState.Checked)
    assert list(ready.curves._compared) == ["compact-1"]
    assert any(curve.dashed for curve in ready.curves.plots[0].picture.curves)
    runs.table.selectRow(0)
    assert runs.use.isEnabled() and runs.resume.isEnabled()
    with qtbot.waitSignal(ready.session.ended, timeout=PATIENCE):
        qtbot.mouseClick(runs.resume, LEFT)
    assert read_plan(ready.session.plan.out)[1] == "finished"
    assert [record["epoch"] for record in ready.session.log.epochs] == [1, 2, 3]


def test_the_command_is_copied(qtbot, ready, corpora):
    qtbot.mouseClick(ready.controls.copy, LEFT)
    text = QGuiApplication.clipboard().text()
    assert text == ready.setup.plan().command()
    assert corpora[0] in text and "network.hidden=16" in text


def test_the_survey_tells_sizes_and_mistakes_before_starting(qtbot, ready, tmp_path):
    qtbot.waitUntil(lambda: "12 utterances" in ready.setup.train_facts.text(), timeout=PATIENCE)
    assert "parameters" in ready.setup.estimate.text()
    qtbot.waitUntil(lambda: "free" in ready.setup.device_facts.text(), timeout=PATIENCE)
    before = ready.setup.estimate.text()
    ready.setup.network.controls["hidden"].setValue(64)
    qtbot.waitUntil(lambda: ready.setup.estimate.text() != before, timeout=PATIENCE)
    ready.setup.dev.set_path(str(tmp_path / "nothing.tsv"))
    qtbot.waitUntil(lambda: "nothing.tsv" in ready.setup.dev_facts.text(), timeout=PATIENCE)


def test_corpora_are_dropped_and_remembered(qtbot, panel, settings, corpora, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in corpora])
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel, drop)
    assert (panel.setup.train.path, panel.setup.dev.path) == corpora
    panel.setup.presets.box.setCurrentText("Published recipe")
    panel.close_panel()
    again = TrainingPanel(panel.session, settings, UserPresets(tmp_path / "presets.json"))
    qtbot.addWidget(again)
    assert (again.setup.train.path, again.setup.dev.path) == corpora
    assert again.setup.presets.box.currentText() == "Published recipe"
    assert again.setup.training.values == PRESETS["published"].training


def test_a_preset_is_chosen_saved_and_deleted(qtbot, panel, tmp_path):
    bar, form = panel.setup.presets, panel.setup.training
    bar.box.setCurrentText("Published recipe")
    assert form.values == PRESETS["published"].training
    form.controls["epochs"].setValue(3)
    qtbot.mouseClick(bar.save, LEFT)
    qtbot.keyClicks(bar.name, "Mine")
    qtbot.keyClick(bar.name, Qt.Key.Key_Return)
    assert bar.box.currentText() == "Mine" and not form.changed_fields() and form.values.epochs == 3
    assert UserPresets(tmp_path / "presets.json").read()[0]["Mine"].training == form.values
    bar.box.setCurrentText("Compact")
    assert not bar.delete.isVisible()
    bar.box.setCurrentText("Mine")
    assert form.values.epochs == 3
    qtbot.mouseClick(bar.delete, LEFT)
    assert bar.box.findText("Mine") < 0
    qtbot.mouseClick(bar.save, LEFT)
    bar.name.setText("Compact")
    qtbot.mouseClick(bar.confirm, LEFT)
    assert "preset of the program" in panel.messages.text


def test_every_control_has_a_name_and_can_be_reached_by_keys(panel):
    for kind in (QPushButton, QToolButton, QComboBox, QSlider, QAbstractSpinBox):
        for widget in panel.findChildren(kind):
            if widget.objectName().startswith("qt_") or widget.parent().metaObject().className() == "QTabBar":
                continue
            name = widget.accessibleName() or (widget.text() if isinstance(widget, QPushButton | QToolButton) else "")
            assert any(letter.isalpha() for letter in name), widget
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(widget, QToolButton)


def test_dark_and_light_are_followed(qapp, panel):
    theme.apply(qapp, theme.DARK)
    QApplication.sendPostedEvents()
    assert panel.curves._theme is theme.DARK and panel.transcripts._theme is theme.DARK


def test_alignment_puts_equal_phonemes_under_each_other():
    assert align("ABCD", "ABD") == [Column("A", "A"), Column("B", "B"), Column("C", ""), Column("D", "D")]
    assert align([], ["S"]) == [Column("", "S")]
    columns = align(["AA", "B"], ["AA", "P", "B"])
    assert [c.reference for c in columns if c.reference] == ["AA", "B"]
    assert [c.heard for c in columns if c.heard] == ["AA", "P", "B"]
    assert sum(c.wrong for c in columns) == 1


# -- in the window


@pytest.fixture
def window(qtbot, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.training.session.stop()
    window.training._told_to_close = True
    window.close()


def start_long(qtbot, window, corpora):
    window.actions_by_name["show_training"].trigger()
    panel = window.training.panel
    assert panel.isVisible()
    panel.setup.train.set_path(corpora[0])
    panel.setup.dev.set_path(corpora[1])
    make_tiny(panel, epochs=5000)
    window.actions_by_name["start_training"].trigger()
    qtbot.waitUntil(lambda: bool(window.training.session.best_checkpoint), timeout=PATIENCE)


def test_closing_during_training_asks_and_keeps(qtbot, window, corpora):
    start_long(qtbot, window, corpora)
    window.close()
    assert window.isVisible() and "being trained" in window.training.question.text
    qtbot.mouseClick(window.training.question.buttons["Go on training"], LEFT)
    assert window.training.session.busy and not window.training.question.text
    window.close()
    qtbot.mouseClick(window.training.question.buttons["Stop training and close"], LEFT)
    assert not window.isVisible() and not window.training.session.busy
    assert RunFolder(window.training.session.plan.out).resumable


def test_the_best_checkpoint_is_used_without_stopping(qtbot, window, corpora):
    wanted = []
    window.training.panel.use_clicked.connect(wanted.append)
    start_long(qtbot, window, corpora)
    assert window.session._wanted_checkpoint == ""
    action = window.actions_by_name["use_trained_checkpoint"]
    qtbot.waitUntil(action.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(window.training.panel.controls.use, LEFT)
    assert window.training.session.busy
    [path] = wanted
    assert window.session._wanted_checkpoint == path
    kept = Path(path)
    # Nothing is open: the window says all the same what it hears with from now on.
    qtbot.waitUntil(lambda: window.session.checkpoint == path, timeout=PATIENCE)
    assert window.checkpoint_label.toolTip() == path and "·" in window.checkpoint_label.text()
    assert "hears what you open next" in window.statusBar().currentMessage()
    assert kept.parent == Path(window.training.session.plan.out) and kept.name.startswith("best-epoch-")
    assert load_checkpoint(kept)[1].network == tiny_network()


def test_an_interrupted_run_is_offered_at_the_next_start(qtbot, settings, corpora, tmp_path):
    plan = TrainingPlan(*corpora, str(tmp_path / "run"), tiny_network(), PRESETS["quick"].training)
    write_plan(plan, "running")
    settings.set("training_run", plan.out)
    window = MainWindow(settings)
    qtbot.addWidget(window)
    assert "interrupted" in window.training.question.text
    qtbot.mouseClick(window.training.question.buttons["Not now"], LEFT)
    window.close()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    assert not again.training.question.text
    again.close()
