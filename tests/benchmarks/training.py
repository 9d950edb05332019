"""Training speed: the plain notebook way against ours, the same network on the same utterances.

``python -m tests.benchmarks.training`` prints frames a second, the ratio, peak memory, and the dev loss after equal
frames, on the CPU and on a CUDA device where there is one. The plain way is what course notebooks do: batches in random
order padded to the longest, float32, a packed LSTM, normalisation over the padding too, one copy to the device after
the other and the loss read back after every step. Ours is the program's own `Trainer`. Both train the full network with
AdamW at a constant rate; only frames of utterances count, padding does not.

The utterances are synthetic: stretches of noise around a random point for each phoneme, 1 to 8 seconds long, most of
them near the longest as in read speech. ``--train CORPUS --dev CORPUS`` takes real ones, and ``--profile`` says where a
step's time goes.
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from model.batching import pad
from model.checkpoint import CheckpointHeader
from model.config import NetworkConfig, TrainingConfig
from model.corpus import FeatureCache, Utterance, open_corpus
from model.network import SpeechToPhoneme
from model.run_folder import RunFolder
from model.scoring import score_posteriors
from model.training import Batch, Trainer

SIZES = {"full": NetworkConfig(), "compact": NetworkConfig(hidden=256, layers=3, linear=256)}
BATCH, LONGEST = 8, 800
CONFIG = TrainingConfig(
    epochs=1,
    batch_utterances=64,
    learning_rate=5e-4,
    schedule="constant",
    warmup_fraction=0.0,
    time_masks=0,
    feature_masks=0,
    save_minutes=1440.0,
    final_beam_width=0,
    sorted_first_epoch=False,
)


@dataclass
class Result:
    """What one way of training came to."""

    frames: int
    seconds: float
    megabytes: float
    dev_loss: float

    @property
    def rate(self) -> float:
        return self.frames / self.seconds


def synthetic(count: int, seed: int) -> FeatureCache:
    """Return utterances whose phonemes are stretches of noise around points of their own."""
    chance = np.random.default_rng(seed)
    points = 1.5 * np.random.default_rng(0).standard_normal((42, 13))
    pieces, utterances, starts = [], [], [0]
    for number in range(count):
        # Lengths of read speech: most near the longest, some short.
        frames = int(np.clip(LONGEST * chance.beta(3, 1.2), 100, LONGEST))
        labels = chance.integers(3, 42, max(1, frames // 8))
        stretched = points[np.repeat(labels, 8)]
        pieces.append((stretched + chance.standard_normal(stretched.shape)).astype(np.float32))
        starts.append(starts[-1] + len(stretched))
        utterances.append(Utterance(f"u{number}", Path(f"u{number}"), tuple(labels.tolist())))
    return FeatureCache(tuple(utterances), (), np.concatenate(pieces), np.array(starts), f"synthetic {seed}")


class Notebook(nn.Module):
    """The published network as its notebook runs it: convolutions over the padding, a packed LSTM."""

    def __init__(self, network: SpeechToPhoneme) -> None:
        super().__init__()
        self.inner = network

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Return log-probabilities (T, B, classes)."""
        inner = self.inner
        x = features.transpose(1, 2)
        y = functional.relu(inner.bn1(inner.conv1(x)))
        y = functional.relu(inner.bn2(inner.conv2(y)))
        y = functional.relu(inner.bn3(inner.conv3(y)))
        y = (y + inner.shortcut(x)).permute(2, 0, 1)
        packed = nn.utils.rnn.pack_padded_sequence(y, lengths, enforce_sorted=False)
        encoded = nn.utils.rnn.pad_packed_sequence(inner.rnn(packed)[0], total_length=y.shape[0])[0]
        return functional.log_softmax(inner.output(inner.dropout(inner.linear(encoded))), dim=-1)


def plain(size: str, train: FeatureCache, dev: FeatureCache, device: torch.device) -> Result:
    """Train for one epoch the plain way."""
    torch.manual_seed(1)
    network = SpeechToPhoneme(SIZES[size]).to(device).train()
    notebook = Notebook(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=CONFIG.learning_rate, weight_decay=CONFIG.weight_decay)
    order = torch.randperm(len(train)).tolist()
    frames, seconds = 0, 0.0
    for start in range(0, len(order), BATCH):
        began = time.perf_counter()
        chosen = order[start : start + BATCH]
        features, lengths = pad([train[i] for i in chosen])
        labels = [train.utterances[i].labels or () for i in chosen]
        targets = torch.tensor([label for item in labels for label in item]).to(device)
        log_probs = notebook(features.to(device), lengths)
        loss = functional.ctc_loss(log_probs, targets, lengths, torch.tensor([len(item) for item in labels]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CONFIG.clip_norm)
        optimizer.step()
        loss.item()
        if start or len(order) <= BATCH:  # the first step also makes room and picks kernels
            seconds += time.perf_counter() - began
            frames += int(lengths.sum())
    return Result(frames, seconds, peak(device), dev_loss(network, dev))


def ours(size: str, train: FeatureCache, dev: FeatureCache, device: torch.device) -> Result:
    """Train for one epoch the program's way, with batches of as many frames."""
    config = dataclasses.replace(CONFIG, batch_frames=int(BATCH * train.lengths.mean()))
    frames, seconds = 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        header = CheckpointHeader(network=SIZES[size])
        trainer = Trainer(RunFolder(folder), header, config, train, dev, device=device)
        events = trainer.run()
        for event in events:
            if not isinstance(event, Batch):
                continue
            if event.batch == 1:
                skipped = trainer.position.epoch_frames, trainer.position.epoch_seconds
            if event.batch == event.batches:
                frames = trainer.position.epoch_frames - (skipped[0] if event.batches > 1 else 0)
                seconds = trainer.position.epoch_seconds - (skipped[1] if event.batches > 1 else 0)
                break
        events.close()  # type: ignore[attr-defined]
        return Result(frames, seconds, peak(device), dev_loss(trainer.network, dev))


def dev_loss(network: SpeechToPhoneme, dev: FeatureCache) -> float:
    """Return the loss per label on the dev utterances."""
    return score_posteriors(network.eval(), dev, range(len(dev)), CheckpointHeader().table).loss


def peak(device: torch.device) -> float:
    """Return the most memory that this process, or the device, ever held, in MB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def profile(size: str, train: FeatureCache, dev: FeatureCache, device: torch.device) -> None:
    """Print which operations the time of our steps goes to."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as found:
        ours(size, train, dev, device)
    column = f"self_{device.type}_time_total" if device.type == "cpu" else "self_device_time_total"
    print(found.key_averages().table(sort_by=column, row_limit=12, max_name_column_width=40))


def _measure(way: str, options: argparse.Namespace, device: str) -> Result:
    if options.threads:
        torch.set_num_threads(options.threads)
    work = {"plain": plain, "ours": ours}[way]
    return work(options.network, *corpora(options), torch.device(device))


def corpora(options: argparse.Namespace) -> tuple[FeatureCache, FeatureCache]:
    """Return the training and dev utterances asked for."""
    if options.train:
        recipe = CheckpointHeader().features
        train, dev = (FeatureCache.open(open_corpus(path), recipe) for path in (options.train, options.dev))
        return train, dev
    return synthetic(options.utterances, 1), synthetic(max(4, options.utterances // 8), 2)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training")
    parser.add_argument("--utterances", type=int, default=24, help="synthetic ones (default: 24, minutes on a CPU)")
    parser.add_argument("--train", metavar="CORPUS")
    parser.add_argument("--dev", metavar="CORPUS")
    parser.add_argument("--network", default="full", choices=tuple(SIZES))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--profile", action="store_true", help="print where the time of our way goes")
    options = parser.parse_args()
    if options.profile:
        profile(options.network, *corpora(options), torch.device("cuda" if torch.cuda.is_available() else "cpu"))
        return
    print(f"{options.network} network, {options.utterances} utterances" if not options.train else options.train)
    print(f"{'device':<8}{'way':<8}{'frames/s':>10}{'ratio':>8}{'peak MB':>10}{'dev loss':>10}")
    # Each in a process of its own, so that the peak is its own.
    context = get_context("spawn")
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        first = 0.0
        for way in ("plain", "ours"):
            with context.Pool(1) as pool:
                result = pool.apply(_measure, (way, options, device))
            first = first or result.rate
            numbers = (
                f"{result.rate:>10.0f}{result.rate / first:>8.2f}{result.megabytes:>10.0f}{result.dev_loss:>10.3f}"
            )
            print(f"{device:<8}{way:<8}{numbers}", flush=True)


if __name__ == "__main__":
    main()
