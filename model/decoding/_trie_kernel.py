"""Compiled parts of the prefix beam search that keep its prefixes, nodes of a trie in one flat array."""

from __future__ import annotations

import numpy as np

from model.decoding._jit import inlined, jit
from model.decoding._state import NODE, Records
from model.decoding.types import IntArray


@inlined
def find_child(trie: Records, parent: int, label: int) -> int:
    """Return the node that extends a prefix by a label, -1 if there is none."""
    node = trie[parent].child
    while node >= 0 and trie[node].label != label:
        node = trie[node].sibling
    return node  # type: ignore[no-any-return]


@inlined
def write_node(trie: Records, node: int, parent: int, label: int, frame: int) -> None:
    """Write a node without a slot and hang it into its parent's list of children."""
    trie[node].parent, trie[node].label, trie[node].born = parent, label, frame
    trie[node].child = trie[node].sibling = trie[node].slot = -1
    if parent >= 0:
        trie[node].sibling = trie[parent].child
        trie[parent].child = node


@inlined
def sweep(trie: Records, nodes: int, slots: Records, used: int) -> tuple[Records, int]:
    """Drop the nodes that no prefix in the beam descends from; return the nodes that are left, and how many.

    A parent always lies before its children, so one pass down marks and one pass up moves. The array doubles when half
    of it or more is alive, so that sweeping costs a constant per node made.
    """
    place = np.zeros(nodes, np.int32)  # first whether the node is alive, then where it goes
    place[0] = live = 1
    for x in range(nodes - 1, 0, -1):
        if trie[x].slot >= 0 or place[x]:
            live += 1
            place[x] = place[trie[x].parent] = 1
    swept = trie
    if 2 * live > trie.shape[0]:
        swept = np.empty(2 * trie.shape[0], NODE)
    live = 0
    for x in range(nodes):
        if place[x]:
            slot, parent = trie[x].slot, trie[x].parent
            write_node(swept, live, place[parent] if x > 0 else -1, trie[x].label, trie[x].born)
            swept[live].slot = slot
            place[x] = live
            live += 1
    for s in range(used):
        slots[s].node = place[slots[s].node]
        if slots[s].parent_node >= 0:
            slots[s].parent_node = place[slots[s].parent_node]
    return swept, live


@jit
def trace(trie: Records, node: int) -> tuple[IntArray, IntArray]:
    """Return the labels of a node's prefix and the frame each was first found at, increasing, both (L,)."""
    count = 0
    x = node
    while x > 0:
        count += 1
        x = trie[x].parent
    labels, born = np.empty(count, np.int32), np.empty(count, np.int32)
    while count > 0:
        count -= 1
        labels[count], born[count] = trie[node].label, trie[node].born
        node = trie[node].parent
    return labels, born
