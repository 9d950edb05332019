"""What a checkpoint hears when the recording is another: altered copies, edges cut off, silence added.

``python -m tests.benchmarks.robustness CORPUS [--part NAME] [--checkpoint C ...] [--utterances N]`` prints the phone
error rate of each checkpoint (the bundled one by default), greedily decoded, on the recordings as they are and as they
might have been: with other speed, pauses, room, microphone and noise (`model.alteration`), in telephone bandwidth, with
white noise 15 dB below the speech, with silence at the edges cut off or half a second of it added.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from model.alteration import altered
from model.audio import read_audio
from model.corpus import Utterance, open_corpus
from model.decoding import greedy
from model.features import compute_features
from model.inference import batch_posteriors
from model.metrics import ErrorCounts, error_counts
from model.recognizer import Recognizer
from phonegui.resources import default_checkpoint

Samples = npt.NDArray[np.float32]
_SEED = 20


def trimmed(samples: Samples, rate: int) -> Samples:
    """Return the samples without what lies 35 dB below the loudest at either end."""
    import librosa

    return np.asarray(librosa.effects.trim(samples, top_db=35)[0], np.float32)


def padded(samples: Samples, rate: int) -> Samples:
    """Return the samples with half a second of digital silence at either end."""
    return np.pad(samples, rate // 2)


def telephone(samples: Samples, rate: int) -> Samples:
    """Return the samples with nothing below 300 and above 3,400 Hz."""
    spectrum, places = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(places < 300) | (places > 3400)] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def noisy(samples: Samples, rate: int) -> Samples:
    """Return the samples with white noise 15 dB below them."""
    noise = np.random.default_rng(_SEED).standard_normal(len(samples))
    return (samples + noise * np.sqrt(np.mean(samples**2)) * 10 ** (-15 / 20)).astype(np.float32)


def another(samples: Samples, rate: int) -> Samples:
    """Return an altered copy that no training has seen."""
    return altered(samples, rate, np.random.default_rng([_SEED, len(samples)]))


WAYS: dict[str, Callable[[Samples, int], Samples]] = {
    "as recorded": lambda samples, rate: samples,
    "altered: speed, pauses, room, microphone, noise": another,
    "telephone bandwidth": telephone,
    "white noise at 15 dB": noisy,
    "silent edges cut off": trimmed,
    "half a second of silence added at each end": padded,
}


def rate(
    recognizer: Recognizer, items: list[tuple[Utterance, Samples]], change: Callable[[Samples, int], Samples]
) -> float:
    """Return the phone error rate on recordings that were changed."""
    recipe, table = recognizer.header.features, recognizer.header.table
    features: list[npt.NDArray[Any]] = [
        compute_features(change(samples, recipe.sample_rate), recipe) for _, samples in items
    ]
    total = ErrorCounts()
    for (utterance, _), log_probs in zip(items, batch_posteriors(recognizer.network, features), strict=True):
        heard = greedy(log_probs, blank=0).labels.tolist()
        total += error_counts(utterance.labels or (), heard, ignore=table.silent())
    return total.rate


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.robustness")
    parser.add_argument("corpus")
    parser.add_argument("--part")
    parser.add_argument("--checkpoint", action="append")
    parser.add_argument("--utterances", type=int, default=120, help="evenly spread (default: 120)")
    options = parser.parse_args()
    corpus = open_corpus(options.corpus)
    corpus = corpus.known_part(options.part) if options.part else corpus
    labelled = [utterance for utterance in corpus.utterances if utterance.labels]
    chosen = labelled[:: max(1, len(labelled) // options.utterances)]
    checkpoints = [Recognizer(path) for path in options.checkpoint or [default_checkpoint()]]
    items = [(item, read_audio(item.path, sample_rate=16000).samples) for item in chosen]
    print(f"{len(items)} utterances; phone error rate, %")
    for name, change in WAYS.items():
        rates = "".join(f"{100 * rate(recognizer, items, change):>9.2f}" for recognizer in checkpoints)
        print(f"{name:<44}{rates}", flush=True)


if __name__ == "__main__":
    main()
