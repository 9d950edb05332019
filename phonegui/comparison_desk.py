"""Comparison in the window: the open recording heard twice, the second time by another checkpoint or settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from phonegui.comparing import CompareRequest, Comparing, Rest, Rival
from phonegui.opening import CHECKPOINTS
from phonegui.panels.comparison_dialog import ComparisonDialog
from phonegui.panels.comparison_strip import ComparisonStrip
from phonegui.views.rival import differences_in_words
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from phonegui.pipeline import Decoded
    from phonegui.session import Session
    from phonegui.settings import Remembered
    from phonegui.theme import Theme
    from phonegui.views.timeline import TimelineView


class ComparisonDesk(QObject):
    """Carries out the actions that compare; what is compared stays when another recording is opened.

    Parameters
    ----------
    session, timeline, settings
        What is open, where the second transcript is shown, where folders are remembered.
    window
        Parent of the dialogs.
    """

    failed = Signal(str)  # one sentence

    def __init__(self, session: Session, timeline: TimelineView, settings: Remembered, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._timeline, self._settings, self._window = session, timeline, settings, window
        self.rival: Rival | None = None
        self.result: Decoded | None = None
        self._last = Rival()
        self._proven: Rival | None = None  # heard something with this checkpoint before
        self._asked: CompareRequest | None = None
        self._refused: CompareRequest | None = None
        self._offered: list[str] = []
        self._end_action: QAction | None = None
        self._worker = LatestWorker(Comparing(), "comparing", self, interrupt=False)
        self._worker.produced.connect(self._on_produced)
        self._worker.failed.connect(self._on_failed)
        self._worker.progressed.connect(self._on_progress)
        self.strip = ComparisonStrip(window)
        self.strip.change_clicked.connect(self.compare_with)
        self.strip.end_clicked.connect(self.end_comparison)
        self.dialog: ComparisonDialog | None = None
        timeline.rival.compared.connect(self._show_state)
        session.audio_ready.connect(self.pause)
        session.heard_ready.connect(self._ask)
        session.decoded.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether the second transcript is being made."""
        return self._worker.busy

    def adopt(self, actions: dict[str, QAction]) -> None:
        """Take the action that is enabled while something is compared."""
        self._end_action = actions["end_comparison"]
        self._end_action.setEnabled(self.rival is not None)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.strip.apply_theme(theme)

    def close(self) -> None:
        """End the worker and the dialog."""
        self._worker.close()
        if self.dialog is not None:
            self.dialog.close()

    # -- commands of the action table

    def compare_with(self) -> None:
        """Ask for another checkpoint or other settings, and compare."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        session = self._session
        paths = [session.bundled_checkpoint, *self._offered]
        offered = [path for path in dict.fromkeys(paths) if path and path != session.checkpoint]
        self.dialog = ComparisonDialog(
            self._last, session.decoding, session.checkpoint, offered, self._browse, self._window
        )
        self.dialog.chosen.connect(self.compare)
        self.dialog.finished.connect(self._on_dialog_closed)
        self.dialog.open()

    def end_comparison(self) -> None:
        """Compare no longer."""
        self.rival = self._proven = None
        self.pause()
        self._worker.submit(Rest())
        self._timeline.set_rival("")
        self.strip.hide()
        self._enable()

    # -- comparing

    def compare(self, rival: Rival) -> None:
        """Compare the open recording, and those opened later, with a rival."""
        self._last = self.rival = rival
        if rival.checkpoint and rival.checkpoint not in self._offered:
            self._offered.append(rival.checkpoint)
        self.pause()
        self._show_name()
        self._enable()
        self._ask()

    def pause(self) -> None:
        """Drop what is being made, until there is another recording to compare."""
        self._worker.cancel()
        self._asked = self.result = None
        self._timeline.set_rival_heard(None)
        self._show_state()

    def _ask(self) -> None:
        """Have the second transcript made, unless it is, or is being made, already."""
        session, rival = self._session, self.rival
        if rival is None or session.document is None or session.opening:
            return
        document = session.document
        request = CompareRequest(
            document,
            rival,
            rival.settings or session.decoding,
            session.language_model,
            session.device,
            session.reference,
        )
        before = self._asked
        if before is not None and before.needs_same_network(request):
            if before.settings == request.settings and before.reference is request.reference:
                return
        elif before is not None:
            self._worker.cancel()
        self._asked = request
        self._show_name()
        self._show_state()
        self._worker.submit(request)

    def _on_produced(self, request: CompareRequest, result: Decoded) -> None:
        asked = self._asked
        # One made with the settings before is shown while the next is made, as the slider is dragged.
        if asked is None or request.document is not asked.document or request.rival != asked.rival:
            return
        self._proven, self.result = request.rival, result
        self._timeline.set_rival_heard(result.transcript.phonemes)
        if result.warning:
            self.failed.emit(result.warning)

    def _on_failed(self, request: object, sentence: str) -> None:
        if request is not self._asked:
            return
        self.failed.emit(sentence)
        if self.rival is not None and self._proven is not None and self._proven.checkpoint == self.rival.checkpoint:
            self._refused = self._asked
            self._show_state()
        elif self._proven is not None:
            self.compare(self._proven)
        else:
            self.end_comparison()

    def _on_progress(self, request: object, step: str, done: float) -> None:
        if request is self._asked and self.result is None:
            self.strip.show_state(f"{step.capitalize()}  {100 * done:.0f} %" if done else f"{step.capitalize()}…")

    # -- what is shown

    def _show_name(self) -> None:
        if self.rival is not None:
            name = self.rival.name(self._session.decoding)
            self._timeline.set_rival(name)
            self.strip.show_name(name)

    def _show_state(self) -> None:
        """Say how many differences there are, and how both compare with the reference where there is one."""
        differences, result, first = self._timeline.rival.differences, self.result, self._session.result
        if result is None or differences is None:
            refused = self._asked is not None and self._asked is self._refused
            waiting = "Listening…" if self._asked is not None else ""
            self.strip.show_state("This recording cannot be compared." if refused else waiting)
            return
        words = differences_in_words(len(differences))
        if result.error_rate is not None and first is not None and first.error_rate is not None:
            words += f"  ·  phone errors: A {100 * first.error_rate:.1f} %, B {100 * result.error_rate:.1f} %"
        self.strip.show_state(words)

    def _enable(self) -> None:
        if self._end_action is not None:
            self._end_action.setEnabled(self.rival is not None)

    def _on_dialog_closed(self) -> None:
        self.dialog = None

    def _browse(self) -> str:
        path, _ = QFileDialog.getOpenFileName(
            self.dialog or self._window, "Compare with a checkpoint", self._settings.folder, CHECKPOINTS
        )
        return str(Path(path).absolute()) if path else ""
