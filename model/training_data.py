"""What a training run learns from: features with progress, and the utterances that can be learned from."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from model.checkpoint import CheckpointHeader
from model.corpus import Corpus, FeatureCache
from model.errors import FileError, UserError
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


class Usable(NamedTuple):
    """What of a corpus can be learned from.

    Attributes
    ----------
    indices
        The utterances, as indices into the features.
    notices
        A sentence for each kind of utterance that is left out.
    left_out
        Name and reason of each utterance that is left out.
    """

    indices: list[int]
    notices: list[str]
    left_out: list[tuple[str, str]]


def usable_utterances(features: FeatureCache, stride: int) -> Usable:
    """Find the utterances that can be learned from.

    Parameters
    ----------
    stride
        Input frames to one output frame of the network. CTC needs an output frame for each phoneme, and one for a
        blank between equal ones.

    Raises
    ------
    UserError
        There is none.
    """
    usable: list[int] = []
    left_out = [("", problem) for problem in features.problems]
    without, short = 0, 0
    lengths = features.lengths
    for index, utterance in enumerate(features.utterances):
        labels = utterance.labels or ()
        needed = len(labels) + sum(a == b for a, b in itertools.pairwise(labels))
        room = -(-int(lengths[index]) // stride)
        if not labels:
            without += 1
            left_out.append((utterance.name, "no phonemes"))
        elif room < needed:
            short += 1
            left_out.append((utterance.name, f"{needed} frames are needed for its phonemes, {room} are there"))
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
    return Usable(usable, notices, left_out)


def check_features(features: FeatureCache) -> bool:
    """Return whether the file that features are read from is still there; its contents stay readable where it is not.

    Raises
    ------
    UserError
        The file was cut short: reading beyond its end would end the program.
    """
    frames: Any = features._frames
    path = getattr(frames, "filename", None)
    if path is None:
        return True
    try:
        size = Path(path).stat().st_size
    except OSError:
        return False
    if size < frames.offset + frames.nbytes:
        raise FileError(path, "was cut short while it was read; resume the run, which computes the features anew")
    return True
