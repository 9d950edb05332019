from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from model.checkpoint import CheckpointHeader, load_checkpoint, read_header, save_checkpoint, stored_type
from model.config import FeatureConfig, NetworkConfig
from model.errors import FileError, UserError
from model.network import SpeechToPhoneme
from model.phonemes import DEFAULT_TABLE, SymbolTable
from tests.model.helpers import assert_one_sentence, tiny_network

HEADER = CheckpointHeader(
    network=tiny_network(),
    features=FeatureConfig(hop_seconds=0.012),
    history=({"epoch": 1, "dev_loss": 0.5},),
    scores={"dev": {"phone_error_rate": 0.25}},
    title="a title",
    notes="trained on é and \udcff",
)


def make(header: CheckpointHeader = HEADER) -> SpeechToPhoneme:
    torch.manual_seed(0)
    network = SpeechToPhoneme(header.network)
    with torch.no_grad():
        network.bn2.running_var.fill_(1e6)  # too large for float16
        network.bn1.num_batches_tracked += 12345
    return network


def saved(path: Path, **options: bool) -> Path:
    save_checkpoint(path, make().state_dict(), HEADER, **options)
    return path


def json_header(path: Path) -> dict[str, Any]:
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["phonegui"])


def with_header(path: Path, header: object) -> Path:
    """Write a checkpoint whose header is replaced: a JSON value, or text as it is."""
    text = header if isinstance(header, str) else json.dumps(header)
    save_file(make().state_dict(), path, {"phonegui": text})
    return path


def refused(path: Path, words: str) -> None:
    for read in (read_header, load_checkpoint):
        with pytest.raises(FileError, match=words) as caught:
            read(path)
        assert_one_sentence(caught.value, path)


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path):
    state = make().state_dict()
    network, header = load_checkpoint(saved(tmp_path / "a.safetensors"))
    assert header == HEADER == read_header(tmp_path / "a.safetensors")
    assert network.config == HEADER.network
    assert not network.training
    loaded = network.state_dict()
    assert loaded.keys() == state.keys()
    for name, value in state.items():
        assert loaded[name].dtype == value.dtype
        assert torch.equal(loaded[name], value)


def test_a_loaded_network_computes_and_learns(tmp_path: Path):
    network, _ = load_checkpoint(saved(tmp_path / "a.safetensors"))
    given = (torch.randn(2, 30, 13), torch.tensor([30, 21]))
    torch.testing.assert_close(network(*given)[0], make().eval()(*given)[0])
    network.train()(*given)[0].sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_loaded_network_does_not_hang_on_its_file(tmp_path: Path):
    path = saved(tmp_path / "a.safetensors")
    network, _ = load_checkpoint(path)
    before = network.linear.weight.detach().clone()
    path.write_bytes(bytes(path.stat().st_size))
    assert torch.equal(network.linear.weight, before)


def test_half_precision_is_half_the_size_and_as_near_as_it_gets(tmp_path: Path):
    whole, half = saved(tmp_path / "whole"), saved(tmp_path / "half", half=True)
    assert half.stat().st_size < 0.7 * whole.stat().st_size
    assert (stored_type(whole), stored_type(half)) == ("float32", "float16")
    loaded = load_checkpoint(half)[0].state_dict()
    for name, value in make().state_dict().items():
        assert loaded[name].dtype == value.dtype
        torch.testing.assert_close(loaded[name], value, rtol=2**-10, atol=1e-7)
    assert torch.equal(loaded["bn2.running_var"], make().state_dict()["bn2.running_var"])


@pytest.mark.parametrize("error", [RuntimeError("broken"), SafetensorError("I/O error: No space left")])
def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch):
    path = saved(tmp_path / "a.safetensors")
    before = path.read_bytes()

    def fail(tensors: object, name: Path, metadata: object) -> None:
        Path(name).write_bytes(b"half")
        raise error

    monkeypatch.setattr("safetensors.torch.save_file", fail)
    with pytest.raises((RuntimeError, FileError)) as caught:
        saved(path)
    assert isinstance(caught.value, FileError) == isinstance(error, SafetensorError)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written") as caught:
        saved(tmp_path / "file" / "a.safetensors")
    assert_one_sentence(caught.value, tmp_path / "file" / "a.safetensors")


def test_numbers_that_are_none_do_not_hinder_saving(tmp_path: Path):
    header = CheckpointHeader(
        network=tiny_network(), history=({"dev_loss": float("nan")},), scores={"dev": {"rate": float("inf"), "n": 3}}
    )
    save_checkpoint(tmp_path / "a", make(header).state_dict(), header)
    back = read_header(tmp_path / "a")
    assert back.history == ({"dev_loss": None},)
    assert back.scores == {"dev": {"rate": None, "n": 3}}


def test_parts_that_do_not_fit_each_other_make_no_header():
    with pytest.raises(UserError, match="41 outputs"):
        CheckpointHeader(network=NetworkConfig(classes=41))
    with pytest.raises(UserError, match="40 inputs"):
        CheckpointHeader(network=NetworkConfig(features=40))
    table = SymbolTable("two", (" ", "A"), (" ", "a"))
    assert CheckpointHeader(network=NetworkConfig(classes=2), table=table).table is table


def changed(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(header: dict[str, Any]) -> None:
        inner = header
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value

    return change


CHANGES = {
    "sizes within bounds": changed("network", value=NetworkConfig(hidden=4096, layers=16, linear=8192).to_json()),
    "one size": changed("network", "hidden", value=17),
    "stride is no size": changed("network", "time_stride", value=9),
    "huge": changed("network", "hidden", value=10**9),
    "hugest": changed("network", "hidden", value=10**4000),
    "negative": changed("network", "layers", value=-1),
    "a fraction": changed("network", "linear", value=16.5),
    "a huge number": changed("network", "dropout", value=10**400),
    "many classes": changed("network", "classes", value=1000),
    "other inputs": changed("network", "features", value=40),
    "no network": changed("network", value=None),
    "unknown size": changed("network", "depth", value=3),
    "no features": changed("features", value=[]),
    "a huge rate": changed("features", "sample_rate", value=10**12),
    "no window": changed("features", "window_seconds", value=0),
    "crossed filters": changed("features", "low_frequency", value=8000.0),
    "unknown features": changed("features", "kind", value="wavelets"),
    "no table": changed("symbols", value=None),
    "a short table": changed("symbols", "symbols", value=["A"]),
    "a doubled table": changed("symbols", "letters", value=["a"] * 42),
    "a table of numbers": changed("symbols", "symbols", value=list(range(42))),
    "a history of numbers": changed("history", value=[1, 2]),
    "scores of text": changed("scores", value="good"),
    "no format": changed("format", value=None),
    "a later format": changed("format", value=99),
}


@pytest.mark.parametrize("case", CHANGES)
def test_tampered_headers_are_refused(tmp_path: Path, case: str):
    header = json_header(saved(tmp_path / "a"))
    CHANGES[case](header)
    path = with_header(tmp_path / "b", header)
    with pytest.raises(FileError) as caught:
        load_checkpoint(path)
    assert_one_sentence(caught.value, path)


def test_sizes_are_compared_before_anything_is_allocated(tmp_path: Path):
    resource = pytest.importorskip("resource")
    header = json_header(saved(tmp_path / "a"))
    largest = NetworkConfig(
        narrow_channels=4096, wide_channels=4096, hidden=4096, layers=16, linear=8192, time_stride=2
    )  # 30 GB
    header["network"] = largest.to_json()
    path = with_header(tmp_path / "b", header)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(FileError, match="do not fit"):
        load_checkpoint(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "3", '"text"', "[" * 100_000, '{"format": NaN}', '{"format": 1e999}', "9" * 5000],
    ids=lambda text: text[:12] or "empty",
)
def test_headers_that_are_no_json_of_ours_are_refused(tmp_path: Path, text: str):
    refused(with_header(tmp_path / "a", text), "header that cannot be used")


def test_a_header_with_numbers_that_are_none_is_refused(tmp_path: Path):
    header = json_header(saved(tmp_path / "a"))
    header["scores"] = {"rate": float("nan")}
    refused(with_header(tmp_path / "b", header), "NaN")


def test_a_header_larger_than_any_is_refused(tmp_path: Path):
    refused(with_header(tmp_path / "a", "[" + "[]," * 12_000_000 + "[]]"), "too large")


def states() -> dict[str, Callable[[dict[str, torch.Tensor]], None]]:
    def put(name: str, value: torch.Tensor) -> Callable[[dict[str, torch.Tensor]], None]:
        return lambda state: state.update({name: value})

    weight, bias = make().linear.weight.detach(), make().linear.bias.detach()
    return {
        "a shape": put("linear.weight", weight[:-1].contiguous()),
        "turned": put("linear.weight", weight.T.contiguous()),
        "one missing": lambda state: state.__delitem__("output.bias"),
        "one more": put("more", torch.zeros(3)),
        "complex": put("linear.bias", bias.to(torch.complex64)),
        "whole numbers": put("linear.bias", bias.long()),
        "bytes": put("linear.bias", bias.to(torch.float8_e4m3fn)),
        "a count that is none": put("bn1.num_batches_tracked", torch.tensor(1.0)),
        "NaN": put("linear.bias", torch.full_like(bias, torch.nan)),
        "infinite": put("bn1.running_var", torch.full((8,), torch.inf)),
        "infinite halves": put("linear.weight", torch.full_like(weight, torch.inf).half()),
    }


@pytest.mark.parametrize("case", states())
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, case: str):
    state = dict(make().state_dict())
    states()[case](state)
    path = tmp_path / "a"
    save_file(state, path, {"phonegui": json.dumps(HEADER.to_json())})
    with pytest.raises(FileError, match="weights that") as caught:
        load_checkpoint(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_other_precisions_are_read(tmp_path: Path, kind: torch.dtype):
    state = {n: v.to(kind) if v.is_floating_point() else v for n, v in make().state_dict().items()}
    save_file(state, tmp_path / "a", {"phonegui": json.dumps(HEADER.to_json())})
    loaded = load_checkpoint(tmp_path / "a")[0].state_dict()
    assert loaded["linear.weight"].dtype == torch.float32
    torch.testing.assert_close(loaded["linear.weight"], state["linear.weight"].float())


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a", b"", "not a checkpoint"),
        ("a", b"hello, this is no checkpoint at all", "not a checkpoint"),
        ("a", b"\xff" * 1000, "not a checkpoint"),
        ("a", (10**15).to_bytes(8, "little") + b"{}", "not a checkpoint"),
        ("a", b"PK\x03\x04" + bytes(100), "not a checkpoint"),
        ("b", b"", "does not exist"),
        (".", b"", "is a folder"),
        ("a\0", b"", "cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, words: str):
    (tmp_path / "a").write_bytes(content)
    refused(tmp_path / name, words)


def test_weights_without_a_header_are_refused(tmp_path: Path):
    save_file(make().state_dict(), tmp_path / "a")
    refused(tmp_path / "a", "no header")
    save_file(make().state_dict(), tmp_path / "a", {"other": "{}"})
    refused(tmp_path / "a", "no header")


@pytest.mark.parametrize("part", [0.0001, 0.01, 0.3, 0.9, 0.9999])
def test_cut_files_are_refused(tmp_path: Path, part: float):
    path = saved(tmp_path / "a")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    refused(path, "not a checkpoint")


def test_damaged_bytes_never_raise_anything_else(tmp_path: Path):
    path = saved(tmp_path / "a")
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    opened = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, 8000, 2):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        try:
            load_checkpoint(path)
            opened += 1
        except FileError as error:
            assert_one_sentence(error, path)
    assert opened < 150


def test_a_table_of_another_course_is_kept(tmp_path: Path):
    table = SymbolTable(
        "later", (" ", "HH", *DEFAULT_TABLE.symbols[3:]), tuple("abcdefghijklmnopqrstuvwxyz0123456789ABCDE")
    )
    header = CheckpointHeader(network=tiny_network(classes=41, features=28), features=FeatureConfig(coefficients=28),
                              table=table)  # fmt: skip
    save_checkpoint(tmp_path / "a", SpeechToPhoneme(header.network).state_dict(), header)
    assert load_checkpoint(tmp_path / "a")[1] == header
