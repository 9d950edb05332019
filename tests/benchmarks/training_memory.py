"""Memory of training on a large corpus: ``python -m tests.benchmarks.training_memory --hours 100``.

Writes a corpus of random numbers in course layout into a temporary folder (0.07 GB an hour, with the kept features),
trains on it for some batches in a fresh process, and prints the most memory that process had in each phase: its own,
and that of mapped files, which the system takes back when others want it. Linux only.
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

from tests.benchmarks.corpus import write_corpus

MEAN_FRAMES = 650
FRAMES_PER_HOUR = 360_000

_TRAIN = """
import json, sys, threading, time
from model.training_events import Batch, Control, Saved
from model.training_setup import TrainingRequest, set_up

peaks, phase = {}, "corpus and features"

def watch():
    while True:
        lines = open("/proc/self/status").read().splitlines()
        now = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss")}
        known = peaks.setdefault(phase, now)
        for name, value in now.items():
            known[name] = max(known[name], value)
        time.sleep(0.01)

threading.Thread(target=watch, daemon=True).start()
import torch
path, out, preset, steps, changes = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:]
control = Control()
trainer = set_up(TrainingRequest(path, path, out, preset=preset, set=changes), torch.device("cpu"), control,
                 lambda *_: True)
phase = "training"
frames = int(trainer.train_features.lengths.sum())
began, done = time.perf_counter(), 0
for event in trainer.run():
    done += isinstance(event, Batch)
    if done == steps:
        phase = "saving"
        control.stop.set()
print(json.dumps({"frames": frames, "utterances": len(trainer.usable), "steps": done, "peaks": peaks,
                  "seconds": time.perf_counter() - began}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=100.0)
    parser.add_argument("--preset", default="compact")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        path = write_corpus(folder, round(options.hours * FRAMES_PER_HOUR / MEAN_FRAMES), "float32")
        print(f"{path.stat().st_size / 1e9:.2f} GB, written in {time.perf_counter() - began:.0f} s")
        environment = {**os.environ, "PHONEGUI_CACHE": str(folder / "cache")}
        # The first epoch goes from short to long: mixed, so that the first batches are like all.
        changes = ["sorted_first_epoch=false", *options.set]
        command = [sys.executable, "-c", _TRAIN, str(path), str(folder / "run"), options.preset, str(options.steps)]
        done = subprocess.run([*command, *changes], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    result = json.loads(done.stdout)
    hours = result["frames"] / FRAMES_PER_HOUR
    print(f"{hours:.0f} h, {result['utterances']:,} utterances, {result['steps']} batches, {result['seconds']:.0f} s")
    for phase, peaks in result["peaks"].items():
        print(f"{phase:>20}: {peaks['RssAnon']:6.0f} MB of its own, {peaks['RssFile']:6.0f} MB of mapped files")


if __name__ == "__main__":
    main()
