from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from model.config import COMPACT_NETWORK, PRESETS, NetworkConfig
from model.network import SpeechToPhoneme, _cpu_lstm, parameter_count
from tests.model.helpers import tiny_network


def make(**changes: object) -> SpeechToPhoneme:
    torch.manual_seed(0)
    network = SpeechToPhoneme(tiny_network(**changes))
    with torch.no_grad():  # statistics as after some training
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.uniform_(-0.3, 0.3)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 2.0)
    return network.eval()


def items(*lengths: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(length, 13, generator=generator) for length in lengths]


def batch(utterances: list[torch.Tensor], *, extra: int = 0, padding: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(item) for item in utterances])
    padded = torch.full((len(utterances), int(lengths.max()) + extra, 13), padding)
    for row, item in zip(padded, utterances, strict=True):
        row[: len(item)] = item
    return padded, lengths


def published_state_names() -> list[str]:
    statistics = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    names = []
    for number in (1, 2, 3):
        names += [f"conv{number}.weight", *(f"bn{number}.{name}" for name in statistics)]
    names += ["shortcut.0.weight", "shortcut.0.bias", *(f"shortcut.1.{name}" for name in statistics)]
    for layer in range(4):
        for direction in ("", "_reverse"):
            names += [f"rnn.{kind}_l{layer}{direction}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    return [*names, "linear.weight", "linear.bias", "output.weight", "output.bias"]


def test_the_default_is_the_published_network():
    with torch.device("meta"):
        network = SpeechToPhoneme(NetworkConfig())
    assert parameter_count(network) == 22_907_818
    assert sorted(network.state_dict()) == sorted(published_state_names())
    assert len(network.state_dict()) == 61


def test_a_compact_network_is_only_another_config():
    with torch.device("meta"):
        compact = SpeechToPhoneme(COMPACT_NETWORK)
    assert PRESETS["compact"].network == COMPACT_NETWORK
    assert parameter_count(compact) < 22_907_818 / 3
    assert set(compact.state_dict()) < set(published_state_names())


def published_forward(network: SpeechToPhoneme, frames: torch.Tensor) -> torch.Tensor:
    """Compute the published program's posteriors of a single utterance (T, C), written as it was."""
    x = frames.T[None]
    y = functional.relu(network.bn1(network.conv1(x)))
    y = functional.relu(network.bn2(network.conv2(y)))
    y = functional.relu(network.bn3(network.conv3(y)))
    y = y + network.shortcut(x)
    y, _ = network.rnn(y.permute(2, 0, 1))
    y = network.output(network.dropout(network.linear(y)))
    return functional.log_softmax(y, dim=-1)[:, 0]


@pytest.mark.parametrize("length", [1, 2, 50])
def test_a_single_utterance_gives_what_the_published_program_gave(length: int):
    network = make(layers=3, time_stride=1)
    (item,) = items(length)
    log_probs, _ = network(*batch([item]))
    torch.testing.assert_close(log_probs[0], published_forward(network, item), atol=1e-5, rtol=0)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_posteriors_do_not_depend_on_the_batch(stride: int):
    network = make(layers=2, time_stride=stride)
    utterances = items(31, 8, 1, 50, 2)
    together, lengths = network(*batch(utterances, extra=13, padding=9.0))
    for row, length, item in zip(together, lengths.tolist(), utterances, strict=True):
        alone, count = network(*batch([item]))
        assert count.tolist() == [length]
        torch.testing.assert_close(row[:length], alone[0], atol=1e-5, rtol=0)


def test_padding_does_not_enter_the_statistics():
    padded, close = (make(dropout=0.0).train() for _ in range(2))
    utterances = items(20, 9)
    padded(*batch(utterances, extra=30, padding=5.0))
    close(*batch(utterances))
    for name, buffer in padded.named_buffers():
        torch.testing.assert_close(buffer, dict(close.named_buffers())[name], atol=1e-6, rtol=1e-5)


def test_the_statistics_are_those_of_the_frames():
    network = make()
    before = network.bn1.running_mean.clone()
    utterances = items(20, 9)
    network.train()(*batch(utterances, extra=7))
    inside = torch.cat(utterances) @ network.conv1.weight[:, :, 0].T
    expected = 0.9 * before + 0.1 * inside.mean(0)
    torch.testing.assert_close(network.bn1.running_mean, expected, atol=1e-6, rtol=1e-5)
    assert network.bn1.num_batches_tracked == 1


def test_padding_does_not_enter_the_gradients():
    gradients = []
    for extra, padding in ((0, 0.0), (11, 4.0)):
        network = make(dropout=0.0, layers=2).train()
        log_probs, lengths = network(*batch(items(20, 9, 15), extra=extra, padding=padding))
        sum((row[:length] ** 2).sum() for row, length in zip(log_probs, lengths.tolist(), strict=True)).backward()
        gradients.append({name: p.grad for name, p in network.named_parameters()})
    for name, gradient in gradients[0].items():
        assert gradient.abs().max() > 0 or name == "shortcut.0.bias"  # the normalisation takes a bias away
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("lengths", [(9, 4, 1), (6, 6, 6), (3, 8)])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_cpu_road_is_the_packed_lstm(lengths: tuple[int, ...], layers: int):
    torch.manual_seed(0)
    rnn = nn.LSTM(5, 7, layers, bidirectional=True)
    counts = torch.tensor(lengths)
    x = torch.randn(max(lengths), len(lengths), 5)
    inside = (torch.arange(max(lengths))[:, None] < counts)[:, :, None]
    results = []
    for road in ("packed", "cpu"):
        given = x.clone().requires_grad_()
        rnn.zero_grad()
        if road == "packed":
            packed = nn.utils.rnn.pack_padded_sequence(given, counts, enforce_sorted=False)
            output = nn.utils.rnn.pad_packed_sequence(rnn(packed)[0])[0]
        else:
            output = _cpu_lstm(rnn, given, counts)
        (torch.where(inside, output, 0.0) ** 2).sum().backward()
        values = [torch.where(inside, output, 0.0).detach(), torch.where(inside, given.grad, 0.0)]
        results.append(values + [parameter.grad.clone() for parameter in rnn.parameters()])
    for packed_value, cpu_value in zip(*results, strict=True):
        torch.testing.assert_close(cpu_value, packed_value, atol=1e-5, rtol=1e-5)


def test_dropout_between_the_layers_is_only_for_training():
    network = make(layers=2, dropout=0.5)
    network.dropout.p = 0.0
    given = batch(items(20))
    torch.testing.assert_close(network(*given)[0], network(*given)[0])
    network.train()
    for norm in (network.bn1, network.bn2, network.bn3, network.shortcut[1]):
        norm.eval()
    torch.manual_seed(0)
    first = network(*given)[0]
    assert (first - network(*given)[0]).abs().max() > 1e-3
    torch.manual_seed(0)
    torch.testing.assert_close(network(*given)[0], first)


@pytest.mark.parametrize("stride", [1, 2, 3, 8])
def test_the_time_stride_shortens_the_output(stride: int):
    network = make(time_stride=stride)
    lengths = list(range(1, 26))
    log_probs, counts = network(*batch(items(*lengths)))
    assert counts.tolist() == [-(-length // stride) for length in lengths]
    assert log_probs.shape == (25, -(-25 // stride), 42)


def test_rows_are_probabilities():
    log_probs, lengths = make()(*batch(items(17, 4)))
    for row, length in zip(log_probs, lengths.tolist(), strict=True):
        torch.testing.assert_close(row[:length].exp().sum(-1), torch.ones(length))


def test_a_single_frame_can_be_heard_and_learned_from():
    network = make(time_stride=1).train()
    log_probs, lengths = network(*batch(items(1)))
    assert lengths.tolist() == [1]
    log_probs[0, 0, 3].backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    assert all(torch.isfinite(buffer).all() for buffer in network.buffers())


def test_every_weight_takes_part():
    network = make(dropout=0.0, layers=2).train()
    log_probs, _ = network(*batch(items(30, 30)))
    (log_probs[..., :7] ** 2).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_bfloat16_on_the_cpu_is_close_in_posteriors_and_gradients():
    torch.manual_seed(0)
    network = SpeechToPhoneme(NetworkConfig(hidden=32, layers=2, linear=32, narrow_channels=16, wide_channels=32))
    network.rnn.dropout = network.dropout.p = 0.0
    features, lengths = torch.randn(3, 50, 13), torch.tensor([50, 31, 12])
    results = []
    for enabled in (False, True):
        network.zero_grad()
        network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            log_probs, _ = network(features, lengths)
        assert log_probs.dtype == torch.float32
        log_probs[0, :, 3].sum().backward()
        gradient = torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])
        results.append((log_probs.detach()[0], gradient))
    (exact, slope), (coarse, coarse_slope) = results
    assert 0 < (coarse - exact).abs().max() < 0.05
    assert torch.nn.functional.cosine_similarity(slope, coarse_slope, dim=0) > 0.995
