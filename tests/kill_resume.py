"""Kills training runs at random moments (``kill -9``), resumes them, and compares them with a run never broken.

``python -m tests.kill_resume --runs 50`` prints how many ended identically: every loss and learning rate of
``steps.csv``, every score of ``history.csv``, and every bit of weights, averages and optimiser state. The runs save
after every batch, so that many kills fall into the midst of a save. Each start draws whether epochs are scored in turn
or in a thread beside the next epoch; the unbroken run scores in turn.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.checkpoint import CheckpointHeader
from model.config import NetworkConfig, TrainingConfig
from model.corpus import FeatureCache, Utterance
from model.errors import UserError
from model.run_folder import RunFolder
from model.training import Trainer

NETWORK = NetworkConfig(narrow_channels=8, wide_channels=16, hidden=12, layers=2, linear=16, dropout=0.1, time_stride=2)
CONFIG = TrainingConfig(
    epochs=3,
    batch_frames=0,
    batch_utterances=4,
    noise=0.05,
    speed_perturbation=0.05,
    ema_decay=0.9,
    save_minutes=0.0,
    final_beam_width=0,
)
CLOCKS = ("seconds", "frames_per_second")
# Where processes are forked, torch is loaded once for all of them.
CONTEXT = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


def toy_features(count: int, seed: int) -> FeatureCache:
    """Return utterances of noise with random phonemes."""
    chance = np.random.default_rng(seed)
    lengths = chance.integers(30, 70, count)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    frames = chance.standard_normal((int(starts[-1]), 13)).astype(np.float32)
    labels = [tuple(int(label) for label in chance.integers(3, 42, 5)) for _ in range(count)]
    utterances = tuple(Utterance(f"u{i}", Path(f"u{i}.wav"), labels[i]) for i in range(count))
    return FeatureCache(utterances, (), frames, starts, "toy")


def train(folder: Path, beside: bool) -> None:
    """Train in a process of its own, going on with what is in the folder."""
    torch.set_num_threads(1)
    run = RunFolder(folder)
    resume = run.resumable
    run.prepare(resume=resume)
    # So many to score that it takes about as long as an epoch.
    corpora = toy_features(24, 1), toy_features(200, 2)
    trainer = Trainer(run, CheckpointHeader(network=NETWORK), CONFIG, *corpora, score_beside=beside)
    if resume:
        trainer.resume()
    for _ in trainer.run():
        pass


def killed(folder: Path, seconds: float, *, beside: bool = False) -> bool:
    """Train and kill after so many seconds; return whether the run was still going on."""
    process = CONTEXT.Process(target=train, args=(folder, beside))
    process.start()
    process.join(seconds)
    alive = process.is_alive()
    process.kill()
    process.join()
    if not alive and process.exitcode:
        raise UserError(f"A run in {folder} failed with exit code {process.exitcode}.")
    return alive


def differences(one: Path, other: Path) -> list[str]:
    """Return what two finished runs differ in."""
    found = []
    for name in ("steps.csv", "history.csv"):
        rows = [_rows(folder / name) for folder in (one, other)]
        if rows[0] != rows[1]:
            found.append(name)
    states = [_flat(RunFolder(folder).load_state()) for folder in (one, other)]
    if states[0].keys() != states[1].keys():
        return [*found, "what the states hold"]
    for name, value in states[0].items():
        same = torch.equal(value, states[1][name]) if isinstance(value, torch.Tensor) else value == states[1][name]
        if not same and not name.endswith(CLOCKS):
            found.append(f"state: {name}")
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k not in CLOCKS} for row in csv.DictReader(file)]


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else None
    if items is None:
        return {name: value}
    return {key: leaf for part, inner in items for key, leaf in _flat(inner, f"{name}.{part}").items()}


@dataclass
class Tally:
    """What a series of runs came to."""

    runs: int = 0
    identical: int = 0
    kills: int = 0
    in_a_save: int = 0
    before_a_score: int = 0
    before_the_first_save: int = 0


def break_and_resume(folder: Path, unbroken: Path, length: float, chance: random.Random, tally: Tally) -> None:
    """Kill a run once to three times, resume it to the end, and count what came of it."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not killed(folder, chance.uniform(0.0, length), beside=chance.random() < 0.5):
            break
        tally.kills += 1
        tally.in_a_save += any(folder.glob(".*.part"))
        saved = RunFolder(folder).resumable
        tally.before_the_first_save += not saved
        tally.before_a_score += saved and RunFolder(folder).load_state()["unscored"] is not None
    killed(folder, 3600.0, beside=chance.random() < 0.5)
    found = differences(unbroken, folder)
    tally.runs += 1
    tally.identical += not found
    if found:
        print(f"{folder.name} differs in {', '.join(found[:5])}")


def main() -> int:
    """Break off as many runs as asked; return 0 when all resumed identically."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill_resume", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None, help="seed of the moments (default: the clock)")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    tally = Tally()
    # What torch loads with its first optimiser is loaded here, or every process would do it anew.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        killed(place / "unbroken", 3600.0)
        began = time.monotonic()
        killed(place / "again", 3600.0)
        length = time.monotonic() - began
        print(f"two unbroken runs differ in {differences(place / 'unbroken', place / 'again') or 'nothing'}")
        for number in range(options.runs):
            break_and_resume(place / f"run {number + 1}", place / "unbroken", length, chance, tally)
    print(
        f"{tally.identical} of {tally.runs} runs resumed identically after {tally.kills} kills, "
        f"{tally.in_a_save} of them in the midst of a save, {tally.before_the_first_save} before the first, "
        f"{tally.before_a_score} with an epoch still to be scored"
    )
    return 0 if tally.identical == tally.runs else 1


if __name__ == "__main__":
    raise SystemExit(main())
