"""What tests of the views show: a tone of two seconds, frames of one sure phoneme, tiers."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from model.phonemes import DEFAULT_TABLE
from model.transcript import TimedPhoneme
from phonegui.theme import LIGHT
from phonegui.views.timeline import TimelineView

RATE, HOP, STEP, SECONDS = 16000, 0.01, 0.02, 2.0


def phoneme(symbol: str, start: float, end: float, confidence: float = 1.0) -> TimedPhoneme:
    return TimedPhoneme(symbol, start, end, confidence)


def posteriors(winners: dict[int, str], frames: int = 101) -> np.ndarray:
    """Return log-probabilities (frames, 42): the winner of a frame has 0.9, the blank all others."""
    probabilities = np.full((frames, 42), 0.1 / 41)
    probabilities[:, 0] = 0.9
    for frame, symbol in winners.items():
        probabilities[frame] = 0.1 / 41
        probabilities[frame, DEFAULT_TABLE.index(symbol)] = 0.9
    return np.log(probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)


def shown_timeline(qtbot: QtBot) -> TimelineView:
    """Return a timeline on the screen: IY at 1.0 s, SIL IY S heard, SIL IH said."""
    timeline = TimelineView(theme=LIGHT)
    qtbot.addWidget(timeline)
    timeline.resize(1000, 800)
    seconds = np.arange(int(SECONDS * RATE)) / RATE
    timeline.set_audio((0.5 * np.sin(2 * np.pi * 200 * seconds)).astype(np.float32), RATE)
    timeline.set_features(np.random.default_rng(1).normal(size=(201, 13)).astype(np.float32), HOP)
    timeline.set_posteriors(posteriors({50: "IY"}), STEP, DEFAULT_TABLE)
    timeline.set_heard([phoneme("SIL", 0.0, 0.5), phoneme("IY", 0.5, 1.0), phoneme("S", 1.0, 1.6, 0.2)])
    timeline.set_reference([phoneme("SIL", 0.0, 0.5), phoneme("IH", 0.5, 1.0)])
    timeline.show()
    qtbot.waitExposed(timeline)
    return timeline
