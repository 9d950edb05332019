"""What a run would be like, found off the GUI thread before it starts: corpora, parameters, frames, devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.config import FeatureConfig, NetworkConfig
from model.errors import UserError
from phonegui.devices import Device, list_devices
from phonegui.shared_corpora import recall, stamp_of
from phonegui.workers import Report

if TYPE_CHECKING:
    from model.corpus import Corpus

_FLOAT_BYTES = 4
_COPIES = 4  # weights, gradients, and the two moments of Adam


@dataclass(frozen=True)
class SurveyRequest:
    """Look at these corpora (paths, empty where none is chosen) and this network."""

    train: str
    dev: str
    network: NetworkConfig


@dataclass(frozen=True)
class CorpusFacts:
    """What a corpus holds: utterances, those with phonemes, hours frames (0 when not stated), parts, choices made."""

    layout: str
    utterances: int
    labelled: int
    hours: float
    frames: int
    parts: tuple[str, ...]
    choices: tuple[str, ...] = ()

    def described(self) -> str:
        """Return the facts in a line."""
        words = [self.layout, f"{self.utterances:,} utterances"]
        if self.hours:
            words.append(f"{self.hours:.1f} h" if self.hours >= 1 else f"{60 * self.hours:.1f} min")
        if self.labelled < self.utterances:
            words.append(f"{self.utterances - self.labelled:,} without phonemes")
        return " · ".join([*words, *self.choices])


@dataclass(frozen=True)
class Survey:
    """The answer to a request.

    Attributes
    ----------
    train, dev
        What the corpora hold, or a sentence why they cannot be used; None where none is chosen.
    parameters
        Weights of the network as it fits the training corpus.
    memory
        Bytes for weights, gradients and the optimiser.
    """

    train: CorpusFacts | str | None
    dev: CorpusFacts | str | None
    parameters: int
    memory: int


class Surveying:
    """Work for a `LatestWorker`: yields the list of `Device` at the first request, and a `Survey` at each."""

    def __init__(self) -> None:
        self._devices: list[Device] | None = None
        self._opened: dict[tuple[str, str], tuple[object, Corpus]] = {}

    def __call__(self, request: SurveyRequest, report: Report) -> Iterator[list[Device] | Survey]:
        """Yield the answers."""
        corpora: list[Corpus | str | None] = [self._open(request.train, "train"), self._open(request.dev, "dev")]
        train, dev = corpora
        parameters = count_parameters(_fitted(request.network, train))
        yield Survey(_facts(train), _facts(dev), parameters, _FLOAT_BYTES * _COPIES * parameters)
        if self._devices is None:
            self._devices = list_devices()
            yield self._devices

    def _open(self, path: str, split: str) -> Corpus | str | None:
        """Return the corpus at a path, read once as long as it does not change, or why it cannot be opened."""
        from model.corpus import open_corpus

        if not path:
            return None
        stamp = stamp_of(path)
        known = self._opened.get((path, split))
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        try:
            corpus = recall(path) or open_corpus(path, split=split)
        except UserError as error:
            return str(error)
        self._opened = {(path, split): (stamp, corpus), **dict(list(self._opened.items())[:1])}
        return corpus


def count_parameters(network: NetworkConfig) -> int:
    """Return how many weights a network of these sizes has, without making them."""
    import torch

    from model.network import SpeechToPhoneme

    with torch.device("meta"):
        return sum(weight.numel() for weight in SpeechToPhoneme(network).parameters())


def _fitted(network: NetworkConfig, corpus: Corpus | str | None) -> NetworkConfig:
    if corpus is None or isinstance(corpus, str):
        return network
    recipe = corpus.recipe or FeatureConfig()
    return replace(network, features=recipe.coefficients, classes=len(corpus.table))


def _facts(corpus: Corpus | str | None) -> CorpusFacts | str | None:
    if corpus is None or isinstance(corpus, str):
        return corpus
    seconds = sum(utterance.seconds for utterance in corpus.utterances)
    step = (corpus.recipe or FeatureConfig()).step_seconds
    return CorpusFacts(
        layout=corpus.layout,
        utterances=len(corpus),
        labelled=sum(bool(utterance.labels) for utterance in corpus.utterances),
        hours=seconds / 3600,
        frames=round(seconds / step),
        parts=tuple(sorted({utterance.part for utterance in corpus.utterances if utterance.part})),
        choices=tuple(f"{choice.name} {choice.value}" for choice in corpus.choices),
    )
