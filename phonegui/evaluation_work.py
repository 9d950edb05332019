"""What the workers of an evaluation do: posteriors of a corpus, its scores, curves, comparisons and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from model.config import DecodingConfig
from phonegui.evaluation_text import step_in_words
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.corpus import Corpus
    from model.decoding import NGramModel
    from model.kept_posteriors import KeptPosteriors
    from model.phonemes import SymbolTable
    from model.report import Findings
    from model.scored import CorpusScore
    from model.search import Search

SWEEPS = ("widths", "weights")
"""The curve over the beam width, and the map over language model weight and insertion bonus."""


@dataclass(frozen=True, eq=False)
class ScoreRequest:
    """Score a corpus; posteriors that are given spare the network."""

    corpus: Corpus
    checkpoint: str
    device: str
    settings: DecodingConfig
    language_model: str
    kept: KeptPosteriors | None = None


@dataclass(frozen=True, eq=False)
class SweepRequest:
    """Compute one of `SWEEPS`, from posteriors that are there."""

    kind: str
    kept: KeptPosteriors
    settings: DecodingConfig
    language_model: str


@dataclass(frozen=True, eq=False)
class CompareRequest:
    """Score the same corpus in another way, and set it against the score there is."""

    score: CorpusScore
    other: ScoreRequest


@dataclass(frozen=True, eq=False)
class ReportRequest:
    """Write a report into a folder."""

    findings: Findings
    folder: str


class Evaluating:
    """Does the requests above; keeps the language model, and nothing else that it is not given."""

    def __init__(self) -> None:
        self._model: tuple[tuple[str, tuple[str, ...]], NGramModel] | None = None

    def __call__(
        self, request: ScoreRequest | SweepRequest | CompareRequest | ReportRequest, report: Report
    ) -> Iterator[Any]:
        """Yield what a request gives: see the methods."""
        match request:
            case ScoreRequest():
                yield from self._score(request, report)
            case SweepRequest():
                yield from self._sweep(request, report)
            case CompareRequest():
                yield self._compare(request, report)
            case ReportRequest():
                from model.report_page import write_report

                report("writing the report", 0.0)
                yield write_report(request.folder, request.findings)[0]

    def _score(self, request: ScoreRequest, report: Report) -> Iterator[Any]:
        """Yield the `KeptPosteriors`, then the `CorpusScore` and its `Confusions`."""
        from model.confusion import Confusions
        from model.evaluation import score

        kept = request.kept or self._posteriors(request, report)
        yield kept
        search = self._search(request.settings, request.language_model, kept.table, report)
        found = score(kept, search, report=_counted(report))
        confusions = Confusions(found)
        # Computed here and kept by them, so that the window only looks them up.
        _ = found.evaluation, found.by_speaker, found.by_length, confusions.errors, confusions.phonemes
        yield found, confusions

    def _posteriors(self, request: ScoreRequest, report: Report) -> KeptPosteriors:
        report("loading the engine", 0.0)
        import torch

        from model.inference import choose_device
        from model.kept_posteriors import KeptPosteriors
        from model.processors import available_processors
        from model.recognizer import Recognizer

        torch.set_num_threads(max(1, available_processors() - 1))  # one core is the GUI thread's
        recognizer = Recognizer(request.checkpoint, device=choose_device(request.device))
        return KeptPosteriors.open(recognizer, request.corpus, report=_counted(report))

    def _sweep(self, request: SweepRequest, report: Report) -> Iterator[Any]:
        """Yield each `SweepPoint`."""
        from model.sweeps import beam_curve, weight_map

        settings, table = request.settings, request.kept.table
        if request.kind == "widths":
            search = self._search(settings, request.language_model, table, report)
            yield from beam_curve(request.kept, search, report=_counted(report))
            return
        # Greedy decoding has no language model: the map is made with the default width then.
        width = settings.beam_width or DecodingConfig().beam_width
        settings = replace(settings, beam_width=width, alpha=settings.alpha or 1.0)
        search = self._search(settings, request.language_model, table, report)
        yield from weight_map(request.kept, search, report=_counted(report))

    def _compare(self, request: CompareRequest, report: Report) -> Any:
        """Return the `Comparison`."""
        from model.comparison import compare

        *_, (other, _) = self._score(request.other, report)
        found = compare(request.score, other)
        _ = found.test, found.levenshtein_test, other.evaluation
        return found

    def _search(self, settings: DecodingConfig, path: str, table: SymbolTable, report: Report) -> Search:
        from model.search import Search, read_language_model

        settings = replace(settings, n_best=1)
        if not settings.alpha or not settings.beam_width:
            return Search(replace(settings, alpha=0.0))
        key = (path, table.symbols)
        if self._model is None or self._model[0] != key:
            report("reading the language model", 0.0)
            self._model = (key, read_language_model(path, table))
        return Search(settings, self._model[1])


def _counted(report: Report) -> Any:
    """Return a report of the engine's form: done so many of all."""
    return lambda name, done, total: report(step_in_words(name, done, total), done / max(1, total))
