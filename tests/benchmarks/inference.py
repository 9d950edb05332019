"""An hour of speech through the bundled checkpoint, stage by stage, against the plain loop of a notebook.

``python -m tests.benchmarks.inference [--minutes 60] [--corpus CORPUS]`` prints the wall time of reading, features,
network and decoding. The plain loop takes one utterance after the other: ``librosa.load``, ``librosa.feature.mfcc``,
packed sequences through torch's LSTM, beam search. Ours computes features in threads, batches utterances by length and
runs the LSTM on oneDNN; a last row hears the same hour as one recording, in chunks. Recordings of the corpus (default:
the bundled samples) are repeated until the time is full. Both decode with the same search, beam 10.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import librosa
import numpy as np

from model import network as network_module
from model.audio import read_audio
from model.config import DecodingConfig
from model.corpus import open_corpus
from model.features import compute_features
from model.inference import batch_posteriors, posteriors
from model.processors import available_processors
from model.recognizer import Recognizer
from model.search import Search
from phonegui.resources import default_checkpoint, sample_utterances
from tests.benchmarks.network import packed_lstm

STAGES = ("read", "features", "network", "decode")


def hour(paths: Sequence[Path], seconds: float) -> list[Path]:
    """Return the paths, repeated until their recordings last so long."""
    chosen: list[Path] = []
    lengths = {path: read_audio(path).seconds for path in dict.fromkeys(paths)}
    total = 0.0
    for path in itertools.cycle(paths):
        if total >= seconds:
            return chosen
        chosen.append(path)
        total += lengths[path]
    return chosen


def timed(times: dict[str, float], stage: str, work: Callable[[], Any]) -> Any:
    """Do some work and add its time to a stage."""
    began = time.perf_counter()
    result = work()
    times[stage] = times.get(stage, 0.0) + time.perf_counter() - began
    return result


def plain(recognizer: Recognizer, search: Search, paths: Sequence[Path]) -> dict[str, float]:
    """Return the times of the plain loop."""
    recipe = recognizer.header.features
    times: dict[str, float] = {}

    def mfcc(samples: np.ndarray) -> np.ndarray:
        frames = librosa.feature.mfcc(
            y=samples,
            sr=recipe.sample_rate,
            n_mfcc=recipe.coefficients,
            n_fft=recipe.fft_size,
            win_length=recipe.window_samples,
            hop_length=recipe.hop_samples,
            n_mels=recipe.mel_bands,
            fmin=recipe.low_frequency,
            fmax=recipe.high_frequency,
        ).T
        return (frames - frames.mean(axis=0)) / (frames.std(axis=0) + 1e-8)

    with patch.object(network_module, "_cpu_lstm", packed_lstm):
        for path in paths:
            samples, _ = timed(times, "read", lambda path=path: librosa.load(path, sr=recipe.sample_rate))
            frames = timed(times, "features", lambda samples=samples: mfcc(samples))
            log_probs = timed(times, "network", lambda frames=frames: posteriors(recognizer.network, frames))
            timed(times, "decode", lambda log_probs=log_probs: search(log_probs))
    return times


def batched(recognizer: Recognizer, search: Search, paths: Sequence[Path]) -> dict[str, float]:
    """Return the times of our road."""
    recipe = recognizer.header.features
    times: dict[str, float] = {}
    with ThreadPoolExecutor(available_processors()) as pool:
        audios = timed(
            times, "read", lambda: list(pool.map(lambda path: read_audio(path, sample_rate=recipe.sample_rate), paths))
        )
        frames = timed(
            times, "features", lambda: list(pool.map(lambda audio: compute_features(audio.samples, recipe), audios))
        )
    log_probs = timed(times, "network", lambda: batch_posteriors(recognizer.network, frames))
    timed(times, "decode", lambda: search.batch(log_probs))
    return times


def long(recognizer: Recognizer, search: Search, samples: np.ndarray) -> dict[str, float]:
    """Return the times of one long recording."""
    times: dict[str, float] = {"read": 0.0}
    frames = timed(times, "features", lambda: compute_features(samples, recognizer.header.features))
    log_probs = timed(times, "network", lambda: recognizer.posteriors(frames))
    timed(times, "decode", lambda: search(log_probs))
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how much speech (default: 60)")
    parser.add_argument("--corpus", help="recordings to take (default: the bundled samples)")
    options = parser.parse_args()
    utterances = open_corpus(options.corpus).utterances if options.corpus else sample_utterances()
    paths = hour([utterance.path for utterance in utterances], 60 * options.minutes)
    recognizer, search = Recognizer(default_checkpoint()), Search(DecodingConfig(beam_width=10), None)
    rate = recognizer.header.features.sample_rate
    for work in (plain, batched):  # what is compiled or loaded on first use is not measured
        work(recognizer, search, paths[:2])
    rows = {"plain loop": plain(recognizer, search, paths), "ours": batched(recognizer, search, paths)}
    samples = np.concatenate([read_audio(path, sample_rate=rate).samples for path in paths])
    rows["ours, one recording"] = long(recognizer, search, samples)
    seconds, usual = len(samples) / rate, sum(rows["plain loop"].values())
    print(f"{len(paths)} utterances, {seconds / 60:.1f} min, {available_processors()} processors; seconds of wall time")
    print(f"{'':<22}" + "".join(f"{stage:>10}" for stage in (*STAGES, "all")) + f"{'ratio':>8}{'× real time':>13}")
    for name, times in rows.items():
        total = sum(times.values())
        cells = "".join(f"{times[stage]:>10.2f}" for stage in STAGES)
        print(f"{name:<22}{cells}{total:>10.2f}{usual / total:>8.1f}{seconds / total:>13.0f}")


if __name__ == "__main__":
    main()
