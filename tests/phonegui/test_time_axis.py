"""Times are written, spaced and shared as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from phonegui.theme import LIGHT
from phonegui.views.time_axis import TimeAxis
from phonegui.views.time_range import (
    SHORTEST,
    TimeRange,
    decimals_of,
    format_clock,
    format_time,
    tick_step,
    tick_times,
    unit_of,
)


@pytest.mark.parametrize(
    ("seconds", "decimals", "longest", "text"),
    [
        (0.5, 1, None, "0.5"),
        (0.0, 1, None, "0.0"),
        (7, 0, None, "7"),
        (62.5, 1, None, "1:02.5"),
        (59.96, 1, None, "1:00.0"),
        (5, 0, 300, "0:05"),
        (3600, 0, None, "1:00:00"),
        (62.5, 1, 4000, "0:01:02.5"),
        (0.0004, 3, None, "0.000"),
        (-0.25, 2, None, "−0.25"),
        (-0.0001, 2, None, "0.00"),
    ],
)
def test_labels(seconds: float, decimals: int, longest: float | None, text: str) -> None:
    assert format_time(seconds, decimals=decimals, longest=longest) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.214, "00:03.214"), (0, "00:00.000"), (59.9996, "01:00.000"), (3661.5, "1:01:01.500"), (-1, "00:00.000")],
)
def test_clock(seconds: float, text: str) -> None:
    assert format_clock(seconds) == text


def test_units() -> None:
    assert [unit_of(t) for t in (3.0, 75.0, 4000.0)] == ["s", "min:s", "h:min:s"]


@pytest.mark.parametrize("span", [0.01, 0.3, 1.0, 4.1, 17.0, 64.0, 600.0, 3600.0, 50_000.0, 1e6])
@pytest.mark.parametrize("pixels", [200, 900, 3000])
def test_ticks_are_apart_and_told_apart(span: float, pixels: int) -> None:
    step = tick_step(span, pixels)
    times = tick_times(0.37 * span, 1.37 * span, step)
    assert step / span * pixels >= 87.9 or step == 0.001
    labels = [format_time(time, decimals=decimals_of(step), longest=1.37 * span) for time in times]
    assert len(set(labels)) == len(labels)
    assert all(abs(time / step - round(time / step)) < 1e-6 for time in times)


def test_ticks_take_in_both_ends() -> None:
    assert tick_times(0.1, 0.3, 0.1) == [0.1, 0.2, 0.3]


@pytest.fixture
def shown(qtbot: QtBot) -> TimeRange:
    time_range = TimeRange()
    time_range.set_duration(10.0)
    return time_range


def test_new_recording_is_shown_whole(shown: TimeRange) -> None:
    assert (shown.start, shown.end) == (0.0, 10.0)


def test_growing_recording_stays_whole_but_a_part_stays_put(shown: TimeRange) -> None:
    shown.set_duration(12.0)
    assert (shown.start, shown.end) == (0.0, 12.0)
    shown.show(2.0, 3.0)
    shown.set_duration(20.0)
    assert (shown.start, shown.end) == (2.0, 3.0)
    shown.set_duration(2.5)
    assert (shown.start, shown.end) == (1.5, 2.5)


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ((-2.0, 3.0), (0.0, 5.0)),
        ((8.0, 12.0), (6.0, 10.0)),
        ((-5.0, 50.0), (0.0, 10.0)),
        ((4.0, 2.0), (2.0, 4.0)),
        ((float("nan"), 2.0), (0.0, 10.0)),
    ],
)
def test_range_lies_within_the_recording(
    shown: TimeRange, asked: tuple[float, float], got: tuple[float, float]
) -> None:
    shown.show(*asked)
    assert (shown.start, shown.end) == pytest.approx(got)


def test_shortest_range_is_about_the_same_middle(shown: TimeRange) -> None:
    shown.show(5.0, 5.0)
    assert shown.span == pytest.approx(SHORTEST)
    assert 0.5 * (shown.start + shown.end) == pytest.approx(5.0)


def test_random_zooms_and_pans_never_leave_the_recording(shown: TimeRange) -> None:
    random = np.random.default_rng(7)
    for _ in range(500):
        if random.random() < 0.5:
            shown.zoom(float(random.uniform(0.5, 2.0)), float(random.uniform(shown.start, shown.end)))
        else:
            shown.pan(float(random.normal(0, 3)))
        assert 0.0 <= shown.start < shown.end <= 10.0 + 1e-9
        assert shown.span >= SHORTEST - 1e-9


def test_panning_keeps_the_span(shown: TimeRange) -> None:
    shown.show(2.0, 3.7)
    shown.pan(100.0)
    assert (shown.start, shown.end) == pytest.approx((8.3, 10.0))
    shown.pan(-100.0)
    assert (shown.start, shown.end) == pytest.approx((0.0, 1.7))


def test_change_is_told_once_and_only_when_there_is_one(shown: TimeRange, qtbot: QtBot) -> None:
    told: list[tuple[float, float]] = []
    shown.changed.connect(lambda start, end: told.append((start, end)))
    shown.show(1.0, 2.0)
    shown.show(1.0, 2.0)
    shown.fit()
    shown.fit()
    assert told == [(1.0, 2.0), (0.0, 10.0)]


def test_axis_labels_its_ticks_and_names_the_unit(shown: TimeRange, qtbot: QtBot) -> None:
    axis = TimeAxis(shown, LIGHT)
    qtbot.addWidget(axis)
    axis.resize(900, axis.height())
    assert axis.labels()[0] == (0.0, "0")
    assert axis.unit() == "s"
    shown.show(0.4, 0.9)
    assert [text for _, text in axis.labels()] == ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]
    shown.set_duration(100.0)
    shown.show(60.0, 70.0)
    assert axis.labels()[0] == (60.0, "1:00")
    assert axis.unit() == "min:s"


def test_axis_of_nothing_is_empty(qtbot: QtBot) -> None:
    axis = TimeAxis(TimeRange(), LIGHT)
    qtbot.addWidget(axis)
    assert axis.labels() == []
    assert not axis.grab().isNull()
