"""Beam search beside its neighbours: time, agreement and the log-probability reached, as ratios in one run.

Run as ``python -m tests.benchmarks.decoding``. Whichever of ctcdecode, flashlight-text, pyctcdecode and fast-ctc-decode
can be imported is measured; each in turn on each utterance, so that a busy machine slows all alike.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from model.decoding import align, decode, greedy, warm_up
from phonegui.pauses import SWITCH_SECONDS

CLASSES = 42
ALPHABET = ["-", *(chr(0x100 + c) for c in range(1, 1024))]
"""A character for each class; those of ASCII mean something to some decoders."""

Labels = list[int]
Decode = Callable[[np.ndarray, int], Labels]


class Contender(NamedTuple):
    """A decoder under test: how it decodes an utterance, and whether it gains from threads in a batch."""

    name: str
    decode: Decode
    releases_gil: bool = True


def log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def speech_logits(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return logits like a trained network's: 12 phonemes a second, 1 to 3 frames long, 4 rivals each, some unsure."""
    rivals = np.stack([rng.permutation(np.arange(1, CLASSES))[:4] for _ in range(CLASSES)])
    logits = rng.normal(0.0, 1.1, (frames, CLASSES))
    logits[:, 0] += 10.3 + rng.normal(0.0, 1.0, frames)
    t = int(rng.integers(5, 25))
    while t < frames - 6:
        label, unsure = int(rng.integers(1, CLASSES)), rng.random() < 0.15
        stop = t + int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
        logits[t:stop, 0] = rng.normal(6.5 if unsure else 4.5, 1.5, stop - t)
        logits[t:stop, label] += rng.normal(7.0 if unsure else 11.0, 1.2)
        logits[t:stop, rivals[label]] += rng.normal([6.8, 6, 5, 4] if unsure else [6, 5, 4, 3], 1.5)
        t = stop + int(np.clip(rng.gamma(2.2, 2.9), 1, 60))
    return logits


def posteriors(kind: str, frames: int, count: int) -> list[np.ndarray]:
    """Return utterances of float32 log-probabilities (T, 42), ``spiky``, ``soft`` or ``flat`` as in training."""
    rng = np.random.default_rng([20261123, frames, ["spiky", "soft", "flat"].index(kind)])
    lengths = rng.integers(int(0.9 * frames), int(1.1 * frames) + 1, count)
    scale = {"spiky": 1.0, "soft": 0.5}.get(kind)
    found = [
        log_softmax(rng.normal(0.0, 0.05, (n, CLASSES)) if scale is None else scale * speech_logits(n, rng))
        for n in lengths.tolist()
    ]
    return [utterance.astype(np.float32) for utterance in found]


def load_posteriors(path: str) -> list[np.ndarray]:
    """Return the utterances of an .npy file of (T, V) or (B, T, V) log-probabilities; NaN rows are padding."""
    array = np.load(path, allow_pickle=False)
    parts = list(array) if array.ndim == 3 else [array]
    return [np.ascontiguousarray(part[~np.isnan(part).any(axis=1)], np.float32) for part in parts]


def bundled() -> list[np.ndarray]:
    """Return what the bundled checkpoint hears in the bundled recordings."""
    from model.recognizer import Recognizer
    from phonegui.resources import default_checkpoint, sample_utterances

    recognizer = Recognizer(default_checkpoint())
    return [recognizer.hear(utterance.path).log_probs for utterance in sample_utterances()]


def log_prob(log_probs: np.ndarray, labels: Labels) -> float:
    """Return the true log-probability of a label sequence: the CTC forward algorithm over all alignments."""
    states = np.zeros(2 * len(labels) + 1, int)
    states[1::2] = labels
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    emitted = log_probs.astype(float)[:, states]
    score = np.full(len(states), -np.inf)
    score[:2] = emitted[0, :2]
    for row in emitted[1:]:
        step, jump = np.full_like(score, -np.inf), np.full_like(score, -np.inf)
        step[1:], jump[2:] = score[:-1], np.where(skips[2:], score[:-2], -np.inf)
        score = np.logaddexp(np.logaddexp(score, step), jump) + row
    return float(np.logaddexp.reduce(score[-2:]))


def ours() -> Contender:
    return Contender("phonegui", lambda x, width: decode(x, beam_width=width, threads=1)[0][0].labels.tolist())


def ctcdecode() -> Contender:
    torch, package = importlib.import_module("torch"), importlib.import_module("ctcdecode")

    def run(x: np.ndarray, width: int) -> Labels:
        decoder = package.CTCBeamDecoder(
            ALPHABET[: x.shape[1]], cutoff_top_n=x.shape[1], beam_width=width, num_processes=1, log_probs_input=True
        )
        rows, _, _, lengths = decoder.decode(torch.from_numpy(x[None]))
        return rows[0, 0, : int(lengths[0, 0])].tolist()

    return Contender("ctcdecode", run, releases_gil=False)


def flashlight() -> Contender:
    package = importlib.import_module("flashlight.lib.text.decoder")

    def run(x: np.ndarray, width: int) -> Labels:
        frames, classes = x.shape
        options = package.LexiconFreeDecoderOptions(
            beam_size=width,
            beam_size_token=classes,
            beam_threshold=1e9,
            lm_weight=0.0,
            sil_score=0.0,
            log_add=True,
            criterion_type=package.CriterionType.CTC,
        )
        # Its silence must be no class of ours.
        decoder = package.LexiconFreeDecoder(options, package.ZeroLM(), classes + 1, 0, [])
        path = decoder.decode(x.ctypes.data, frames, classes)[0].tokens
        path = path[1:-1] if len(path) == frames + 2 else path
        return [c for i, c in enumerate(path) if c != 0 and (i == 0 or path[i - 1] != c)]

    return Contender("flashlight-text (log_add)", run)


def pyctcdecode() -> Contender:
    build = importlib.import_module("pyctcdecode").build_ctcdecoder
    built: dict[int, Any] = {}

    def run(x: np.ndarray, width: int) -> Labels:
        if x.shape[1] not in built:
            built[x.shape[1]] = build(["", *ALPHABET[1 : x.shape[1]]])
        text = built[x.shape[1]].decode(x, beam_width=width, beam_prune_logp=-1e9, token_min_logp=-1e9)
        return [ALPHABET.index(c) for c in text]

    return Contender("pyctcdecode", run, releases_gil=False)


def fast_ctc_decode() -> Contender:
    package = importlib.import_module("fast_ctc_decode")

    def run(x: np.ndarray, width: int) -> Labels:
        text, _ = package.beam_search(np.exp(x), "".join(ALPHABET[: x.shape[1]]), beam_size=width, beam_cut_threshold=0)
        return [ALPHABET.index(c) for c in text]

    return Contender("fast-ctc-decode", run)


OTHERS = {
    "ctcdecode": ctcdecode,
    "flashlight": flashlight,
    "pyctcdecode": pyctcdecode,
    "fast_ctc_decode": fast_ctc_decode,
}


@functools.cache
def contenders() -> list[Contender]:
    found = [ours()]
    for package, make in OTHERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{package}: not installed", file=sys.stderr)
            continue
        try:
            contender = make()
            contender.decode(posteriors("spiky", 20, 1)[0], 2)
        except Exception as error:  # what is wrong with another's package is not ours to foresee
            print(f"{package}: {error}", file=sys.stderr)
            continue
        found.append(contender)
    return found


_CLOCK = time.perf_counter


def milliseconds(work: Callable[[], Any]) -> float:
    start = _CLOCK()
    work()
    return 1000.0 * (_CLOCK() - start)


def batch_milliseconds(contender: Contender, utterances: list[np.ndarray], width: int, threads: int) -> float:
    if contender.name == "phonegui":
        return milliseconds(lambda: decode(utterances, beam_width=width, threads=threads))
    if not contender.releases_gil:
        threads = 1
    with ThreadPoolExecutor(threads) as pool:
        return milliseconds(lambda: list(pool.map(lambda x: contender.decode(x, width), utterances)))


def compare(name: str, utterances: list[np.ndarray], width: int, batch: int, threads: int) -> None:
    """Print a row for each decoder: median time, ratio to ours, time of a batch, agreement, log-probability."""
    racers = contenders()
    times: dict[str, list[float]] = {racer.name: [] for racer in racers}
    best: dict[str, list[Labels]] = {racer.name: [] for racer in racers}
    for x in utterances:
        for racer in racers:
            results: list[Labels] = []
            times[racer.name].append(milliseconds(lambda d=racer.decode, x=x, r=results: r.append(d(x, width))))
            best[racer.name].append(results[0])
    own = float(np.median(times["phonegui"]))
    for racer in racers:
        median = float(np.median(times[racer.name]))
        together = batch_milliseconds(racer, (utterances * batch)[:batch], width, threads) if batch else float("nan")
        same = np.mean([a == b for a, b in zip(best[racer.name], best["phonegui"], strict=True)])
        reached = np.mean([log_prob(x, labels) for x, labels in zip(utterances, best[racer.name], strict=True)])
        print(
            f"{name:<14} {width:>4}  {racer.name:<26} {median:>9.2f} {median / own:>8.1f} {together:>10.1f} "
            f"{100 * same:>6.0f} % {reached:>11.3f}"
        )


def longest_gap(work: Callable[[], Any], times: int = 60) -> float:
    """Return for how many milliseconds another thread, as a window's is, had to wait at most while decoding."""
    done = threading.Event()
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)

    def run() -> None:
        for _ in range(times):
            work()
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    longest, last = 0.0, time.perf_counter()
    while not done.is_set():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    thread.join()
    sys.setswitchinterval(before)
    return 1000 * longest


def with_memory(given: np.ndarray, measure: Callable[[], float]) -> float:
    """Return what was measured, and print how much memory that took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = measure()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"    {(after - before) / 1024:.0f} MB of memory beside the {given.nbytes / 2**20:.0f} of its input:")
    return taken


def targets() -> None:
    """Print the cases this decoder was built to meet, with the time allowed and the time taken."""

    def best_of(work: Callable[[], Any], times: int = 9) -> float:
        return min(milliseconds(work) for _ in range(times))

    def row(case: str, allowed: float, taken: float) -> None:
        print(f"{case:<58} {allowed:>8.0f} {taken:>9.2f}  {'met' if taken <= allowed else 'MISSED'}")

    print(f"\n{'case':<58} {'allowed':>8} {'taken':>9}  (ms)")
    spiky = posteriors("spiky", 1000, 16)
    flat = posteriors("flat", 1000, 4)
    long = [np.concatenate(spiky)[:n] for n in (600, 3000)]
    row("T=600, width 100", 2, best_of(lambda: decode(long[0], beam_width=100)))
    for kind, utterances, allowed in (("spiky", spiky, 4), ("untrained", flat, 16)):
        ten = [best_of(lambda x=x: decode(x[:1000], beam_width=100, n_best=10)) for x in utterances]
        row(f"10 s, width 100, 10 best, worst of {len(ten)}, {kind}", allowed, max(ten))
    row("T=3000, width 200", 16, best_of(lambda: decode(long[1], beam_width=200)))
    row("longest gap in another thread while decoding", 5, longest_gap(lambda: decode(flat[0], beam_width=100)))
    batch = posteriors("spiky", 1500, 64)
    summed = _CLOCK is time.process_time
    case = "64 x 15 s, width 100, two threads" + (", both added up" if summed else "")
    row(case, 220 if summed else 110, best_of(lambda: decode(batch, beam_width=100, threads=2), 3))
    hour = np.concatenate([*batch, *batch])[:100_000]
    row("T=100,000, width 100", 1000, with_memory(hour, lambda: best_of(lambda: decode(hour, beam_width=100), 2)))
    labels = decode(hour, beam_width=10)[0][0].labels
    print(f"    alignment of its {len(labels)} labels: {milliseconds(lambda: align(hour, labels)):.0f} ms")
    print(f"    greedy, T=600: {best_of(lambda: greedy(long[0])):.2f} ms")
    day = np.tile(hour, (15, 1))[: 8 * 3600 * 50]
    case = "8 h at 50 frames a second, width 100, 10 best"
    row(case, 10_000, with_memory(day, lambda: best_of(lambda: decode(day, beam_width=100, n_best=10), 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--posteriors", metavar="FILE.npy", help="(T, V) or (B, T, V) in place of the bundled checkpoint's"
    )
    parser.add_argument("--frames", type=int, default=600, help="frames of an utterance (default: 600)")
    parser.add_argument("--utterances", type=int, default=8, help="utterances of a set (default: 8)")
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 10, 50, 100, 200])
    parser.add_argument("--batch", type=int, default=0, help="also decode batches of so many utterances")
    parser.add_argument("--threads", type=int, default=2, help="threads for a batch (default: 2)")
    parser.add_argument(
        "--cpu", action="store_true", help="time of the processors, not of the clock: on a busy machine"
    )
    parser.add_argument("--targets", action="store_true", help="only print the cases with a time allowed")
    arguments = parser.parse_args()
    if arguments.cpu:
        global _CLOCK
        _CLOCK = time.process_time
    warm_up()
    if not arguments.targets:
        sets = {kind: posteriors(kind, arguments.frames, arguments.utterances) for kind in ("spiky", "soft", "flat")}
        sets["network"] = (
            load_posteriors(arguments.posteriors)[: arguments.utterances] if arguments.posteriors else bundled()
        )
        print(
            f"{'posteriors':<14} {'beam':>4}  {'decoder':<26} {'ms':>9} {'ratio':>8} {'batch ms':>10} {'same':>8}",
            end="",
        )
        print(f" {'log-prob':>11}")
        for name, utterances in sets.items():
            for width in arguments.widths:
                compare(name, utterances, width, arguments.batch, arguments.threads)
    targets()


if __name__ == "__main__":
    main()
