"""Training in the window: the panel's dock, the actions of its menu, the offer to resume, and a clean end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow

from phonegui.layout import add_bottom_dock, show_bottom
from phonegui.panels.question_bar import QuestionBar
from phonegui.panels.training.panel import TrainingPanel
from phonegui.presets import UserPresets
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.theme import Theme
from phonegui.training_plan import TrainingPlan
from phonegui.training_session import IDLE, PAUSED, RUNNING, TrainingSession, unfinished_run

_PRESETS_FILE = "presets.json"


class TrainingDesk(QObject):
    """Carries out the actions of the Train menu.

    Parameters
    ----------
    session, settings
        What hears with a checkpoint, and where things are remembered.
    window
        Gets the dock.
    """

    def __init__(self, session: Session, settings: Remembered, window: QMainWindow) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._actions: dict[str, QAction] = {}
        self._dock: QDockWidget | None = None
        self._told_to_close = False
        self.question = QuestionBar(window)
        self.session = TrainingSession(self)
        self.panel = TrainingPanel(
            self.session, settings, UserPresets(settings.folder_of_program / _PRESETS_FILE), window
        )
        self.panel.use_clicked.connect(session.use_checkpoint)
        self.session.state_changed.connect(lambda _: self._enable())
        self.session.saved.connect(lambda _: self._enable())

    def adopt(self, actions: dict[str, QAction]) -> QDockWidget:
        """Dock the panel at the bottom, hidden at first."""
        self._actions = actions
        self._dock = add_bottom_dock(self._window, "Training", self.panel)
        self._enable()
        return self._dock

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.question.apply_theme(theme)

    def offer_resume(self) -> None:
        """Ask whether to go on with a run whose process was killed, if there is one."""
        plan = unfinished_run(self._settings.words("training_run"))
        if plan is None:
            return
        self.question.ask(
            f"The training run {Path(plan.out).name} was interrupted; it can go on from where it was saved last.",
            {"Resume training": lambda: self._resume(plan), "Not now": self._forget},
        )

    def offer_corpus(self, path: str) -> None:
        """Offer a corpus that was opened to train on."""
        if not self.session.busy:
            self.panel.setup.offer_open(path)

    def may_close(self, close: Callable[[], None]) -> bool:
        """Return whether the window may close now; during training ask first, and close when told so."""
        if not self.session.busy or self._told_to_close:
            return True
        self.question.ask(
            "A network is being trained. Closing the window ends it; what it has learned is kept, and the run can be "
            "resumed.",
            {"Stop training and close": lambda: self._stop_and(close), "Go on training": lambda: None},
        )
        return False

    def close(self) -> bool:
        """End training, threads and timers; return False when the run did not end within two seconds."""
        ended = self.session.close()
        self.panel.close_panel()
        return ended

    # -- commands of the action table

    def show_training(self) -> None:
        """Show the training panel."""
        if self._dock is not None:
            show_bottom(self._window, self._dock)

    def start_training(self) -> None:
        """Start the run that is set up, or show where to set it up."""
        self.show_training()
        self.panel.start()

    def pause_training(self) -> None:
        """Pause, or go on."""
        self.panel.pause()

    def stop_training(self) -> None:
        """Stop and keep."""
        self.panel.stop()

    def use_trained_checkpoint(self) -> None:
        """Hear with the best checkpoint so far."""
        self.panel.use_best()

    def copy_training_command(self) -> None:
        """Copy the command line that does the same run."""
        self.panel.copy_command()

    def _forget(self) -> None:
        """Not ask again at the next start; the list of runs still has it."""
        self._settings.set("training_run", "")

    def _resume(self, plan: TrainingPlan) -> None:
        self.show_training()
        self.panel.resume(plan)

    def _stop_and(self, close: Callable[[], None]) -> None:
        self._told_to_close = True
        close()

    def _enable(self) -> None:
        state = self.session.state
        for name, enabled in (
            ("start_training", state == IDLE),
            ("pause_training", state in (RUNNING, PAUSED)),
            ("stop_training", state in (RUNNING, PAUSED)),
            ("use_trained_checkpoint", bool(self.session.best_checkpoint)),
        ):
            if name in self._actions:
                self._actions[name].setEnabled(enabled)
