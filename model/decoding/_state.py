"""Working memory of the prefix beam search: the records of the trie and the arrays of the beam."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.decoding.types import FloatArray, IntArray

Records: TypeAlias = Any
"""An array of one of the records below; its fields are attributes in compiled code only, so no type fits."""

IndexArray: TypeAlias = NDArray[np.uint32]
"""Indices that cannot be negative: with signed ones, numba allows for counting from the end at every look-up."""


def _record(**fields: type) -> np.dtype[np.void]:
    return np.dtype(list(fields.items()), align=True)


NODE = _record(parent=np.int32, label=np.int32, born=np.int32, child=np.int32, sibling=np.int32, slot=np.int32)
"""A prefix in the trie: the nodes of the prefix without its last label, its first child and its next sibling (-1 for
none), its last label, the frame it was first found at, and its slot in the beam (-1 for none)."""

SLOT = _record(node=np.int32, parent_node=np.int32, context=np.int32, reach=np.float64)
"""A prefix in the beam: its node, its parent's node, its row in the language model's table, the most in that row."""

CANDIDATE = _record(slot=np.int32, label=np.int32, parent_node=np.int32, context=np.int32)
"""A prefix that may enter the beam: the slot it extends, its last label, and what it inherits."""

RANKED = _record(prob=np.float64, label=np.int32)
"""A label and its probability in a frame."""


class Beam(NamedTuple):
    """The arrays that the steps of the search share.

    A prefix in the beam has a slot; slot ``width`` is a sentinel, the parent of every prefix whose own is not in the
    beam. The probabilities of all slots lie in one array of ``3 * (width + 1)``: first of the prefixes themselves, then
    over the alignments that end in a blank, then over those that end in the last label. The sentinel's are zero.
    """

    slots: Records  # (width,) SLOT
    label: IndexArray  # (width + 1,), last label of each slot; V for the empty prefix, V + 1 for the sentinel
    parent: IndexArray  # (width,), slot of the prefix without its last label
    source: IndexArray  # (width,), where the probability lies that flows in from there
    scores: FloatArray  # (room,), probability of each candidate
    candidates: Records  # (room,) CANDIDATE
    ranked: Records  # (V,) RANKED
    seen: IntArray  # (width + 1, V + 1), t + 1 where (slot, label) was found to be in the beam at frame t
    listed: IndexArray  # (width + 1,), slots: those worth extending, later those given up
    bounds: FloatArray  # (width + 1,), for those worth extending
    work: FloatArray  # (3, width + room + 1), for partitioning


def new_beam(width: int, classes: int) -> Beam:
    """Return an empty beam for `width` prefixes over `classes` classes, the blank included."""
    room = 2 * width + 1  # for candidates; the least there can be, as the bar rises whenever it is full
    label = np.zeros(width + 1, np.uint32)
    label[width] = classes + 1
    return Beam(
        slots=np.zeros(width, SLOT),
        label=label,
        parent=np.full(width, width, np.uint32),
        source=np.full(width, width, np.uint32),
        scores=np.zeros(room),
        candidates=np.zeros(room, CANDIDATE),
        ranked=np.zeros(classes, RANKED),
        seen=np.zeros((width + 1, classes + 1), np.int32),
        listed=np.zeros(width + 1, np.uint32),
        bounds=np.zeros(width + 1),
        work=np.zeros((3, width + room + 1)),
    )


class LanguageWeights(NamedTuple):
    """A language model as factors: a dense table by context and label, and each row's largest; no rows for none."""

    table: FloatArray
    reach: FloatArray


class Front(NamedTuple):
    """Where a search stands after some frames, beside its beam."""

    now: FloatArray  # (3 * (width + 1),), probabilities of the prefixes in the beam, as `Beam` tells
    then: FloatArray  # the same of the next frame, once it is reached
    trie: Records  # (room,) NODE; those of all prefixes that the beam descends from, with some that are given up
    nodes: int  # of them in use
    used: int  # slots in use
    best: float  # highest probability in the beam
    log_scale: float  # logarithm of the factor that the probabilities still need


def new_front(beam: Beam, model: LanguageWeights, context: int, room: int) -> Front:
    """Return the front before the first frame, and put the empty prefix into a new beam.

    Parameters
    ----------
    beam
        What `new_beam` returned.
    model, context
        Language model, without rows for none, and the row of its table that a sentence begins in.
    room
        Trie nodes to begin with, at least four times the width.
    """
    width, classes = len(beam.slots), len(beam.ranked)
    now, then = np.zeros(3 * width + 3), np.zeros(3 * width + 3)
    now[0] = now[width + 1] = 1.0
    trie = np.empty(room, NODE)
    # No parent, child or sibling; in slot 0.
    trie[0] = (-1, classes, -1, -1, -1, 0)
    beam.label[0] = classes
    beam.slots[0] = (0, -1, context, model.reach[context])
    return Front(now, then, trie, 1, 1, 1.0, 0.0)
