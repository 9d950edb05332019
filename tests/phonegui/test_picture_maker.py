"""Pictures of long recordings are made beside the window's thread; the newest request wins."""

from __future__ import annotations

import threading
import time

import numpy as np
from pytestqt.qtbot import QtBot

from model.phonemes import DEFAULT_TABLE
from phonegui.views.picture_maker import PictureMaker
from phonegui.views.timeline import TimelineView
from tests.phonegui.scenes import STEP, posteriors, shown_timeline

HOUR_FRAMES = 180_000


def test_what_is_small_is_shown_before_the_call_returns(qtbot: QtBot) -> None:
    maker, shown = PictureMaker(), []
    maker.make("a", lambda: threading.current_thread(), shown.append, at_once=True)
    assert shown == [threading.main_thread()] and not maker.busy


def test_what_is_large_is_made_elsewhere_and_shown_here(qtbot: QtBot) -> None:
    maker, shown = PictureMaker(), []

    def show(made: threading.Thread) -> None:
        shown.append((made, threading.current_thread()))

    maker.make("a", threading.current_thread, show, at_once=False)
    assert maker.busy and shown == []
    qtbot.waitUntil(lambda: not maker.busy)
    maker_thread, shower = shown[0]
    assert maker_thread is not threading.main_thread() and shower is threading.main_thread()


def test_newest_of_a_name_wins_and_other_names_are_left_alone(qtbot: QtBot) -> None:
    maker, shown, go = PictureMaker(), [], threading.Event()

    def slow(text: str) -> str:
        go.wait(5)
        return text

    maker.make("a", lambda: slow("old"), shown.append, at_once=False)
    maker.make("b", lambda: slow("other"), shown.append, at_once=False)
    maker.make("a", lambda: slow("new"), shown.append, at_once=False)
    go.set()
    qtbot.waitUntil(lambda: not maker.busy)
    assert sorted(shown) == ["new", "other"]


def test_dropped_pictures_are_never_shown(qtbot: QtBot) -> None:
    maker, shown, done = PictureMaker(), [], threading.Event()
    maker.make("a", lambda: done.wait(5), shown.append, at_once=False)
    maker.drop("a")
    done.set()
    qtbot.wait(50)
    assert shown == [] and not maker.busy


def test_too_little_memory_shows_nothing_and_ends(qtbot: QtBot) -> None:
    maker, shown = PictureMaker(), []

    def fail() -> None:
        raise MemoryError

    maker.make("a", fail, shown.append, at_once=False)
    qtbot.waitUntil(lambda: not maker.busy)
    assert shown == []


def test_a_closed_timeline_is_not_drawn_in(qtbot: QtBot) -> None:
    view = TimelineView()
    view.set_posteriors(posteriors({}, 20_000), STEP, DEFAULT_TABLE)
    view.deleteLater()
    qtbot.wait(200)


def test_an_hour_is_handed_over_in_no_time(qtbot: QtBot) -> None:
    view = shown_timeline(qtbot)
    samples, frames = np.zeros(16000 * 3600, np.float32), np.zeros((2 * HOUR_FRAMES, 13), np.float32)
    logs = np.full((HOUR_FRAMES, 42), -3.7, np.float32)
    view.clear()
    worked = time.thread_time()
    view.set_audio(samples, 16000)
    view.set_features(frames, 0.01)
    view.set_posteriors(logs, STEP, DEFAULT_TABLE)
    assert time.thread_time() - worked < 0.05
    assert view.visible_range() == (0.0, 3600.0)
    assert view.hover_text(1800.0).startswith("30:00.000")
    qtbot.waitUntil(lambda: not view.busy, timeout=20_000)
    assert view.posteriorgram.rows == 42 and view.spectrogram.rows == 13


def test_another_recording_never_shows_pictures_of_the_one_before(qtbot: QtBot) -> None:
    view = shown_timeline(qtbot)
    view.set_posteriors(posteriors({}, 50_000), STEP, DEFAULT_TABLE)
    view.clear()
    view.set_audio(np.ones(16000, np.float32), 16000)
    qtbot.wait(150)
    assert not view.busy and view.posteriorgram.rows == 0 and view.ribbon.rows == 0
