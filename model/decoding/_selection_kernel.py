"""Compiled parts of the prefix beam search that choose what stays in the beam.

Whether a prefix passes is as good as random, and a wrong guess of the processor costs more than the work. So lists are
filled without branches: every item is written, and the end moves on only past those to keep.
"""

from __future__ import annotations

from model.decoding._jit import inlined
from model.decoding._state import Beam, Records
from model.decoding.types import FloatArray


@inlined
def raise_bar(beam: Beam, found: int, then: FloatArray, used: int) -> tuple[float, int]:
    """Drop the candidates that can no longer enter; return the new bar and how many candidates are left."""
    bar, room = _bar(beam, found, then, used)
    for s in range(used):
        room -= then[s] == bar
    return bar, _thin(beam, found, bar, room)


@inlined
def select(beam: Beam, found: int, then: FloatArray, trie: Records, used: int) -> tuple[int, int]:
    """Keep the best of prefixes and candidates; return how many slots fell vacant and how many candidates are left.

    Ties go to prefixes already in the beam, then to candidates in the order they were found.
    """
    slots, listed = beam.slots, beam.listed
    if used + found <= slots.shape[0]:
        return 0, found
    bar, room = _bar(beam, found, then, used)
    vacant = 0
    for s in range(used):
        tied = then[s] == bar and room > 0
        room -= tied
        listed[vacant] = s
        vacant += (then[s] <= bar) & (not tied)
    for i in range(vacant):
        trie[slots[listed[i]].node].slot = -1
    return vacant, _thin(beam, found, bar, room)


@inlined
def settle(beam: Beam, then: FloatArray, trie: Records, used: int, frame: int) -> int:
    """Keep the prefixes that begin with those labels of the best one first found before a frame; return how many."""
    slots, label, width = beam.slots, beam.label, beam.slots.shape[0]
    best = 0
    for s in range(used):
        if then[s] > then[best]:
            best = s
    anchor = slots[best].node
    while trie[anchor].born >= frame:
        anchor = trie[anchor].parent
    kept = 0
    for s in range(used):
        node = slots[s].node
        while node > anchor:  # a parent always lies before its children
            node = trie[node].parent
        if node != anchor:
            trie[slots[s].node].slot = -1
            continue
        if kept < s:
            slots[kept].node, slots[kept].parent_node = slots[s].node, slots[s].parent_node
            slots[kept].context, slots[kept].reach = slots[s].context, slots[s].reach
            trie[slots[s].node].slot = kept
            label[kept] = label[s]
            for k in range(3):
                then[k * (width + 1) + kept] = then[k * (width + 1) + s]
        kept += 1
    return kept


@inlined
def _bar(beam: Beam, found: int, then: FloatArray, used: int) -> tuple[float, int]:
    """Return the lowest probability that stays in the beam, and how many prefixes of just that probability may."""
    values, scores = beam.work[0], beam.scores
    for s in range(used):
        values[s] = then[s]
    for i in range(found):
        values[used + i] = scores[i]
    room = beam.slots.shape[0]
    bar = _kth_largest(values, used + found, room, beam.work[1], beam.work[2])
    for s in range(used):
        room -= then[s] > bar
    for i in range(found):
        room -= scores[i] > bar
    return bar, room


@inlined
def _thin(beam: Beam, found: int, bar: float, room: int) -> int:
    """Keep the candidates above the bar and the first `room` of those at it; return how many."""
    scores, candidates = beam.scores, beam.candidates
    kept = 0
    for i in range(found):
        score = scores[i]
        tied = score == bar and room > 0
        room -= tied
        scores[kept] = score
        candidates[kept].slot, candidates[kept].label = candidates[i].slot, candidates[i].label
        kept += (score > bar) | tied
    return kept


@inlined
def _kth_largest(values: FloatArray, count: int, rank: int, above: FloatArray, below: FloatArray) -> float:
    """Return the rank-th largest of values[:count] by partition; overwrites all three arrays."""
    while True:
        first, middle, last = values[0], values[count >> 1], values[count - 1]
        pivot = max(min(first, middle), min(max(first, middle), last))
        greater = less = 0
        for i in range(count):
            value = values[i]
            above[greater] = value
            below[less] = value
            greater += value > pivot
            less += value < pivot
        if rank <= greater:
            values, above = above, values
            count = greater
        elif rank <= count - less:
            return float(pivot)
        else:
            rank -= count - less
            values, below = below, values
            count = less
