"""What the corpus's workers do: open one, and transcribe all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.config import DecodingConfig
from model.errors import Cancelled, UserError
from phonegui.feature_files import read_features
from phonegui.panels.corpus_table import HeardUtterance
from phonegui.shared_corpora import remember, stamp_of
from phonegui.sources import Source, source_of
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.corpus.base import Corpus
    from model.phonemes import SymbolTable
    from model.recognizer import Recognizer
    from model.search import Search

# Small blocks: the full network takes two seconds for one on two cores, and the end of the program waits for it.
_BLOCK = 16
_BLOCK_FRAMES = 5000


@dataclass(frozen=True)
class OpenRequest:
    """Open the corpus at a path, with ways of reading it chosen by name."""

    path: str
    choose: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TranscribeRequest:
    """Transcribe utterances of a corpus, given by their places, in this order."""

    corpus: Corpus
    places: list[int]
    checkpoint: str
    device: str
    settings: DecodingConfig
    language_model: str


@dataclass(frozen=True, eq=False)
class OpenedCorpus:
    """A corpus, and where in it an utterance is, by its name and by the `Source.key` of its file."""

    corpus: Corpus
    by_name: dict[str, int]
    by_key: dict[str, int]


def open_work(request: OpenRequest, report: Report) -> Iterator[OpenedCorpus]:
    """Yield the corpus."""
    report("opening the corpus", 0.0)
    from model.corpus.detection import open_corpus

    stamp = stamp_of(request.path)
    corpus = open_corpus(
        request.path,
        choose=request.choose or None,
        report=lambda done, total: report("opening the corpus", done / max(1, total)),
    )
    if not request.choose:
        remember(request.path, stamp, corpus)
    by_name, by_key = {}, {}
    for place, utterance in enumerate(corpus.utterances):
        by_name[utterance.name] = place
        by_key.setdefault(source_of(corpus, utterance).key, place)
    yield OpenedCorpus(corpus, by_name, by_key)


class Transcribing:
    """Hears utterances in blocks of a few, and tells of each block."""

    def __init__(self) -> None:
        self._loaded: tuple[str, str, Recognizer] | None = None

    def __call__(self, request: TranscribeRequest, report: Report) -> Iterator[list[HeardUtterance]]:
        """Yield what was heard, some utterances at a time."""
        report("transcribing", 0.0)
        from model.corpus.fit import require_fit

        recognizer = self._recognizer(request)
        require_fit(recognizer.header, request.corpus)
        search = _search(request, recognizer.header.table)
        total = max(1, len(request.places))
        done, frames = 0, 0
        block: list[tuple[int, Any]] = []
        for number, place in enumerate(request.places, 1):
            item = _features(source_of(request.corpus, request.corpus.utterances[place]), recognizer)
            block.append((place, item))
            frames += 0 if isinstance(item, str) else len(item)
            if len(block) == _BLOCK or frames > _BLOCK_FRAMES or number == len(request.places):
                going_on = partial(report, "transcribing", done / total)
                yield _hear(request.corpus, block, recognizer, search, going_on)
                done, block, frames = number, [], 0
            if not report("transcribing", done / total):
                raise Cancelled

    def _recognizer(self, request: TranscribeRequest) -> Recognizer:
        from model.inference import choose_device
        from model.recognizer import Recognizer

        if self._loaded is None or self._loaded[:2] != (request.checkpoint, request.device):
            recognizer = Recognizer(request.checkpoint, device=choose_device(request.device))
            self._loaded = (request.checkpoint, request.device, recognizer)
        return self._loaded[2]


def _features(source: Source, recognizer: Recognizer) -> npt.NDArray[np.float32] | str:
    """Return the frames of an utterance as the network reads them, or why there are none."""
    try:
        if source.is_recording:
            return recognizer.features(recognizer.read(source.path))
        return read_features(source, recognizer.header)[0]
    except UserError as error:
        return str(error)


def _search(request: TranscribeRequest, table: SymbolTable) -> Search:
    """Return the search; a language model that cannot be used is left out, as it is for a single recording."""
    from dataclasses import replace

    from model.search import Search, read_language_model

    plain = replace(request.settings, alpha=0.0)
    if not request.settings.alpha:
        return Search(plain)
    try:
        return Search(request.settings, read_language_model(request.language_model, table))
    except UserError:
        return Search(plain)


def _hear(
    corpus: Corpus,
    block: list[tuple[int, Any]],
    recognizer: Recognizer,
    search: Search,
    going_on: Callable[[], bool],
) -> list[HeardUtterance]:
    from model.inference import batch_posteriors

    readable = [(place, item) for place, item in block if not isinstance(item, str)]
    items = [item for _, item in readable]
    log_probs = batch_posteriors(recognizer.network, items, progress=lambda _part: going_on())
    step = recognizer.header.features.step_seconds
    found = [HeardUtterance(place, "", None, 0.0, item) for place, item in block if isinstance(item, str)]
    for (place, item), hypotheses in zip(readable, search.batch(log_probs), strict=True):
        labels = hypotheses[0].labels.tolist()
        found.append(heard_utterance(corpus, place, labels, recognizer.header.table, len(item) * step))
    return found


def heard_utterance(
    corpus: Corpus, place: int, labels: Sequence[int], table: SymbolTable, seconds: float
) -> HeardUtterance:
    """Return an utterance's row for labels heard in it."""
    from model.metrics import edit_distance

    reference = corpus.utterances[place].labels
    known = reference and corpus.table.symbols == table.symbols
    distance = edit_distance(reference or (), labels) if known else None
    return HeardUtterance(place, " ".join(table.decode(labels)), distance, seconds)


def corpus_name(path: str | Path) -> str:
    """Return what a corpus is called in menus and titles: its file or folder, the latter with its parent."""
    path = Path(path)
    return f"{path.parent.name}/{path.name}" if path.is_dir() and path.parent.name else path.name
