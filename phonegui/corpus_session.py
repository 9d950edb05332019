"""The open corpus: read by one worker, transcribed by another; knows no widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from phonegui import pauses
from phonegui.corpus_work import OpenedCorpus, OpenRequest, TranscribeRequest, Transcribing, heard_utterance, open_work
from phonegui.panels.corpus_table import HeardUtterance
from phonegui.pipeline import Decoded, Reference
from phonegui.sources import Source, source_of
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from model.corpus.base import Corpus
    from phonegui.session import Session


class CorpusSession(QObject):
    """Opens corpora, and hears all utterances of one.

    What was open stays until another corpus could be read.

    Parameters
    ----------
    session
        Whose checkpoint and decoding are used, and whose transcripts of single utterances are taken over.
    """

    opened = Signal(object)  # Corpus
    heard = Signal(list)  # list of HeardUtterance
    forgotten = Signal()  # what was heard is no longer so: another checkpoint listens
    progressed = Signal(str, float)  # name of the step, part done
    idle = Signal()  # nothing is being read or transcribed
    refused = Signal(str, str)  # path that could not be opened, one sentence
    failed = Signal(str)  # one sentence

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choices: dict[str, str] = {}
        self._opened: OpenedCorpus | None = None
        self._opening: OpenRequest | None = None
        self._running: TranscribeRequest | None = None
        self._opener = LatestWorker(open_work, "opening a corpus", self)
        self._transcriber = LatestWorker(Transcribing(), "transcribing", self)
        for worker in (self._opener, self._transcriber):
            worker.failed.connect(self._on_failed)
            worker.progressed.connect(self._on_progress)
            worker.finished_request.connect(self._on_finished)
        self._opener.produced.connect(self._on_opened)
        self._transcriber.produced.connect(self._on_heard)
        session.decoded.connect(self._on_decoded)
        session.refused.connect(self._on_refused)
        session.checkpoint_changed.connect(lambda *_: self._forget_heard())

    @property
    def corpus(self) -> Corpus | None:
        """The open corpus."""
        return None if self._opened is None else self._opened.corpus

    @property
    def transcribing(self) -> bool:
        """Whether utterances are being transcribed."""
        return self._running is not None

    def open(self, path: str | Path, choose: dict[str, str] | None = None) -> None:
        """Open a corpus, with ways of reading it chosen by the names of its choices."""
        self._opening = OpenRequest(str(path), dict(choose or {}))
        self._opener.submit(self._opening)

    def choose(self, name: str, value: str) -> None:
        """Read the open corpus in another way."""
        if self.corpus is not None:
            self.open(self.corpus.path, {**self._choices, name: value})

    def source(self, place: int) -> Source:
        """Return the source of an utterance given by its place; its reference becomes known to the session."""
        corpus = self.corpus
        assert corpus is not None
        utterance = corpus.utterances[place]
        source = source_of(corpus, utterance)
        known = self._session.references.get(source.key)
        if utterance.labels and (known is None or known.phonemes is None):
            stated = Reference(corpus.table, utterance.labels)
            if stated != known:  # an equal one stays: what is being decoded is compared with it
                self._session.references[source.key] = stated
        return source

    def place_of(self, source: Source | None) -> int | None:
        """Return the place of a source in the open corpus, None where it is of none or of another.

        A recording that was opened by itself has the place of the first utterance that it is.
        """
        if source is None or self._opened is None:
            return None
        if source.utterance is None:
            return self._opened.by_key.get(source.key)
        return self._opened.by_name.get(source.utterance.name) if source.corpus is self.corpus else None

    def transcribe(self, places: list[int]) -> None:
        """Hear utterances one block after the other, in place of what is being transcribed."""
        if self.corpus is None or not places:
            return
        session = self._session
        self._running = TranscribeRequest(
            self.corpus,
            places,
            session.checkpoint or session.bundled_checkpoint,
            session.device,
            session.decoding,
            session.language_model,
        )
        self._transcriber.submit(self._running)

    def cancel(self) -> None:
        """Give up what is being read or transcribed; what was transcribed so far stays."""
        self._opening = self._running = None
        self._opener.cancel()
        self._transcriber.cancel()
        self.idle.emit()

    def close(self) -> None:
        """End the workers; waits for what they do at the moment."""
        self._opening = self._running = None
        self._opener.close()
        self._transcriber.close()

    def _forget_heard(self) -> None:
        self._running = None
        self._transcriber.cancel()
        self.forgotten.emit()

    def _on_opened(self, request: OpenRequest, opened: OpenedCorpus) -> None:
        if request is not self._opening:
            return
        self._opening = self._running = None
        self._transcriber.cancel()
        self._opened, self._choices = opened, request.choose
        pauses.keep(5 * len(opened.by_name))  # an utterance, its path and that path's parts
        self.opened.emit(opened.corpus)

    def _on_heard(self, request: TranscribeRequest, found: list[HeardUtterance]) -> None:
        if request is self._running:
            self.heard.emit(found)

    def _on_decoded(self, result: Decoded) -> None:
        document = self._session.document
        place = self.place_of(document.source) if document is not None else None
        if place is not None and document is not None and self.corpus is not None:
            labels = result.transcript.labels
            self.heard.emit([heard_utterance(self.corpus, place, labels, result.table, document.heard.seconds)])

    def _on_refused(self, source: Source, sentence: str) -> None:
        place = self.place_of(source)
        if place is not None:
            self.heard.emit([HeardUtterance(place, "", None, 0.0, sentence)])

    def _on_progress(self, request: Any, step: str, done: float) -> None:
        if request is self._opening or request is self._running:
            self.progressed.emit(step, done)

    def _on_finished(self, request: Any) -> None:
        if request is self._running:
            self._running = None
        if not self._opener.busy and not self._transcriber.busy:
            self.idle.emit()

    def _on_failed(self, request: Any, sentence: str) -> None:
        if request is self._opening:
            self._opening = None
            self.refused.emit(request.path, sentence)
            self.failed.emit(sentence)
        elif request is self._running:
            self.failed.emit(sentence)
        self._on_finished(request)
