"""What torch offers to run the network faster on a CPU, measured: ``python -m tests.benchmarks.kernels [CORPUS]``.

Each way of computing hears the same utterances (default: the bundled samples) in the same batches, in
turns, so that a busy machine slows all alike. Printed are frames a second (the best of several rounds), the ratio to
torch's usual way (float32, packed sequences) and to ours, the largest difference of a posterior from ours, and the
phone error rate, greedily decoded. What this machine or this torch cannot do is left out with a word on why.
``--checkpoint`` takes another network, ``--part`` and ``--utterances`` a part of the corpus.
"""

from __future__ import annotations

import argparse
import copy
import io
import logging
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from model import network as ours
from model.batching import pad
from model.corpus import Corpus, FeatureCache, open_corpus
from model.decoding import greedy
from model.inference import batches
from model.metrics import ErrorCounts, error_counts
from model.network import SpeechToPhoneme
from model.recognizer import Recognizer
from phonegui.resources import default_checkpoint, resource_path
from tests.benchmarks.network import packed_lstm

Run = Callable[[Tensor, Tensor], Tensor]
"""Takes padded frames (B, T, C) and lengths (B,), gives log-posteriors (B, T', classes)."""

ROUNDS = 3
USUAL, OURS = "float32, packed sequences (torch's usual way)", "float32, one direction at a time (ours)"


def usual(network: SpeechToPhoneme) -> Run:
    """Return the way of packed sequences."""

    def run(frames: Tensor, lengths: Tensor) -> Tensor:
        with patch.object(ours, "_cpu_lstm", packed_lstm):
            return network(frames, lengths)[0]

    return run


def plain(network: SpeechToPhoneme) -> Run:
    """Return our way."""
    return lambda frames, lengths: network(frames, lengths)[0]


def bfloat16(network: SpeechToPhoneme) -> Run:
    """Return our way in bfloat16."""

    def run(frames: Tensor, lengths: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return network(frames, lengths)[0].float()

    return run


def eight_bit(network: SpeechToPhoneme) -> Run:
    """Return packed sequences with the weights of LSTMs and linear layers in 8 bits, quantised as they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it will move to another package
        small = torch.ao.quantization.quantize_dynamic(copy.deepcopy(network), {nn.LSTM, nn.Linear}, torch.qint8)

    def recur(x: Tensor, lengths: Tensor) -> Tensor:
        return packed_lstm(small.rnn, x, lengths)

    small._recur = recur  # type: ignore[assignment]
    small.linear = _Weighed(small.linear, network.linear.weight)  # type: ignore[assignment]
    return plain(small)


class _Weighed(nn.Module):
    """A quantised layer that shows a weight as others do, so that the network can tell its size."""

    def __init__(self, layer: nn.Module, weight: Tensor) -> None:
        super().__init__()
        self.layer, self.weight = layer, weight

    def forward(self, x: Tensor) -> Tensor:
        """Return what the layer makes of it."""
        result: Tensor = self.layer(x)
        return result


def compiled(network: SpeechToPhoneme) -> Run:
    """Return our way through torch.compile."""
    made = torch.compile(network, dynamic=True)
    return lambda frames, lengths: made(frames, lengths)[0]


def exported(network: SpeechToPhoneme) -> Run:
    """Return our way through torch.export, for batches of any size."""
    frames = torch.randn(3, 120, network.config.features)
    batch, time_steps = torch.export.Dim("batch", min=2), torch.export.Dim("frames", min=2)
    shapes = ({0: batch, 1: time_steps}, {0: batch})
    program = torch.export.export(network, (frames, torch.tensor([120, 100, 90])), dynamic_shapes=shapes)
    module = program.module()
    return lambda frames, lengths: module(frames, lengths)[0]


WAYS: dict[str, Callable[[SpeechToPhoneme], Run]] = {
    USUAL: usual,
    OURS: plain,
    "bfloat16, ours": bfloat16,
    "8-bit dynamic quantisation, packed sequences": eight_bit,
    "torch.compile, ours": compiled,
    "torch.export, ours": exported,
}


class Bench:
    """Utterances in batches, and what a way of computing makes of them."""

    def __init__(self, recognizer: Recognizer, corpus: Corpus) -> None:
        self.recognizer, self.utterances = recognizer, corpus.utterances
        cache = FeatureCache.open(corpus, recognizer.header.features)
        self.utterances = cache.utterances
        self.indices = batches(recognizer.network, cache.lengths)
        self.inputs = [pad([np.asarray(cache[i]) for i in batch]) for batch in self.indices]
        self.frames = int(cache.lengths.sum())

    def hear(self, run: Run) -> list[npt.NDArray[np.float32]]:
        """Return the log-posteriors of each batch."""
        with torch.inference_mode():
            return [run(*item).numpy() for item in self.inputs]

    def rate(self, outputs: list[npt.NDArray[np.float32]]) -> float:
        """Return the phone error rate."""
        table, total = self.recognizer.header.table, ErrorCounts()
        for indices, (_, lengths), output in zip(self.indices, self.inputs, outputs, strict=True):
            for index, frames, rows in zip(indices, self._short(lengths), output, strict=True):
                heard = greedy(np.ascontiguousarray(rows[:frames]), blank=0).labels.tolist()
                total += error_counts(self.utterances[index].labels or (), heard, ignore=table.silent())
        return total.rate

    def apart(self, some: list[npt.NDArray[np.float32]], others: list[npt.NDArray[np.float32]]) -> float:
        """Return the largest difference of a posterior."""
        most = 0.0
        for (_, lengths), one, other in zip(self.inputs, some, others, strict=True):
            for frames, first, second in zip(self._short(lengths), one, other, strict=True):
                most = max(most, float(np.abs(np.exp(first[:frames]) - np.exp(second[:frames])).max()))
        return most

    def _short(self, lengths: Tensor) -> list[int]:
        return [int(length) for length in self.recognizer.network.output_lengths(lengths)]


def ready(bench: Bench) -> dict[str, tuple[Run, list[npt.NDArray[np.float32]]]]:
    """Return every way that works here, and what it hears; say of the others why they do not."""
    found = {}
    logging.getLogger("torch").setLevel(logging.CRITICAL)  # what cannot be compiled is told below, in a line
    for name, make in WAYS.items():
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                run = make(bench.recognizer.network)
                found[name] = (run, bench.hear(run))
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            print(f"left out: {name}: {type(error).__name__}: {(lines or [''])[0][:160]}")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.kernels")
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--part")
    parser.add_argument("--checkpoint", default=str(default_checkpoint()))
    parser.add_argument("--utterances", type=int, default=120, help="evenly spread (default: 120)")
    options = parser.parse_args()
    corpus = open_corpus(options.corpus or resource_path("samples/samples.tsv"))
    corpus = corpus.known_part(options.part) if options.part else corpus
    corpus = replace(corpus, utterances=corpus.utterances[:: max(1, len(corpus) // options.utterances)])
    bench = Bench(Recognizer(options.checkpoint), corpus)
    print(f"{torch.get_num_threads()} threads, {len(bench.utterances)} utterances, {bench.frames:,} frames")
    ways = ready(bench)
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, (run, _) in ways.items():
            began = time.perf_counter()
            bench.hear(run)
            best[name] = min(best[name], time.perf_counter() - began)
    print(f"{'way':<48}{'frames/s':>10}{'usual':>8}{'ours':>8}{'apart':>9}{'errors':>9}")
    for name, (_, outputs) in ways.items():
        ratios = "".join(f"{best[other] / best[name]:8.2f}" for other in (USUAL, OURS))
        numbers = f"{bench.frames / best[name]:10,.0f}{ratios}{bench.apart(outputs, ways[OURS][1]):9.4f}"
        print(f"{name:<48}{numbers}{100 * bench.rate(outputs):8.2f}%")


if __name__ == "__main__":
    main()
