"""The training panel: setup at the left, curves, transcripts, table and runs at the right, controls above."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from model.errors import UserError
from phonegui import theme
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.training.controls import ControlRow
from phonegui.panels.training.curves_tab import MOST_COMPARED, CurvesTab
from phonegui.panels.training.guide import Guide
from phonegui.panels.training.path_field import dropped_paths
from phonegui.panels.training.runs_tab import RunsTab
from phonegui.panels.training.setup import SetupPane
from phonegui.panels.training.table_tab import EpochTable
from phonegui.panels.training.transcripts_tab import TranscriptsTab
from phonegui.presets import UserPresets
from phonegui.settings import Remembered
from phonegui.training_plan import TrainingPlan, read_plan
from phonegui.training_session import IDLE, PAUSED, TrainingSession
from phonegui.training_survey import Survey, Surveying
from phonegui.workers import LatestWorker

_SURVEY_DELAY_MS = 300


class TrainingPanel(QWidget):
    """Sets a run up, starts it, and shows how it goes."""

    use_clicked = Signal(str)  # path of a checkpoint to hear with

    def __init__(
        self, session: TrainingSession, settings: Remembered, presets: UserPresets, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session, self._settings = session, settings
        self.messages = MessageBar(self)
        self.controls = ControlRow(self)
        self.setup = SetupPane(settings, presets, self)
        self.curves = CurvesTab(settings, self)
        self.transcripts = TranscriptsTab(self)
        self.table = EpochTable(self)
        self.runs = RunsTab(MOST_COMPARED, self)
        self.tabs = QTabWidget(self, documentMode=True)
        self.tabs.setAccessibleName("How the training goes")
        self._surveyor = LatestWorker(Surveying(), "survey", self)
        self._survey_timer = QTimer(self, singleShot=True, interval=_SURVEY_DELAY_MS)
        self._seen = self._closed = False
        self._asked = False  # whether the bar asks for a corpus
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._apply_theme()
        self.controls.show_idle("Not training")

    # -- what the user does

    def start(self) -> None:
        """Start the run that is set up."""
        self._begin(self.setup.plan())

    def resume(self, plan: TrainingPlan) -> None:
        """Go on with a run that was stopped or killed."""
        self.setup.show_plan(plan)
        self._begin(replace(plan, resume=True))

    def pause(self) -> None:
        """Pause, or go on after a pause."""
        if self.session.state == PAUSED:
            self.session.resume()
        else:
            self.session.pause()

    def stop(self) -> None:
        """End the run after this batch, everything kept."""
        self.session.stop()

    def use_best(self) -> None:
        """Hear with the best checkpoint so far."""
        try:
            self.use_clicked.emit(self.session.keep_best())
        except UserError as error:
            self.messages.show_error(str(error))

    def copy_command(self) -> None:
        """Copy the command line of the run that goes on, or else of the one that is set up."""
        plan = self.session.plan if self.session.busy and self.session.plan else self.setup.plan()
        QGuiApplication.clipboard().setText(plan.command())
        if not self.session.busy:
            self.controls.show_idle("Copied the command line of the run set up here")

    def resume_folder(self, folder: str) -> None:
        """Go on with the run in a folder."""
        try:
            plan, _ = read_plan(folder)
        except UserError as error:
            self.messages.show_error(str(error))
            return
        self.resume(plan)

    def close_panel(self) -> None:
        """Remember what is set up, and end the panel's threads and timers."""
        self._closed = True
        self.setup.remember()
        self.curves.remember()
        self._survey_timer.stop()
        self._surveyor.close()
        self.curves.close_worker()
        self.runs.close_worker()

    def _begin(self, plan: TrainingPlan) -> None:
        self.messages.clear()
        self._asked = False
        missing = [name for name, path in (("train", plan.train), ("score", plan.dev)) if not path]
        if missing:
            self.messages.show_error(f"Choose a corpus to {' and one to '.join(missing)} on first.")
            self._asked = True
            (self.setup.train if not plan.train else self.setup.dev).setFocus()
            return
        try:
            self.session.start(plan)
        except UserError as error:
            self.messages.show_error(str(error))
            return
        self.setup.remember()
        self._settings.set("training_run", plan.out)
        self.transcripts.show_transcripts([])
        self.right.setCurrentWidget(self.tabs)
        if self.tabs.currentWidget() is self.runs:
            self.tabs.setCurrentWidget(self.curves)
        self._show_numbers()

    # -- what the session tells

    def _on_state(self, state: str) -> None:
        self.controls.show_state(state, has_best=bool(self.session.best_checkpoint))
        self.setup.widget().setEnabled(state == IDLE)  # it can still be scrolled
        if state != IDLE:
            self.controls.report(self.session)

    def _on_advanced(self) -> None:
        self.controls.report(self.session)
        # What nobody sees is not drawn.
        if self.curves.isVisible():
            self.curves.follow(self.session.log)

    def _on_saved(self, _path: str) -> None:
        self.controls.show_state(self.session.state, has_best=bool(self.session.best_checkpoint))

    def _on_ended(self, reason: str) -> None:
        epochs = len(self.session.log.epochs)
        name = Path(self.session.plan.out).name if self.session.plan else ""
        count = f"{epochs} {'epoch' if epochs == 1 else 'epochs'}"
        scores = self.session.scores
        final = f", {100 * scores.scores['phone_error_rate']:.1f} % phone errors ({scores.name})" if scores else ""
        kept = f"; kept in {self.session.plan.out}" if self.session.plan else ""
        self.controls.show_idle(f"{name} {reason} after {count}{final}{kept}")
        self._show_numbers()
        self._read_runs()

    def _show_numbers(self) -> None:
        self.curves.show_log(self.session.log)
        self.table.show_log(self.session.log)

    # -- survey and runs

    def _on_setup(self) -> None:
        """Ask no longer for corpora once both are chosen."""
        if self._asked and self.setup.train.path and self.setup.dev.path:
            self._asked = False
            self.messages.clear()

    def _survey(self) -> None:
        self._surveyor.submit(self.setup.request)

    def _on_surveyed(self, _request: object, value: object) -> None:
        if isinstance(value, Survey):
            self.setup.show_survey(value)
        elif isinstance(value, list):
            self.setup.show_devices(value)

    def _read_runs(self) -> None:
        if self._closed:
            return
        current = self.session.plan.out if self.session.busy and self.session.plan else ""
        self.runs.read(self.setup.runs.path, current)

    def _on_tab(self) -> None:
        if self.tabs.currentWidget() is self.runs:
            self._read_runs()
        elif self.tabs.currentWidget() is self.curves:
            self.curves.show_log(self.session.log)

    def _on_found(self, count: int) -> None:
        """Show the runs made before instead of the guide for who has made none."""
        if count and self.right.currentWidget() is self.guide:
            self.tabs.setCurrentWidget(self.runs)
            self.right.setCurrentWidget(self.tabs)

    def _on_compared(self, runs: dict[str, object]) -> None:
        self.curves.compare(runs)  # type: ignore[arg-type]
        if runs:
            self.right.setCurrentWidget(self.tabs)

    # -- Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Look at corpora and devices once the panel is seen."""
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._survey_timer.start()
            self._read_runs()

    def changeEvent(self, event: QEvent) -> None:
        """Follow from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "tabs"):
            self._apply_theme()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take corpora, unless a run goes on."""
        if dropped_paths(event) and not self.session.busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the dropped corpora."""
        event.acceptProposedAction()
        self.setup.offer(dropped_paths(event))

    def _apply_theme(self) -> None:
        colors = theme.current_theme(self.palette())
        self.messages.apply_theme(colors)
        self.curves.apply_theme(colors)
        self.transcripts.apply_theme(colors)
        self.runs.set_colors(self.curves.colors())

    def _connect(self) -> None:
        controls, session = self.controls, self.session
        for signal, slot in (
            (controls.start_clicked, self.start),
            (controls.pause_clicked, self.pause),
            (controls.stop_clicked, self.stop),
            (controls.use_clicked, self.use_best),
            (controls.copy_clicked, self.copy_command),
        ):
            signal.connect(slot)
        session.state_changed.connect(self._on_state)
        session.advanced.connect(self._on_advanced)
        session.epoch_finished.connect(lambda *_: self.table.show_log(session.log))
        session.transcripts_ready.connect(self.transcripts.show_transcripts)
        session.saved.connect(self._on_saved)
        session.noticed.connect(self.messages.show_error)
        session.failed.connect(self.messages.show_error)
        session.ended.connect(self._on_ended)
        self.setup.changed.connect(self._survey_timer.start)
        self.setup.changed.connect(self._on_setup)
        self.setup.problem.connect(self.messages.show_error)
        self.setup.runs.changed.connect(self._read_runs)
        self._survey_timer.timeout.connect(self._survey)
        self._surveyor.produced.connect(self._on_surveyed)
        self._surveyor.failed.connect(lambda _, sentence: self.messages.show_error(sentence))
        self.curves.failed.connect(self.messages.show_error)
        self.tabs.currentChanged.connect(self._on_tab)
        self.runs.found.connect(self._on_found)
        self.runs.compared.connect(self._on_compared)
        self.runs.resume_clicked.connect(self.resume_folder)
        self.runs.use_clicked.connect(self.use_clicked)

    def _lay_out(self) -> None:
        for widget, text in (
            (self.curves, "&Curves"),
            (self.transcripts, "&Utterances"),
            (self.table, "&Table"),
            (self.runs, "&Runs"),
        ):
            self.tabs.addTab(widget, text)
        self.right = QStackedWidget()
        self.guide = Guide()
        self.right.addWidget(self.guide)
        self.right.addWidget(self.tabs)
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.addWidget(self.setup)
        halves.addWidget(self.right)
        halves.setSizes([368, 1000])
        halves.setStretchFactor(1, 1)
        halves.setHandleWidth(8)
        body = QHBoxLayout()
        body.addWidget(halves)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.controls)
        column.addLayout(body, 1)
