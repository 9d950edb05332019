"""What the submission's worker does: transcribe a test corpus, complete and checked, and write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model.config import DecodingConfig
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.corpus.base import Corpus
    from model.submission_files import Submission


@dataclass(frozen=True, eq=False)
class PredictRequest:
    """Transcribe a corpus for a submission; `sample` is the course's csv, empty without one."""

    corpus: Corpus
    sample: str
    checkpoint: str
    device: str
    settings: DecodingConfig
    language_model: str


@dataclass(frozen=True, eq=False)
class WriteRequest:
    """Write a submission."""

    path: str
    submission: Submission


def submission_work(request: PredictRequest | WriteRequest, report: Report) -> Iterator[Submission | str]:
    """Yield the submission, or the path it was written to."""
    from model.submission import predict
    from model.submission_files import write

    if isinstance(request, WriteRequest):
        report("writing", 0.0)
        write(request.path, request.submission)
        yield request.path
        return
    from model.inference import choose_device
    from model.recognizer import Recognizer
    from model.search import Search, read_language_model

    report("loading the checkpoint", 0.0)
    recognizer = Recognizer(request.checkpoint, device=choose_device(request.device))
    fused = request.settings.alpha > 0 and request.settings.beam_width > 0
    model = read_language_model(request.language_model, recognizer.header.table) if fused else None
    yield predict(
        recognizer,
        request.corpus,
        Search(request.settings, model),
        sample=request.sample or None,
        language_model=Path(request.language_model).name if fused else "",
        report=lambda step, done, total: report(step, done / max(1, total)),
    )
