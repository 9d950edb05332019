"""What users have and what they hand in, through the command line: old checkpoints, transcripts, submissions."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import read_header
from model.phonemes import FALL_2022_TABLE
from model.textgrid import read_textgrid
from phonegui.resources import sample_utterances
from tests.model.torch_files import SMALL, forms, published, save
from tests.phonegui.test_cli import make_corpus, run

SAMPLE = str(sample_utterances()[1].path)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def old(tmp_path: Path) -> str:
    return str(save(tmp_path / "model_10.pt", forms()["numbers of numpy"](published())))


def course(folder: Path, count: int = 4, coefficients: int = 13) -> Path:
    """Write the test set of the default task."""
    random = np.random.default_rng(0)
    items = np.empty(count, object)
    for number in range(count):
        items[number] = random.standard_normal((30 + number, coefficients)).astype(np.float32)
    np.save(folder / "test.npy", items, allow_pickle=True)
    return folder / "test.npy"


def test_an_old_checkpoint_gets_its_header(capsys, tmp_path, old):
    new = tmp_path / "new.safetensors"
    status, out, _ = run(capsys, "convert", old, str(new), "--title", "mine")
    assert status == 0 and "unknown recipe" in out
    header = read_header(new)
    assert (header.network, header.features.kind, header.title) == (SMALL, "unknown", "mine")
    status, out, err = run(capsys, "transcribe", SAMPLE, "--checkpoint", str(new))
    assert status == 2 and out == "" and "--features mfcc" in err and err.count("\n") == 1
    assert run(capsys, "convert", old, str(new), "--features", "mfcc", "--force")[0] == 0
    assert run(capsys, "transcribe", SAMPLE, "--checkpoint", str(new))[0] == 0


def test_an_old_checkpoint_is_used_as_it_is(capsys, tmp_path, old):
    status, out, _ = run(capsys, "info", "--checkpoint", old, "--format", "json")
    assert status == 0 and json.loads(out)["checkpoint"]["features"]["kind"] == "unknown"
    path = tmp_path / "features.npy"
    np.save(path, np.random.default_rng(0).standard_normal((50, 13)).astype(np.float32))
    status, out, err = run(capsys, "transcribe", str(path), "--checkpoint", old)
    assert (status, err) == (0, "")
    status, _, err = run(capsys, "transcribe", SAMPLE, "--checkpoint", old)
    assert status == 2 and "recipe is not known" in err


def test_the_symbols_of_a_checkpoint_can_be_named(capsys, tmp_path, old):
    new, table = tmp_path / "new.safetensors", tmp_path / "table.json"
    numbers = [" ", *(str(i) for i in range(1, 42))]
    table.write_text(json.dumps({"name": "mine", "symbols": numbers, "letters": [chr(0x100 + i) for i in range(42)]}))
    assert run(capsys, "convert", old, str(new), "--symbols", str(table))[0] == 0
    assert read_header(new).table.name == "mine"
    assert run(capsys, "convert", old, str(new), "--symbols", "42", "--force")[0] == 0
    table.write_text("[]")
    for wrong in ("41", "fall 2022", "latin", str(table), str(tmp_path / "missing.json")):
        status, _, err = run(capsys, "convert", old, str(new), "--symbols", wrong, "--force")
        assert status == 2 and err.count("\n") == 1
    assert read_header(new).table.name.startswith("42")
    assert len(FALL_2022_TABLE) == 41


def test_a_module_pickled_whole_is_told_what_to_do(capsys, tmp_path):
    path = save(tmp_path / "model.pt", published())
    status, _, err = run(capsys, "convert", str(path), str(tmp_path / "new.safetensors"))
    assert status == 2 and "state_dict()" in err and err.count("\n") == 1
    assert not (tmp_path / "new.safetensors").exists()


def test_transcripts_are_written_beside_each_other(capsys, tmp_path):
    out = tmp_path / "out"
    files = [str(utterance.path) for utterance in sample_utterances()[1:]]
    status, text, _ = run(capsys, "transcribe", *files, "--format", "textgrid", "--out", str(out))
    assert status == 0 and len(text.splitlines()) == len(files)
    for file in files:
        [tier] = read_textgrid(out / f"{Path(file).stem}.TextGrid").tiers
        assert tier.name == "heard" and tier.intervals[0].start == 0.0
    status, text, err = run(capsys, "transcribe", *files, "--format", "textgrid", "--out", str(out))
    assert status == 2 and "--force" in err and text == ""
    for force in ("--force", "--overwrite"):
        assert run(capsys, "transcribe", files[0], "--format", "textgrid", "--out", str(out), force)[0] == 0
    for format, suffix in (("json", "json"), ("csv", "csv"), ("text", "txt")):
        assert run(capsys, "transcribe", files[0], "--format", format, "--out", str(out))[0] == 0
        assert (out / f"{Path(files[0]).stem}.{suffix}").read_text()


def test_transcripts_are_printed_in_every_format(capsys):
    _, text, _ = run(capsys, "transcribe", SAMPLE)
    _, out, _ = run(capsys, "transcribe", SAMPLE, "--format", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert [row["phoneme"] for row in rows] == text.split()
    _, out, _ = run(capsys, "transcribe", SAMPLE, "--format", "textgrid")
    assert out.startswith('File type = "ooTextFile"') and f'text = "{text.split()[0]}"' in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "textgrid", "second.wav"],
        ["--force"],
        ["--out", "out", "folder/" + Path(SAMPLE).name],
        ["--out", __file__],
    ],
)
def test_mistakes_are_told_before_anything_is_computed(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "transcribe", SAMPLE, *arguments, "--checkpoint", "missing.safetensors")
    assert status == 2 and out == "" and err.count("\n") == 1 and "missing.safetensors" not in err


def test_a_course_test_set_becomes_a_submission(capsys, tmp_path, old):
    test = course(tmp_path)
    csv_file = tmp_path / "submission.csv"
    status, out, err = run(capsys, "submit", str(test), "--out", str(csv_file), "--checkpoint", old)
    assert status == 0, err
    lines = csv_file.read_text().splitlines()
    assert lines[0] == "id,label" and [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2", "3"]
    assert "4 rows" in out
    origin = json.loads((tmp_path / "submission.json").read_text())
    assert origin["decoding"]["beam_width"] == 100 and origin["checkpoint"]["file"] == old
    sample = tmp_path / "sample.csv"
    sample.write_text("Id,Predicted\n" + "".join(f"{number},x\n" for number in range(4)))
    arguments = [
        "submit",
        str(tmp_path),
        "--sample",
        str(sample),
        "--out",
        str(csv_file),
        "--checkpoint",
        old,
        "--force",
    ]
    assert run(capsys, *arguments)[0] == 0
    assert csv_file.read_text().splitlines()[1:] == lines[1:]
    assert csv_file.read_text().startswith("Id,Predicted\n")
    before = csv_file.read_bytes()
    sample.write_text("Id,Predicted\n0,x\n")
    status, _, err = run(capsys, *arguments)
    assert status == 2 and "for 1 utterances" in err
    assert csv_file.read_bytes() == before


def test_recordings_become_a_submission_with_the_bundled_checkpoint(capsys, tmp_path):
    manifest = make_corpus(tmp_path, 3)
    (tmp_path / "1.wav").write_bytes(b"")
    status, _, err = run(capsys, "submit", str(manifest), "--out", str(tmp_path / "a.csv"), "--beam-width", "5")
    assert status == 0 and "1.wav" in err and "empty" in err
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert len(rows) == 4 and rows[2] == "1,"


def test_a_checkpoint_that_does_not_fit_the_test_set_is_told(capsys, tmp_path, old):
    test = course(tmp_path, coefficients=40)
    status, _, err = run(capsys, "submit", str(test), "--out", str(tmp_path / "a.csv"), "--checkpoint", old)
    assert status == 2 and "40 coefficients" in err
    status, _, err = run(capsys, "submit", str(course(tmp_path)), "--out", str(tmp_path / "a.csv"))
    assert status == 2 and "recipe is not known" in err
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["picture", SAMPLE, "--out", "a.png", "--size", "100x100"], "cannot be drawn"),
        (["picture", SAMPLE, "--out", "a.png", "--from", "3", "--to", "2"], "nothing to draw"),
        (["picture", SAMPLE, "--out", "file/a.png"], "is no folder"),
        (["prepare", "corpus.tsv", "--out", "file"], "is a file; name a folder"),
        (["cut", SAMPLE, "--out", "c.mp3"], "must end in .wav"),
    ],
)
def test_targets_and_numbers_are_looked_at_before_anything_is_heard(capsys, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("", encoding="utf-8")
    more = ["--checkpoint", "missing.safetensors"] if arguments[0] == "picture" else []
    status, out, err = run(capsys, *arguments, *more)
    assert status == 2 and out == "" and err.count("\n") == 1 and word in err


def test_what_stands_in_the_way_of_a_report_is_named(capsys, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    report = tmp_path / "file" / "report"
    status, _, err = run(capsys, "evaluate", str(tmp_path / "none.tsv"), "--report", str(report))
    assert status == 2 and str(report.parent) in err and ".phonegui" not in err
    assert not report.exists() and report.parent.is_file()


def test_a_setting_that_is_none_is_answered_with_the_networks_too():
    from model.config import PRESETS
    from model.errors import UserError
    from model.training_setup import overridden

    preset = PRESETS["compact"]
    with pytest.raises(UserError, match=r"network\.FIELD"):
        overridden(preset.network, preset.training, ["epoch=2"])
