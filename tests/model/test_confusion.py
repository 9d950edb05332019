from __future__ import annotations

import math

import numpy as np

from model.confusion import Confusions, ErrorKind, error_name
from model.phonemes import BLANK, DEFAULT_TABLE, phoneme_class
from tests.model.scored_helpers import scored
from tests.model.test_scored import random_rows

T, D, AA, IY = (DEFAULT_TABLE.index(name) for name in ("T", "D", "AA", "IY"))


def test_a_small_matrix_by_hand():
    found = Confusions(scored(("T AA T", "D AA T IY"), ("T AA", "D")))
    expected = {(T, D): 2, (AA, AA): 1, (T, T): 1, (BLANK, IY): 1, (AA, BLANK): 1}
    assert {(int(r), int(c)): int(found.counts[r, c]) for r, c in np.argwhere(found.counts)} == expected
    assert found.errors[0] == ErrorKind(T, D, 2)
    assert len(found.errors) == 3


def test_the_matrix_adds_up_to_the_counts_and_the_silent_are_not_in_it():
    score = scored(*random_rows(200))
    found = Confusions(score)
    counts = found.counts
    assert counts[BLANK, BLANK] == 0
    assert counts[BLANK].sum() == score.counts.insertions
    assert counts[:, BLANK].sum() == score.counts.deletions
    assert counts[1:, 1:].sum() - np.trace(counts) == score.counts.substitutions
    assert counts[1:].sum() == score.counts.reference_length
    assert sum(kind.count for kind in found.errors) == score.counts.errors
    silent = list(DEFAULT_TABLE.silent())
    assert not counts[silent].any() and not counts[:, silent].any()


def test_precision_and_recall_are_those_of_their_definitions():
    found = Confusions(scored(("T T D", "T D D"), ("AA", "T")))
    scores = {item.label: item for item in found.phonemes}
    assert (scores[T].said, scores[T].heard, scores[T].correct) == (2, 2, 1)
    assert (scores[T].recall, scores[T].precision) == (0.5, 0.5)
    assert (scores[D].recall, scores[D].precision) == (1.0, 0.5)
    assert scores[AA].recall == 0.0 and math.isnan(scores[AA].precision)


def test_every_instance_of_a_cell_is_listed_once():
    score = scored(*random_rows(80))
    found = Confusions(score)
    for said, heard in np.argwhere(found.counts):
        instances = found.instances(int(said), int(heard))
        assert len(instances) == found.counts[said, heard]
        assert len({(item.number, item.pair) for item in instances}) == len(instances)
        assert all((item.said, item.heard) == (said, heard) for item in instances)
    assert found.instances(AA, DEFAULT_TABLE.index("ZH")) == []


def test_labels_stand_together_by_class():
    classes = [phoneme_class(DEFAULT_TABLE.symbols[label]) for label in Confusions(scored(*random_rows(80))).labels()]
    assert len(set(classes)) == sum(a != b for a, b in zip(classes, ["", *classes], strict=False))


def test_nothing_scored_is_an_empty_matrix():
    found = Confusions(scored())
    assert not found.counts.any() and found.errors == [] and found.labels() == []


def test_errors_are_named_by_their_kind():
    names = [error_name(ErrorKind(*kind, 1), DEFAULT_TABLE) for kind in ((T, D), (T, BLANK), (BLANK, AA))]
    assert names == ["T → D", "− T", "+ AA"]
