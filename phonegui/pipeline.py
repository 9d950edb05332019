"""What the session's workers do: from a path to posteriors, and from posteriors to a transcript."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from model.config import DecodingConfig
from model.errors import Cancelled, UserError
from model.features import require_known
from model.phonemes import SymbolTable
from phonegui import pauses
from phonegui.long_hearing import LONG_SECONDS, hear_outwards
from phonegui.sources import Source
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.audio import Audio
    from model.decoding import Hypothesis, NGramModel
    from model.recognizer import Heard, Recognizer
    from model.search import Search
    from model.transcript import TimedPhoneme, Transcript
    from phonegui.editing import Tier

LONG_FRAMES = 100_000
"""More frames than this take the decoder long enough to tell how far it is."""


@dataclass(frozen=True, eq=False)
class HearRequest:
    """Hear a source with a checkpoint; `audio` spares reading it again.

    A long recording is heard from the second on that `looked_at` returns when the network begins.
    """

    source: Source
    checkpoint: str
    device: str
    audio: Audio | None = None
    looked_at: Callable[[], float] = float

    @property
    def path(self) -> str:
        """Key of the source: the path of a file."""
        return self.source.key


@dataclass(frozen=True, eq=False)
class LoadRequest:
    """Make a checkpoint ready while nothing is open."""

    checkpoint: str
    device: str


@dataclass(frozen=True, eq=False)
class Document:
    """A source and what a checkpoint heard in it; all of one piece, so that results never mix two networks.

    Attributes
    ----------
    warning
        A sentence when something is amiss with the source, though it opens; else empty.
    reference
        What a file beside the recording says was said, None without one.
    """

    source: Source
    recognizer: Recognizer
    heard: Heard
    warning: str = ""
    reference: Reference | None = None

    @property
    def path(self) -> str:
        """Key of the source: the path of a file."""
        return self.source.key


@dataclass(frozen=True, eq=False)
class Features:
    """Feature frames (T, coefficients) of the recording being opened."""

    frames: np.ndarray
    hop_seconds: float


@dataclass(frozen=True)
class Reference:
    """What was said in a recording.

    Attributes
    ----------
    table, labels
        Class indices of a table.
    phonemes
        The same with times, where those are known; without, the network places them.
    tier
        Where the times come from, with what is no phoneme of the table.
    """

    table: SymbolTable
    labels: tuple[int, ...]
    phonemes: tuple[TimedPhoneme, ...] | None = None
    tier: Tier | None = None


@dataclass(frozen=True, eq=False)
class DecodeRequest:
    """Decode what was heard; the language model at a path is used where its weight is not 0."""

    document: Document
    settings: DecodingConfig
    language_model: str
    reference: Reference | None


@dataclass(frozen=True)
class WarmUp:
    """Load the decoder's compiled kernels, or compile them at the first start on a machine."""


@dataclass(frozen=True)
class Decoded:
    """The outcome of a decoding.

    Attributes
    ----------
    settings
        What it was made with.
    table
        Symbols of its labels.
    hypotheses
        Best first.
    differences
        For each hypothesis, how it differs from the first, in words.
    transcript
        The best with times.
    reference
        The reference's phonemes at the times the network would give them, None without a reference.
    error_rate
        Phone error rate of the best against the reference, None without one.
    milliseconds
        Time the search took.
    warning
        A sentence when the language model could not be used, else empty.
    """

    settings: DecodingConfig
    table: SymbolTable
    hypotheses: list[Hypothesis]
    differences: list[str]
    transcript: Transcript
    reference: tuple[TimedPhoneme, ...] | None
    error_rate: float | None
    milliseconds: float
    warning: str


class Hearing:
    """The road from a source to posteriors; keeps the loaded checkpoint."""

    def __init__(self) -> None:
        self._loaded: tuple[str, str, Recognizer] | None = None

    def __call__(self, request: HearRequest | LoadRequest, report: Report) -> Iterator[Any]:
        """Yield `Audio` unless it is known, `Features`, of a long recording `PartialHeard`, at last the `Document`.

        Of a `LoadRequest`, yield the `Recognizer`.
        """
        recognizer = self._recognizer(request, report)
        if isinstance(request, LoadRequest):
            yield recognizer
            return
        from phonegui.feature_files import doubt_about, read_features
        from phonegui.reference_files import known_beside

        recipe, source = recognizer.header.features, request.source
        audio, warning = request.audio, ""
        if not source.is_recording:
            report("reading", 0.0)
            features, warning = read_features(source, recognizer.header)
            audio = recognizer.no_sound()
            yield audio
        else:
            require_known(recipe)
            if audio is None or audio.sample_rate != recipe.sample_rate:
                audio = recognizer.read(source.path, progress=report)
                yield audio
            features = recognizer.features(audio, progress=report)
        yield Features(features, recipe.step_seconds)
        if len(features) * recipe.step_seconds > LONG_SECONDS:
            log_probs = yield from hear_outwards(recognizer, features, request.looked_at(), report)
        else:
            log_probs = recognizer.posteriors(features, progress=report)
        heard = recognizer.heard(audio, features, log_probs)
        reference = None
        if source.is_recording:
            reference, problem = known_beside(source.path, recognizer.header.table, heard.seconds)
            warning = " ".join(filter(None, (doubt_about(audio, source.title), problem)))
        yield Document(source, recognizer, heard, warning, reference)

    def _recognizer(self, request: HearRequest | LoadRequest, report: Report) -> Recognizer:
        report("loading the engine", 0.0)
        pauses.load_libraries("torch")
        pauses.load_libraries("llvmlite")
        import torch

        from model.inference import choose_device
        from model.processors import available_processors
        from model.recognizer import Recognizer

        # One core is the GUI thread's.
        torch.set_num_threads(max(1, available_processors() - 1))
        if self._loaded is None or self._loaded[:2] != (request.checkpoint, request.device):
            if not report("loading the checkpoint", 0.0):
                raise Cancelled
            if not request.checkpoint:
                raise UserError("There is no checkpoint to hear with; choose one with File > Open checkpoint.")
            recognizer = Recognizer(request.checkpoint, device=choose_device(request.device))
            self._loaded = (request.checkpoint, request.device, recognizer)
        return self._loaded[2]


class Decoding:
    """The road from posteriors to a transcript.

    Keeps the language model, the reference's times, and what was found last: another reference changes nothing of it.
    """

    def __init__(self) -> None:
        self._model: tuple[tuple[str, tuple[str, ...]], NGramModel | None, str] | None = None
        self._timed: tuple[Document, Reference, tuple[TimedPhoneme, ...] | None] | None = None
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
        return Decoded(
            settings=search.settings,
            table=table,
            reference=self._reference(request.document, reference),
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

    def _reference(self, document: Document, reference: Reference | None) -> tuple[TimedPhoneme, ...] | None:
        """Return the reference's phonemes at their times; found once for a recording, not at every step of a slider."""
        from model.transcript import align_reference

        if reference is None or reference.phonemes is not None:
            return None if reference is None else reference.phonemes
        if self._timed is None or self._timed[0] is not document or self._timed[1] != reference:
            heard = document.heard
            try:
                timed = align_reference(
                    heard.log_probs,
                    reference.labels,
                    reference.table,
                    step_seconds=heard.step_seconds,
                    seconds=heard.seconds,
                )
            except UserError:
                timed = None  # more phonemes than frames: the rate still says how far apart the two are
            self._timed = (document, reference, timed)
        return self._timed[2]


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
