"""The score of an epoch's weights: between two epochs, or in a thread while the next epoch trains.

Both ways give the same numbers, for runs whose next step depends on the score are scored in turn. A thread scores a
copy of the weights; it draws no random numbers, sets nothing that torch shares among threads, and what it finds is
taken up between two batches, where nothing depends on it but the best checkpoint. The copy is part of the run's state,
so a run killed meanwhile scores it when it is resumed.
"""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Generator
from typing import Any

import torch

from model.config import TrainingConfig
from model.dev_scoring import DevScorer
from model.distributed import world_size
from model.network import SpeechToPhoneme
from model.processors import available_processors
from model.scoring import Score
from model.training_events import Event, Phase

_PHASE = "scoring the dev corpus"
_LOOK_SECONDS = 0.05


def may_score_beside(config: TrainingConfig) -> bool:
    """Return whether a run can be scored while it goes on, and have the numbers of one scored in turn.

    Schedules and ends that look at the dev score must wait for it, and so must several processes, for they share the
    scoring.
    """
    return world_size() == 1 and config.schedule != "plateau" and not config.patience


def pays_beside(device: torch.device) -> bool:
    """Return whether scoring a run while it goes on saves time.

    It does where a GPU has the network, and the decoding wants the processor. On a processor torch gives each step all
    cores, and two steps at a time would only hinder each other; it is worth it where torch is told to leave more than
    half of them idle.
    """
    return device.type == "cuda" or 2 * torch.get_num_threads() < available_processors()


def scores_beside(config: TrainingConfig, device: torch.device, wanted: bool | None = None) -> bool:
    """Return whether to score a run while it goes on: where that may be and is wanted, or by default where it pays."""
    return may_score_beside(config) and (pays_beside(device) if wanted is None else wanted)


def copy_of(network: SpeechToPhoneme) -> SpeechToPhoneme:
    """Return a network of its own with the same weights."""
    copied = copy.deepcopy(network)
    copied.rnn.flatten_parameters()  # cuDNN warns at every batch of weights that lie scattered
    return copied


class SnapshotScorer:
    """Scores the weights that an epoch ended with.

    Parameters
    ----------
    scorer
        Knows the dev corpus.
    beside
        Whether to score in a thread, of a copy of the weights.

    Attributes
    ----------
    record
        What ``history.csv`` says of the epoch whose score is to come, without the score; None where none is to come.
    network
        The weights to score.
    """

    def __init__(self, scorer: DevScorer, *, beside: bool) -> None:
        self.scorer, self.beside = scorer, beside
        self.record: dict[str, Any] | None = None
        self.network: SpeechToPhoneme | None = None
        self._thread: _Thread | None = None

    @property
    def started(self) -> bool:
        """Whether a thread is or was at it."""
        return self._thread is not None

    @property
    def ready(self) -> bool:
        """Whether a thread has brought the score."""
        return self._thread is not None and not self._thread.is_alive()

    def take(self, record: dict[str, Any], network: SpeechToPhoneme) -> None:
        """Take the weights that an epoch ended with; they must stay as they are unless this scores beside."""
        self.record, self.network = record, copy_of(network) if self.beside else network

    def start(self) -> None:
        """Begin to score in a thread."""
        assert self.network is not None
        self._thread = _Thread(self.scorer, self.network)
        self._thread.start()

    def settle(self) -> Generator[Event, None, Score | None]:
        """Score now, or wait for the thread that does; the iterator's value is None when the run is to stop."""
        thread, control = self._thread, self.scorer.control
        if thread is None:
            assert self.network is not None
            return (yield from self.scorer.score(_PHASE, self.network))
        told: Phase | None = None
        while thread.is_alive():
            if control.stop.is_set():
                return None
            if thread.phase != told:
                told = thread.phase
                yield told
            thread.join(_LOOK_SECONDS)
        self._thread = None
        return thread.score()

    def done(self) -> None:
        """Forget what was scored."""
        self.record = self.network = None

    def close(self) -> None:
        """Give up the thread's work; what is to be scored stays known."""
        if self._thread is not None:
            self._thread.cancel.set()
            self._thread.join()
            self._thread = None

    def state(self) -> dict[str, Any] | None:
        """Return what a resumed run needs to score what is to be scored."""
        return None if self.network is None else {"record": self.record, "weights": self.network.state_dict()}

    def take_up(self, state: dict[str, Any] | None, like: SpeechToPhoneme) -> None:
        """Take what `state` gave, for a network like another."""
        if state is not None:
            self.record, self.network = dict(state["record"]), copy_of(like)
            self.network.load_state_dict(state["weights"])


class _Thread(threading.Thread):
    """Scores one network."""

    def __init__(self, scorer: DevScorer, network: SpeechToPhoneme) -> None:
        super().__init__(name="dev score", daemon=True)
        self.phase = Phase(_PHASE)
        self.cancel = threading.Event()
        self._scorer, self._network = scorer, network
        self._result: Score | BaseException | None = None
        self._stream = _stream_beside(next(network.parameters()).device)

    def score(self) -> Score | None:
        """Return what the thread has found, None where it was cancelled; raise what it failed with."""
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result

    def run(self) -> None:
        """Score; runs in the thread."""
        try:
            with torch.cuda.stream(self._stream) if self._stream is not None else contextlib.nullcontext():
                events = self._scorer.score(_PHASE, self._network, stop=self.cancel)
                while True:
                    event = next(events)
                    self.phase = event if isinstance(event, Phase) else self.phase
        except StopIteration as end:
            self._result = end.value
        except BaseException as error:  # handed to the run, whatever it is
            self._result = error


def _stream_beside(device: torch.device) -> torch.cuda.Stream | None:
    """Return a queue of work that a GPU does beside that of the training, after all that is queued now."""
    if device.type != "cuda":
        return None
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream(device))
    return stream
