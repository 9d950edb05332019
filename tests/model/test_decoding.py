"""Prefix beam search and greedy decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.decoding import NGramTable, _utterance, align, alignment, beam, decode, greedy
from model.errors import Cancelled
from model.metrics import edit_distance
from tests.benchmarks import decoding as benchmark
from tests.model.reference_decoders import (
    as_dict,
    collapse,
    enumerate_paths,
    log_softmax,
    ngram_weight,
    prefix_search,
    sequence_weight,
    speech_like,
)

TRIGRAM = NGramTable(3, np.random.default_rng(0).dirichlet(np.ones(8), 64))


def small_case(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    frames, classes = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    if classes == 4:
        frames = min(frames, 5)
    kind = rng.integers(4)
    if kind == 0:  # many ties
        logits = rng.integers(0, 2, (frames, classes)).astype(float)
    elif kind == 1:  # frames that repeat, so that labels do
        logits = np.repeat(rng.normal(0, 2, (1, classes)), frames, axis=0)
    else:
        logits = rng.normal(0, rng.choice([0.3, 2.0, 6.0]), (frames, classes))
    log_probs = log_softmax(logits)
    if kind == 3 and classes > 1:  # impossible classes
        log_probs = np.where(rng.random(log_probs.shape) < 0.3, -np.inf, log_probs)
        log_probs[:, rng.integers(classes)] = 0.0
        log_probs = log_softmax(log_probs)
    return log_probs, int(rng.integers(classes))


def test_wide_beam_equals_every_path_summed():
    rng = np.random.default_rng(1)
    for _ in range(600):
        log_probs, blank = small_case(rng)
        summed, _ = enumerate_paths(log_probs, blank)
        hypotheses = decode(log_probs, beam_width=2000, n_best=2000, blank=blank)[0]
        found = as_dict(hypotheses)
        assert set(found) == {labels for labels, value in summed.items() if value > 0.0}
        for labels, log_prob in found.items():
            assert log_prob == pytest.approx(np.log(summed[labels]), abs=1e-9)
        scores = [h.log_prob for h in hypotheses]
        assert scores == sorted(scores, reverse=True)


def test_every_width_equals_the_reference_on_small_cases():
    rng = np.random.default_rng(2)
    for _ in range(300):
        classes = int(rng.integers(2, 5))
        log_probs = log_softmax(rng.normal(0, 2, (int(rng.integers(1, 7)), classes)))
        blank = int(rng.integers(classes))
        for width in (1, 2, 3, 5, 8):
            expected = prefix_search(log_probs, width, blank)
            found = decode(log_probs, beam_width=width, n_best=width, blank=blank)[0]
            assert [tuple(h.labels.tolist()) for h in found] == [labels for _, labels in expected]
            assert [h.log_prob for h in found] == pytest.approx([score for score, _ in expected], abs=1e-9)


def test_ties_keep_the_scores_of_the_reference():
    rng = np.random.default_rng(3)
    for _ in range(100):
        log_probs = log_softmax(rng.integers(0, 2, (5, 3)).astype(float))
        for width in (1, 4):
            expected = prefix_search(log_probs, width)
            found = decode(log_probs, beam_width=width)[0]
            # Which of equals is kept is free, so a narrow beam may end differently; a kept best may not be worse
            # than its own alignments say.
            summed, _ = enumerate_paths(log_probs, 0)
            assert found[0].log_prob <= np.log(summed[tuple(found[0].labels.tolist())]) + 1e-9
            assert found[0].log_prob == pytest.approx(expected[0][0], abs=0.7)


@pytest.mark.parametrize("sharpness", [1.0, 0.5, 0.02], ids=["spiky", "soft", "flat"])
@pytest.mark.parametrize("width", [1, 4, 20])
def test_realistic_input_equals_the_reference(width, sharpness):
    log_probs = speech_like(150 if width == 20 else 400, 42 if width < 20 else 30, seed=width, sharpness=sharpness)
    expected = prefix_search(log_probs, width)
    found = decode(log_probs, beam_width=width, n_best=width)[0]
    assert [tuple(h.labels.tolist()) for h in found] == [labels for _, labels in expected]
    assert [h.log_prob for h in found] == pytest.approx([score for score, _ in expected], abs=1e-8)


def test_width_one_is_a_prefix_search_and_not_greedy():
    # "a" twice at 0.4 sums to more than the blank path of 0.6 * 0.6, which greedy follows.
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(log_probs).labels.tolist() == []
    assert decode(log_probs, beam_width=4)[0][0].labels.tolist() == [1]
    assert decode(log_probs, beam_width=1)[0][0].log_prob == pytest.approx(prefix_search(log_probs, 1)[0][0])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_language_model_equals_every_path_weighted(order):
    rng = np.random.default_rng(order)
    for _ in range(60):
        classes = int(rng.integers(2, 4 if order == 4 else 5))
        frames = 5 if classes < 4 else 4
        blank = int(rng.integers(classes))
        table = NGramTable(order, rng.dirichlet(np.ones(classes), classes ** (order - 1)))
        alpha, beta = float(rng.uniform(0, 2)), float(rng.normal())
        weights = table.table**alpha * np.exp(beta)
        weights[:, blank] = table.table[:, blank] ** alpha
        weight = ngram_weight(weights, order, blank)
        log_probs = log_softmax(rng.normal(0, 2, (frames, classes)))
        summed, _ = enumerate_paths(log_probs, blank)
        options = {"blank": blank, "language_model": table, "alpha": alpha, "beta": beta}
        found = as_dict(decode(log_probs, beam_width=2000, n_best=2000, **options)[0])
        assert set(found) == set(summed)
        for labels, log_prob in found.items():
            assert log_prob == pytest.approx(np.log(summed[labels] * sequence_weight(labels, weight)), abs=1e-9)
        narrow = decode(log_probs, beam_width=3, n_best=3, **options)[0]
        expected = prefix_search(log_probs, 3, blank, weight)
        assert [h.log_prob for h in narrow] == pytest.approx([score for score, _ in expected], abs=1e-9)


def test_language_model_equals_the_reference_on_realistic_input():
    rng = np.random.default_rng(7)
    table = NGramTable(2, rng.dirichlet(np.full(20, 0.3), 20))
    log_probs = speech_like(120, 20, seed=3, sharpness=0.6)
    weights = table.table**0.7 * np.exp(0.5)
    weights[:, 0] = table.table[:, 0] ** 0.7
    expected = prefix_search(log_probs, 12, 0, ngram_weight(weights, 2, 0))
    found = decode(log_probs, beam_width=12, n_best=12, language_model=table, alpha=0.7, beta=0.5)[0]
    assert [tuple(h.labels.tolist()) for h in found] == [labels for _, labels in expected]
    assert [h.log_prob for h in found] == pytest.approx([score for score, _ in expected], abs=1e-8)


@pytest.mark.parametrize("beta", [-20.0, 20.0])
def test_scores_far_from_one_keep_their_precision(beta):
    log_probs = speech_like(900, 6, seed=8)
    table = NGramTable(1, np.full((1, 6), 0.2))
    weight = ngram_weight(np.array([[0.2, *[0.2 * np.exp(beta)] * 5]]), 1, 0)
    expected = prefix_search(log_probs, 3, 0, weight)
    found = decode(log_probs, beam_width=3, n_best=3, language_model=table, alpha=1.0, beta=beta)[0]
    assert abs(found[0].log_prob) > 750.0
    assert [h.log_prob for h in found] == pytest.approx([score for score, _ in expected], rel=1e-10)


def test_language_model_of_weight_zero_changes_nothing():
    log_probs = speech_like(200, 20, seed=5)
    table = NGramTable(3, np.random.default_rng(0).dirichlet(np.ones(20), 400))
    plain = decode(log_probs, beam_width=30, n_best=5)[0]
    fused = decode(log_probs, beam_width=30, n_best=5, language_model=table, alpha=0.0)[0]
    assert as_dict(fused) == pytest.approx(as_dict(plain))


def test_cutoffs_leave_the_unlikely_classes_out():
    rng = np.random.default_rng(11)
    for _ in range(50):
        log_probs = log_softmax(rng.normal(0, 2, (5, 4)))
        for options in ({"cutoff_top_n": 2}, {"cutoff_prob": 0.8}, {"cutoff_top_n": 3, "cutoff_prob": 0.6}):
            kept = np.zeros_like(log_probs)
            for t, row in enumerate(np.exp(log_probs)):
                mass = 0.0
                for rank, c in enumerate(np.argsort(-row)):
                    if rank >= options.get("cutoff_top_n", 4) or mass >= options.get("cutoff_prob", 1.0):
                        break
                    kept[t, c] = row[c]
                    mass += row[c]
            with np.errstate(divide="ignore"):
                summed, _ = enumerate_paths(np.log(kept), 0)
            found = as_dict(decode(log_probs, beam_width=2000, n_best=2000, **options)[0])
            assert set(found) == {labels for labels, value in summed.items() if value > 0.0}
            for labels, log_prob in found.items():
                assert log_prob == pytest.approx(np.log(summed[labels]), abs=1e-9)


def test_a_batch_equals_its_utterances_in_any_order_and_padding():
    lengths = [70, 200, 1, 0, 130]
    utterances = [speech_like(n, 20, seed=n) for n in lengths]
    alone = [decode(u, beam_width=20, n_best=3)[0] for u in utterances]
    padded = np.full((5, 220, 20), np.nan)
    for row, utterance in zip(padded, utterances, strict=True):
        row[: len(utterance)] = utterance
    order = [3, 1, 4, 0, 2]
    for found in (
        decode(utterances, beam_width=20, n_best=3),
        decode(padded, lengths, beam_width=20, n_best=3, threads=3),
        decode(padded, np.array(lengths, np.uint8), beam_width=20, n_best=3, threads=1),
        [decode([utterances[i] for i in order], beam_width=20, n_best=3)[order.index(i)] for i in range(5)],
    ):
        assert len(found) == 5
        for got, expected in zip(found, alone, strict=True):
            assert as_dict(got) == as_dict(expected)
            for a, b in zip(got, expected, strict=True):
                np.testing.assert_array_equal(a.frames, b.frames)


def test_strides_types_and_probabilities_do_not_matter():
    log_probs = speech_like(120, 20, seed=4)
    expected = decode(log_probs, beam_width=20)[0][0]
    backwards = np.ascontiguousarray(log_probs[::-1, ::-1])[::-1, ::-1]
    wide = np.repeat(np.repeat(log_probs, 2, axis=0), 3, axis=1)[::2, ::3]
    read_only = log_probs.copy()
    read_only.flags.writeable = False
    for same in (np.asfortranarray(log_probs), backwards, wide, read_only, log_probs.astype(">f8")):
        found = decode(same, beam_width=20)[0][0]
        np.testing.assert_array_equal(found.labels, expected.labels)
        assert found.log_prob == expected.log_prob
    for kind, tolerance in ((np.float32, 1e-4), (np.float16, 0.3)):
        found = decode(log_probs.astype(kind), beam_width=20)[0][0]
        np.testing.assert_array_equal(found.labels, expected.labels)
        assert found.log_prob == pytest.approx(expected.log_prob, abs=tolerance)
    found = decode(np.exp(log_probs), beam_width=20, log_probs_input=False)[0][0]
    assert found.log_prob == pytest.approx(expected.log_prob)
    np.testing.assert_array_equal(found.frames, expected.frames)


def test_constants_added_before_normalising_do_not_matter():
    logits = np.random.default_rng(6).normal(0, 3, (80, 12))
    shifted = logits + np.random.default_rng(7).normal(0, 300, (80, 1))
    expected = decode(log_softmax(logits), beam_width=20)[0][0]
    assert decode(log_softmax(shifted), beam_width=20)[0][0].log_prob == pytest.approx(expected.log_prob, abs=1e-9)
    raw = decode(shifted, beam_width=20, normalize_check=False)[0][0]
    np.testing.assert_array_equal(raw.labels, expected.labels)
    sums = np.log(np.exp(shifted - shifted.max(axis=1, keepdims=True)).sum(axis=1)) + shifted.max(axis=1)
    assert raw.log_prob == pytest.approx(expected.log_prob + sums.sum(), abs=1e-6)
    scaled = decode(np.exp(logits) * 1e200, beam_width=20, normalize_check=False, log_probs_input=False)[0][0]
    np.testing.assert_array_equal(scaled.labels, expected.labels)


def test_a_wider_beam_finds_nothing_worse():
    for seed in range(5):
        log_probs = speech_like(300, seed=seed, sharpness=0.6)
        scores = [decode(log_probs, beam_width=width)[0][0].log_prob for width in (1, 5, 30, 200)]
        assert scores == sorted(scores)


def test_frames_are_the_peaks_of_the_alignment():
    log_probs = speech_like(300, seed=1, sharpness=0.5)
    for hypothesis in decode(log_probs, beam_width=30, n_best=10)[0]:
        np.testing.assert_array_equal(hypothesis.frames, align(log_probs, hypothesis.labels).peak)
        assert (np.diff(hypothesis.frames) > 0).all()
        assert hypothesis.labels.dtype == hypothesis.frames.dtype == np.int32


def test_frames_of_long_input_are_the_peaks_of_the_alignment():
    log_probs = speech_like(6000, seed=2)
    hypothesis = decode(log_probs, beam_width=10)[0][0]
    assert len(hypothesis.labels) > 512
    np.testing.assert_array_equal(hypothesis.frames, align(log_probs, hypothesis.labels).peak)


@pytest.mark.parametrize("blank", [0, 2])
def test_greedy_is_the_best_path(blank):
    rng = np.random.default_rng(blank)
    for _ in range(100):
        log_probs = log_softmax(rng.normal(0, 2, (8, 4)))
        path = tuple(log_probs.argmax(axis=1).tolist())
        hypothesis = greedy(log_probs, blank=blank)
        assert tuple(hypothesis.labels.tolist()) == collapse(path, blank)
        assert hypothesis.log_prob == pytest.approx(log_probs.max(axis=1).sum())
        assert (log_probs[hypothesis.frames].argmax(axis=1) == hypothesis.labels).all()
        assert (np.diff(hypothesis.frames) > 0).all()
        [[same]] = decode(log_probs, blank=blank, backend="greedy", n_best=5)
        np.testing.assert_array_equal(same.frames, hypothesis.frames)


def test_no_frames_give_the_empty_hypothesis():
    for empty in (np.zeros((0, 5)), np.zeros((1, 0, 5)), [np.zeros((0, 5), np.float32)]):
        [[hypothesis]] = decode(empty, beam_width=3, n_best=3)
        assert hypothesis.labels.shape == hypothesis.frames.shape == (0,)
        assert hypothesis.log_prob == 0.0
    assert greedy(np.zeros((0, 5))).log_prob == 0.0


def test_only_a_blank_class():
    [[hypothesis]] = decode(np.zeros((4, 1)), n_best=3)
    assert hypothesis.labels.tolist() == []
    assert hypothesis.log_prob == pytest.approx(0.0)


def test_long_input_neither_underflows_nor_loses_labels():
    block = speech_like(500, seed=9)
    blocks = 40
    short = decode(block, beam_width=20)[0][0]
    long = decode(np.tile(block, (blocks, 1)), beam_width=20)[0][0]
    assert long.log_prob == pytest.approx(blocks * short.log_prob, rel=0.02)
    assert abs(len(long.labels) - blocks * len(short.labels)) <= blocks
    assert (np.diff(long.frames) > 0).all()


@pytest.mark.parametrize("room", [0, 400])
def test_sweeping_the_trie_changes_nothing(monkeypatch, room):
    log_probs = speech_like(600, 8, seed=2, sharpness=0.05)
    expected = decode(log_probs, beam_width=25, n_best=25)[0]
    monkeypatch.setattr(beam, "_TRIE_ROOM", room)
    found = decode(log_probs, beam_width=25, n_best=25)[0]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.labels, b.labels)
        assert a.log_prob == b.log_prob


@pytest.mark.parametrize("block", [1, 7, 64, 299])
@pytest.mark.parametrize(
    "options",
    [
        {"beam_width": 30, "n_best": 30},
        {"beam_width": 1},
        {"beam_width": 20, "n_best": 20, "cutoff_top_n": 5, "cutoff_prob": 0.9},
        {"beam_width": 20, "n_best": 5, "language_model": TRIGRAM, "beta": 1.0},
        {"beam_width": 20, "n_best": 5, "normalize_check": False},
        {"backend": "greedy"},
    ],
    ids=["plain", "narrow", "cutoffs", "model", "unnormalised", "greedy"],
)
def test_reading_frames_in_blocks_changes_nothing(monkeypatch, block, options):
    utterances = [
        speech_like(300, 8, seed=block, sharpness=0.1),
        log_softmax(np.random.default_rng(block).normal(size=(300, 8))),
    ]
    if "normalize_check" in options:
        utterances = [item + np.random.default_rng(0).normal(size=(len(item), 1)) for item in utterances]
    expected = decode(utterances, **options)
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", block)
    for found, whole in zip(decode(utterances, **options), expected, strict=True):
        assert len(found) == len(whole) >= 1
        for a, b in zip(found, whole, strict=True):
            np.testing.assert_array_equal(a.labels, b.labels)
            np.testing.assert_array_equal(a.frames, b.frames)
            assert a.log_prob == pytest.approx(b.log_prob, abs=1e-9)


def test_blocks_of_probabilities_give_the_same(monkeypatch):
    probs = np.exp(speech_like(200, 8, seed=1, sharpness=0.1))
    expected = decode(probs, beam_width=20, log_probs_input=False)[0][0]
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", 9)
    found = decode(probs, beam_width=20, log_probs_input=False)[0][0]
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.frames, expected.frames)
    assert found.log_prob == expected.log_prob


def sentences(seed: int = 0, sharpness: float = 0.6) -> list[np.ndarray]:
    """Return utterances that begin and end in silence, many of whose labels are doubtful."""
    quiet = np.zeros((30, 12))
    quiet[:, 0] = 12.0
    rng = np.random.default_rng(seed)
    spoken = [sharpness * speech_like(int(rng.integers(150, 250)), 12, seed=100 * seed + i) for i in range(12)]
    return [log_softmax(np.concatenate([quiet, log_softmax(item), quiet])) for item in spoken]


@pytest.mark.parametrize("sharpness", [0.35, 0.6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_settled_labels_leave_the_beam_to_what_is_said_now(monkeypatch, seed, sharpness):
    monkeypatch.setattr(beam, "OPEN_FRAMES", 64)
    parts = sentences(seed, sharpness)
    joined = np.concatenate(parts)
    likeliest = np.concatenate([decode(item, beam_width=1000)[0][0].labels for item in parts])
    never = decode(joined, beam_width=16)[0][0]
    monkeypatch.setattr(beam, "WHOLE_FRAMES", len(joined) - 1)
    settled = decode(joined, beam_width=16, n_best=16)[0]
    assert edit_distance(likeliest, settled[0].labels) < edit_distance(likeliest, never.labels)
    assert benchmark.log_prob(joined, settled[0].labels.tolist()) > benchmark.log_prob(joined, never.labels.tolist())
    for other in settled[1:]:
        same = min(len(other.labels), len(settled[0].labels))
        differ = np.flatnonzero(other.labels[:same] != settled[0].labels[:same])
        first = settled[0].frames[differ[0]] if len(differ) else len(joined)
        assert first > len(joined) - 64 - 64 - 10
    assert (np.diff(settled[0].frames) > 0).all()


@pytest.mark.parametrize("options", [{}, {"language_model": NGramTable(1, np.full((1, 12), 1 / 12)), "beta": 0.5}])
def test_short_utterances_are_never_settled(monkeypatch, options):
    joined = np.concatenate(sentences())
    assert len(joined) < beam.WHOLE_FRAMES
    whole = as_dict(decode(joined, beam_width=16, n_best=16, **options)[0])
    monkeypatch.setattr(beam, "OPEN_FRAMES", 1)
    monkeypatch.setattr(beam, "WHOLE_FRAMES", len(joined))
    assert as_dict(decode(joined, beam_width=16, n_best=16, **options)[0]) == whole
    monkeypatch.setattr(beam, "OPEN_FRAMES", len(joined))
    monkeypatch.setattr(beam, "WHOLE_FRAMES", 0)
    assert as_dict(decode(joined, beam_width=16, n_best=16, **options)[0]) == whole


@pytest.mark.parametrize("open_frames", [1, 5, 63, 64, 200])
@pytest.mark.parametrize("options", [{"beam_width": 1}, {"beam_width": 30, "language_model": TRIGRAM}])
def test_settling_at_any_time_leaves_a_sound_beam(monkeypatch, open_frames, options):
    monkeypatch.setattr(beam, "WHOLE_FRAMES", 0)
    monkeypatch.setattr(beam, "OPEN_FRAMES", open_frames)
    monkeypatch.setattr(beam, "_TRIE_ROOM", 0)
    for sharpness in (0.03, 0.3, 1.0):
        log_probs = speech_like(700, 8, seed=open_frames, sharpness=sharpness)
        hypotheses = decode(log_probs, n_best=30, **options)[0]
        assert len(as_dict(hypotheses)) == len(hypotheses)  # no sequence twice
        scores = [item.log_prob for item in hypotheses]
        assert scores == sorted(scores, reverse=True)
        if "language_model" in options:
            continue
        for item in hypotheses:
            assert item.log_prob >= align(log_probs, item.labels).log_prob - 1e-9


@pytest.mark.parametrize("backend", ["builtin", "greedy"])
def test_progress_is_told_block_by_block_and_cancels(monkeypatch, backend):
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", 10)
    utterances = [speech_like(95, 8, seed=1, sharpness=0.1), np.zeros((0, 8)), speech_like(30, 8, seed=2)]
    options = {"beam_width": 10, "n_best": 4, "backend": backend, "threads": 1}
    told = []
    expected = decode(utterances, **options)
    found = decode(utterances, progress=lambda part: told.append(part) or True, **options)
    assert [as_dict(item) for item in found] == [as_dict(item) for item in expected]
    assert len(told) >= 13
    assert told == sorted(told)
    assert told[0] < 0.1
    assert told[-1] == pytest.approx(1.0)
    for threads in (1, 3):
        told.clear()
        with pytest.raises(Cancelled):
            decode(utterances, progress=lambda part: told.append(part), **options | {"threads": threads})
        assert len(told) <= threads


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells how much memory was used")
@pytest.mark.parametrize("path_bytes", [alignment._BLOCK_BYTES, 0])
def test_the_longest_input_takes_less_memory_than_it_is_itself(monkeypatch, path_bytes):
    monkeypatch.setattr(alignment, "_BLOCK_BYTES", path_bytes)  # 0: trace paths back block by block, as of eight hours
    speech = np.tile(speech_like(5000, seed=3).astype(np.float32), (60, 1))
    decode(speech[:100], beam_width=20)  # what is compiled meanwhile is no memory of the search
    Path("/proc/self/clear_refs").write_text("5")
    before = highest_memory()
    [hypotheses] = decode(speech, beam_width=20, n_best=3)
    assert len(hypotheses) == 3
    assert highest_memory() - before < speech.nbytes


def highest_memory() -> int:
    """Return the most bytes that were in use since they were last reset."""
    return 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
