"""Speed of the network on this CPU: our LSTM road against torch's packed sequences, in one run.

``python -m tests.benchmarks.network`` prints frames a second and the ratio, of training steps and of inference.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest.mock import patch

import torch
from torch import Tensor, nn

from model import network as ours
from model.config import COMPACT_NETWORK, NetworkConfig
from model.network import SpeechToPhoneme

FRAMES, UTTERANCES, REPEATS = 400, 24, 3


def packed_lstm(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Run the LSTM the usual way."""
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(rnn(packed)[0], total_length=x.shape[0])[0]


def rate(work: Callable[[], object]) -> float:
    """Return input frames a second, the best of a few runs."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return FRAMES * UTTERANCES / min(times)


def measure(config: NetworkConfig) -> tuple[float, float]:
    """Return frames a second of a training step and of inference."""
    network = SpeechToPhoneme(config)
    features = torch.randn(UTTERANCES, FRAMES, config.features)
    lengths = torch.arange(FRAMES, FRAMES - 2 * UTTERANCES, -2)

    def step() -> None:
        network.train()
        network(features, lengths)[0].sum().backward()

    def infer() -> None:
        network.eval()
        with torch.inference_mode():
            network(features, lengths)

    return rate(step), rate(infer)


def main() -> None:
    """Print the table."""
    print(f"{torch.get_num_threads()} threads, {UTTERANCES} utterances of up to {FRAMES} frames, frames a second")
    print(f"{'network':<10}{'what':<12}{'packed':>10}{'ours':>10}{'ratio':>8}")
    for name, config in (("compact", COMPACT_NETWORK), ("full", NetworkConfig())):
        mine = measure(config)
        with patch.object(ours, "_cpu_lstm", packed_lstm):
            usual = measure(config)
        for what, a, b in zip(("training", "inference"), usual, mine, strict=True):
            print(f"{name:<10}{what:<12}{a:>10.0f}{b:>10.0f}{b / a:>8.1f}")


if __name__ == "__main__":
    main()
