from __future__ import annotations

import math
from typing import Any

import pytest

from model.errors import UserError
from model.run_folder import HISTORY_COLUMNS
from model.training_state import Position, as_json, is_best, no_longer_better
from tests.model.helpers import assert_one_sentence


def records(*scores: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"dev_phone_error_rate": rate, "dev_loss": loss} for rate, loss in scores]


def bests(*scores: tuple[float, float]) -> list[int]:
    """Return the epochs that were the best so far, from 1."""
    history = records(*scores)
    return [number + 1 for number, record in enumerate(history) if is_best(record, history[:number])]


def test_fewer_errors_are_better_and_at_as_many_a_lower_loss():
    assert bests((1.0, 9.0), (1.0, 4.0), (1.0, 5.0), (0.9, 8.0), (0.9, 8.0), (0.95, 1.0)) == [1, 2, 4]
    assert bests((math.nan, 3.0), (math.nan, 2.0), (0.5, 9.0), (math.nan, 1.0)) == [1, 2, 3]
    assert bests((0.5, math.nan), (0.5, 3.0)) == [1, 2]


def test_a_network_that_hears_nothing_yet_is_given_time():
    falling = [(1.0, 9.0 - epoch) for epoch in range(6)]
    assert not no_longer_better(records(*falling), 2)
    assert no_longer_better(records(*falling, (1.0, 9.0), (1.1, 0.1)), 2)
    assert not no_longer_better(records(*falling, (1.0, 9.0), (1.1, 0.1)), 0)
    assert not no_longer_better(records(*falling, (1.0, 9.0), (1.1, 0.1)), 3)


def test_steps_and_epochs_are_counted():
    position = Position()
    for loss, seconds in ((3.0, 1.0), (math.nan, 1.0), (1.0, 2.0)):
        position.made_step(loss, 4, 100, seconds)
    assert (position.batch, position.step, position.bad_batches, position.seconds) == (3, 3, 1, 4.0)
    record = position.made_epoch(0.01)
    assert record == {
        "epoch": 1, "step": 3, "seconds": 4.0, "learning_rate": 0.01, "train_loss": 2.0, "frames_per_second": 75.0,
    }  # fmt: skip
    assert set(record) < set(HISTORY_COLUMNS)
    assert (position.epoch, position.batch, position.step) == (1, 0, 3)
    position.made_step(5.0, 4, 100, 1.0)
    assert position.made_epoch(0.01)["train_loss"] == 5.0
    assert Position.from_state({**as_json(position), "best_error": 0.4, "rate_factor": 1.0}) == position


def test_bad_batches_are_borne_fifty_times():
    position = Position()
    for _ in range(50):
        position.made_step(math.nan, 1, 1, 1.0)
    with pytest.raises(UserError) as caught:
        position.made_step(math.nan, 1, 1, 1.0)
    assert_one_sentence(caught.value)
