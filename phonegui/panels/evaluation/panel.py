"""The evaluation panel: controls at the left, what was found in tabs beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from phonegui.evaluation_session import EvaluationSession
from phonegui.panels.evaluation.breakdown import BreakdownTab
from phonegui.panels.evaluation.comparison import ComparisonTab
from phonegui.panels.evaluation.confusions import ConfusionsTab
from phonegui.panels.evaluation.controls import EvaluationControls
from phonegui.panels.evaluation.decoder import DecoderTab
from phonegui.panels.evaluation.utterances import UtterancesTab
from phonegui.panels.question_bar import QuestionBar
from phonegui.theme import Theme, current_theme

if TYPE_CHECKING:
    from model.comparison import Comparison
    from model.config import DecodingConfig
    from model.confusion import Confusions
    from model.corpus import Corpus
    from model.scored import CorpusScore
    from model.sweeps import SweepPoint

_HINT = (
    "Evaluate hears every utterance of the corpus that has a reference and shows what is wrong:\n"
    "the worst utterances, what is taken for what, and what other decoder settings would be worth."
)


class EvaluationPanel(QWidget):
    """Shows an `EvaluationSession` and drives it.

    Parameters
    ----------
    session
        What is shown.
    """

    utterance_chosen = Signal(object)  # Utterance to open
    error_chosen = Signal(object, float, float)  # Utterance, start and end in seconds: to open, zoom to and play
    settings_chosen = Signal(int, float, float)  # beam width, language model weight, insertion bonus
    open_clicked = Signal()  # a corpus is to be opened

    def __init__(self, session: EvaluationSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.controls = EvaluationControls()
        self.utterances, self.confusions, self.breakdown = UtterancesTab(), ConfusionsTab(), BreakdownTab()
        self.decoder, self.comparison = DecoderTab(), ComparisonTab()
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.setAccessibleName("What the evaluation found")
        for title, tab in (
            ("Utterances", self.utterances),
            ("Confusions", self.confusions),
            ("Phonemes and speakers", self.breakdown),
            ("Decoder settings", self.decoder),
            ("Comparison", self.comparison),
        ):
            self.tabs.addTab(tab, title)
        self.hint = QLabel(_HINT, alignment=Qt.AlignmentFlag.AlignCenter)
        self.hint.setForegroundRole(self.hint.palette().ColorRole.PlaceholderText)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.hint)
        self.pages.addWidget(self.tabs)
        # The tabs' own wishes would make the whole window wide.
        self.pages.setMinimumSize(240, 160)
        self.question = QuestionBar()
        self.apply_theme(current_theme(self.palette()))
        found = QVBoxLayout()
        found.setSpacing(0)
        found.addWidget(self.question)
        found.addWidget(self.pages, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 16, 8)
        row.setSpacing(0)
        row.addWidget(self.controls)
        row.addLayout(found, 1)
        self.setMinimumHeight(176)
        self.decoder.set_in_use(session.settings)
        self._connect_session()
        self._connect_parts()

    def add_corpus(self, corpus: Corpus, name: str = "") -> None:
        """Offer a corpus and choose it, unless one is at work; its name is that of its file unless one is given."""
        name = name or corpus.path.name
        waits = self.session.at_work
        self.controls.add_corpus(corpus, name, choose=not waits)
        self.controls.show_note(f"{name} is in the list for the next evaluation." if waits else "")

    def tell_unscorable(self, corpus: Corpus) -> None:
        """Say why a corpus that was opened is not offered."""
        self.controls.show_note(
            f"{corpus.path.name} has no reference phonemes, so nothing can be scored; open a corpus that has."
        )

    def run(self) -> None:
        """Score what is chosen."""
        self.controls.choose_again()
        self.session.run()

    def set_decoding(self, settings: DecodingConfig) -> None:
        """Decode in another way: what is scored is scored anew."""
        self.comparison.set_settings(settings)
        self.decoder.set_in_use(settings)
        self.session.set_decoding(settings)

    def hold(self, held: bool) -> None:
        """Stay at the error that was chosen while its recording is opened."""
        self.utterances.errors.hold(held)
        self.confusions.instances.hold(held)

    def ask_for_report(self) -> None:
        """Ask for a folder and write the report into it."""
        from model.report_page import report_files

        folder = QFileDialog.getExistingDirectory(self, "Folder for report.html and report.json")
        there = [path.name for path in report_files(folder) if os.path.lexists(path)] if folder else []
        if there:
            verb = "is" if len(there) == 1 else "are"
            self.question.ask(
                f"{' and '.join(there)} {verb} in {folder} already. Write over?",
                {"Cancel": lambda: None, "Replace": lambda: self.session.write_report(folder)},
            )
        elif folder:
            self.session.write_report(folder)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme; the rest follows the palette."""
        self.question.apply_theme(theme)

    # -- what the session tells

    def _connect_session(self) -> None:
        session, controls = self.session, self.controls
        session.scored.connect(self._on_scored)
        session.cleared.connect(self._on_cleared)
        session.ready_changed.connect(controls.set_ready)
        session.started.connect(lambda: controls.set_running(True))
        session.progressed.connect(controls.show_progress)
        session.finished.connect(lambda: controls.set_running(False))
        session.sweep_started.connect(self._on_sweep)
        session.point_found.connect(self._on_point)
        session.measuring.connect(self._on_measuring)
        session.measured.connect(self._on_measured)
        session.compared.connect(self._on_compared)
        session.reported.connect(lambda path: controls.show_message(f"Wrote {path}"))
        session.failed.connect(controls.show_message)

    def _on_scored(self, score: CorpusScore, confusions: Confusions) -> None:
        self.controls.show_score(score)
        self.utterances.show_score(score)
        self.confusions.show_confusions(confusions)
        self.breakdown.show_confusions(confusions)
        self.decoder.set_utterances(len(score.utterances))
        self.comparison.show_comparison(None)
        self._set_ready(True)
        self.pages.setCurrentWidget(self.tabs)

    def _on_cleared(self) -> None:
        self.question.clear()  # it was on the report of what is no longer shown
        self.controls.show_score(None)
        self.utterances.show_score(None)
        self.confusions.show_confusions(None)
        self.breakdown.show_confusions(None)
        self.comparison.show_comparison(None)
        for kind, points in self.session.sweeps.items():
            self.decoder.show_points(kind, points)
        self._set_ready(False)
        self.pages.setCurrentWidget(self.hint)

    def _set_ready(self, ready: bool) -> None:
        self.decoder.set_ready(ready)
        self.comparison.set_ready(ready)

    def _on_sweep(self, kind: str) -> None:
        self._running = kind
        self.decoder.show_points(kind, [])
        self.decoder.set_running(kind)
        self.comparison.set_running(False)
        self.comparison.show_comparison(self.session.comparison)

    def _on_point(self, kind: str, _point: SweepPoint) -> None:
        self.decoder.show_points(kind, self.session.sweeps[kind])

    def _on_measuring(self, step: str, done: float) -> None:
        if self._running == "comparison":
            self.comparison.show_progress(step, done)
        elif self._running:
            self.decoder.parts[self._running].show_progress(done)

    def _on_measured(self) -> None:
        if self._running == "comparison":
            self.comparison.show_comparison(self.session.comparison)
        self._running = ""
        self.decoder.set_running("")
        self.comparison.set_running(False)

    def _on_compared(self, found: Comparison) -> None:
        self.comparison.show_comparison(found)

    # -- what the parts ask for

    def _connect_parts(self) -> None:
        session, controls = self.session, self.controls
        self._running = ""  # what is measured: one of SWEEPS, "comparison", or nothing
        controls.corpus_chosen.connect(self._choose_corpus)
        controls.open_clicked.connect(self.open_clicked)
        controls.run_clicked.connect(self.run)
        controls.cancel_clicked.connect(self._cancel)
        controls.report_clicked.connect(self.ask_for_report)
        self.utterances.utterance_chosen.connect(self.utterance_chosen)
        self.comparison.utterance_chosen.connect(self.utterance_chosen)
        self.utterances.error_chosen.connect(self.error_chosen)
        self.confusions.error_chosen.connect(self.error_chosen)
        self.breakdown.phoneme_chosen.connect(self._show_phoneme)
        self.breakdown.speaker_chosen.connect(self._show_speaker)
        self.decoder.sweep_asked.connect(session.sweep)
        self.decoder.cancelled.connect(self._cancel_measuring)
        self.decoder.point_chosen.connect(self._choose_point)
        self.comparison.asked.connect(self._compare)
        self.comparison.cancelled.connect(self._cancel_measuring)

    def _choose_corpus(self, corpus: Corpus, part: str) -> None:
        was_at_work = self.session.at_work
        self.session.set_corpus(corpus, part)
        if was_at_work and not self.session.at_work:
            self.controls.show_message("What ran was cancelled: another corpus is chosen.")

    def _show_phoneme(self, label: int) -> None:
        self.tabs.setCurrentWidget(self.confusions)
        self.confusions.show_phoneme(label)

    def _show_speaker(self, name: str) -> None:
        self.tabs.setCurrentWidget(self.utterances)
        self.utterances.show_speaker(name)

    def _cancel(self) -> None:
        self.session.cancel()
        self.controls.show_message("Cancelled. What was heard by then is kept.")

    def _cancel_measuring(self) -> None:
        kind = self._running
        self.session.cancel_measuring()
        if kind == "comparison":
            self.comparison.tell_cancelled()
        elif kind:
            self.decoder.parts[kind].tell_cancelled()

    def _choose_point(self, point: SweepPoint) -> None:
        self.settings_chosen.emit(point.beam_width, point.alpha, point.beta)

    def _compare(self, checkpoint: str, settings: DecodingConfig) -> None:
        self._running = "comparison"
        self.decoder.set_running("")
        self.comparison.set_running(True)
        self.session.compare(checkpoint, settings)
