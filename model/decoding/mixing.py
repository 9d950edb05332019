"""One n-gram model of several bodies of text: how much each is worth, and which n-grams are worth their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.decoding.ngram import NGramModel, places
from model.decoding.types import FloatArray

Listed = list[NDArray[np.bool_]]
"""For each order n, which n-grams are listed, (V ** (n - 1), V)."""

_ROUNDS = 60
_PRUNING_ROUNDS = 4
_LEAST = 1e-12


def best_weights(models: Sequence[NGramModel], sequences: Iterable[ArrayLike]) -> FloatArray:
    """Return the weights, one a model and 1 together, under which their mixture finds sequences likeliest.

    Found by expectation maximisation (Jelinek and Mercer 1980).

    Raises
    ------
    ValueError
        There are no sequences.
    """
    first = models[0]
    found = list(places(sequences, first.order, first.classes, first.blank))
    if not found:
        raise ValueError("sequences must hold at least one sequence")
    rows, labels = (np.concatenate(part) for part in zip(*found, strict=True))
    likelihoods = np.stack([model.table.table[rows, labels] for model in models])
    weights = np.full(len(models), 1.0 / len(models))
    for _ in range(_ROUNDS):
        shares = weights[:, None] * likelihoods
        weights = (shares / np.maximum(shares.sum(axis=0), _LEAST)).mean(axis=1)
    result: FloatArray = weights / weights.sum()
    return result


def context_frequencies(sequences: Iterable[ArrayLike], order: int, classes: int, blank: int) -> FloatArray:
    """Return how often each context of order - 1 classes occurs, as shares of all, (V ** (order - 1),)."""
    found = [rows for rows, _ in places(sequences, order, classes, blank)]
    counts = np.bincount(np.concatenate(found), minlength=classes ** (order - 1)).astype(np.float64)
    shares: FloatArray = counts / counts.sum()
    return shares


def mixed(
    models: Sequence[NGramModel],
    weights: Sequence[float] | FloatArray,
    frequencies: Sequence[FloatArray],
    *,
    entries: int | None = None,
) -> NGramModel:
    """Return the linear mixture of models of one order, blank and number of classes, as one model.

    Shorter n-grams get the probability that they have on average in the mixture, so that little is lost where a longer
    one is left out.

    Parameters
    ----------
    models
        What is mixed.
    weights
        One for each model, 1 together.
    frequencies
        `context_frequencies` of the text of each.
    entries
        At most so many n-grams of two and more classes are listed: those whose absence would change the distribution
        most. None lists all that one of the models lists.
    """
    blank, order, classes = models[0].blank, models[0].order, models[0].classes
    table = sum(weight * model.table.table for weight, model in zip(weights, models, strict=True))
    often = sum(weight * share for weight, share in zip(weights, frequencies, strict=True))
    probs, shares = _all_orders(np.asarray(table), np.asarray(often), order, classes)
    listed = [np.any([~np.isnan(model.log_probs[n]) for model in models], axis=0) for n in range(order)]
    backoffs = _backoffs(probs, listed)
    if entries is not None and order > 1:
        candidates = listed
        for _ in range(_PRUNING_ROUNDS):
            scores = _losses(probs, shares, backoffs, candidates)
            listed = _chosen(scores, candidates, entries, blank)
            backoffs = _backoffs(probs, listed)
    log_probs = tuple(np.log(np.where(mask, found, np.nan)) for mask, found in zip(listed, probs, strict=True))
    return NGramModel(blank, log_probs, tuple(np.log(weight) for weight in backoffs))


def _all_orders(
    table: FloatArray, frequencies: FloatArray, order: int, classes: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return the probabilities of each order's n-grams, and how often their contexts occur."""
    probs, shares = [table], [frequencies]
    for _ in range(order - 1):
        often = shares[0].reshape(classes, -1, 1)
        longer = probs[0].reshape(classes, -1, classes)
        total = often.sum(axis=0)
        # A context that never occurs follows each class as often.
        mean = np.where(total > 0, (often * longer).sum(axis=0) / np.where(total > 0, total, 1.0), longer.mean(axis=0))
        probs.insert(0, mean)
        shares.insert(0, total[:, 0])
    return probs, shares


def _backoffs(probs: list[FloatArray], listed: Listed) -> list[FloatArray]:
    """Return the weights of shorter n-grams that make all probabilities after a context add up to 1."""
    effective, found = probs[0], []
    for own, mask in zip(probs[1:], listed[1:], strict=True):
        shorter = np.tile(effective, (len(own) // len(effective), 1))
        left = np.maximum(1.0 - (own * mask).sum(axis=1), _LEAST)
        theirs = np.maximum(1.0 - (shorter * mask).sum(axis=1), _LEAST)
        weight = np.where(mask.any(axis=1), left / theirs, 1.0)
        effective = np.where(mask, own, weight[:, None] * shorter)
        found.append(weight)
    return found


def _losses(
    probs: list[FloatArray], shares: list[FloatArray], backoffs: list[FloatArray], candidates: Listed
) -> list[FloatArray]:
    """Return what leaving out each n-gram of two and more classes adds to the divergence; -1 where it is no candidate.

    As in Stolcke (1998, "Entropy-based pruning of backoff language models"), each by itself; what the other n-grams of
    its context gain by it is taken as that of distributions that need not add up to 1.
    """
    found = []
    for n in range(1, len(probs)):
        own, shorter = probs[n], np.tile(probs[n - 1], (len(probs[n]) // len(probs[n - 1]), 1))
        shorter = np.maximum(shorter * backoffs[n - 1][:, None], _LEAST)
        loss = shares[n][:, None] * (own * np.log(np.maximum(own, _LEAST) / shorter) - own + shorter)
        found.append(np.where(candidates[n], loss, -1.0))
    return found


def _chosen(scores: list[FloatArray], candidates: Listed, entries: int, blank: int) -> Listed:
    """Return the n-grams of the highest scores, and those that stand before a class of a longer one."""
    classes = candidates[0].shape[1]
    pool = np.concatenate([score[score >= 0] for score in scores])
    take = min(entries, len(pool))
    while True:
        least = np.partition(pool, len(pool) - take)[len(pool) - take] if take > 0 else np.inf
        listed = [candidates[0], *((score >= 0) & (score >= least) for score in scores)]
        for n in range(len(listed) - 1, 1, -1):
            contexts = np.flatnonzero(listed[n].any(axis=1))
            listed[n - 1].reshape(-1)[contexts[contexts % classes != blank]] = True
        over = sum(int(mask.sum()) for mask in listed[1:]) - entries
        if over <= 0 or take <= 0:
            return listed
        take -= over
