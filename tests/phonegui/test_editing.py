import random
from itertools import pairwise

import numpy as np
import pytest

from phonegui.editing import (
    SHORTEST,
    Change,
    Interval,
    Tier,
    delete,
    insert,
    merge,
    move_end,
    move_start,
    relabel,
    replace_all,
    split,
    tidy,
)

SYMBOLS = ("AA", "B", "SIL", "IY", "T")


def random_tier(chance):
    duration = chance.uniform(0.5, 20)
    times = sorted(chance.uniform(0, duration) for _ in range(2 * chance.randint(0, 12)))
    items = [Interval(a, b, chance.choice(SYMBOLS)) for a, b in zip(times[::2], times[1::2], strict=True)]
    tier = Tier(tidy(items, duration), duration)
    for index in range(len(tier.intervals) - 1):
        if chance.random() < 0.5:  # close the gap
            change = move_end(tier, index, tier.intervals[index + 1].start)
            tier = change.apply(tier)
    return tier


def random_change(chance, tier):
    time = chance.uniform(-1, tier.duration + 1)
    kinds = [lambda: insert(tier, time, time + chance.uniform(0, 1), chance.choice(SYMBOLS))]
    if tier.intervals:
        index = chance.randrange(len(tier.intervals))
        kinds += [
            lambda: relabel(tier, index, chance.choice(SYMBOLS)),
            lambda: move_start(tier, index, time),
            lambda: move_end(tier, index, time),
            lambda: split(tier, index, time),
            lambda: split(tier, index, 0.5 * (tier.intervals[index].start + tier.intervals[index].end)),
            lambda: merge(tier, index),
            lambda: delete(tier, index),
            lambda: replace_all(tier, random_tier(chance).intervals, "start anew"),
        ]
    return chance.choice(kinds)()


def assert_in_order(tier):
    reached = 0.0
    for item in tier.intervals:
        assert item.start >= reached
        assert item.end - item.start >= SHORTEST - 1e-9
        assert item.end <= tier.duration
        reached = item.end


@pytest.mark.parametrize("seed", range(60))
def test_any_sequence_of_edits_keeps_the_tier_in_order_and_undoes_exactly(seed):
    chance = random.Random(seed)
    tier = random_tier(chance)
    states, done = [tier], []
    for _ in range(40):
        change = random_change(chance, tier)
        if change is None:
            continue
        tier = change.apply(tier)
        assert_in_order(tier)
        done.append(change)
        states.append(tier)
    assert len(done) > 5
    for change, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        tier = change.inverse.apply(tier)
        assert tier == before
    for change, after in zip(done, states[1:], strict=True):
        tier = change.apply(tier)
        assert tier == after


def test_touching_neighbours_share_their_boundary_and_gaps_do_not():
    tier = Tier((Interval(0, 1, "AA"), Interval(1, 2, "B"), Interval(3, 4, "T")), 5.0)
    moved = move_start(tier, 1, 0.5).apply(tier)
    assert moved.intervals[:2] == (Interval(0, 0.5, "AA"), Interval(0.5, 2, "B"))
    assert move_end(tier, 0, 0.5).apply(tier) == moved
    apart = move_start(tier, 2, 2.5).apply(tier)
    assert apart.intervals[1].end == 2 and apart.intervals[2].start == 2.5


def test_a_boundary_stops_at_its_neighbours():
    tier = Tier((Interval(0, 1, "AA"), Interval(1, 2, "B"), Interval(3, 4, "T")), 5.0)
    assert move_start(tier, 1, -7).apply(tier).intervals[1].start == SHORTEST
    assert move_start(tier, 1, 7).apply(tier).intervals[0].end == 2 - SHORTEST
    assert move_end(tier, 1, 7).apply(tier).intervals[1].end == 3
    assert move_end(tier, 2, 7).apply(tier).intervals[2].end == 5.0


def test_finds_intervals_and_gaps():
    tier = Tier((Interval(0.5, 1, "AA"), Interval(1, 2, "B"), Interval(3, 4, "T")), 5.0)
    assert [tier.at(time) for time in (0.2, 0.5, 1, 1.99, 2, 3.5, 4)] == [None, 0, 1, 1, None, 2, None]
    assert tier.gap(0.2) == (0.0, 0.5) and tier.gap(2.5) == (2, 3) and tier.gap(4.5) == (4, 5.0)
    assert tier.gap(1.5) is None and tier.gap(6) is None


def test_a_change_is_refused_by_another_tier():
    tier = Tier((Interval(0, 1, "AA"),), 2.0)
    with pytest.raises(ValueError, match="another tier"):
        Change("x", 0, (Interval(0, 1, "B"),), ()).apply(tier)


def test_overlaps_from_elsewhere_are_tidied():
    found = tidy([Interval(0.5, 2, "B"), Interval(-1, 1, "AA"), Interval(1.9, 1.95, "T"), Interval(4, 9, "IY")], 5.0)
    assert found == (Interval(0.0, 1, "AA"), Interval(1, 2, "B"), Interval(4, 5.0, "IY"))


@pytest.mark.parametrize("seed", range(200))
def test_tidying_what_is_tidy_changes_nothing_and_all_else_becomes_it(seed):
    chance = np.random.default_rng(seed)
    starts = np.round(chance.uniform(-0.2, 2.2, chance.integers(0, 6)), 2)
    items = [Interval(float(start), float(start + chance.choice([0.002, 0.2, 0.5])), "AA") for start in starts]
    if seed % 2:
        items.sort()
    tidied = tidy(items, 2.0)
    reached = 0.0
    for item in tidied:
        assert item.start >= reached and item.end <= 2.0 and item.end - item.start >= SHORTEST
        reached = item.end
    fits = all(item.start >= 0 and item.end <= 2.0 and item.end - item.start >= SHORTEST for item in items)
    apart = all(one.end <= other.start for one, other in pairwise(items))
    assert (tidied == tuple(items)) == (fits and apart)
    assert tidy(tidied, 2.0) == tidied
