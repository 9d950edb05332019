from __future__ import annotations

import numpy as np
import pytest

from model.decoding import greedy
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE
from model.transcript import PAUSE_SECONDS, align_reference, spread, time_hypothesis

STEP = 0.02


def _spiky(places: dict[int, str], frames: int) -> np.ndarray:
    """Return posteriors of the blank but for single frames of phonemes."""
    probs = np.full((frames, len(DEFAULT_TABLE)), 0.05 / 41)
    probs[:, 0] = 0.95
    for frame, symbol in places.items():
        probs[frame] = 0.1 / 41
        probs[frame, DEFAULT_TABLE.index(symbol)] = 0.9
    return np.log(probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)


def test_neighbours_meet_in_the_middle_of_the_blanks_between():
    starts, ends = spread(np.array([0.5, 0.6]), np.array([0.52, 0.62]), 2.0)
    assert ends[0] == starts[1] == pytest.approx(0.56)


def test_pauses_stay_free():
    starts, ends = spread(np.array([0.5, 1.5]), np.array([0.52, 1.52]), 2.0)
    assert 0.52 < ends[0] < starts[1] < 1.5
    assert starts[1] - ends[0] > PAUSE_SECONDS / 2


def test_random_spikes_widen_without_overlap_and_within_the_recording():
    rng = np.random.default_rng(0)
    for _ in range(200):
        edges = np.sort(rng.uniform(0, 3, 2 * int(rng.integers(1, 12))))
        starts, ends = spread(edges[::2], edges[1::2], 3.0)
        assert (starts <= edges[::2]).all() and (ends >= edges[1::2]).all()
        assert (ends[:-1] <= starts[1:] + 1e-12).all()
        assert starts[0] >= 0 and ends[-1] <= 3.0


def test_a_transcript_has_symbols_letters_and_times_around_the_spikes():
    log_probs = _spiky({10: "K", 18: "AE", 30: "T"}, 50)
    transcript = time_hypothesis(log_probs, greedy(log_probs), DEFAULT_TABLE, step_seconds=STEP, seconds=1.0)
    assert transcript.symbols == ["K", "AE", "T"]
    assert transcript.letters == "kAt"
    for phoneme, frame in zip(transcript.phonemes, (10, 18, 30), strict=True):
        assert phoneme.start < frame * STEP < phoneme.end
        assert phoneme.confidence == pytest.approx(0.9, abs=0.01)


def test_nothing_heard_is_an_empty_transcript():
    log_probs = _spiky({}, 20)
    transcript = time_hypothesis(log_probs, greedy(log_probs), DEFAULT_TABLE, step_seconds=STEP, seconds=0.4)
    assert (transcript.phonemes, transcript.letters) == ((), "")


def test_a_reference_takes_its_times_from_the_posteriors():
    log_probs = _spiky({10: "K", 30: "T"}, 50)
    labels = DEFAULT_TABLE.encode("K T")
    placed = align_reference(log_probs, labels, DEFAULT_TABLE, step_seconds=STEP, seconds=1.0)
    assert [phoneme.symbol for phoneme in placed] == ["K", "T"]
    assert placed[0].start < 10 * STEP < placed[0].end


def test_a_reference_too_long_for_the_recording_is_a_user_error():
    with pytest.raises(UserError, match="reference"):
        align_reference(_spiky({}, 3), [3, 4, 5, 6], DEFAULT_TABLE, step_seconds=STEP, seconds=0.06)
