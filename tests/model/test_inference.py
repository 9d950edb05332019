from __future__ import annotations

import numpy as np
import pytest
import torch

from model import inference, network
from model.config import NetworkConfig
from model.errors import Cancelled, UserError
from model.inference import batch_posteriors, choose_device, glimpse, posterior_blocks, posteriors
from model.network import SpeechToPhoneme
from tests.model.helpers import assert_one_sentence, tiny_network


def make(stride: int = 2) -> SpeechToPhoneme:
    torch.manual_seed(0)
    return SpeechToPhoneme(tiny_network(time_stride=stride)).eval()


def frames(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 13)).astype(np.float32)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_chunks(monkeypatch)


def in_small_chunks(monkeypatch: pytest.MonkeyPatch, context: int = 31) -> None:
    monkeypatch.setattr(inference, "WHOLE_FRAMES", 100)
    monkeypatch.setattr(inference, "CHUNK_FRAMES", 100)
    monkeypatch.setattr(inference, "CONTEXT_FRAMES", context)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 3, 99, 100, 101, 102, 130, 199, 200, 201, 450])
def test_long_recordings_go_in_chunks_without_a_seam(stride: int, count: int, monkeypatch: pytest.MonkeyPatch):
    network, features = make(stride), frames(count)
    whole = posteriors(network, features)
    in_small_chunks(monkeypatch)
    chunked = posteriors(network, features)
    assert chunked.shape == whole.shape == (-(-count // stride), 42)
    assert chunked.dtype == np.float32
    chunk = (100 - 100 % stride) // stride
    row = np.arange(len(whole))
    away = np.minimum(row % chunk, chunk - row % chunk) > 10 // stride
    np.testing.assert_allclose(chunked[away], whole[away], atol=1e-4)
    np.testing.assert_allclose(chunked, whole, atol=2e-3)


def test_a_chunk_hears_what_lies_around_it(monkeypatch: pytest.MonkeyPatch):
    network, features = make(), frames(300)
    whole = posteriors(network, features)
    errors = []
    for context in (0, 40):
        in_small_chunks(monkeypatch, context)
        errors.append(np.abs(posteriors(network, features) - whole).max())
    assert errors[1] < errors[0] / 100


@pytest.mark.parametrize("batch_frames", [1, 150, 10**6])
def test_a_batch_gives_what_each_gives_alone(small_chunks: None, batch_frames: int):
    network = make()
    items = [frames(count, count) for count in (40, 7, 250, 1, 100, 101, 0, 7)]
    together = batch_posteriors(network, items, batch_frames=batch_frames)
    assert len(together) == len(items)
    for item, log_probs in zip(items, together, strict=True):
        np.testing.assert_allclose(log_probs, posteriors(network, item), atol=1e-5)


@pytest.mark.parametrize("first", [0, 150, 730, 999, 5000])
def test_blocks_come_outwards_from_a_frame_and_make_the_whole(small_chunks: None, first: int):
    network, features = make(), frames(1000)
    blocks = list(posterior_blocks(network, features, first=first))
    distances = [abs(2 * row + 50 - first) for row, _ in blocks]
    assert distances == sorted(distances)
    rows = np.concatenate([np.arange(row, row + len(block)) for row, block in blocks])
    assert sorted(rows) == list(range(500))
    joined = np.concatenate([block for _, block in sorted(blocks, key=lambda item: item[0])])
    np.testing.assert_allclose(joined, posteriors(network, features), atol=1e-5)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("frame", [0, 3, 251, 500, 999])
def test_a_glimpse_is_of_what_lies_about_a_frame(monkeypatch: pytest.MonkeyPatch, stride: int, frame: int):
    monkeypatch.setattr(inference, "GLIMPSE_FRAMES", 60)
    monkeypatch.setattr(inference, "_GLIMPSE_CONTEXT", 40)
    module, features = make(stride), frames(1000)
    row, block = glimpse(module, features, frame)
    assert len(block) == 60 // stride
    assert row * stride <= frame < (row + len(block)) * stride + stride
    if 100 < frame < 900:
        assert row * stride == pytest.approx(frame - 30, abs=stride)
    np.testing.assert_allclose(block, posteriors(module, features)[row : row + len(block)], atol=2e-3)
    np.testing.assert_allclose(glimpse(module, features[:50], 20)[1], posteriors(module, features[:50]), atol=1e-6)


def test_batches_of_chunks_are_as_large_as_memory_allows(small_chunks: None, monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    original = inference._run
    monkeypatch.setattr(
        inference, "_run", lambda net, items, going_on: sizes.append(len(items)) or original(net, items, going_on)
    )
    for rows, at_once in ((10, 1), (2 * (100 + 2 * 30) // 2, 2), (10**6, inference.CHUNKS_AT_ONCE)):
        monkeypatch.setattr(inference, "_BATCH_ROWS", rows)
        sizes.clear()
        posteriors(make(), frames(2000))
        assert max(sizes) == at_once
        assert sum(sizes) == 20


def test_no_utterances_give_nothing():
    assert batch_posteriors(make(), []) == []


def test_no_frames_give_no_rows():
    assert posteriors(make(), frames(0)).shape == (0, 42)


def test_rows_are_probabilities(small_chunks: None):
    np.testing.assert_allclose(np.exp(posteriors(make(), frames(333))).sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("shape", [(50, 40), (50, 12), (50,), (2, 50, 13), (0, 12)])
def test_features_of_another_width_are_refused(shape: tuple[int, ...]):
    for compute in (lambda item: posteriors(make(), item), lambda item: batch_posteriors(make(), [frames(9), item])):
        with pytest.raises(UserError, match="13 coefficients") as caught:
            compute(np.zeros(shape, np.float32))
        assert_one_sentence(caught.value)


def test_progress_is_reported_and_cancels(small_chunks: None):
    parts: list[float] = []
    posteriors(make(), frames(250), progress=lambda part: parts.append(part) or True)
    assert list(dict.fromkeys(parts)) in ([0.4, 0.8, 1.0], [0.0, 0.4, 0.8, 1.0])  # a slow batch tells in its midst
    parts.clear()
    with pytest.raises(Cancelled):
        posteriors(make(), frames(250), progress=lambda part: parts.append(part) or False)
    assert len(parts) == 1
    parts.clear()
    items = [frames(10), frames(30), frames(60)]
    batch_posteriors(make(), items, batch_frames=1, progress=lambda part: parts.append(part) or True)
    assert sorted(set(parts) - {0.0}) == pytest.approx([0.1, 0.4, 1.0])
    with pytest.raises(Cancelled):
        batch_posteriors(make(), items, batch_frames=1, progress=lambda part: part < 0.3)


def calls_of_lstm(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many multiplications every call of an LSTM takes."""
    calls: list[int] = []
    original = torch.lstm

    def counted(x, start, weights, *rest):
        calls.append(x.shape[0] * x.shape[1] * sum(weight.numel() for weight in weights))
        return original(x, start, weights, *rest)

    monkeypatch.setattr(torch, "lstm", counted)
    return calls


@pytest.mark.parametrize("lengths", [[700], [400, 400, 400], [120, 7, 260]])
def test_calls_stay_short_and_change_nothing(lengths: list[int], monkeypatch: pytest.MonkeyPatch):
    module = make()
    items = [frames(length, length) for length in lengths]
    expected = batch_posteriors(module, items)
    calls = calls_of_lstm(monkeypatch)
    monkeypatch.setattr(network, "CALL_WORK", 50_000)
    for found, whole in zip(batch_posteriors(module, items), expected, strict=True):
        np.testing.assert_allclose(found, whole, atol=1e-6)
    assert len(calls) > 20
    assert max(calls) <= 50_000


def test_no_call_of_the_full_network_takes_a_slow_core_half_a_second(monkeypatch: pytest.MonkeyPatch):
    slow_core = 5e9  # multiplications and additions a second
    calls = calls_of_lstm(monkeypatch)
    posteriors(SpeechToPhoneme(NetworkConfig()).eval(), frames(900))
    assert max(calls) < 0.5 * slow_core
    assert len(calls) > 2 * NetworkConfig().layers


def test_a_batch_is_given_up_in_its_midst(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inference, "_ASKING_SECONDS", 0.0)
    monkeypatch.setattr(network, "CALL_WORK", 10_000)
    calls = calls_of_lstm(monkeypatch)
    items = [frames(90)] * 9
    for work in (
        lambda progress: posteriors(make(), frames(900), progress=progress),
        lambda progress: batch_posteriors(make(), items, progress=progress),
    ):
        calls.clear()
        work(lambda _: True)
        in_all = len(calls)
        calls.clear()
        with pytest.raises(Cancelled):
            work(lambda part: len(calls) < 10)
        assert len(calls) == 10 < in_all / 2


def test_features_of_any_type_will_do():
    features = frames(20)
    expected = posteriors(make(), features)
    for given in (features.astype(np.float64), np.asfortranarray(features), features[::-1].copy()[::-1]):
        np.testing.assert_allclose(posteriors(make(), given), expected, atol=1e-6)


def test_devices_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device().type == choose_device("cpu").type == "cpu"
    for name in ("cuda", "tpu", ""):
        with pytest.raises(UserError) as caught:
            choose_device(name)
        assert_one_sentence(caught.value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device().type == choose_device("cuda").type == "cuda"
