import itertools

import numpy as np
import pytest
import soundfile

from model import inference
from model.recognizer import Recognizer
from phonegui import long_hearing, pipeline
from phonegui.main_window import MainWindow
from phonegui.pipeline import Document, Hearing, HearRequest
from phonegui.resources import default_checkpoint, sample_utterances
from phonegui.sources import Source

PATIENCE = 60_000
SECONDS = 12.0


@pytest.fixture
def recording(tmp_path):
    """Return the bundled samples one after the other, long enough to be heard outwards in small chunks."""
    sound = np.concatenate([soundfile.read(item.path, dtype="float32")[0] for item in sample_utterances()])
    path = tmp_path / "long.wav"
    soundfile.write(path, np.resize(sound, round(16000 * SECONDS)), 16000)
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(inference, "WHOLE_FRAMES", 100)
    monkeypatch.setattr(inference, "CHUNK_FRAMES", 100)
    monkeypatch.setattr(inference, "CONTEXT_FRAMES", 40)
    monkeypatch.setattr(inference, "CHUNKS_AT_ONCE", 3)
    monkeypatch.setattr(inference, "GLIMPSE_FRAMES", 60)
    monkeypatch.setattr(pipeline, "LONG_SECONDS", 5.0)


def without_pause(monkeypatch):
    monkeypatch.setattr(long_hearing, "_LEAST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(long_hearing, "_PAUSE_SECONDS_A_ROW", 0.0)


def request(recording, second=0.0):
    return HearRequest(Source(str(recording)), str(default_checkpoint()), "cpu", looked_at=lambda: second)


def heard_frames(part):
    return np.isfinite(part.log_probs).all(axis=1)


@pytest.mark.parametrize("second", [0.0, 4.0, SECONDS])
def test_posteriors_grow_from_what_is_looked_at_to_those_of_the_whole(recording, monkeypatch, second):
    without_pause(monkeypatch)
    grown, document = [], None
    for value in Hearing()(request(recording, second), lambda *_: True):
        if isinstance(value, long_hearing.PartialHeard):
            grown.append(heard_frames(value))
            assert len(value.log_probs) * value.step_seconds == pytest.approx(SECONDS, abs=0.1)
        elif isinstance(value, Document):
            document = value
    assert len(grown) == 13  # a glimpse and 13 chunks, the last of which makes the document
    first = np.flatnonzero(grown[0]) * document.heard.step_seconds
    assert first[0] - 0.5 <= second <= first[-1] + 1.0
    for before, after in itertools.pairwise(grown):
        assert (before <= after).all()
        assert before.sum() < after.sum()
    expected = Recognizer(default_checkpoint()).posteriors(document.heard.features)
    np.testing.assert_allclose(document.heard.log_probs, expected, atol=1e-5)


def test_parts_do_not_come_faster_than_they_can_be_drawn(recording, monkeypatch):
    monkeypatch.setattr(long_hearing, "_LEAST_PAUSE_SECONDS", 1000.0)
    values = list(Hearing()(request(recording), lambda *_: True))
    assert sum(isinstance(value, long_hearing.PartialHeard) for value in values) == 1  # the glimpse


def test_progress_is_told_and_cancels(recording):
    told = []

    def report(step, done):
        told.append((step, done))
        return done < 0.5 if step == "network" else True

    with pytest.raises(inference.Cancelled):
        for value in Hearing()(request(recording), report):
            assert not isinstance(value, Document)
    parts = [done for step, done in told if step == "network" and done > 0]  # a slow batch tells in its midst too
    assert parts == sorted(parts)
    assert 0 < parts[0] < 0.2
    assert 0.5 <= parts[-1] < 0.7


@pytest.fixture
def window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    yield window
    window.close()


def test_the_window_shows_what_is_heard_so_far_then_all(qtbot, window, recording, monkeypatch):
    without_pause(monkeypatch)
    shares = []

    def note(part):
        frames = window.timeline.frames
        shares.append(np.mean([frames.probabilities(number).any() for number in range(len(frames))]))
        unheard = np.flatnonzero(~heard_frames(part))
        if len(unheard):
            assert "blank" not in window.timeline.hover_text(unheard[0] * part.step_seconds)

    window.session.heard_partly.connect(note)
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(recording)])
    assert shares
    assert shares == sorted(shares)
    qtbot.waitUntil(lambda: not window.timeline.busy, timeout=PATIENCE)
    heard = window.session.heard
    assert np.isfinite(heard.log_probs).all()
    assert "blank" in window.timeline.hover_text(SECONDS / 2)


def test_what_is_looked_at_is_the_middle_of_what_is_shown_or_the_beginning_of_all(qtbot, window, recording):
    with qtbot.waitSignal(window.session.decoded, timeout=PATIENCE):
        window.opener.open_at_start([str(recording)])
    assert window.session.looked_at == 0.0
    window.timeline.show_range(4.0, 6.0)
    assert window.session.looked_at == pytest.approx(5.0)
    window.timeline.fit()
    assert window.session.looked_at == 0.0
