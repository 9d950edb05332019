"""What a training run learns from: features with progress, and the utterances that can be learned from."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator

from model.checkpoint import CheckpointHeader
from model.corpus import Corpus, FeatureCache
from model.errors import UserError
from model.training_events import Phase


def prepare_features(corpus: Corpus, header: CheckpointHeader, name: str) -> Iterator[Phase | FeatureCache]:
    """Yield a `Phase` for every utterance whose features are computed, and at last the `FeatureCache`.

    Closing the iterator cancels the work.

    Raises
    ------
    UserError
        As `FeatureCache.open`.
    """
    events: queue.Queue[tuple[int, int]] = queue.Queue()
    result: list[FeatureCache | BaseException] = []
    cancelled = threading.Event()

    def report(done: int, total: int) -> bool:
        events.put((done, total))
        return not cancelled.is_set()

    def work() -> None:
        try:
            result.append(FeatureCache.open(corpus, header.features, report=report))
        except BaseException as error:  # handed to the consumer below, whatever it is
            result.append(error)

    thread = threading.Thread(target=work, name="features")
    thread.start()
    try:
        while thread.is_alive() or not events.empty():
            try:
                done, total = events.get(timeout=0.05)
            except queue.Empty:
                continue
            yield Phase(f"computing features of {name}", done, total)
    finally:
        cancelled.set()
        thread.join()
    if isinstance(result[0], BaseException):
        raise result[0]
    yield result[0]


def usable_utterances(features: FeatureCache, stride: int) -> tuple[list[int], list[str]]:
    """Find the utterances that can be learned from.

    Parameters
    ----------
    stride
        Input frames to one output frame of the network. CTC needs an output frame for each phoneme, and one for a
        blank between equal ones.

    Returns
    -------
    usable
        Indices into `features`.
    notices
        A sentence for each kind of utterance that is left out.

    Raises
    ------
    UserError
        There is none.
    """
    usable, without, short = [], 0, 0
    for index, utterance in enumerate(features.utterances):
        labels = utterance.labels or ()
        needed = len(labels) + sum(a == b for a, b in itertools.pairwise(labels))
        if not labels:
            without += 1
        elif -(-int(features.lengths[index]) // stride) < needed:
            short += 1
        else:
            usable.append(index)
    notices = []
    if features.problems:
        count, total = len(features.problems), len(features.problems) + len(features)
        notices.append(f"Left out, for they cannot be read: {count} of {total} recordings; {features.problems[0]}")
    if without:
        notices.append(f"Left out, for they have no phonemes: {without} of {len(features)} utterances.")
    if short:
        notices.append(f"Left out, for they are shorter than their phonemes: {short} of {len(features)} utterances.")
    if not usable:
        raise UserError("The training corpus has no utterance with phonemes that fit its recording.")
    return usable, notices
