"""Ribbon, entropy, differences and overview show what they are given, where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from model.phonemes import DEFAULT_TABLE
from phonegui.theme import DARK, LIGHT, blend, class_colors, contrast_ratio, difference_colors
from phonegui.views.differences import find_differences
from phonegui.views.pictures import CLASSES, picture_posteriors, ribbon_codes
from phonegui.views.pyramids import RankedPyramid
from phonegui.views.ribbon import ribbon_colors
from phonegui.views.timeline import TimelineView
from phonegui.views.waveform import amplitude_text
from tests.phonegui.scenes import SECONDS, STEP, phoneme, posteriors, shown_timeline

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def color(row: QWidget, x: float, y: float) -> str:
    return row.grab().toImage().pixelColor(int(x), int(y)).name()


# -- ribbon


def test_ribbon_has_the_colour_of_the_winner_and_fades_the_blank(view: TimelineView) -> None:
    row = view.ribbon
    view.show_range(0.9, 1.1)
    winner = color(row, row.x_of(1.0), 1)
    assert contrast_ratio(winner, class_colors(LIGHT)["vowel"]) < 1.3
    assert 1.0 < contrast_ratio(color(row, row.x_of(0.95), 1), LIGHT.background) < 1.5
    assert contrast_ratio(winner, LIGHT.background) > 4


def test_codes_grow_with_confidence_and_phonemes_go_before_the_blank() -> None:
    class_of = np.arange(8, dtype=np.uint8)
    confidence = np.array([0.3, 0.9, 0.3, 0.9])
    codes = ribbon_codes(np.array([0, 0, 2, 2]), confidence, class_of)
    assert 0 < codes[0] < codes[1] < codes[2] < codes[3] <= 255


def test_what_is_not_heard_yet_is_drawn_as_nothing() -> None:
    log_probs = posteriors({})
    log_probs[3:9] = -np.inf
    picture = picture_posteriors(log_probs, DEFAULT_TABLE)
    assert not picture.posteriors.levels[0][:, 3:9].any()
    assert not picture.ribbon.levels[0][0, 3:9].any()
    assert picture.ribbon.levels[0][0, 9:].all()
    assert not picture.entropy.samples[3:9].any()


def test_equally_sure_classes_are_seen_as_often_as_they_are_heard() -> None:
    symbols = ["AA", "K", "S", "SIL"]
    winners = {2 * frame: symbols[frame % 4] for frame in range(20_000)}
    pyramid = picture_posteriors(posteriors(winners, 40_000), DEFAULT_TABLE).ribbon
    _, drawn = pyramid.sample(np.linspace(0, 40_000, 601))
    codes, counts = np.unique(drawn, return_counts=True)
    # Silence and the blank stand back; the three phonemes share the pixels.
    assert len(codes) == 3 and counts.min() > 140


@pytest.mark.parametrize("frames", [1, 2, 255, 257, 1000])
def test_surest_frame_is_seen_at_every_zoom(frames: int) -> None:
    codes, ranks = np.zeros((1, frames), np.uint8), np.zeros(frames, np.uint16)
    codes[0, frames // 3], ranks[frames // 3] = 77, 9
    pyramid = RankedPyramid(codes, ranks)
    assert all(level.max() == 77 for level in pyramid.levels)
    assert pyramid.levels[-1].shape == (1, 1)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_code_has_a_colour_of_its_class(theme) -> None:
    colors = ribbon_colors(theme)
    assert len(colors) == 256
    for number, name in enumerate(CLASSES):
        code = int(ribbon_codes(np.array([1]), np.array([1.0]), np.array([0, number], np.uint8))[0])
        assert QColor(colors[code]).name() == class_colors(theme)[name].lower()


def test_one_sure_frame_in_an_hour_shows_on_the_ribbon(view: TimelineView, qtbot: QtBot) -> None:
    view.clear()
    view.set_posteriors(posteriors({90_000: "S"}, 180_000), STEP, DEFAULT_TABLE)
    qtbot.waitUntil(lambda: not view.busy)
    row = view.ribbon
    found = {color(row, row.x_of(1800.0) + dx, 5) for dx in (-1, 0, 1)}
    fricative = class_colors(LIGHT)["fricative"]
    assert any(contrast_ratio(item, fricative) < 1.3 for item in found)


# -- entropy


def test_entropy_is_of_the_frames() -> None:
    logs = posteriors({50: "IY"})
    picture = picture_posteriors(logs, DEFAULT_TABLE)
    probabilities = np.exp(logs)
    expected = -(probabilities * np.log2(probabilities)).sum(axis=1)
    assert picture.entropy.samples == pytest.approx(expected, abs=1e-5)


def test_entropy_of_sure_and_of_broken_frames_is_zero() -> None:
    logs = np.full((3, 42), -np.inf, np.float32)
    logs[0, 4] = 0.0
    logs[2] = np.nan
    assert picture_posteriors(logs, DEFAULT_TABLE).entropy.samples.tolist() == [0.0, 0.0, 0.0]


def test_entropy_rises_where_the_network_was_unsure(view: TimelineView) -> None:
    logs = np.log(np.full((101, 42), 1e-9))
    logs[:, 0] = 0.0
    logs[50] = np.log(1 / 42)
    view.set_posteriors(logs, STEP, DEFAULT_TABLE)
    view.show_range(0.9, 1.1)
    row = view.entropy
    assert row.top == 6.0
    filled = blend(LIGHT.wave, LIGHT.background, 0.22)
    middle = row.y_of(2.0)
    assert color(row, row.x_of(1.0), middle) == filled
    assert color(row, row.x_of(0.95), middle) != filled


# -- differences


def test_differences_of_two_tiers() -> None:
    said = [phoneme("K", 0.0, 0.2), phoneme("AE", 0.2, 0.4), phoneme("T", 0.4, 0.6), phoneme("S", 0.6, 0.8)]
    heard = [phoneme("K", 0.0, 0.2), phoneme("AH", 0.2, 0.4), phoneme("S", 0.6, 0.8), phoneme("IY", 0.8, 0.9)]
    found = find_differences(said, heard)
    assert [(item.kind, item.mark) for item in found] == [
        ("substitution", "AE≠AH"),
        ("deletion", "−T"),
        ("insertion", "+IY"),
    ]
    assert [(item.start, item.end) for item in found] == [(0.2, 0.4), (0.4, 0.6), (0.8, 0.9)]
    assert find_differences(said, said) == []


def test_differences_are_drawn_in_their_colour_at_their_time(view: TimelineView) -> None:
    view.set_heard([phoneme("K", 0.0, 0.5), phoneme("AH", 0.5, 1.0), phoneme("IY", 1.5, 2.0)])
    view.set_reference([phoneme("K", 0.0, 0.5), phoneme("AE", 0.5, 1.0), phoneme("T", 1.0, 1.5)])
    row, colors = view.differences, difference_colors(LIGHT)
    low, top = row.height() - 2, 1
    # As few edits as can be: two substitutions, the second where IY was heard.
    assert color(row, row.x_of(0.25), low) == LIGHT.background
    assert color(row, row.x_of(0.75), low) == color(row, row.x_of(0.75), top) == colors["substitution"]
    view.set_heard([phoneme("K", 0.0, 0.5), phoneme("AE", 0.5, 1.0)])
    # What is left out has its bar at the foot, what is put in at the head: the kind shows in the narrowest box.
    assert color(row, row.x_of(1.25), low) == colors["deletion"] != color(row, row.x_of(1.25), top)
    view.set_reference([phoneme("K", 0.0, 0.5)])
    assert color(row, row.x_of(0.75), top) == colors["insertion"] != color(row, row.x_of(0.75), low)
    view.set_reference(None)
    assert color(row, row.x_of(0.75), low) == LIGHT.background


def test_click_on_a_difference_selects_it(view: TimelineView) -> None:
    assert [item.mark for item in view.differences.differences] == ["IH≠IY", "+S"]
    row = view.differences
    QTest.mouseClick(row, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(row.x_of(1.3)), 5))
    assert view.selection.range == (1.0, 1.6)


def test_one_difference_in_an_hour_shows(view: TimelineView, qtbot: QtBot) -> None:
    view.clear()
    view.set_audio(np.zeros(16000, np.float32), 16000)
    said = [phoneme("AA", 0.01 * n, 0.01 * n + 0.01) for n in range(100)]
    view.set_reference(said)
    view.set_heard([*said[:50], phoneme("IY", 0.5, 0.5005), *said[51:]])
    row = view.differences
    colors = {color(row, row.x_of(0.5) + dx, row.height() - 2) for dx in (-1, 0, 1)}
    assert difference_colors(LIGHT)["substitution"] in colors


def test_colours_of_differences_show_on_their_ground() -> None:
    for theme in (LIGHT, DARK):
        assert all(contrast_ratio(item, theme.background) > 3.5 for item in difference_colors(theme).values())


def test_long_tiers_are_compared_beside_the_window(view: TimelineView, qtbot: QtBot) -> None:
    said = [phoneme("AA" if n % 3 else "S", 0.002 * n, 0.002 * n + 0.002) for n in range(900)]
    view.set_reference(said)
    view.set_heard(said[:400] + said[401:])
    assert view.busy
    qtbot.waitUntil(lambda: not view.busy)
    assert [item.kind for item in view.differences.differences] == ["deletion"]


# -- overview


def test_overview_shows_all_whatever_the_window_shows(view: TimelineView) -> None:
    bar = view.overview
    view.show_range(0.5, 1.0)
    assert bar.x_of(0.0) == bar.plot_rect().left()
    assert bar.x_of(SECONDS) == bar.plot_rect().left() + bar.plot_rect().width()
    frame = bar.frame_rect()
    assert (frame.left(), frame.right()) == pytest.approx((bar.x_of(0.5), bar.x_of(1.0)))


def drag(bar: QWidget, first: float, last: float) -> None:
    QTest.mousePress(bar, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(first), 20))
    QTest.mouseMove(bar, QPoint(round(0.5 * (first + last)), 20))
    QTest.mouseMove(bar, QPoint(round(last), 20))
    QTest.mouseRelease(bar, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(last), 20))


def test_frame_of_the_overview_is_moved_and_sized(view: TimelineView) -> None:
    bar = view.overview
    view.show_range(0.5, 1.0)
    drag(bar, bar.x_of(0.75), bar.x_of(1.25))
    assert view.visible_range() == pytest.approx((1.0, 1.5), abs=0.01)
    drag(bar, bar.x_of(1.5), bar.x_of(1.75))
    assert view.visible_range() == pytest.approx((1.0, 1.75), abs=0.01)
    drag(bar, bar.x_of(1.0), bar.x_of(0.25))
    assert view.visible_range() == pytest.approx((0.25, 1.75), abs=0.01)
    drag(bar, bar.x_of(0.25), bar.x_of(5.0))
    assert view.time_range.span == pytest.approx(0.01)
    assert view.selection.range is None


def test_click_in_the_overview_brings_the_window_there(view: TimelineView) -> None:
    bar = view.overview
    view.show_range(0.0, 0.5)
    QTest.mouseClick(bar, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(bar.x_of(1.5)), 20))
    assert view.visible_range() == pytest.approx((1.25, 1.75), abs=0.01)


def test_moving_the_window_draws_no_overview_anew(view: TimelineView, monkeypatch: pytest.MonkeyPatch) -> None:
    view.grab()
    drawn: list[object] = []
    monkeypatch.setattr(type(view.overview), "paint_plot", lambda self, *_: drawn.append(self))
    view.show_range(0.3, 0.4)
    view.overview.grab()
    assert drawn == []


# -- playhead


def test_window_follows_the_playhead_by_pages_until_somebody_scrolls_away(view: TimelineView) -> None:
    view.show_range(0.0, 0.5)
    view.set_playhead(0.49)
    view.set_playhead(0.51)
    assert view.visible_range() == pytest.approx((0.51, 1.01))
    view.show_range(0.0, 0.4)
    view.set_playhead(0.55)
    assert view.visible_range() == pytest.approx((0.0, 0.4))
    view.follows_playhead = False
    view.set_playhead(0.39)
    view.set_playhead(0.41)
    assert view.visible_range() == pytest.approx((0.0, 0.4))


@pytest.mark.parametrize(
    ("amplitude", "text"),
    [(0, "0"), (1.0, "1.00"), (-0.5, "−0.50"), (0.0234, "0.023"), (0.00234, "0.002"), (-0.0000305, "−3e−5")],
)
def test_the_scale_of_a_quiet_recording_is_never_nothing(amplitude: float, text: str) -> None:
    assert amplitude_text(amplitude) == text
