"""What decoding is given: bad input, one utterance or many, and another package's search behind the same door."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from model.decoding import NGramTable, _ctcdecode, _utterance, backends, decode, greedy
from tests.model.reference_decoders import as_dict, log_softmax, prefix_search

GOOD = log_softmax(np.random.default_rng(0).normal(size=(2, 6, 4)))


def with_value(value, t=3):
    log_probs = GOOD.copy()
    log_probs[1, t, 2] = value
    return log_probs


@pytest.mark.parametrize(
    ("log_probs", "options", "message"),
    [
        (with_value(np.nan), {}, r"log_probs\[1\], frame 3: has a NaN"),
        (with_value(np.inf), {}, r"log_probs\[1\], frame 3: has an infinite value"),
        (with_value(0.5, t=5), {}, r"log_probs\[1\], frame 5: does not normalise"),
        (np.exp(GOOD), {}, r"log_probs\[0\], frame 0: does not normalise"),
        (GOOD, {"log_probs_input": False}, "negative probability"),
        (with_value(-np.inf)[1] - [0, 0, np.inf, 0], {}, "frame 0: does not normalise"),
        (np.where(np.arange(6)[:, None] == 4, -np.inf, GOOD), {}, r"frame 4: gives no class any probability"),
        (np.where(np.arange(6)[:, None] == 4, -np.inf, GOOD), {"normalize_check": False}, "frame 4: gives no class"),
        (with_value(np.nan), {"normalize_check": False}, r"log_probs\[1\], frame 3: has a NaN"),
        (with_value(np.inf), {"normalize_check": False}, r"log_probs\[1\], frame 3: has an infinite value"),
        ([], {}, "log_probs must hold at least one utterance"),
        (np.zeros((0, 6, 4)), {}, "log_probs must hold at least one utterance"),
        (np.zeros((6, 0)), {}, "log_probs must have at least one class"),
        (np.zeros(6), {}, "log_probs must be"),
        ([np.zeros(6)], {}, r"log_probs\[0\] must be \(T, V\)"),
        (np.zeros((6, 4), int), {}, "log_probs must hold floating-point numbers"),
        (np.zeros((6, 4), complex), {}, "log_probs must hold floating-point numbers"),
        ([GOOD[0], GOOD[0, :, :3]], {}, r"log_probs\[1\] has 3 classes, expected 4"),
        (GOOD, {"classes": 42}, r"log_probs\[0\] has 4 classes, expected 42"),
        (GOOD, {"lengths": [6, 7]}, r"lengths\[1\] must lie between 0 and the 6 frames"),
        (GOOD, {"lengths": [-1, 2]}, r"lengths\[0\] must lie"),
        (GOOD, {"lengths": [6]}, "lengths must hold 2 whole numbers"),
        (GOOD, {"lengths": [6.0, 6.0]}, "lengths must hold 2 whole numbers"),
        (GOOD, {"beam_width": 0}, "beam_width must be"),
        (GOOD, {"beam_width": -5}, "beam_width must be"),
        (GOOD, {"beam_width": 2.5}, "beam_width must be a whole number"),
        (GOOD, {"beam_width": True}, "beam_width must be"),
        (GOOD, {"beam_width": 10**9}, "beam_width must be"),
        (GOOD, {"n_best": 0}, "n_best must be"),
        (GOOD, {"blank": 4}, "blank must be between 0 and 3"),
        (GOOD, {"blank": -1}, "blank must be between 0 and 3"),
        (GOOD, {"threads": 0}, "threads must be"),
        (GOOD, {"cutoff_prob": 0.0}, "cutoff_prob must be"),
        (GOOD, {"cutoff_prob": 1.5}, "cutoff_prob must be"),
        (GOOD, {"cutoff_prob": "x"}, "cutoff_prob must be"),
        (GOOD, {"cutoff_top_n": 0}, "cutoff_top_n must be"),
        (GOOD, {"backend": "magic"}, "backend must be one of builtin, greedy"),
        (GOOD, {"language_model": "bigram"}, "language_model must be"),
        (GOOD, {"language_model": NGramTable(1, np.full((1, 3), 1 / 3))}, "language_model is made for 3 classes"),
        (GOOD, {"language_model": NGramTable(1, np.full((1, 4), 0.25)), "alpha": np.nan}, "alpha must be"),
        (GOOD, {"language_model": NGramTable(1, np.full((1, 4), 0.25)), "alpha": -1.0}, "alpha must be"),
        ([GOOD[0], [*GOOD[0].tolist()[:2], [1.0]]], {}, r"log_probs\[1\] cannot be made an array"),
        (GOOD, {"language_model": NGramTable(1, np.full((1, 4), 0.25)), "beta": np.inf}, "beta must be"),
        (GOOD, {"language_model": NGramTable(1, np.full((1, 4), 0.25)), "backend": "greedy"}, "language_model works"),
    ],
)
def test_bad_input_is_one_clear_error(log_probs, options, message):
    with pytest.raises(ValueError, match=message):
        decode(log_probs, **options)


@pytest.mark.parametrize("backend", ["builtin", "greedy"])
def test_a_bad_frame_far_on_is_named_by_its_number(monkeypatch, backend):
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", 4)
    long = np.tile(GOOD[0], (5, 1))
    long[9] = np.nan
    with pytest.raises(ValueError, match="log_probs, frame 9: has a NaN"):
        decode(long, backend=backend)


def test_a_model_that_forbids_what_comes_later_names_the_frame(monkeypatch):
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", 2)
    with np.errstate(divide="ignore"):
        certain = np.log(np.eye(3)[[0, 1, 0, 0, 0, 2, 0]])
    model = NGramTable(2, np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.0], [0.5, 0.5, 0.5]]))
    with pytest.raises(ValueError, match="language_model gives every continuation of log_probs at frame 5"):
        decode(certain, language_model=model)


def test_a_model_that_allows_nothing_is_an_error():
    model = NGramTable(1, np.zeros((1, 4)))
    with np.errstate(divide="ignore"):
        certain = np.log(np.tile(np.eye(4)[1], (3, 1)))
    with pytest.raises(ValueError, match="language_model gives every continuation of log_probs at frame 0"):
        decode(certain, language_model=model)
    with pytest.raises(ValueError, match="language_model gives the end of every hypothesis of log_probs"):
        decode(GOOD[0], language_model=model)


@pytest.mark.parametrize(("order", "table"), [(0, np.ones((1, 3))), (5, np.ones((81, 3))), (2, np.ones((2, 3)))])
def test_malformed_tables_are_refused(order, table):
    with pytest.raises(ValueError, match=r"order|table"):
        NGramTable(order, table)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1])
def test_tables_hold_probabilities(value):
    with pytest.raises(ValueError, match="table must hold finite numbers"):
        NGramTable(1, np.array([[0.5, value]]))


def test_greedy_wants_one_utterance():
    with pytest.raises(ValueError, match="log_probs must be"):
        greedy(GOOD)


def test_half_precision_rows_may_sum_to_nearly_one():
    row = np.log(np.array([[0.5, 0.504]]))
    decode(row.astype(np.float16))
    with pytest.raises(ValueError, match="does not normalise"):
        decode(row.astype(np.float32))


def test_importing_the_package_is_light():
    code = "import sys, model.decoding; sys.exit(any(m in sys.modules for m in ('numba', 'torch', 'PySide6', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class FakeTensor(np.ndarray):
    def numpy(self):
        return np.asarray(self)


def fake_ctcdecode(monkeypatch, seen):
    """Stand in for a package that has no wheels: our own search behind its interface, with its odd rows."""

    class CTCBeamDecoder:
        def __init__(self, labels, **options):
            seen.append((len(labels), options))
            self.options = options

        def decode(self, log_probs):
            assert log_probs.dtype == np.float32 and log_probs.ndim == 3 and log_probs.min() >= -1e30
            width, frames = self.options["beam_width"], log_probs.shape[1]
            found = prefix_search(log_probs[0].astype(float), width, self.options["blank_id"])
            rows, lengths = np.full((1, width, frames), 7), np.zeros((1, width), int)
            scores = np.zeros((1, width))
            scores[0, -1] = 3.4e38
            for rank, (score, labels) in enumerate(found):
                rows[0, rank, : len(labels)], lengths[0, rank], scores[0, rank] = labels, len(labels), -score
            return rows.view(FakeTensor), scores, None, lengths

    monkeypatch.setitem(sys.modules, "ctcdecode", SimpleNamespace(CTCBeamDecoder=CTCBeamDecoder))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(from_numpy=lambda array: array))
    monkeypatch.setattr(_ctcdecode, "is_installed", lambda: True)


@pytest.mark.parametrize("blank", [0, 2])
def test_ctcdecode_gives_the_same(monkeypatch, blank):
    seen = []
    fake_ctcdecode(monkeypatch, seen)
    assert "ctcdecode" in backends()
    log_probs = log_softmax(np.random.default_rng(0).normal(0, 3, (4, 3)))
    options = {"beam_width": 40, "n_best": 40, "blank": blank}
    expected = decode(log_probs, **options)[0]
    found = decode(log_probs, backend="ctcdecode", **options)[0]
    assert [h.labels.tolist() for h in found] == [h.labels.tolist() for h in expected]
    assert [h.log_prob for h in found] == pytest.approx([h.log_prob for h in expected], abs=1e-5)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.frames, b.frames)
    assert seen[0][0] == 3 and seen[0][1]["cutoff_prob"] == 1.0 and seen[0][1]["cutoff_top_n"] == 3
    # Our own cutoffs, and classes without probability.
    pruned = decode(log_probs, backend="ctcdecode", cutoff_top_n=2, **options)[0]
    assert as_dict(pruned) == pytest.approx(as_dict(decode(log_probs, cutoff_top_n=2, **options)[0]), abs=1e-5)
    assert decode(np.zeros((0, 3)), backend="ctcdecode")[0][0].log_prob == 0.0
    with pytest.raises(ValueError, match="beam_width must be"):
        decode(log_probs, backend="ctcdecode", beam_width=0)


def test_ctcdecode_is_offered_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(_ctcdecode, "is_installed", lambda: False)
    assert backends() == ("builtin", "greedy")
    with pytest.raises(ValueError, match="backend 'ctcdecode' needs the package"):
        decode(GOOD, backend="ctcdecode")
