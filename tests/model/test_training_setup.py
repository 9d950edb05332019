from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import model
from model.checkpoint import CheckpointHeader, load_checkpoint, read_header, save_checkpoint
from model.config import FeatureConfig
from model.corpus import Corpus
from model.corpus.manifest import read_manifest
from model.errors import UserError
from model.network import SpeechToPhoneme
from model.phonemes import SymbolTable
from model.run_folder import RunFolder
from model.training import Batch, Control, Notice, Stopped, Trainer
from model.training_main import main
from model.training_setup import TrainingRequest, set_up
from tests.model.helpers import assert_one_sentence, tiny_network, write_toy_corpus
from tests.model.training_helpers import assert_same_weights, weights

ROOT = Path(model.__file__).parent.parent
SMALL = ("network.hidden=8", "network.layers=1", "network.linear=8", "network.wide_channels=8", "epochs=1")


def request(corpus: Corpus, out: Path, **changes: Any) -> TrainingRequest:
    path = str(corpus.path)
    return dataclasses.replace(TrainingRequest(path, path, str(out), preset="quick", set=SMALL), **changes)


def prepared(wanted: TrainingRequest) -> Trainer:
    return set_up(wanted, torch.device("cpu"), Control(), lambda *_: True)


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """Return a checkpoint with a recipe of its own."""
    torch.manual_seed(7)
    network = SpeechToPhoneme(tiny_network())
    header = CheckpointHeader(network.config, FeatureConfig(mel_bands=30), title="parent", history=({"epoch": 1},))
    path = tmp_path / "parent.safetensors"
    save_checkpoint(path, network.state_dict(), header)
    return path


def test_a_run_starts_from_a_checkpoint(toy_corpus: Corpus, tmp_path: Path, parent: Path):
    wanted = request(toy_corpus, tmp_path / "run", start_from=str(parent), set=("epochs=2", "learning_rate=1e-4"))
    trainer = prepared(wanted)
    expected, _ = load_checkpoint(parent)
    assert_same_weights(weights(trainer), expected.state_dict())
    assert trainer.header.network == tiny_network()
    assert trainer.header.features == FeatureConfig(mel_bands=30)
    assert (trainer.header.title, trainer.header.history, trainer.header.scores) == ("run", (), {})
    assert trainer.config.learning_rate == 1e-4
    control = trainer.control
    for event in trainer.run():
        if isinstance(event, Batch):
            control.stop.set()
    # Resuming needs the checkpoint no more: the run keeps its features and sizes.
    parent.unlink()
    again = prepared(request(toy_corpus, tmp_path / "run", resume=True, set=()))
    assert again.header.features == FeatureConfig(mel_bands=30)
    assert again.config == trainer.config
    assert_same_weights(weights(again), weights(trainer))
    list(again.run())
    header = read_header(tmp_path / "run" / "last.safetensors")
    assert header.features == FeatureConfig(mel_bands=30)
    assert len(header.history) == 2


def test_the_average_starts_from_the_checkpoint_too(toy_corpus: Corpus, tmp_path: Path, parent: Path):
    trainer = prepared(
        request(toy_corpus, tmp_path / "run", start_from=str(parent), set=("ema_decay=0.9", "network.dropout=0.5"))
    )
    assert trainer.average is not None
    assert_same_weights(trainer.average.state_dict(), load_checkpoint(parent)[0].state_dict())
    assert trainer.network.dropout.p == 0.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"set": ("network.hidden=17",)}, "sizes of"),
        ({"resume": True}, "leave out --start-from"),
        ({"start_from": "missing.safetensors"}, "missing.safetensors"),
        ({"dev_part": "nowhere", "set": ()}, "no sub-corpus named 'nowhere'; it has: none"),
        ({"set": ("epochs",)}, "FIELD=VALUE"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    toy_corpus: Corpus, tmp_path: Path, parent: Path, changes: dict[str, Any], words: str
):
    with pytest.raises(UserError, match=words) as caught:
        prepared(request(toy_corpus, tmp_path / "run", **({"start_from": str(parent)} | changes)))
    assert_one_sentence(caught.value, *(name for name in (parent, toy_corpus.path) if str(name) in str(caught.value)))
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_other_symbols_is_refused(toy_corpus: Corpus, tmp_path: Path):
    table = CheckpointHeader().table
    swapped = [*table.symbols]
    swapped[3], swapped[4] = swapped[4], swapped[3]
    letters = [*table.letters]
    letters[3], letters[4] = letters[4], letters[3]
    other = SymbolTable("swapped", tuple(swapped), tuple(letters))
    path = tmp_path / "other.safetensors"
    network = SpeechToPhoneme(tiny_network())
    save_checkpoint(path, network.state_dict(), CheckpointHeader(network.config, table=other))
    with pytest.raises(UserError, match="symbols"):
        prepared(request(toy_corpus, tmp_path / "run", start_from=str(path), set=()))


def test_a_run_killed_before_its_first_epoch_can_be_resumed(toy_corpus: Corpus, tmp_path: Path):
    events = prepared(request(toy_corpus, tmp_path / "run")).run()
    next(event for event in events if isinstance(event, Batch))
    events.close()  # type: ignore[attr-defined]
    assert RunFolder(tmp_path / "run").resumable
    assert prepared(request(toy_corpus, tmp_path / "run", resume=True, set=())).position.step == 0


def test_recordings_that_vanish_cost_no_run(tmp_path: Path):
    """Training goes on, for the features are kept; resuming says what is missing, and goes on once it is back."""
    corpus = read_manifest(write_toy_corpus(tmp_path / "corpus", count=6, seed=4))
    control = Control()
    wanted = request(corpus, tmp_path / "run", set=(*SMALL, "epochs=2", "batch_utterances=3", "final_beam_width=0"))
    running = set_up(wanted, torch.device("cpu"), control, lambda *_: True)
    gone, aside = corpus.utterances[2].path, tmp_path / "aside.wav"
    steps = 0
    for event in running.run():
        steps += isinstance(event, Batch)
        if steps == 1:
            gone.rename(aside) if gone.exists() else None
        if steps == 3:
            control.stop.set()
    assert steps == 3
    again = request(corpus, tmp_path / "run", resume=True, set=())
    with pytest.raises(UserError, match="changed or are gone") as caught:
        prepared(again)
    assert_one_sentence(caught.value, tmp_path / "run")
    corpus.path.rename(tmp_path / "list.tsv")
    with pytest.raises(UserError, match="does not exist") as caught:
        prepared(again)
    assert_one_sentence(caught.value, corpus.path)
    (tmp_path / "list.tsv").rename(corpus.path)
    aside.rename(gone)
    resumed = prepared(again)
    assert resumed.position.step == 3
    assert [event.step for event in resumed.run() if isinstance(event, Batch)] == [4]


@pytest.mark.parametrize("count", [1, 3])
def test_a_recording_missing_from_the_start_is_left_out_and_told(tmp_path: Path, count: int):
    corpus = read_manifest(write_toy_corpus(tmp_path / "corpus", count=count + 1, seed=4))
    corpus.utterances[0].path.unlink()
    trainer = prepared(request(corpus, tmp_path / "run", set=(*SMALL, "final_beam_width=0")))
    assert len(trainer.usable) == count
    events = list(trainer.run())
    (told,) = [event.text for event in events if isinstance(event, Notice) and "cannot be read" in event.text]
    assert str(corpus.utterances[0].path) in told
    assert events[-1] == Stopped("finished", 1)


def test_the_module_trains_with_neither_window_nor_audio(toy_corpus: Corpus, tmp_path: Path):
    """Features being kept, training needs no library for sound, and never one for the window."""
    out = tmp_path / "run"
    prepared(request(toy_corpus, tmp_path / "other"))  # computes the features
    code = (
        "import runpy, sys\n"
        "for name in ('librosa', 'PySide6', 'soundfile', 'soxr', 'pyqtgraph', 'phonegui'): sys.modules[name] = None\n"
        f"sys.argv = ['x', {str(toy_corpus.path)!r}, '--dev', {str(toy_corpus.path)!r}, '--out', {str(out)!r}, "
        f"'--preset', 'quick', '--set', 'final_beam_width=0', *{[f'--set={text}' for text in SMALL]!r}]\n"
        "runpy.run_module('model.training', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "finished after 1 epochs" in done.stdout
    assert (out / "best.safetensors").is_file()


def test_mistakes_are_one_line_and_status_2(
    toy_corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    arguments = [str(toy_corpus.path), "--dev", "missing.tsv", "--out", str(tmp_path / "run")]
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("phonegui: missing.tsv") and err.count("\n") == 1
    arguments[2] = str(toy_corpus.path)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert main([*arguments, "--tensorboard", "--preset", "quick", *[f"--set={text}" for text in SMALL]]) == 2
    assert "pip install tensorboard" in capsys.readouterr().err
