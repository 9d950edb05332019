"""Zooming has a way back and forward."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from phonegui.views.time_range import TimeRange
from phonegui.views.zoom_history import ZoomHistory


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown(qtbot: QtBot) -> TimeRange:
    time_range = TimeRange()
    time_range.set_duration(100.0)
    return time_range


def visit(shown: TimeRange, clock: Clock, *ranges: tuple[float, float]) -> None:
    for start, end in ranges:
        clock.now += 1.0
        shown.show(start, end)


def test_back_and_forward(shown: TimeRange, clock: Clock) -> None:
    history = ZoomHistory(shown, clock=clock)
    ways: list[tuple[bool, bool]] = []
    history.changed.connect(lambda back, forward: ways.append((back, forward)))
    visit(shown, clock, (10, 20), (12, 14))
    history.back()
    assert (shown.start, shown.end) == (10, 20)
    history.back()
    assert (shown.start, shown.end) == (0, 100)
    history.back()
    assert (shown.start, shown.end) == (0, 100)
    history.forward()
    history.forward()
    history.forward()
    assert (shown.start, shown.end) == (12, 14)
    assert ways == [(True, False), (True, False), (True, True), (False, True), (True, True), (True, False)]


def test_a_turn_of_the_wheel_is_one_change(shown: TimeRange, clock: Clock) -> None:
    history = ZoomHistory(shown, clock=clock)
    clock.now = 5.0
    for _ in range(20):
        clock.now += 0.05
        shown.zoom(1.1, 50.0)
    history.back()
    assert (shown.start, shown.end) == (0, 100)


def test_going_elsewhere_forgets_the_way_forward(shown: TimeRange, clock: Clock) -> None:
    history = ZoomHistory(shown, clock=clock)
    visit(shown, clock, (10, 20), (12, 14))
    history.back()
    visit(shown, clock, (50, 60))
    history.forward()
    assert (shown.start, shown.end) == (50, 60)
    history.back()
    assert (shown.start, shown.end) == (10, 20)


def test_what_playback_shows_is_not_remembered(shown: TimeRange, clock: Clock) -> None:
    history = ZoomHistory(shown, clock=clock)
    visit(shown, clock, (10, 20))
    history.paused = True
    visit(shown, clock, (20, 30), (30, 40))
    history.paused = False
    history.back()
    assert (shown.start, shown.end) == (0, 100)


def test_only_so_much_is_remembered(shown: TimeRange, clock: Clock) -> None:
    history = ZoomHistory(shown, clock=clock)
    visit(shown, clock, *((n / 10, n / 10 + 5) for n in range(250)))
    for _ in range(300):
        history.back()
    assert shown.start > 0
