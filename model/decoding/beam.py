"""CTC prefix beam search over an utterance."""

from __future__ import annotations

import numpy as np

from model.decoding._utterance import Options, Utterance
from model.decoding.types import Hypothesis

_TRIE_ROOM = 16384
"""Trie nodes before the first sweep: few enough for the processor's cache, enough for a second of narrow search."""

_PLACING = 0.2
"""About how long it takes to find the frames of a hypothesis's labels, against the search."""

WHOLE_FRAMES = 4000
"""Longest utterance in which every label stays open to the end: 80 seconds at 50 frames a second."""

OPEN_FRAMES = 128
"""For how many frames the labels of a longer one stay open, at least: 2.6 seconds at 50 frames a second.

Old doubts that nothing more will be heard of would fill the beam, and leave ever less of it for what is said now: on 15
minutes of joined utterances, 30.3 % errors at width 100 with a language model; with labels settled after 100 or 200
frames 29.9 %; utterance by utterance 29.8 %.
"""


def search(utterance: Utterance, options: Options) -> list[Hypothesis]:
    """Return the most probable hypotheses of an utterance, best first.

    Time grows with the frames. Memory grows with the labels alone: frames are read a block at a time, and prefixes that
    the beam has given up are forgotten. In an utterance of more than `WHOLE_FRAMES`, those labels of the best prefix
    that were first found `OPEN_FRAMES` ago are settled: prefixes that begin otherwise are given up.

    Raises
    ------
    ValueError
        If a frame is no distribution, or the language model leaves nothing with a probability above zero.
    """
    # Here and not above: importing numba takes longer than everything else at the start of the program.
    from model.decoding._search_kernel import search as search_prefixes
    from model.decoding._state import LanguageWeights, new_beam, new_front
    from model.decoding._trie_kernel import trace

    model, blank, name = options.language_model, options.blank, utterance.name
    context, weights = 0, LanguageWeights(np.zeros((0, 0)), np.ones(1))
    if model is not None:
        context, weights = model.first_context(blank), LanguageWeights(model.table, model.reach)
    beam = new_beam(options.beam_width, utterance.frames.shape[1])
    front = new_front(beam, weights, context, _TRIE_ROOM + 4 * options.beam_width)
    open_frames = OPEN_FRAMES if len(utterance.frames) > WHOLE_FRAMES else 0
    frames, offset = 0, 0.0
    searching = 1.0 / (1.0 + options.n_best * _PLACING)
    for probs, log_scale in utterance.likely_blocks():
        front = search_prefixes(probs, frames, blank, beam, front, weights, open_frames)
        frames, offset = frames + len(probs), offset + log_scale
        if front.used < 0:
            last = -front.used - 1
            raise ValueError(f"language_model gives every continuation of {name} at frame {last} the probability 0")
        utterance.report(searching * frames / len(utterance.frames))
    totals = front.now[: front.used]
    if model is not None:
        totals = totals * model.table[beam.slots["context"][: front.used], blank]
        if not totals.any():
            raise ValueError(f"language_model gives the end of every hypothesis of {name} the probability 0")
    best = np.argsort(-totals, kind="stable")[: options.n_best]
    hypotheses = []
    best = best[totals[best] > 0.0]
    for slot in best:
        labels, born = trace(front.trie, beam.slots["node"][slot])
        log_prob = float(np.log(totals[slot])) + front.log_scale + offset
        hypotheses.append(Hypothesis(labels, log_prob, utterance.peak_frames(labels, born)))
        utterance.report(searching + (1.0 - searching) * len(hypotheses) / len(best))
    return hypotheses
