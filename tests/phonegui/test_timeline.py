"""The timeline shows each thing at its time, moves as one, and paints cheaply."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from model.phonemes import DEFAULT_TABLE, phoneme_class
from phonegui.theme import DARK, LIGHT, class_colors, color_map, contrast_ratio, make_palette
from phonegui.views.pyramids import FramePyramid, PeakPyramid
from phonegui.views.row import TimeRow
from phonegui.views.row_menu import RowMenu
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import HOP, RATE, SECONDS, STEP, phoneme, posteriors, shown_timeline

NO_KEY, NO_BUTTON = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    return shown_timeline(qtbot)


def picture(row: QWidget) -> QImage:
    return row.grab().toImage()


def color(row: QWidget, x: float, y: float) -> str:
    image = picture(row)
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(x * ratio), int(y * ratio)).name()


def wheel(row: QWidget, x: float, notches: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    place = QPointF(x, row.height() / 2)
    QApplication.sendEvent(
        row,
        QWheelEvent(
            place,
            QPointF(row.mapToGlobal(place)),
            QPoint(),
            QPoint(0, round(120 * notches)),
            NO_BUTTON,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def row_middle(view: TimelineView, symbol: str) -> float:
    edges = view.posteriorgram.row_edges(view.posteriorgram.plot_rect())
    index = 0 if symbol == "blank" else DEFAULT_TABLE.index(symbol)
    place = DEFAULT_TABLE.display_order().index(index)
    return float(edges[place] + edges[place + 1]) / 2


# -- one time axis


def test_left_and_right_edges_line_up_in_pixels(view: TimelineView) -> None:
    edges = {
        (row.mapTo(view, row.plot_rect().topLeft()).x(), row.mapTo(view, row.plot_rect().topRight()).x())
        for row in view.rows
    }
    assert len(edges) == 1


@pytest.mark.parametrize("size", [(700, 500), (1333, 901)])
def test_edges_line_up_at_other_sizes(view: TimelineView, size: tuple[int, int]) -> None:
    view.resize(*size)
    test_left_and_right_edges_line_up_in_pixels(view)


def test_rows_show_the_same_times(view: TimelineView) -> None:
    view.show_range(0.5, 1.25)
    for row in view.rows:
        assert row.time_at(row.plot_rect().left()) == pytest.approx(0.5)
        assert row.x_of(1.25) == pytest.approx(row.plot_rect().left() + row.plot_rect().width())


def test_range_is_the_whole_recording_then_what_is_asked(view: TimelineView, qtbot: QtBot) -> None:
    assert view.visible_range() == (0.0, SECONDS)
    with qtbot.waitSignal(view.range_changed) as told:
        view.show_range(0.5, 0.75)
    assert told.args == [0.5, 0.75] == list(view.visible_range())
    view.fit()
    assert view.visible_range() == (0.0, SECONDS)


def test_features_alone_make_a_duration(qtbot: QtBot) -> None:
    timeline = TimelineView(theme=LIGHT)
    qtbot.addWidget(timeline)
    timeline.set_features(np.zeros((101, 13), np.float32), HOP)
    assert timeline.visible_range() == pytest.approx((0.0, 1.005))


# -- zoom and pan


@pytest.mark.parametrize("notches", [1, 3, -1, 0.25])
def test_zoom_keeps_the_time_under_the_pointer(view: TimelineView, notches: float) -> None:
    for row in view.rows:
        view.show_range(0.8, 1.2)
        x = row.plot_rect().left() + 0.3 * row.plot_rect().width()
        before, span = row.time_at(x), row.time_range.span
        wheel(row, x, notches)
        assert row.time_at(x) == pytest.approx(before, abs=1e-9)
        assert (row.time_range.span < span) == (notches > 0)


def test_wheel_cannot_leave_the_recording(view: TimelineView) -> None:
    for _ in range(5):
        wheel(view.waveform, 700, -1)
    assert view.visible_range() == (0.0, SECONDS)
    view.show_range(0.0, 1.0)
    wheel(view.waveform, 700, 1, Qt.KeyboardModifier.ShiftModifier)
    assert view.visible_range() == (0.0, 1.0)
    wheel(view.waveform, 700, -1, Qt.KeyboardModifier.ShiftModifier)
    assert view.visible_range() == pytest.approx((0.1, 1.1))


def test_drag_with_shift_pans_in_time_and_is_no_click(view: TimelineView, qtbot: QtBot) -> None:
    view.show_range(0.5, 1.0)
    row = view.transcript
    y = row.tier_rects(row.plot_rect())[0].center().y()
    grabbed = row.time_at(600)
    with qtbot.assertNotEmitted(view.transcript.clicked):
        qtbot.mousePress(row, LEFT, Qt.KeyboardModifier.ShiftModifier, QPoint(600, y))
        for x in (590, 560, 500):
            qtbot.mouseMove(row, QPoint(x, y + 40))
        qtbot.mouseRelease(row, LEFT, pos=QPoint(500, y + 40))
    assert row.time_at(500) == pytest.approx(grabbed, abs=1e-9)
    assert row.time_range.span == pytest.approx(0.5)


def test_double_click_shows_all(view: TimelineView, qtbot: QtBot) -> None:
    view.show_range(0.5, 1.0)
    qtbot.mouseDClick(view.posteriorgram, LEFT, pos=QPoint(500, 50))
    assert view.visible_range() == (0.0, SECONDS)


def test_keyboard_pans_and_zooms(view: TimelineView, qtbot: QtBot) -> None:
    view.show_range(0.5, 1.0)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.visible_range() == pytest.approx((0.55, 1.05))
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.visible_range() == pytest.approx((0.6, 1.0))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.visible_range() == pytest.approx((0.0, 0.4))
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.visible_range() == pytest.approx((SECONDS - 0.4, SECONDS))
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert view.visible_range()[0] == pytest.approx(SECONDS - 0.4 - 0.36)


# -- everything at its time


def test_posterior_frame_is_drawn_about_its_time(view: TimelineView) -> None:
    view.show_range(0.9, 1.1)
    view.set_posterior_colors("viridis")
    row, y = view.posteriorgram, row_middle(view, "IY")
    bright = "#{:02x}{:02x}{:02x}".format(*color_map("viridis", LIGHT)[round(0.9 * 255)])
    dark = "#{:02x}{:02x}{:02x}".format(*color_map("viridis", LIGHT)[round(0.1 / 41 * 255)])
    first, last = row.x_of(49.5 * STEP), row.x_of(50.5 * STEP)
    assert color(row, first + 1, y) == color(row, last - 1, y) == bright
    assert color(row, first - 2, y) == color(row, last + 1, y) == dark
    assert color(row, (first + last) / 2, row_middle(view, "IH")) == dark


def test_blank_is_the_lowest_row_and_grey(view: TimelineView) -> None:
    row = view.posteriorgram
    assert DEFAULT_TABLE.display_order()[-1] == 0
    shade = QColor(color(row, row.x_of(0.3), row_middle(view, "blank")))
    assert max(shade.red(), shade.green(), shade.blue()) - min(shade.red(), shade.green(), shade.blue()) < 10
    assert shade.lightness() > 150


def test_feature_frame_is_drawn_about_its_time_zeroth_coefficient_below(view: TimelineView) -> None:
    features = np.zeros((201, 13), np.float32)
    features[:, 5] = np.linspace(-3, 3, 201)
    features[100, 0] = 30.0
    view.set_features(features, HOP)
    view.show_range(0.95, 1.05)
    row = view.spectrogram
    low, middle = row.height() - 2, row.x_of(100 * HOP)
    top = "#{:02x}{:02x}{:02x}".format(*color_map("viridis", LIGHT)[255])
    half = row.x_of(100.5 * HOP) - middle
    assert color(row, middle - half + 1, low) == color(row, middle + half - 1, low) == top
    assert color(row, middle - half - 2, low) == color(row, middle + half + 1, low) != top


def test_short_phonemes_show_in_an_hour(view: TimelineView, qtbot: QtBot) -> None:
    winners = {90_000: "S"}
    view.clear()
    view.set_posterior_colors("viridis")
    view.set_posteriors(posteriors(winners, 180_000), STEP, DEFAULT_TABLE)
    qtbot.waitUntil(lambda: not view.busy)
    row = view.posteriorgram
    values = {color(row, row.x_of(90_000 * STEP) + dx, row_middle(view, "S")) for dx in np.arange(-2, 2.5, 0.5)}
    assert "#{:02x}{:02x}{:02x}".format(*color_map("viridis", LIGHT)[round(0.9 * 255)]) in values


def test_click_of_one_sample_shows_where_it_is(view: TimelineView) -> None:
    samples = np.zeros(int(SECONDS * RATE), np.float32)
    samples[int(1.2 * RATE)] = 0.8
    view.set_audio(samples, RATE)
    row = view.waveform
    for start, end in ((0.0, SECONDS), (1.0, 1.5), (1.195, 1.205)):
        view.show_range(start, end)
        image = picture(row)
        ratio = image.devicePixelRatio()
        y = int(row.height() * 0.25 * ratio)
        inked = [x / ratio for x in range(image.width()) if image.pixelColor(x, y).name() == LIGHT.wave]
        assert inked and all(abs(x - row.x_of(1.2)) <= 60 * (end < 1.21) + 2 for x in inked)


def test_boxes_have_the_colour_of_their_class_paler_when_unsure(view: TimelineView) -> None:
    row = view.transcript
    upper, lower = row.tier_rects(row.plot_rect())
    colors = class_colors(LIGHT)
    assert color(row, row.x_of(0.9), upper.bottom() - 1) == colors["vowel"].lower()
    assert color(row, row.x_of(1.1), upper.bottom() - 1) == colors["fricative"].lower()
    assert color(row, row.x_of(1.8), upper.bottom() - 1) == LIGHT.background
    assert color(row, row.x_of(1.8), lower.bottom() - 1) == LIGHT.background
    sure, unsure = (QColor(color(row, row.x_of(t), upper.top() + 2)) for t in (0.9, 1.1))
    assert sure.lightness() < unsure.lightness() < QColor(LIGHT.background).lightness()


def test_boxes_part_where_phonemes_meet(view: TimelineView) -> None:
    row = view.transcript
    upper = row.tier_rects(row.plot_rect())[0]
    assert color(row, round(row.x_of(0.5)), upper.top() + 2) == LIGHT.background
    assert color(row, round(row.x_of(0.5)) + 2, upper.top() + 2) != LIGHT.background


# -- pointer


def test_pointer_tells_its_time_and_its_leaving(view: TimelineView, qtbot: QtBot) -> None:
    told: list[float] = []
    view.hovered.connect(told.append)
    for row in view.rows:
        qtbot.mouseMove(row, QPoint(500, 4))
        assert told[-1] == pytest.approx(row.time_at(500))
    qtbot.mouseMove(view.waveform, QPoint(3, 4))
    assert math.isnan(told[-1])
    qtbot.mouseMove(view.waveform, QPoint(500, 5))
    QApplication.sendEvent(view.waveform, QEvent(QEvent.Type.Leave))
    assert math.isnan(told[-1])


def test_hair_line_follows_the_pointer_through_all_rows(view: TimelineView, qtbot: QtBot) -> None:
    without = picture(view)
    qtbot.mouseMove(view.waveform, QPoint(500, 4))
    image = picture(view)
    ratio = image.devicePixelRatio()
    for row in view.rows[:-1]:
        place = row.mapTo(view, QPoint(500, row.height() // 2)) * ratio
        assert image.pixelColor(place).name() == LIGHT.text
    QApplication.sendEvent(view.waveform, QEvent(QEvent.Type.Leave))
    assert picture(view) == without


def test_resting_pointer_tells_the_time_that_comes_under_it(view: TimelineView, qtbot: QtBot) -> None:
    qtbot.mouseMove(view.waveform, QPoint(500, 4))
    with qtbot.waitSignal(view.hovered) as told:
        view.show_range(0.2, 0.4)
    assert told.args[0] == pytest.approx(view.waveform.time_at(500))


def test_pointer_moves_draw_no_row_again(view: TimelineView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view.grab()
    drawn: list[TimeRow] = []
    monkeypatch.setattr(TimeRow, "_draw", lambda self, picture: drawn.append(self))
    for x in range(400, 500, 7):
        qtbot.mouseMove(view.posteriorgram, QPoint(x, 10))
        view.set_playhead(x / 500)
        QApplication.processEvents()
    assert drawn == []


def test_new_phonemes_draw_only_the_tiers(view: TimelineView, monkeypatch: pytest.MonkeyPatch) -> None:
    view.grab()
    places = [row.geometry() for row in view.rows]
    drawn: list[TimeRow] = []
    draw = TimeRow._draw
    monkeypatch.setattr(TimeRow, "_draw", lambda self, picture: (drawn.append(self), draw(self, picture))[1])
    view.set_heard([phoneme("AA", 0.1 * n, 0.1 * n + 0.1) for n in range(20)])
    QApplication.processEvents()
    view.grab()
    assert set(drawn) == {view.transcript, view.differences}
    assert [row.geometry() for row in view.rows] == places


@pytest.mark.parametrize(("time", "symbol"), [(0.25, "SIL"), (0.75, "IY"), (1.3, "S"), (1.9, "")])
def test_click_selects_a_phoneme_and_tells_what_else_it_may_be(
    view: TimelineView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, time: float, symbol: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _, text, *__: told.append(text))
    row = view.transcript
    qtbot.mouseClick(row, LEFT, pos=QPoint(round(row.x_of(time)), row.tier_rects(row.plot_rect())[0].center().y()))
    item = next((item for item in row.heard if item.symbol == symbol), None)
    assert view.selection.range == (None if item is None else (item.start, item.end))
    assert [text.split()[0] for text in told] == ([symbol] if symbol else [])
    assert all("posteriors:" in text for text in told)


def test_what_a_resting_pointer_is_on_is_told_when_it_is_heard(view: TimelineView, qtbot: QtBot) -> None:
    view.posteriorgram.hovered.emit(1.0)
    with qtbot.waitSignal(view.hovered) as told:
        view.set_posteriors(posteriors({50: "S"}), STEP, DEFAULT_TABLE)
    assert told.args == [1.0] and "S 0.90" in view.hover_text(1.0)


def test_right_click_opens_the_menu_of_the_row(view: TimelineView, qtbot: QtBot) -> None:
    row = view.entropy
    row.customContextMenuRequested.emit(QPoint(300, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, RowMenu) and menu.title() == row.title
    menu.close()


# -- words about the posteriors


@pytest.mark.parametrize(("time", "winner"), [(0.989, "blank"), (0.991, "IY"), (1.009, "IY"), (1.011, "blank")])
def test_hover_text_is_of_the_frame_drawn_there(view: TimelineView, time: float, winner: str) -> None:
    assert f"{winner} 0.90" in view.hover_text(time)


def test_hover_text_away_from_the_frames(view: TimelineView) -> None:
    assert view.hover_text(math.nan) == ""
    assert view.hover_text(9.0) == "00:09.000"
    view.clear()
    assert view.hover_text(1.0) == "00:01.000"


# -- state


def test_clear_leaves_nothing(view: TimelineView, qtbot: QtBot) -> None:
    empty = TimelineView(theme=LIGHT)
    qtbot.addWidget(empty)
    empty.resize(view.size())
    view.set_playhead(1.0)
    view.clear()
    assert view.visible_range() == (0.0, 0.0)
    assert picture(view) == picture(empty)
    wheel(view.waveform, 500, 1)
    qtbot.mouseMove(view.waveform, QPoint(500, 5))
    assert view.visible_range() == (0.0, 0.0)


def test_next_recording_is_shown_whole(view: TimelineView) -> None:
    view.show_range(0.5, 0.6)
    view.clear()
    view.set_audio(np.zeros(RATE, np.float32), RATE)
    assert view.visible_range() == (0.0, 1.0)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(1, np.float32), np.ones(3, np.float32)])
def test_tiny_recordings_do_no_harm(view: TimelineView, samples: np.ndarray) -> None:
    view.clear()
    view.set_audio(samples, RATE)
    view.set_features(np.zeros((1, 13), np.float32), HOP)
    view.set_posteriors(posteriors({}, 1), STEP, DEFAULT_TABLE)
    view.set_heard([phoneme("AA", 0.0, 0.0)])
    view.set_reference([])
    assert not view.grab().isNull()


def test_posteriors_that_do_not_fit_the_table_are_refused(view: TimelineView) -> None:
    with pytest.raises(ValueError, match="42 symbols"):
        view.set_posteriors(np.zeros((5, 41), np.float32), STEP, DEFAULT_TABLE)


def test_no_number_is_drawn_as_nothing(view: TimelineView) -> None:
    view.set_features(np.full((201, 13), np.nan, np.float32), HOP)
    view.set_posteriors(np.full((101, 42), -np.inf, np.float32), STEP, DEFAULT_TABLE)
    assert not view.grab().isNull()


def test_theme_recolours_every_row(view: TimelineView) -> None:
    light = [picture(row) for row in view.rows]
    view.apply_theme(DARK)
    for row, before in zip(view.rows, light, strict=True):
        assert color(row, 1, row.height() - 1) == DARK.background
        assert picture(row) != before
    view.apply_theme(LIGHT)
    assert [picture(row) for row in view.rows] == light


def test_palette_is_followed_until_a_theme_is_given(qtbot: QtBot) -> None:
    timeline = TimelineView()
    qtbot.addWidget(timeline)
    for theme in (DARK, LIGHT):
        timeline.setPalette(make_palette(theme))
        assert timeline.theme == theme
    timeline.apply_theme(LIGHT)
    timeline.setPalette(make_palette(DARK))
    assert timeline.theme == LIGHT
    assert timeline.palette().color(QPalette.ColorRole.Window).name() == DARK.background


def test_posteriors_take_the_colour_of_their_class_and_fade_to_the_ground(view: TimelineView) -> None:
    row = view.posteriorgram
    view.show_range(0.9, 1.1)
    heard = color(row, row.x_of(1.0), row_middle(view, "IY"))
    vowel, stop = class_colors(LIGHT)["vowel"], class_colors(LIGHT)["stop"]
    assert contrast_ratio(heard, vowel) < 1.3 < contrast_ratio(heard, LIGHT.background)
    assert heard != stop
    unheard = color(row, row.x_of(0.92), row_middle(view, "K"))
    assert contrast_ratio(unheard, LIGHT.background) < 1.05


def test_colour_map_is_changed_in_both_pictures(view: TimelineView) -> None:
    before = [picture(row) for row in (view.spectrogram, view.posteriorgram)]
    view.set_feature_colors("cividis")
    view.set_posterior_colors("cividis")
    assert all(picture(row) != old for row, old in zip((view.spectrogram, view.posteriorgram), before, strict=True))
    with pytest.raises(ValueError, match="viridis"):
        view.set_posterior_colors("jet")


def test_heights_come_back(view: TimelineView) -> None:
    state, heights = view.save_layout(), [row.height() for row in view.rows]
    view._splitter.setSizes([200, 200, 200, 60])
    assert [row.height() for row in view.rows] != heights
    assert view.restore_layout(state)
    assert [row.height() for row in view.rows] == heights


def test_every_view_says_what_it_is(view: TimelineView) -> None:
    for widget in (view, *view.rows):
        assert widget.accessibleName() and widget.accessibleDescription()


def test_repaints_lose_no_references(view: TimelineView) -> None:
    # PySide6 6.12 on Python 3.11 loses references to None at every repaint and aborts after some hundred.
    view.resize(500, 400)
    for number in range(10):
        view.show_range(0.01 * number, 1.0)
        view.grab()
    before = sys.getrefcount(None)
    for number in range(300):
        view.show_range(0.001 * number, 1.0 + 0.001 * number)
        view.grab()
    assert abs(sys.getrefcount(None) - before) < 150


# -- pyramids


@pytest.mark.parametrize("width", [0.7, 3.0, 100.0, 777.0, 20_000.0])
def test_peaks_are_those_of_the_samples(width: float) -> None:
    samples = np.random.default_rng(2).normal(size=100_000).astype(np.float32)
    pyramid = PeakPyramid(samples)
    edges = np.arange(5_000, 90_000, width)[:50]
    low, high = pyramid.peaks(edges)
    for column in range(len(edges) - 1):
        inside = samples[math.floor(edges[column]) : math.ceil(edges[column + 1])]
        slack = max(64, int(width / 2))
        around = samples[max(0, math.floor(edges[column]) - slack) : math.ceil(edges[column + 1]) + slack]
        assert around.min() <= low[column] <= inside.min()
        assert inside.max() <= high[column] <= around.max()


@pytest.mark.parametrize("frames", [1, 2, 255, 256, 257, 1000, 4097])
def test_frames_keep_their_peak_at_every_zoom(frames: int) -> None:
    values = np.zeros((2, frames), np.uint8)
    values[1, frames // 3] = 200
    pyramid = FramePyramid(values, peaks=True)
    for columns in (1, 7, 100, 800):
        first, drawn = pyramid.sample(np.linspace(0, frames, columns + 1))
        assert first == 0 and drawn.shape == (2, columns)
        assert drawn[1].max() == 200 and drawn[0].max() == 0


def test_mean_of_a_constant_is_the_constant() -> None:
    pyramid = FramePyramid(np.full((1, 5001), 77, np.uint8), peaks=False)
    assert all((level == 77).all() for level in pyramid.levels)


def test_columns_beside_the_frames_are_not_drawn() -> None:
    pyramid = FramePyramid(np.arange(10, dtype=np.uint8)[None], peaks=True)
    first, drawn = pyramid.sample(np.arange(-5.0, 16.0))
    assert first == 5
    assert drawn.tolist() == [list(range(10))]


def test_classes_of_the_table_are_grouped(view: TimelineView) -> None:
    order = [phoneme_class(DEFAULT_TABLE.symbols[index]) for index in DEFAULT_TABLE.display_order()]
    groups = view.posteriorgram._groups
    assert [name for name, first, last in groups for _ in range(first, last)] == order
    assert len({name for name, _, _ in groups}) == len(groups)


def test_wheel_over_a_row_does_not_reach_what_is_around(view: TimelineView) -> None:
    QTest.qWait(0)
    before = [row.geometry() for row in view.rows]
    wheel(view.posteriorgram, 500, 1)
    assert [row.geometry() for row in view.rows] == before
