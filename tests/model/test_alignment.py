"""Forced alignment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from model.decoding import align, alignment, decode
from tests.model.reference_decoders import collapse, enumerate_paths, log_softmax, speech_like


def path_of(found, labels, frames, blank):
    path = np.full(frames, blank)
    for label, start, end in zip(labels, found.start, found.end, strict=True):
        path[start:end] = label
    return path


def check(found, log_probs, labels, blank):
    """Assert what holds for every alignment, and that its score is that of its own path."""
    assert len(found.start) == len(found.end) == len(found.peak) == len(found.confidence) == len(labels)
    assert (found.start < found.end).all()
    assert (found.end[:-1] <= found.start[1:]).all()
    assert (found.start <= found.peak).all() and (found.peak < found.end).all()
    path = path_of(found, labels, len(log_probs), blank)
    assert collapse(tuple(path.tolist()), blank) == tuple(labels)
    assert found.log_prob == pytest.approx(log_probs[np.arange(len(path)), path].sum(), abs=1e-9)
    for label, start, end, peak, confidence in zip(labels, *found[:4], strict=True):
        assert confidence == pytest.approx(np.exp(log_probs[start:end, label]).mean())
        assert log_probs[peak, label] == log_probs[start:end, label].max()


def test_the_path_is_the_best_of_all():
    rng = np.random.default_rng(1)
    for _ in range(150):
        classes = int(rng.integers(2, 5))
        frames = int(rng.integers(1, 6))
        blank = int(rng.integers(classes))
        log_probs = log_softmax(rng.normal(0, rng.choice([0.5, 4.0]), (frames, classes)))
        _, best = enumerate_paths(log_probs, blank)
        for labels, value in best.items():
            found = align(log_probs, labels, blank=blank)
            check(found, log_probs, labels, blank)
            assert found.log_prob == pytest.approx(np.log(value), abs=1e-9)


def test_labels_that_fit_no_path_are_refused():
    log_probs = log_softmax(np.zeros((4, 3)))
    possible = enumerate_paths(log_probs, 0)[0]
    for count in range(6):
        for labels in itertools.product((1, 2), repeat=count):
            if labels in possible:
                align(log_probs, labels)
            else:
                with pytest.raises(ValueError, match=f"labels do not fit: {count} labels need . frames"):
                    align(log_probs, labels)


@pytest.mark.parametrize("block", [1, 2, 7, 64, 399, 400])
def test_blocks_change_nothing(monkeypatch, block):
    log_probs = speech_like(400, 12, seed=block, sharpness=0.3)
    labels = decode(log_probs, beam_width=5)[0][0].labels
    expected = align(log_probs, labels)
    monkeypatch.setattr(alignment, "_block_frames", lambda frames, places: block)
    found = align(log_probs, labels)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    check(found, log_probs, labels.tolist(), 0)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("block", [1, 7, 64, 1499])
def test_blocks_change_nothing_near_a_guide(monkeypatch, block, kind):
    log_probs = speech_like(1500, seed=block, sharpness=0.3).astype(kind)
    hypothesis = decode(log_probs, beam_width=5)[0][0]
    assert len(hypothesis.labels) > alignment._BAND
    expected = align(log_probs, hypothesis.labels, guide=hypothesis.frames)
    monkeypatch.setattr(alignment, "_block_frames", lambda frames, places: block)
    for a, b in zip(align(log_probs, hypothesis.labels, guide=hypothesis.frames), expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shift", [-25, 0, 25])
def test_a_guide_may_be_off_by_half_the_labels_looked_at(shift):
    log_probs = speech_like(1500, seed=4)
    labels = decode(log_probs, beam_width=5)[0][0].labels
    assert len(labels) > 130
    exact = alignment.viterbi(alignment.finite(log_probs), labels, 0)
    guide = exact[0][np.clip(np.arange(len(labels)) + shift, 0, len(labels) - 1)]
    for a, b in zip(alignment.viterbi(alignment.finite(log_probs), labels, 0, guide), exact, strict=True):
        np.testing.assert_array_equal(a, b)


def test_times_of_known_speech():
    quiet, said = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05]
    log_probs = np.log([quiet, said, said, quiet, quiet, said, [0.1, 0.1, 0.8], quiet])
    found = align(log_probs, [1, 1, 2])
    assert found.start.tolist() == [1, 5, 6]
    assert found.end.tolist() == [3, 6, 7]
    assert found.peak.tolist() == [1, 5, 6]
    assert found.confidence == pytest.approx([0.9, 0.9, 0.8])


def test_no_labels_is_the_path_of_blanks():
    log_probs = log_softmax(np.random.default_rng(0).normal(size=(5, 3)))
    found = align(log_probs, [])
    assert found.log_prob == pytest.approx(log_probs[:, 0].sum())
    assert [len(part) for part in found[:4]] == [0, 0, 0, 0]
    assert align(np.zeros((0, 3)), []).log_prob == 0.0


def test_as_many_frames_as_labels_need():
    log_probs = log_softmax(np.random.default_rng(0).normal(size=(5, 3)))
    found = align(log_probs, [1, 1, 2, 1])
    assert found.start.tolist() == [0, 2, 3, 4]
    assert found.end.tolist() == [1, 3, 4, 5]


def test_impossible_labels_still_have_times():
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0.0]]))
    found = align(log_probs, [1, 2])
    assert found.log_prob == -np.inf
    assert found.start.tolist()[0] == 1
    assert found.end[0] <= found.start[1]
    assert found.confidence.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_types_and_strides(kind):
    log_probs = speech_like(100, 10, seed=3)
    labels = decode(log_probs, beam_width=5)[0][0].labels
    expected = align(log_probs, labels)
    found = align(np.asfortranarray(log_probs.astype(kind)), tuple(labels.tolist()))
    np.testing.assert_array_equal(found.start, expected.start)
    assert found.start.dtype == found.end.dtype == found.peak.dtype == np.int32


GOOD = log_softmax(np.random.default_rng(0).normal(size=(6, 4)))


@pytest.mark.parametrize(
    ("log_probs", "labels", "options", "message"),
    [
        (GOOD, [1, 4], {}, r"labels\[1\] is 4, outside 0 to 3"),
        (GOOD, [-1], {}, r"labels\[0\] is -1, outside"),
        (GOOD, [1, 0], {}, r"labels\[1\] is 0, the blank"),
        (GOOD, [1.0], {}, "labels must be a sequence of whole numbers"),
        (GOOD, [[1]], {}, "labels must be a sequence of whole numbers"),
        (GOOD, "ab", {}, "labels must be a sequence of whole numbers"),
        (GOOD, [1], {"blank": 7}, "blank must be"),
        (GOOD[None], [1], {}, "log_probs must be"),
        (np.where(np.arange(4) == 2, np.nan, GOOD), [1], {}, "log_probs, frame 0: has a NaN"),
        (GOOD + 1.0, [1], {}, "log_probs, frame 0: does not normalise"),
        (GOOD, [1] * 4, {}, "labels do not fit: 4 labels need 7 frames"),
    ],
)
def test_bad_input_is_one_clear_error(log_probs, labels, options, message):
    with pytest.raises(ValueError, match=message):
        align(log_probs, labels, **options)
