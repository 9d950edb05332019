"""No subcommand writes over a file unless it is told to."""

from __future__ import annotations

import os

import pytest

from model.errors import FileError
from phonegui.resources import default_checkpoint, sample_utterances
from phonegui.targets import require_free
from tests.phonegui.test_cli import make_corpus, run

SAMPLE = str(sample_utterances()[1].path)


def _commands(folder, manifest):
    """Return arguments and the files they write, for each subcommand that writes."""
    return {
        "transcribe": (["transcribe", SAMPLE, "--out", f"{folder}"], ["go_forward.txt"]),
        "picture": (["picture", SAMPLE, "--out", f"{folder}/a.png", "--size", "800x600"], ["a.png"]),
        "cut": (["cut", SAMPLE, "--out", f"{folder}/a.wav"], ["a.wav"]),
        "evaluate": (["evaluate", manifest, "--report", f"{folder}"], ["report.html", "report.json"]),
        "submit": (["submit", manifest, "--out", f"{folder}/a.csv"], ["a.csv"]),
        "language-model": (["language-model", manifest, "--out", f"{folder}/a.arpa"], ["a.arpa"]),
        "convert": (["convert", str(default_checkpoint()), f"{folder}/a.safetensors"], ["a.safetensors"]),
        "prepare": (["prepare", manifest, "--out", f"{folder}", "--split", "dev"], ["dev.npy", "dev_labels.npy"]),
    }


@pytest.mark.parametrize("name", _commands("", ""))
def test_what_is_there_is_kept_until_force_says_otherwise(capsys, tmp_path, monkeypatch, name):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))
    manifest = str(make_corpus(tmp_path, 3))
    folder = tmp_path / "out"
    arguments, names = _commands(folder, manifest)[name]
    assert run(capsys, *arguments)[0] == 0
    files = [folder / name for name in names]
    for mine in files:
        made = {path: path.read_bytes() for path in files}
        mine.write_text("mine")
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, "")
        assert mine.name in err or len(files) > 1
        assert "--force" in err and err.count("\n") == 1
        assert mine.read_text() == "mine"
        assert run(capsys, *arguments, "--force")[0] == 0
        assert mine.read_bytes()[:4] == made[mine][:4] != b"mine"


def test_a_device_or_a_folder_is_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target, word in ((pipe, "pipe"), (os.devnull, "device"), (tmp_path, "folder")):
        with pytest.raises(FileError, match=word):
            require_free([target], force=True)


def test_a_broken_link_counts_as_a_file(tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "gone.csv")
    with pytest.raises(FileError, match="--force"):
        require_free([link], force=False)
    require_free([link, tmp_path / "new.csv"], force=True)


@pytest.mark.parametrize("arguments", [["transcribe", SAMPLE], ["evaluate", "missing.tsv"]])
def test_force_without_a_file_to_write_is_a_mistake(capsys, arguments):
    status, _, err = run(capsys, *arguments, "--force")
    assert status == 2 and "--force acts on" in err and err.count("\n") == 1
