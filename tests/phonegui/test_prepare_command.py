import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import CheckpointHeader, load_checkpoint, read_header, save_checkpoint
from model.config import FeatureConfig, NetworkConfig
from model.network import SpeechToPhoneme
from model.phonemes import FALL_2022_TABLE
from phonegui.__main__ import main
from tests.model.course_files import write_arrays, write_folders
from tests.model.helpers import tiny_network, write_toy_corpus


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))


def run(capsys, *arguments):
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def checkpoint(path: Path, network: NetworkConfig, header: CheckpointHeader) -> Path:
    torch.manual_seed(0)
    save_checkpoint(path, SpeechToPhoneme(network).state_dict(), header)
    return path


def test_prepared_features_score_as_the_recordings_do(capsys, tmp_path):
    manifest = write_toy_corpus(tmp_path / "corpus", count=4, seed=1)
    status, out, err = run(capsys, "prepare", manifest, "--out", tmp_path / "features", "--split", "dev")
    assert status == 0
    assert "audio manifest, 4 utterances" in err
    assert out.splitlines()[-1].startswith("4 utterances, ")
    scores = []
    for corpus in (manifest, tmp_path / "features", tmp_path / "features" / "dev.npy"):
        status, out, err = run(capsys, "evaluate", corpus, "--beam-width", "0", "--format", "json")
        assert status == 0
        scores.append(json.loads(out))
    assert "made by phonegui" in err
    for name in ("utterances", "phone_error_rate", "mean_levenshtein"):
        assert scores[0][name] == scores[1][name] == scores[2][name]


def test_course_features_train_a_network_of_their_own_width(capsys, tmp_path):
    folder = write_folders(
        tmp_path / "f22",
        ["train-clean-100", "dev-clean"],
        coefficients=15,
        transcripts="transcript/raw",
        words=["[SOS]", "[SIL]", "AH", "[EOS]"],
    )
    sizes = tiny_network()
    names = ("narrow_channels", "wide_channels", "hidden", "layers", "linear")
    settings = [f"network.{name}={getattr(sizes, name)}" for name in names] + ["epochs=1"]
    options = [word for setting in settings for word in ("--set", setting)]
    run_folder = tmp_path / "run"
    status, out, err = run(
        capsys, "train", folder, "--dev", folder, "--out", run_folder, "--preset", "quick", "--device", "cpu", *options
    )
    assert status == 0, err
    assert "train-clean-100: course folder (fall 2022 and later), 15 coefficients" in err
    assert "dev-clean: course folder" in err
    found = read_header(run_folder / "best.safetensors")
    assert (found.features.kind, found.features.coefficients) == ("unknown", 15)
    assert found.table == FALL_2022_TABLE
    status, out, err = run(
        capsys,
        "evaluate",
        folder,
        "--checkpoint",
        run_folder / "best.safetensors",
        "--beam-width",
        "0",
        "--device",
        "cpu",
    )
    assert status == 0, err
    assert "utterances        3" in out


@pytest.mark.parametrize(
    ("coefficients", "choose", "words"),
    [(40, [], "40 coefficients, but the checkpoint reads 13"), (13, [], "recipe is not known")],
)
def test_what_does_not_fit_is_told_before_anything_is_computed(capsys, tmp_path, coefficients, choose, words):
    write_arrays(tmp_path, coefficients=coefficients)
    status, out, err = run(capsys, "evaluate", tmp_path, *choose)
    assert (status, out) == (2, "")
    assert words in err.splitlines()[-1]
    assert not list((tmp_path / "cache").rglob("*.f32"))


def test_choices_are_printed_and_can_be_changed(capsys, tmp_path):
    folder = write_arrays(tmp_path / "course", low=1, high=40)
    network = NetworkConfig(**{**tiny_network().to_json(), "features": 13})
    path = checkpoint(tmp_path / "c.safetensors", network, CheckpointHeader(network, FeatureConfig(kind="unknown")))
    assert load_checkpoint(path)[1].features.kind == "unknown"
    base = ("evaluate", folder, "--checkpoint", path, "--beam-width", "0", "--device", "cpu")
    status, _, err = run(capsys, *base)
    assert status == 0, err
    assert "label offset: 0 (no label of dev_labels.npy is 0" in err
    status, _, err = run(capsys, *base, "--choose", "label offset=1", "--choose", "split=train")
    assert status == 0
    assert "label offset: 1 (as you chose)" in err
    assert "train.npy" in err
    status, _, err = run(capsys, *base, "--choose", "label offset=7")
    assert status == 2
    assert "The label offset must be one of 0; 1, not '7'." in err
    assert run(capsys, *base, "--choose", "offset")[0] == 2


def test_prepare_refuses_features_and_unknown_recipes(capsys, tmp_path):
    folder = write_arrays(tmp_path / "course")
    status, _, err = run(capsys, "prepare", folder, "--out", tmp_path / "out")
    assert status == 2
    assert "holds features already" in err
    network = tiny_network()
    path = checkpoint(tmp_path / "c.safetensors", network, CheckpointHeader(network, FeatureConfig(kind="unknown")))
    manifest = write_toy_corpus(tmp_path / "corpus", count=1, seed=1)
    status, _, err = run(capsys, "prepare", manifest, "--out", tmp_path / "out", "--checkpoint", path)
    assert status == 2
    assert "recipe is not known" in err
    assert not (tmp_path / "out").exists()


def test_the_cache_is_measured_and_cleared(capsys, tmp_path):
    manifest = write_toy_corpus(tmp_path / "corpus", count=2, seed=1)
    run(capsys, "prepare", manifest, "--out", tmp_path / "features")
    assert (tmp_path / "features" / "list.npy").exists()
    frames = next((tmp_path / "cache").rglob("frames.f32"))
    status, out, _ = run(capsys, "cache")
    assert status == 0
    assert out.startswith(f"{tmp_path / 'cache'}: 0.0 MB of at most 20000 MB")
    status, out, _ = run(capsys, "cache", "--clear")
    assert status == 0
    assert "MB freed" in out
    assert not frames.exists()
