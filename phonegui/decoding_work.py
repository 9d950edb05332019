"""What the session's second worker does: from posteriors to a transcript, and a reference beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from model import timed_edits
from model.errors import UserError
from model.phonemes import SymbolTable
from phonegui.phoneme_columns import columns_of
from phonegui.pipeline import Decoded, DecodeRequest, Document, Reference, WarmUp
from phonegui.reference_files import with_tier
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.decoding import NGramModel
    from model.search import Search
    from model.transcript import TimedPhoneme

LONG_FRAMES = 100_000
"""More frames than this take the decoder long enough to tell how far it is."""

_Placed = tuple["tuple[TimedPhoneme, ...] | None", Reference | None]


class Decoding:
    """The road from posteriors to a transcript.

    Keeps the language model, the reference's times, and what was found last: another reference changes nothing of it.
    """

    def __init__(self) -> None:
        self._model: tuple[tuple[str, tuple[str, ...]], NGramModel | None, str] | None = None
        self._timed: tuple[Document, Reference, _Placed] | None = None
        self._found: tuple[Document, Search, dict[str, Any]] | None = None

    def __call__(self, request: DecodeRequest | WarmUp, report: Report) -> Iterator[Decoded]:
        """Yield the `Decoded`; nothing when warming up."""
        if isinstance(request, WarmUp):
            from model.decoding import warm_up

            report("preparing the decoder", 0.0)
            warm_up()
            return
        yield self._decode(request, report)

    def _decode(self, request: DecodeRequest, report: Report) -> Decoded:
        from dataclasses import replace

        from model.metrics import error_counts
        from model.search import Search

        table = request.document.recognizer.header.table
        model, warning = self._language_model(request, table, report) if request.settings.alpha else (None, "")
        search = Search(request.settings if model else replace(request.settings, alpha=0.0), model)
        if self._found is None or self._found[0] is not request.document or self._found[1] != search:
            self._found = (request.document, search, _searched(request.document, search, report))
        found = self._found[2]
        fits = request.reference is not None and request.reference.table.symbols == table.symbols
        reference = request.reference if fits else None
        rate = None
        if reference is not None and reference.labels:
            rate = error_counts(reference.labels, found["transcript"].labels, ignore=table.silent()).rate
        phonemes, placed = self._placed(request.document, reference)
        if phonemes is not None:
            timed_edits.warm_up()  # the window sets the two against each other
        for prepared in (found["transcript"].phonemes, phonemes or ()):
            columns_of(prepared)  # the window's thread finds them made
        return Decoded(
            settings=search.settings,
            table=table,
            asked=request.reference,
            placed=placed,
            reference=phonemes,
            error_rate=rate,
            warning=warning,
            **found,
        )

    def _language_model(
        self, request: DecodeRequest, table: SymbolTable, report: Report
    ) -> tuple[NGramModel | None, str]:
        """Return the model, or None and why there is none; read once for a path and a table."""
        key = (request.language_model, table.symbols)
        if self._model is None or self._model[0] != key:
            from model.search import read_language_model

            report("reading the language model", 0.0)
            try:
                self._model = (key, read_language_model(request.language_model, table), "")
            except UserError as error:
                self._model = (key, None, f"The language model is left out. {error}")
        return self._model[1:]

    def _placed(self, document: Document, reference: Reference | None) -> _Placed:
        """Return a reference's phonemes at their times, and it with them as a tier.

        What the network places is placed once for a recording, not at every step of a slider.
        """
        if reference is None:
            return None, None
        if reference.phonemes is not None and reference.tier is not None:
            return reference.phonemes, reference
        if self._timed is None or self._timed[0] is not document or self._timed[1] != reference:
            self._timed = (document, reference, _place(document, reference))
        return self._timed[2]


def _place(document: Document, reference: Reference) -> _Placed:
    from model.transcript import align_reference

    heard, phonemes = document.heard, reference.phonemes
    if phonemes is None:
        step, seconds = heard.step_seconds, heard.seconds
        try:
            phonemes = align_reference(
                heard.log_probs, reference.labels, reference.table, step_seconds=step, seconds=seconds
            )
        except UserError:  # more phonemes than frames: the rate still says how far apart the two are
            return None, None
    return phonemes, with_tier(phonemes, document.recognizer.header.table, heard.seconds)


def _searched(document: Document, search: Search, report: Report) -> dict[str, Any]:
    """Return those fields of `Decoded` that do not depend on a reference."""
    from model.metrics import describe_edits

    table = document.recognizer.header.table
    began = time.perf_counter()
    log_probs = document.heard.log_probs
    long = len(log_probs) > LONG_FRAMES
    hypotheses = search(log_probs, progress=partial(report, "decoding") if long else None)
    milliseconds = 1000 * (time.perf_counter() - began)
    others = [describe_edits(hypotheses[0].labels, other.labels, table) for other in hypotheses[1:]]
    return {
        "hypotheses": hypotheses,
        "differences": ["the transcript", *others],
        "transcript": document.recognizer.transcript(document.heard, hypotheses[0]),
        "milliseconds": milliseconds,
    }
