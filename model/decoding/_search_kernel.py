"""Compiled kernel of the CTC prefix beam search.

The search follows Graves (2012, chapter 7) and Hannun et al. (2014, arXiv:1408.2873): every frame extends the most
probable label sequences (prefixes), and the probabilities of all alignments of one prefix are summed. What makes it
fast costs no exactness:

- Probabilities are linear float64, scaled by a power of two when they get small (or, with a label bonus, large): no log
  and no exp in the loop. What is less than 1e-240 of the best may be lost.
- A new prefix enters only if it beats a bar: first the weakest prefix of a full beam, then the weakest that is still
  to be kept as candidates are found. Labels are tried from the most probable down, each on fewer prefixes than the one
  before, so nearly all of the ``width * classes`` candidates are never looked at.

The steps are parts of one function (see `inlined`). Arrays are taken from the beam once a step or less, as numba counts
references each time, and indices are unsigned where it pays (see `IndexArray`).
"""

from __future__ import annotations

import math

import numpy as np

from model.decoding._jit import inlined, jit
from model.decoding._selection_kernel import raise_bar, select, settle
from model.decoding._state import Beam, Front, IndexArray, LanguageWeights, Records
from model.decoding._trie_kernel import find_child, sweep, write_node
from model.decoding.types import FloatArray

_SMALL = 1e-60
_SCALE_BITS = 199

_SETTLING = 64
"""Frames from one settling to the next."""


@jit
def search(
    probs: FloatArray, first: int, blank: int, beam: Beam, front: Front, model: LanguageWeights, open_frames: int
) -> Front:
    """Carry a search for the most probable label sequences on over a block of frames.

    Parameters
    ----------
    probs : (n, V + 1)
        Probabilities; the last column is zero and stands for the label of the empty prefix.
    first
        How many frames were searched before.
    blank
        Index of the blank.
    beam, front
        Where the search stands: as `new_beam` and `new_front` give them, or as the block before left them. The arrays
        are written over.
    model
        Language model, without rows for none.
    open_frames
        For how many frames, or somewhat more, prefixes may differ from the best in a label; 0 for ever.

    Returns
    -------
    Front
        Where it stands now; ``used`` is ``-(t + 1)`` if no prefix had any probability left after frame t.
    """
    width = beam.slots.shape[0]
    now, then, trie = front.now, front.then, front.trie
    nodes, used, best, log_scale = front.nodes, front.used, front.best, front.log_scale
    slots, label, parent = beam.slots, beam.label, beam.parent
    source, ranked, table = beam.source, beam.ranked, model.table
    for row in range(probs.shape[0]):
        t = first + row
        highest = best if table.shape[0] == 0 else _highest_bound(now, slots, used)
        bar, best = _advance(now, then, slots, label, parent, source, table, probs, row, blank, used)
        tried = _rank_labels(ranked, probs, row, blank, bar / highest) if highest > 0.0 else 0
        if tried > 0:
            if nodes + width > trie.shape[0]:
                trie, nodes = sweep(trie, nodes, slots, used)
            found = _collect(now, then, beam, table, t, used, tried, bar)
            vacant, found = select(beam, found, then, trie, used)
            nodes, used, best = _admit(beam, found, vacant, then, trie, nodes, used, best, model, t)
        if open_frames > 0 and (t + 1) % _SETTLING == 0 and t >= open_frames:
            used = settle(beam, then, trie, used, t + 1 - open_frames)
            _link(slots, label, parent, source, trie, used)
        if best < _SMALL or best > 1.0 / _SMALL:
            if best <= 0.0:
                return Front(then, now, trie, nodes, -(t + 1), best, log_scale)
            bits = _SCALE_BITS if best < 1.0 else -_SCALE_BITS
            then *= 2.0**bits  # a power of two rounds nothing
            best *= 2.0**bits
            log_scale -= bits * math.log(2.0)
        now, then = then, now
    return Front(now, then, trie, nodes, used, best, log_scale)


@inlined
def _highest_bound(now: FloatArray, slots: Records, used: int) -> float:
    """Return the most that any prefix could pass on to an extension, were its label certain."""
    highest = 0.0
    for s in range(used):
        highest = max(highest, now[s] * slots[s].reach)
    return highest


@inlined
def _advance(
    now: FloatArray,
    then: FloatArray,
    slots: Records,
    label: IndexArray,
    parent: IndexArray,
    source: IndexArray,
    table: FloatArray,
    probs: FloatArray,
    row: int,
    blank: int,
    used: int,
) -> tuple[float, float]:
    """Carry the prefixes of the beam over a frame; return what a new prefix has to beat, and the highest total."""
    width = slots.shape[0]
    in_blank, in_label = np.uint64(width + 1), np.uint64(2 * width + 2)
    for s in range(np.uint64(used)):
        then[in_label + s] = now[source[s]]
    if table.shape[0] > 0:
        for s in range(np.uint64(used)):
            if parent[s] < width:
                then[in_label + s] *= table[slots[parent[s]].context, label[s]]
    blank_prob = probs[row, blank]
    smallest, largest = np.inf, 0.0
    for s in range(np.uint64(used)):
        by_label = (then[in_label + s] + now[in_label + s]) * probs[row, label[s]]
        by_blank = now[s] * blank_prob
        total = by_label + by_blank
        then[in_label + s], then[in_blank + s], then[s] = by_label, by_blank, total
        smallest, largest = min(smallest, total), max(largest, total)
    return (smallest if used == width else 0.0), largest


@inlined
def _rank_labels(ranked: Records, probs: FloatArray, row: int, blank: int, limit: float) -> int:
    """Sort the labels of a frame that are more probable than limit, most probable first; return how many."""
    count = 0
    for c in range(probs.shape[1] - 1):
        prob = probs[row, c]
        if prob > limit and c != blank:
            i = count
            while i > 0 and ranked[i - 1].prob < prob:
                ranked[i].prob, ranked[i].label = ranked[i - 1].prob, ranked[i - 1].label
                i -= 1
            ranked[i].prob, ranked[i].label = prob, c
            count += 1
    return count


@inlined
def _collect(
    now: FloatArray, then: FloatArray, beam: Beam, table: FloatArray, t: int, used: int, tried: int, bar: float
) -> int:
    """Gather the extensions of present prefixes that beat the bar and are not present themselves; return how many."""
    slots, label, parent, ranked, seen = beam.slots, beam.label, beam.parent, beam.ranked, beam.seen
    scores, candidates, listed, bounds = beam.scores, beam.candidates, beam.listed, beam.bounds
    in_blank = np.uint64(label.shape[0])
    for s in range(np.uint64(used)):
        seen[parent[s], label[s]] = t + 1
        listed[s] = s
        bounds[s] = now[s] * slots[s].reach
    left, found = np.uint64(used), np.uint64(0)
    for k in range(tried):
        if found + left >= np.uint64(scores.shape[0]):
            bar, kept = raise_bar(beam, int(found), then, used)
            found = np.uint64(kept)
        prob, c = ranked[k].prob, np.uint64(ranked[k].label)
        trying = left
        left = np.uint64(0)
        for i in range(trying):
            slot, bound = np.uint64(listed[i]), bounds[i]
            listed[left], bounds[left] = slot, bound
            left += np.uint64(bound * prob > bar)
            # After its own last label, a prefix only grows through a blank between the two.
            score = (now[in_blank + slot] if c == label[slot] else now[slot]) * prob
            if table.shape[0] > 0:
                score *= table[slots[slot].context, c]
            scores[found] = score
            candidates[found].slot, candidates[found].label = slot, c
            found += np.uint64((score > bar) & (seen[slot, c] != t + 1))
        if left == 0:
            break
    return int(found)


@inlined
def _admit(
    beam: Beam,
    found: int,
    vacant: int,
    then: FloatArray,
    trie: Records,
    nodes: int,
    used: int,
    best: float,
    model: LanguageWeights,
    t: int,
) -> tuple[int, int, float]:
    """Give the surviving candidates a node and a slot; return the nodes and slots in use and the highest total."""
    slots, label, listed, reach = beam.slots, beam.label, beam.listed, model.reach
    scores, candidates, width = beam.scores, beam.candidates, beam.slots.shape[0]
    contexts, classes = reach.shape[0], beam.ranked.shape[0]
    for i in range(found):  # before their parents' slots are given away
        s = candidates[i].slot
        candidates[i].parent_node = slots[s].node
        if contexts > 1:
            candidates[i].context = (slots[s].context * classes + candidates[i].label) % contexts
    for i in range(found):
        node = find_child(trie, candidates[i].parent_node, candidates[i].label)
        if node < 0:
            node = nodes
            nodes += 1
            write_node(trie, node, candidates[i].parent_node, candidates[i].label, t)
        s = used
        if vacant > 0:
            vacant -= 1
            s = int(listed[vacant])
        else:
            used += 1
        trie[node].slot, slots[s].node, slots[s].parent_node = s, node, candidates[i].parent_node
        slots[s].context, slots[s].reach = candidates[i].context, reach[candidates[i].context]
        label[s] = candidates[i].label
        then[s], then[width + 1 + s], then[2 * width + 2 + s] = scores[i], 0.0, scores[i]
        best = max(best, scores[i])
    _link(slots, label, beam.parent, beam.source, trie, used)
    return nodes, used, best


@inlined
def _link(slots: Records, label: IndexArray, parent: IndexArray, source: IndexArray, trie: Records, used: int) -> None:
    """Find the parents' slots anew."""
    width = slots.shape[0]
    for s in range(used):
        node = slots[s].parent_node
        slot = trie[node].slot if node >= 0 else -1
        if slot < 0:
            slot = width
        parent[s] = slot
        source[s] = slot + (width + 1 if label[s] == label[slot] else 0)
