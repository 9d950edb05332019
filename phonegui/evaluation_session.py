"""The evaluation that is shown, and the workers that compute it; knows no widget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model.config import DecodingConfig
from model.errors import UserError
from phonegui import pauses
from phonegui.evaluation_work import SWEEPS, CompareRequest, Evaluating, ReportRequest, ScoreRequest, SweepRequest
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from model.comparison import Comparison
    from model.confusion import Confusions
    from model.corpus import Corpus
    from model.kept_posteriors import KeptPosteriors
    from model.scored import CorpusScore
    from model.sweeps import SweepPoint


class EvaluationSession(QObject):
    """A corpus, the checkpoint and settings it is scored with, and everything found.

    Posteriors are kept: another beam width or language model weight scores the corpus anew by itself. Another
    checkpoint or corpus waits for `run`, for then the network has to read everything.
    """

    scored = Signal(object, object)  # CorpusScore and its Confusions
    cleared = Signal()  # what was found is of another corpus or checkpoint, and is no longer shown
    ready_changed = Signal(bool)  # whether there is a corpus and a checkpoint to run
    started = Signal()  # scoring began
    progressed = Signal(str, float)  # name of the step of scoring, part done
    finished = Signal()  # scoring ended, done or not
    sweep_started = Signal(str)  # one of SWEEPS
    point_found = Signal(str, object)  # one of SWEEPS, SweepPoint
    measuring = Signal(str, float)  # name of the step of a sweep or comparison; part done
    measured = Signal()  # that ended, done or not
    compared = Signal(object)  # Comparison
    reported = Signal(str)  # path of the page written
    failed = Signal(str)  # one sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.corpus: Corpus | None = None
        self.part = ""
        self.checkpoint = ""
        self.device = "auto"
        self.settings = DecodingConfig()
        self.language_model = ""
        self.score: CorpusScore | None = None
        self.confusions: Confusions | None = None
        self.comparison: Comparison | None = None
        self.sweeps: dict[str, list[SweepPoint]] = {name: [] for name in SWEEPS}
        self._kept: KeptPosteriors | None = None
        self._scoring = LatestWorker(Evaluating(), "evaluating", self)
        self._measuring = LatestWorker(Evaluating(), "measuring", self)
        self._writing = LatestWorker(Evaluating(), "writing a report", self)  # must not end a sweep that runs
        self._wanted: object = None
        self._measured: object = None
        self._scoring.produced.connect(self._on_scored)
        self._scoring.progressed.connect(self._on_progress)
        self._scoring.finished_request.connect(self._on_finished)
        self._measuring.produced.connect(self._on_measured)
        self._measuring.progressed.connect(self._on_progress)
        self._measuring.finished_request.connect(self._on_finished)
        self._writing.produced.connect(lambda _, path: self.reported.emit(str(path)))
        self._writing.failed.connect(lambda _, sentence: self.failed.emit(sentence))
        for worker in (self._scoring, self._measuring):
            worker.failed.connect(self._on_failed)

    # -- what is to be scored

    @property
    def ready(self) -> bool:
        """Whether there is something to run."""
        return self.corpus is not None and bool(self.checkpoint)

    @property
    def busy(self) -> bool:
        """Whether anything is being computed."""
        return self._scoring.busy or self._measuring.busy or self._writing.busy

    @property
    def at_work(self) -> bool:
        """Whether the corpus is being scored or measured; another one would end that."""
        return self._wanted is not None or self._measured is not None

    def set_corpus(self, corpus: Corpus | None, part: str = "") -> None:
        """Take another corpus, or one of its parts alone."""
        if corpus is not self.corpus or part != self.part:
            self.corpus, self.part = corpus, part
            self._forget()

    def set_checkpoint(self, path: str) -> None:
        """Take another checkpoint."""
        if path != self.checkpoint:
            self.checkpoint = path
            self._forget()

    def set_decoding(self, settings: DecodingConfig) -> None:
        """Decode in another way; what is scored already is scored anew without the network."""
        changed = replace(settings, n_best=1) != replace(self.settings, n_best=1)
        self.settings = settings
        if changed and self._kept is not None:
            self._submit(self._kept)

    # -- doing it

    def run(self) -> None:
        """Score the corpus; the network runs where its posteriors are not kept."""
        if self.ready:
            self._submit(self._kept)

    def cancel(self) -> None:
        """Give up scoring; what was found before stays."""
        self._wanted = None
        self._scoring.cancel()
        self.finished.emit()

    def sweep(self, kind: str) -> None:
        """Compute one of `SWEEPS` in the background, in place of the other or of a comparison."""
        if self._kept is not None:
            self.sweeps[kind] = []
            self.sweep_started.emit(kind)
            self._measure(SweepRequest(kind, self._kept, self.settings, self.language_model))

    def compare(self, checkpoint: str, settings: DecodingConfig) -> None:
        """Score the same corpus with another checkpoint (empty: the same) or other settings."""
        if self.score is None or self.corpus is None:
            return
        same = checkpoint in ("", self.checkpoint)
        other = ScoreRequest(
            self._chosen(),
            self.checkpoint if same else checkpoint,
            self.device,
            settings,
            self.language_model,
            self._kept if same else None,
        )
        self._measure(CompareRequest(self.score, other))

    def write_report(self, folder: str | Path) -> None:
        """Write everything found so far into a folder."""
        from model.report import Findings

        if self.score is not None:
            widths, weights = (tuple(self.sweeps[name]) for name in SWEEPS)
            findings = Findings(self.score, self.comparison, widths, weights)
            self._writing.submit(ReportRequest(findings, str(folder)))

    def cancel_measuring(self) -> None:
        """Give up the sweep or comparison that is running."""
        self._measured = None
        self._measuring.cancel()
        self.measured.emit()

    def close(self) -> None:
        """End the workers; waits for what they do at the moment."""
        self._wanted = self._measured = None
        self._scoring.close()
        self._measuring.close()
        self._writing.close()

    def _submit(self, kept: KeptPosteriors | None) -> None:
        self._wanted = ScoreRequest(
            self._chosen(), self.checkpoint, self.device, self.settings, self.language_model, kept
        )
        self.started.emit()
        self._scoring.submit(self._wanted)

    def _chosen(self) -> Corpus:
        corpus = self.corpus
        if corpus is None:
            raise UserError("There is no corpus to score; open one.")
        return corpus.part(self.part) if self.part else corpus

    def _measure(self, request: object) -> None:
        self._measured = request
        self._measuring.submit(request)

    def _forget(self) -> None:
        self.cancel()
        self.cancel_measuring()
        self._kept, self.score, self.confusions, self.comparison = None, None, None, None
        self.sweeps = {name: [] for name in SWEEPS}
        self.cleared.emit()
        self.ready_changed.emit(self.ready)

    def take(self, score: CorpusScore, confusions: Confusions) -> None:
        """Have a corpus scored so."""
        self.score, self.confusions = score, confusions
        self.comparison = None  # it was with the settings before
        pauses.keep(10 * len(score.utterances))  # each with its counts, labels and pairs
        self.scored.emit(score, confusions)

    # -- what the workers tell

    def _on_scored(self, request: object, value: Any) -> None:
        if request is not self._wanted:
            return
        if isinstance(value, tuple):
            self.take(*value)
        else:
            self._kept = value

    def _on_measured(self, request: object, value: Any) -> None:
        if request is not self._measured:
            return
        if isinstance(request, SweepRequest):
            self.sweeps[request.kind].append(value)
            self.point_found.emit(request.kind, value)
        else:
            self.comparison = value
            self.compared.emit(value)

    def _on_progress(self, request: object, step: str, done: float) -> None:
        if request is self._wanted:
            self.progressed.emit(step, done)
        elif request is self._measured:
            self.measuring.emit(step, done)

    def _on_finished(self, request: object) -> None:
        if request is self._wanted:
            self._wanted = None
            self.finished.emit()
        elif request is self._measured:
            self._measured = None
            self.measured.emit()

    def _on_failed(self, request: object, sentence: str) -> None:
        if request is self._wanted or request is self._measured:
            self.failed.emit(sentence)
        self._on_finished(request)
