from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import load_checkpoint, read_header, save_checkpoint
from model.config import FeatureConfig, NetworkConfig
from model.errors import FileError, UserError
from model.features import compute_features
from model.foreign.checkpoint import likely_table, numbered_table
from model.inference import posteriors
from model.phonemes import DEFAULT_TABLE, FALL_2022_TABLE, SPRING_2022_TABLE, WSJ_TABLE
from model.recognizer import Recognizer
from tests.model.helpers import assert_one_sentence
from tests.model.torch_files import SMALL, forms, published, rezipped, save


def frames(count: int = 40, coefficients: int = 13) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((count, coefficients)).astype(np.float32)


def refused(path: Path, words: str) -> None:
    for read in (read_header, load_checkpoint):
        with pytest.raises(FileError, match=words) as caught:
            read(path)
        assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("form", forms())
def test_every_form_gives_the_same_network(tmp_path: Path, form: str, old: bool):
    if old and form == "with its loss":
        pytest.skip("the old format keeps a module's source code with it, which torch does not read safely")
    original = published()
    path = save(tmp_path / "model_10.pt", forms()[form](original), old=old)
    network, header = load_checkpoint(path)
    assert header == read_header(path)
    assert header.network == SMALL
    assert header.table == DEFAULT_TABLE
    assert header.title == "model_10"
    assert (header.features.kind, header.features.coefficients) == ("unknown", 13)
    given = frames()
    with torch.no_grad():
        expected = original(torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(posteriors(network, given), expected, atol=2e-2 if form == "halves" else 1e-5)
    assert int(network.bn1.num_batches_tracked) == 7
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


def test_the_published_size_gives_the_very_posteriors(tmp_path: Path):
    original = published(NetworkConfig())
    path = save(tmp_path / "model_10.pt", original.state_dict())
    network, header = load_checkpoint(path)
    assert header.network == NetworkConfig()
    given = frames(60)
    with torch.no_grad():
        expected = original(torch.from_numpy(given)).numpy()
    heard = posteriors(network, given)
    np.testing.assert_allclose(heard, expected, atol=1e-5)
    assert np.array_equal(heard.argmax(axis=1), expected.argmax(axis=1))


@pytest.mark.parametrize("name", ["model.pth", "model.tar", "model", "modèle 1.pt", "a.safetensors"])
def test_the_content_counts_and_not_the_name(tmp_path: Path, name: str):
    for old in (False, True):
        assert read_header(save(tmp_path / name, published().state_dict(), old=old)).network == SMALL


@pytest.mark.parametrize(
    ("classes", "coefficients", "table"),
    [
        (42, 40, DEFAULT_TABLE),
        (47, 40, WSJ_TABLE),
        (41, 13, SPRING_2022_TABLE),
        (41, 28, FALL_2022_TABLE),
        (43, 15, numbered_table(43)),
    ],
)
def test_outputs_tell_the_table(tmp_path: Path, classes: int, coefficients: int, table: object):
    sizes = NetworkConfig(classes=classes, features=coefficients, narrow_channels=8, wide_channels=16, hidden=16,
                          layers=1, linear=16)  # fmt: skip
    header = read_header(save(tmp_path / "a.pt", published(sizes).state_dict()))
    assert (header.network, header.table) == (sizes, table)


def test_numbered_tables_hold_for_all_sizes():
    for classes in (2, 43, 1024):
        table = likely_table(classes, 99)
        assert len(table) == classes
        labels = list(range(1, classes))
        assert table.encode(table.decode(labels)) == labels
        assert len(set(table.to_letters(labels))) == len(labels)


def test_weights_from_before_torch_counted_batches(tmp_path: Path):
    state = {name: value for name, value in published().state_dict().items() if "num_batches" not in name}
    network, _ = load_checkpoint(save(tmp_path / "a.pt", state))
    assert int(network.bn1.num_batches_tracked) == 0


def test_it_becomes_one_of_this_program(tmp_path: Path):
    network, header = load_checkpoint(save(tmp_path / "a.pt", published().state_dict()))
    save_checkpoint(tmp_path / "b.safetensors", network.state_dict(), header)
    again, same = load_checkpoint(tmp_path / "b.safetensors")
    assert same == header
    assert np.array_equal(posteriors(again, frames()), posteriors(network, frames()))


def test_recordings_are_refused_before_they_are_read(tmp_path: Path):
    recognizer = Recognizer(save(tmp_path / "a.pt", published().state_dict()))
    for attempt in (
        lambda: recognizer.hear(tmp_path / "missing.wav"),
        lambda: compute_features(np.zeros(1000), recognizer.header.features),
    ):
        with pytest.raises(UserError, match="--features mfcc") as caught:
            attempt()
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_module_pickled_whole_is_refused_with_advice(tmp_path: Path):
    for old in (False, True):
        refused(save(tmp_path / "a.pt", published(), old=old), r"whole module.*model\.state_dict\(\)")
        refused(save(tmp_path / "b.pt", {"model": published(), "epoch": 3}, old=old), "whole module")


def test_torchscript_is_refused_with_advice(tmp_path: Path):
    path = save(tmp_path / "a.pt", published().state_dict())
    rezipped(path, path, lambda records: records.update({"model_10/constants.pkl": b"", "a/constants.pkl": b""}))
    refused(path, "TorchScript|torch.save did not write")


def lstm_only() -> dict[str, torch.Tensor]:
    return torch.nn.LSTM(3, 4).state_dict()


def changed(name: str, value: torch.Tensor | None) -> dict[str, torch.Tensor]:
    state = dict(published().state_dict())
    if value is None:
        del state[name]
    else:
        state[name] = value
    return state


OTHERS = {
    "another network": (lstm_only, "another network"),
    "no weights": (lambda: {"epoch": 3, "losses": [1.0, 2.0]}, "no weights"),
    "a list": (lambda: [torch.zeros(3)], "no weights"),
    "a tensor": (lambda: torch.zeros(3), "no weights"),
    "one missing": (lambda: changed("output.bias", None), "'output.bias' is missing"),
    "one more": (lambda: changed("attention.weight", torch.zeros(3)), "attention.weight"),
    "a shape": (lambda: changed("linear.weight", torch.zeros(16, 31)), "16x31"),
    "a layer's gap": (lambda: changed("rnn.weight_ih_l0", None), "rnn"),
    "no axes": (lambda: changed("conv1.weight", torch.zeros(())), "conv1.weight"),
    "no channels": (lambda: changed("conv1.weight", torch.zeros(0, 13, 1)), "at least|between"),
    "whole numbers": (lambda: changed("linear.bias", torch.zeros(16, dtype=torch.int64)), "I64"),
    "repeated": (lambda: changed("linear.weight", torch.zeros(1, 1).expand(16, 32)), "repeats"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_weights_are_refused_and_the_difference_named(tmp_path: Path, case: str):
    make, words = OTHERS[case]
    for old in (False, True):
        refused(save(tmp_path / "a.pt", make(), old=old), words)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path):
    path = save(tmp_path / "a.pt", changed("linear.bias", torch.full((16,), torch.nan)))
    with pytest.raises(FileError, match="not numbers"):
        load_checkpoint(path)


def test_several_threads_may_load_at_once(tmp_path: Path):
    path = save(tmp_path / "a.pt", forms()["numbers of numpy"](published()))
    failures: list[BaseException] = []

    def load() -> None:
        try:
            for _ in range(3):
                load_checkpoint(path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_what_was_allowed_is_forbidden_again(tmp_path: Path):
    load_checkpoint(save(tmp_path / "a.pt", forms()["with its loss"](published())))
    assert torch.nn.CTCLoss not in torch.serialization.get_safe_globals()


def test_the_file_is_free_after_loading(tmp_path: Path):
    path = save(tmp_path / "a.pt", published().state_dict())
    network, _ = load_checkpoint(path)
    before = network.linear.weight.detach().clone()
    path.write_bytes(bytes(path.stat().st_size))
    assert torch.equal(network.linear.weight, before)


@pytest.mark.skipif(sys.platform == "win32", reason="not every file system there keeps such names")
def test_names_that_no_text_spells(tmp_path: Path):
    path = save(tmp_path / "a.pt", published().state_dict()).rename(tmp_path / "\udcff.pt")
    assert load_checkpoint(path)[1].network == SMALL


def test_features_of_unknown_kind_keep_their_number():
    for coefficients in (13, 40, 200):
        assert FeatureConfig(kind="unknown", coefficients=coefficients).coefficients == coefficients
