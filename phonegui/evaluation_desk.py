"""Evaluation in the window: the panel's dock, what it follows, and the way from an error to its place in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget, QMainWindow

from model.config import DecodingConfig
from phonegui.evaluation_session import EvaluationSession
from phonegui.layout import add_bottom_dock, show_bottom
from phonegui.panels.evaluation import EvaluationPanel
from phonegui.pipeline import Reference
from phonegui.sources import source_of

if TYPE_CHECKING:
    from model.corpus.base import Corpus, Utterance
    from phonegui.documents import Documents
    from phonegui.library import Library
    from phonegui.panels.decoding import DecodingPanel
    from phonegui.playback import Playback
    from phonegui.session import Session
    from phonegui.theme import Theme
    from phonegui.views.timeline import TimelineView

BUNDLED = "bundled samples"
AROUND_SECONDS, HEARD_AROUND_SECONDS = 0.4, 0.15
"""What is shown on either side of an error, and what is played."""


class EvaluationDesk(QObject):
    """Carries out the actions on the evaluation panel.

    Parameters
    ----------
    session, decoding, library
        Whose checkpoint, settings and corpora are followed.
    documents, timeline, playback
        What opens an utterance, shows the place of an error and plays it.
    window
        Gets the dock.
    """

    def __init__(
        self,
        session: Session,
        decoding: DecodingPanel,
        library: Library,
        documents: Documents,
        timeline: TimelineView,
        playback: Playback,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._session, self._decoding, self._documents = session, decoding, documents
        self._timeline, self._playback, self._window = timeline, playback, window
        self._dock: QDockWidget | None = None
        self._awaited: tuple[str, float, float] | None = None  # source key, start and end of an error to be shown
        self.session = EvaluationSession(self)
        self.panel = EvaluationPanel(self.session, window)
        self.panel.open_clicked.connect(library.open_corpus)
        self.panel.utterance_chosen.connect(self.open_utterance)
        self.panel.error_chosen.connect(self.go_to)
        self.panel.settings_chosen.connect(self.set_decoding)
        library.corpora.opened.connect(self._on_corpus)
        decoding.changed.connect(self.panel.set_decoding)
        session.checkpoint_changed.connect(lambda _header, path, _device: self._on_checkpoint(path))
        session.checkpoint_chosen.connect(self._on_checkpoint)
        session.decoded.connect(lambda _: self._show_awaited())
        session.failed.connect(lambda _: self._stop_waiting())

    def adopt(self) -> QDockWidget:
        """Dock the panel at the bottom, hidden at first."""
        self._dock = add_bottom_dock(self._window, "Evaluation", self.panel)
        self._dock.visibilityChanged.connect(self._on_visible)
        return self._dock

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.panel.apply_theme(theme)

    def close(self) -> None:
        """End the workers."""
        self.session.close()

    # -- commands of the action table

    def show_evaluation(self) -> None:
        """Show the evaluation panel."""
        if self._dock is not None:
            show_bottom(self._window, self._dock)

    def evaluate_corpus(self) -> None:
        """Score the corpus that is chosen in the panel."""
        self.show_evaluation()
        self.panel.run()

    # -- what the panel asks for

    def open_utterance(self, utterance: Utterance) -> None:
        """Open an utterance of the evaluated corpus with its reference."""
        corpus = self.session.corpus
        if corpus is None:
            return
        source = source_of(corpus, utterance)
        if utterance.labels and source.key not in self._session.references:
            self._session.references[source.key] = Reference(corpus.table, utterance.labels)
        self._documents.open(source, preview=True)

    def go_to(self, utterance: Utterance, start: float, end: float) -> None:
        """Open an utterance, show the place of an error in it and play it."""
        corpus, shown = self.session.corpus, self._session.shown_source
        if corpus is None:
            return
        key = source_of(corpus, utterance).key
        self._awaited = (key, start, end)
        if shown is not None and shown.key == key and self._session.result is not None:
            self._show_awaited()
        else:
            self.panel.hold(True)
            self.open_utterance(utterance)

    def set_decoding(self, width: int, alpha: float, beta: float) -> None:
        """Set the decoding panel; without a language model the bonus is the usual one."""
        self._decoding.set_beam_width(width)
        self._decoding.set_language_model(alpha, beta if alpha else DecodingConfig().beta)

    def _show_awaited(self) -> None:
        if self._awaited is None or self._session.document is None:
            return
        key, start, end = self._awaited
        if self._session.document.source.key == key:
            self._stop_waiting()
            self._timeline.show_range(max(0.0, start - AROUND_SECONDS), end + AROUND_SECONDS)
            self._timeline.selection.select(start, end)
            # A phoneme alone lasts a twentieth of a second, in which nobody hears anything.
            self._playback.play_part(max(0.0, start - HEARD_AROUND_SECONDS), end + HEARD_AROUND_SECONDS)

    def _stop_waiting(self) -> None:
        self._awaited = None
        self.panel.hold(False)

    # -- what it follows

    def _on_corpus(self, corpus: Corpus) -> None:
        if any(utterance.labels for utterance in corpus.utterances):
            self.panel.add_corpus(corpus)
        else:
            self._offer_samples()  # before what is told, which lasts until a corpus is offered
            self.panel.tell_unscorable(corpus)

    def _on_checkpoint(self, path: str) -> None:
        self.session.language_model, self.session.device = self._session.language_model, self._session.device
        self.session.set_checkpoint(path)

    def _on_visible(self, shown: bool) -> None:
        if shown:
            self._offer_samples()

    def _offer_samples(self) -> None:
        """Offer the bundled samples where no corpus is: something can be evaluated from the first second."""
        from model.corpus import read_manifest
        from phonegui.resources import resource_path

        if self.session.corpus is None:
            self.panel.add_corpus(read_manifest(resource_path("samples/samples.tsv")), BUNDLED)
