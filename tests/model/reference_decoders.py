"""Slow decoders that are plainly right: every path enumerated, and the prefix beam search with dictionaries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from model.decoding import Hypothesis

Labels = tuple[int, ...]
Array = npt.NDArray[np.float64]
Weight = Callable[[Labels, int | None], float]
"""Factor of a language model for a label after a sequence; for None, of the end of the sequence."""


def log_softmax(logits: npt.ArrayLike) -> Array:
    values = np.asarray(logits, np.float64)
    values = values - values.max(axis=-1, keepdims=True)
    normal: Array = values - np.log(np.exp(values).sum(axis=-1, keepdims=True))
    return normal


def collapse(path: tuple[int, ...], blank: int) -> Labels:
    return tuple(c for i, c in enumerate(path) if c != blank and (i == 0 or path[i - 1] != c))


def enumerate_paths(log_probs: Array, blank: int) -> tuple[dict[Labels, float], dict[Labels, float]]:
    """Return each label sequence's summed probability, and that of its best path."""
    frames, classes = log_probs.shape
    probs = np.exp(log_probs)
    paths = np.array(list(itertools.product(range(classes), repeat=frames))).reshape(-1, frames)
    values = probs[np.arange(frames), paths].prod(axis=1)
    summed: dict[Labels, float] = {}
    best: dict[Labels, float] = {}
    for path, value in zip(map(tuple, paths.tolist()), values.tolist(), strict=True):
        labels = collapse(path, blank)
        summed[labels] = summed.get(labels, 0.0) + value
        best[labels] = max(best.get(labels, 0.0), value)
    return summed, best


def sequence_weight(labels: Labels, weight: Weight) -> float:
    product = weight(labels, None)
    for i, label in enumerate(labels):
        product *= weight(labels[:i], label)
    return product


def ngram_weight(table: Array, order: int, blank: int) -> Weight:
    """Look a dense table up by the sequence itself instead of by running indices."""
    classes = table.shape[1]

    def weight(before: Labels, label: int | None) -> float:
        context = ((blank,) * order + before)[len(before) + 1 :] if order > 1 else ()
        row = 0
        for c in context:
            row = row * classes + c
        return float(table[row, blank if label is None else label])

    return weight


def log_add(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def prefix_search(
    log_probs: Array, beam_width: int, blank: int = 0, weight: Weight | None = None
) -> list[tuple[float, Labels]]:
    """Return the beam after the last frame, best first, of a prefix beam search in the log domain."""
    beam: dict[Labels, tuple[float, float]] = {(): (0.0, -math.inf)}
    for row in log_probs.tolist():
        grown: dict[Labels, tuple[float, float]] = {}

        def add(labels: Labels, in_blank: float, in_label: float, grown: dict[Labels, tuple[float, float]]) -> None:
            old = grown.get(labels, (-math.inf, -math.inf))
            grown[labels] = (log_add(old[0], in_blank), log_add(old[1], in_label))

        for labels, (in_blank, in_label) in beam.items():
            total = log_add(in_blank, in_label)
            for c, log_prob in enumerate(row):
                if c == blank:
                    add(labels, total + log_prob, -math.inf, grown)
                    continue
                bonus = 0.0 if weight is None else _log(weight(labels, c))
                if labels and c == labels[-1]:
                    add(labels, -math.inf, in_label + log_prob, grown)
                    add((*labels, c), -math.inf, in_blank + log_prob + bonus, grown)
                else:
                    add((*labels, c), -math.inf, total + log_prob + bonus, grown)
        ranked = sorted(grown.items(), key=lambda item: -log_add(*item[1]))
        beam = {labels: masses for labels, masses in ranked[:beam_width] if log_add(*masses) > -math.inf}
    ends = {labels: 0.0 if weight is None else _log(weight(labels, None)) for labels in beam}
    return sorted(((log_add(*masses) + ends[labels], labels) for labels, masses in beam.items()), reverse=True)


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else -math.inf


def speech_like(frames: int, classes: int = 42, seed: int = 0, *, sharpness: float = 1.0) -> Array:
    """Return log-probabilities like a trained network's: mostly blank, a spike for a label, some spikes unsure."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 1.1, (frames, classes))
    logits[:, 0] += 8.0
    t = 3
    while t < frames:
        label, rival = rng.integers(1, classes, 2)
        stop = t + int(rng.integers(1, 4))
        logits[t:stop, 0] -= 5.0
        logits[t:stop, label] += rng.normal(9.0, 2.0)
        logits[t:stop, rival] += rng.normal(7.0, 2.0)
        t = stop + int(rng.integers(0, 12))
    return log_softmax(sharpness * logits)


def as_dict(hypotheses: list[Hypothesis]) -> dict[tuple[int, ...], float]:
    found = {tuple(h.labels.tolist()): h.log_prob for h in hypotheses}
    assert len(found) == len(hypotheses), "a label sequence was returned twice"
    return found
