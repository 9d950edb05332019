"""What each lever does to the phone error rate: the same small network trained again and again, one thing changed.

``python -m tests.benchmarks.levers TRAIN --dev DEV [--dev-part NAME] --out DIR`` trains the base and every lever for a
few epochs from the same seed and prints, as each ends, the phone error rate of its last checkpoint, greedily decoded,
and the difference from the base with a 95 % interval over speakers. ``--only NAME`` takes some of them; a run that is
in DIR already is not made again. TRAIN is a corpus of recordings. ``--start-from CHECKPOINT`` begins all of them with
the weights of one that was trained before, where a few epochs tell more; levers that change sizes are left out then.

What helps a small network in a few epochs need not help a large one in many: masks and altered copies slow learning
down at first.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model.comparison import compare
from model.config import DecodingConfig, FeatureConfig
from model.corpus import Corpus, FeatureCache, open_corpus
from model.corpus.matrices import course_recipe
from model.corpus.sidecar import Sidecar, read_sidecar, write_sidecar
from model.evaluation import score
from model.kept_posteriors import KeptPosteriors
from model.prepare import prepare_course, write_object_array
from model.recognizer import Recognizer
from model.run_folder import RunFolder
from model.scored import CorpusScore
from model.search import Search, read_language_model
from model.training import Control, Stopped
from model.training_setup import TrainingRequest, set_up
from phonegui.resources import default_language_model

SIZES = (
    "network.hidden=128",
    "network.layers=2",
    "network.linear=128",
    "network.narrow_channels=64",
    "network.wide_channels=128",
    "network.dropout=0.1",
)
BASE = (
    "learning_rate=3e-3",
    "ema_decay=0.99",
    "time_masks=0",
    "feature_masks=0",
    "speed_perturbation=0",
    "final_beam_width=0",
    "dev_utterances=100",
)
LEVERS = {
    "SpecAugment: 2 masks of 20 frames, 1 of 2 coefficients": (
        "time_masks=2",
        "time_mask_frames=20",
        "feature_masks=1",
    ),
    "tempo changed by up to 10 %": ("speed_perturbation=0.1",),
    "noise of 0.1 on the features": ("noise=0.1",),
    "2 altered copies (speed, pauses, room, microphone, noise)": ("altered_copies=2",),
    "no average of the weights (EMA)": ("ema_decay=0",),
    "constant learning rate": ("schedule=constant",),
    "no dropout": ("network.dropout=0",),
    "stride 3": ("network.time_stride=3",),
    "stride 1": ("network.time_stride=1",),
    "float32 instead of bfloat16": ("precision=float32",),
    "label smoothing 0.05": ("label_smoothing=0.05",),
    "dropout 0.3": ("network.dropout=0.3",),
    "linear schedule": ("schedule=linear",),
    "half the batch": ("batch_frames=6000",),
    "3 layers": ("network.layers=3",),
}


def with_deltas(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return frames (T, C) with their first and second differences beside them, (T, 3 C)."""
    first = np.gradient(frames, axis=0) if len(frames) > 1 else np.zeros_like(frames)
    second = np.gradient(first, axis=0) if len(frames) > 1 else np.zeros_like(frames)
    return np.concatenate([frames, first, second], axis=1).astype(np.float32)


def edges_cut(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return frames (T, C) without what lies over 50 ms outside of speech, which has at least a tenth of the level.

    The level is the zeroth coefficient, from that of the 5 % softest frames to that of the 5 % loudest.
    """
    low, high = np.quantile(frames[:, 0], (0.05, 0.95))
    loud = np.flatnonzero(frames[:, 0] > low + 0.1 * (high - low))
    return frames[max(0, loud[0] - 5) : loud[-1] + 6] if len(loud) else frames


CENTRES = np.array([-270, 56, 7, 18, 0, 2, -2, -2, 0, -1, 0, -1, 1], np.float32)
SPREADS = np.array([83, 38, 21, 19, 14, 11, 11, 9, 8, 8, 7, 6, 6], np.float32)
"""Mean and standard deviation of raw MFCCs over read speech from several corpora."""


def scaled_alike(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return raw MFCCs (T, 13) scaled by constants, the same for all utterances."""
    return (frames - CENTRES) / SPREADS


Change = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
REWRITTEN: dict[str, tuple[Change, str]] = {
    "deltas and double deltas beside the 13 coefficients": (with_deltas, "utterance"),
    "features scaled alike in all utterances, not by utterance": (scaled_alike, "none"),
    "silence at the edges cut off, in training and in the dev set": (edges_cut, "utterance"),
}
"""What is done to the raw features, and how the network's are normalised then."""


def rewritten(corpus: Corpus, folder: Path, split: str, change: Change, normalize: str) -> Path:
    """Write a corpus as course arrays of features that were changed, and return the features' path."""
    path = folder / f"{split}.npy"
    known = read_sidecar(folder) if folder.exists() else None
    if not path.exists() or known is None or split not in known.names:
        raw = FeatureConfig(normalize="none")
        prepare_course(corpus, raw, folder / "plain", split=split)
        cache = FeatureCache.open(open_corpus(folder / "plain" / path.name), raw)
        arrays: Iterator[npt.NDArray[np.float32]] = (change(cache[i]) for i in range(len(cache)))
        write_object_array(path, arrays, len(cache))
        labels = (np.asarray(item.labels or (), np.int64) - 1 for item in cache.utterances)
        write_object_array(folder / f"{split}_labels.npy", labels, len(cache))
        made = replace(course_recipe(change(cache[0]).shape[1]), normalize=normalize)
        # Names, by which what is heard in both is compared.
        names = {split: tuple(item.name for item in cache.utterances)}
        write_sidecar(folder, Sidecar(made, corpus.table, {**(known.names if known is not None else {}), **names}))
    return path


GREEDY = Search(DecodingConfig(beam_width=0))
BASE_NAME = "base, greedy"


def trained(request: TrainingRequest) -> Path:
    """Make a run, unless it is there, and return its last checkpoint."""
    folder = RunFolder(request.out)
    if not folder.last.exists() or folder.resumable:
        if folder.resumable:
            request = replace(request, resume=True, set=(), start_from=None)
        trainer = set_up(request, torch.device("cpu"), Control(), lambda *_: True)
        if not any(isinstance(event, Stopped) and event.reason == "finished" for event in trainer.run()):
            raise SystemExit(f"The run in {request.out} did not end.")
        for state in (folder.state, folder.previous):  # it is done
            state.unlink(missing_ok=True)
    return folder.last


def measured(checkpoint: Path, dev: Corpus, search: Search) -> CorpusScore:
    """Score a checkpoint on the dev corpus."""
    return score(KeptPosteriors.open(Recognizer(checkpoint), dev), search)


def row(name: str, result: CorpusScore, base: CorpusScore) -> str:
    """Return a line of the table."""
    rate = f"{100 * result.counts.rate:.2f} %"
    if result is base:
        return f"| {name} | {rate} | |"
    change = compare(base, result).test.difference
    return f"| {name} | {rate} | {100 * change.value:+.2f} ({100 * change.low:+.2f} to {100 * change.high:+.2f}) |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.levers")
    parser.add_argument("train")
    parser.add_argument("--dev", required=True)
    parser.add_argument("--dev-part")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--only", action="append", help="part of a lever's name")
    parser.add_argument("--start-from", metavar="CHECKPOINT")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="another base")
    options = parser.parse_args()
    dev = open_corpus(options.dev)
    dev = dev.known_part(options.dev_part) if options.dev_part else dev
    print("| lever | phone error rate | change |\n|---|---|---|", flush=True)
    base_run = TrainingRequest(
        options.train,
        options.dev,
        str(options.out / "base"),
        options.dev_part,
        preset="compact",
        start_from=options.start_from,
    )
    sizes = () if options.start_from else SIZES
    settings = (f"epochs={options.epochs}", *BASE, *sizes, *options.set)
    checkpoint = trained(replace(base_run, set=settings))
    base = measured(checkpoint, dev, GREEDY)
    for name, result in ((BASE_NAME, base), *decoded(checkpoint, dev, base)):
        print(row(name, result, base), flush=True)
    for number, (name, changes) in enumerate(LEVERS.items()):
        resized = any(change.startswith("network.") and "dropout" not in change for change in changes)
        wanted = not options.only or any(text in name for text in options.only)
        if wanted and not (resized and options.start_from):
            # A later assignment to the same field wins.
            out = str(options.out / f"lever-{number}")
            checkpoint = trained(replace(base_run, out=out, set=(*settings, *changes)))
            print(row(name, measured(checkpoint, dev, GREEDY), base), flush=True)
    for number, (name, (change, normalize)) in enumerate(REWRITTEN.items()):
        wanted = not options.only or any(text in name for text in options.only)
        if wanted and not options.start_from:
            folder = options.out / f"rewritten-{number}"
            train = rewritten(open_corpus(options.train), folder, "train", change, normalize)
            changed = rewritten(dev, folder, "dev", change, normalize)
            checkpoint = trained(TrainingRequest(str(train), str(changed), str(folder), preset="compact", set=settings))
            print(row(name, measured(checkpoint, open_corpus(changed), GREEDY), base), flush=True)


def decoded(checkpoint: Path, dev: Corpus, base: CorpusScore) -> Iterator[tuple[str, CorpusScore]]:
    """Yield what other ways of decoding make of the base's posteriors."""
    for width in (10, 100):
        yield f"base, beam {width}", measured(checkpoint, dev, Search(DecodingConfig(beam_width=width)))
    model = read_language_model(default_language_model(), base.table)
    for alpha in (0.3, 0.5):
        search = Search(DecodingConfig(beam_width=100, alpha=alpha), model)
        yield f"base, beam 100, bundled phone model at {alpha}", measured(checkpoint, dev, search)


if __name__ == "__main__":
    main()
