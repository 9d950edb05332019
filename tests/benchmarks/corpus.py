"""Time and memory of opening a corpus in course layout: ``python -m tests.benchmarks.corpus --utterances 22000``.

Writes a corpus of random numbers into a temporary folder, 650 frames of 13 coefficients an utterance on average, and
opens it in fresh processes with a cache of their own. Peak memory is that of the process; what it has of mapped files
is part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from model.prepare import write_object_array

_OPEN = """
import json, resource, sys, time
import numpy as np
from model.corpus import FeatureCache, open_corpus

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak()
began = time.perf_counter()
corpus = open_corpus(sys.argv[1])
opened = time.perf_counter() - began
after = peak()
result = {"open_seconds": opened, "open_peak_mb": after - before, "start_mb": before}
if sys.argv[2] == "features":
    began = time.perf_counter()
    cache = FeatureCache.open(corpus, corpus.recipe)
    result["features_seconds"] = time.perf_counter() - began
    result["features_peak_mb"] = peak() - before
    assert len(cache) == len(corpus)
print(json.dumps({name: round(value, 3) for name, value in result.items()}))
"""


def write_corpus(folder: Path, utterances: int, dtype: str) -> Path:
    """Write `train.npy` and `train_labels.npy` of random numbers; return the former."""
    random = np.random.default_rng(1)
    lengths = random.integers(300, 1000, utterances)
    noise = random.standard_normal((2000, 13)).astype(dtype)
    starts = random.integers(0, 1000, utterances)
    features = (noise[start : start + length] for start, length in zip(starts, lengths, strict=True))
    write_object_array(folder / "train.npy", features, utterances)
    labels = (random.integers(0, 41, max(1, length // 9)) for length in lengths)
    write_object_array(folder / "train_labels.npy", labels, utterances)
    return folder / "train.npy"


def measure(path: Path, what: str, cache: Path) -> dict[str, float]:
    """Open the corpus in a fresh process; return its times and memory."""
    environment = {**os.environ, "PHONEGUI_CACHE": str(cache)}
    command = [sys.executable, "-c", _OPEN, str(path), what]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=2000)
    parser.add_argument("--dtype", default="float64", choices=("float32", "float64"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        path = write_corpus(folder, options.utterances, options.dtype)
        print(f"{path.stat().st_size / 1e6:.0f} MB, written in {time.perf_counter() - began:.1f} s")
        for label, what in (("first opening", "corpus"), ("second opening", "corpus")):
            print(label, measure(path, what, folder / "cache"))
        for label in ("features, first time", "features, second time"):
            print(label, measure(path, "features", folder / "cache"))


if __name__ == "__main__":
    main()
