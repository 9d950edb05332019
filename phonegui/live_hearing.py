"""Hears a recording while it is made: the newest seconds anew each time, the ones before as they were heard."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.config import DecodingConfig
from phonegui.pipeline import Decoded
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.recognizer import Heard, Recognizer

Floats = npt.NDArray[np.float32]

_HEARD_AGAIN_SECONDS = 8.0
_CONTEXT_SECONDS = 4.0  # before what is heard again: longer than the recurrent layers remember


@dataclass(frozen=True, eq=False)
class LiveRequest:
    """Hear what was recorded up to now.

    Attributes
    ----------
    pieces
        The samples so far, a list that grows; one list is one recording.
    rate
        Their rate in Hz.
    checkpoint, device
        What listens, and where.
    decoding
        How to decode.
    """

    pieces: list[Floats]
    rate: int
    checkpoint: str
    device: str
    decoding: DecodingConfig


@dataclass(frozen=True, eq=False)
class LiveResult:
    """What was heard up to now, and how it was decoded."""

    heard: Heard
    decoded: Decoded


class LiveHearing:
    """From samples that keep coming to a transcript that grows; keeps the checkpoint and the recording's past."""

    def __init__(self) -> None:
        self._loaded: tuple[tuple[str, str], Recognizer] | None = None
        self._past: _Past | None = None

    def __call__(self, request: LiveRequest, report: Report) -> Iterator[LiveResult]:
        """Yield the `LiveResult`; nothing while there is too little to hear."""
        recognizer = self._recognizer(request, report)
        if self._past is None or self._past.pieces is not request.pieces or self._past.recognizer is not recognizer:
            self._past = _Past(request.pieces, request.rate, recognizer)
        heard = self._past.hear()
        if heard is None:
            return
        yield LiveResult(heard, _decoded(recognizer, heard, replace(request.decoding, alpha=0.0)))

    def _recognizer(self, request: LiveRequest, report: Report) -> Recognizer:
        report("loading the engine", 0.0)
        from model.inference import choose_device
        from model.recognizer import Recognizer

        key = (request.checkpoint, request.device)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = (key, Recognizer(request.checkpoint, device=choose_device(request.device)))
        return self._loaded[1]


def _decoded(recognizer: Recognizer, heard: Heard, settings: DecodingConfig) -> Decoded:
    from model.metrics import describe_edits
    from model.search import Search

    began = time.perf_counter()
    hypotheses = Search(settings)(heard.log_probs)
    milliseconds = 1000 * (time.perf_counter() - began)
    best = hypotheses[0].labels
    others = [describe_edits(best, other.labels, heard.table) for other in hypotheses[1:]]
    return Decoded(
        settings=settings,
        table=heard.table,
        hypotheses=hypotheses,
        differences=["the transcript", *others],
        transcript=recognizer.transcript(heard, hypotheses[0]),
        asked=None,
        placed=None,
        reference=None,
        error_rate=None,
        milliseconds=milliseconds,
        warning="",
    )


class _Past:
    """A recording as far as it was heard."""

    def __init__(self, pieces: list[Floats], rate: int, recognizer: Recognizer) -> None:
        import soxr

        self.pieces, self.recognizer = pieces, recognizer
        recipe = recognizer.header.features
        self._recipe = recipe
        self._used = 0
        self._resampler: Any = None
        if rate != recipe.sample_rate:
            self._resampler = soxr.ResampleStream(rate, recipe.sample_rate, 1, dtype="float32", quality="HQ")
        self._source_rate = rate
        self._samples = Growing()
        self._frames = Growing()
        self._log_probs: Floats | None = None

    def hear(self) -> Heard | None:
        """Return what was heard, the newest samples included; None while there is not a frame."""
        from model.audio import Audio

        self._take_samples()
        samples = self._samples.values
        if len(samples) < 2 * self._recipe.fft_size:
            return None
        self._measure(samples)
        features = self._normalized()
        self._log_probs = self._listen(features)
        audio = Audio(samples, self._recipe.sample_rate, self._source_rate, 1)
        return self.recognizer.heard(audio, features, self._log_probs)

    def _take_samples(self) -> None:
        new = self.pieces[self._used :]
        self._used += len(new)
        for piece in new:
            self._samples.add(piece if self._resampler is None else self._resampler.resample_chunk(piece))

    def _measure(self, samples: Floats) -> None:
        """Compute the features of frames whose window lies in the samples and was not there before."""
        from model.features import mfcc

        hop = self._recipe.hop_samples
        margin = -(-self._recipe.fft_size // (2 * hop))
        done = len(self._frames.values)
        first = max(0, done - margin)
        frames = mfcc(samples[first * hop :], self._recipe)
        # At the end of what there is the window holds silence that is none; at the beginning of the piece too.
        last = len(frames) - margin
        self._frames.add(frames[done - first : max(last, done - first)])

    def _normalized(self) -> Floats:
        from model.features import normalize

        frames = self._frames.values
        return normalize(frames) if self._recipe.normalize == "utterance" else frames

    def _listen(self, features: Floats) -> Floats:
        """Return all log-posteriors: the last seconds heard anew, for later sounds tell more about them."""
        stride = self.recognizer.header.network.time_stride
        kept = 0 if self._log_probs is None else len(self._log_probs)
        again = round(_HEARD_AGAIN_SECONDS / self.recognizer.step_seconds)
        context = round(_CONTEXT_SECONDS / self.recognizer.step_seconds)
        keep = max(0, min(kept, len(features) // stride - again))
        begin = max(0, keep - context)
        new = self.recognizer.posteriors(features[begin * stride :])[keep - begin :]
        return new if self._log_probs is None or not keep else np.concatenate([self._log_probs[:keep], new])


class Growing:
    """Rows that are added to in constant time each."""

    def __init__(self) -> None:
        self._rows: Floats = np.zeros((0,), np.float32)
        self._count = 0

    @property
    def values(self) -> Floats:
        """All rows, shape (n, ...); later additions do not change them."""
        return self._rows[: self._count]

    def add(self, rows: Floats) -> None:
        """Add rows (m, ...)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            larger = np.zeros((max(needed, 2 * len(self._rows)), *rows.shape[1:]), np.float32)
            larger[: self._count] = self._rows[: self._count] if self._count else larger[:0]
            self._rows = larger
        self._rows[self._count : needed] = rows
        self._count = needed
