"""What the session asks its workers and what they answer; and the first one's work, from a path to posteriors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
    from model.decoding import Hypothesis
    from model.recognizer import Heard, Recognizer
    from model.transcript import TimedPhoneme, Transcript
    from phonegui.editing import Tier


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
    asked
        What was said in the recording, as the request had it.
    placed
        The same, where its symbols are those of the table, with times and as a tier: its own, or those that the network
        gives it. None where it has no place.
    reference
        Its phonemes at these times, with the network's confidence where the times are the network's.
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
    asked: Reference | None
    placed: Reference | None
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
