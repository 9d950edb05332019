"""Greedy decoding: the labels of the single most probable path."""

from __future__ import annotations

import numpy as np

from model.decoding._utterance import Options, Utterance
from model.decoding.types import Hypothesis


def search(utterance: Utterance, options: Options) -> list[Hypothesis]:
    """Return the one greedy hypothesis of an utterance."""
    paths, probs, log_prob = [], [], 0.0
    for block, log_scale in utterance.blocks():
        paths.append(block[:, :-1].argmax(axis=1))
        probs.append(block[np.arange(len(block)), paths[-1]])
        utterance.report(sum(map(len, paths)) / len(utterance.frames))
        log_prob += log_scale + float(np.log(probs[-1]).sum())
    path, best = np.concatenate(paths), np.concatenate(probs)
    begins = np.diff(path, prepend=-1) != 0
    run = np.cumsum(begins) - 1  # frames of one class in a row
    starts = np.flatnonzero(begins)
    peaks = np.flatnonzero(best == np.maximum.reduceat(best, starts)[run])
    peaks = peaks[np.searchsorted(run[peaks], np.arange(len(starts)))]
    spoken = path[starts] != options.blank
    return [Hypothesis(path[starts[spoken]].astype(np.int32), log_prob, peaks[spoken].astype(np.int32))]
