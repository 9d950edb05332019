import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from phonegui.__main__ import main
from phonegui.resources import sample_utterances

SAMPLE = str(sample_utterances()[1].path)
ROOT = Path(__file__).parents[2]


def run(capsys, *arguments):
    try:
        status = main(list(arguments))
    except SystemExit as stop:
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def make_corpus(folder: Path, count: int = 6) -> Path:
    """Write tones of two heights, each standing for a phoneme, and their manifest."""
    rng = np.random.default_rng(0)
    lines = ["id\tpath\tspeaker\tcorpus\tseconds\ttext\tphones"]
    for number in range(count):
        phones, pieces = [], []
        for _ in range(4):
            high = bool(rng.integers(2))
            phones.append("IY" if high else "AA")
            time = np.arange(2400) / 16000
            pieces += [np.sin(2 * np.pi * (2000 if high else 300) * time), np.zeros(1600)]
        samples = 0.3 * np.concatenate(pieces) + 0.001 * rng.normal(size=16000)
        soundfile.write(folder / f"{number}.wav", samples, 16000)
        part = "even" if number % 2 == 0 else "odd"
        lines.append(f"u{number}\t{number}.wav\ts\t{part}\t1.0\ttones\t{' '.join(phones)}")
    manifest = folder / "corpus.tsv"
    manifest.write_text("\n".join(lines) + "\n")
    return manifest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))


def test_transcribe_json_has_the_promised_fields(capsys):
    status, out, _ = run(capsys, "transcribe", SAMPLE, "--format", "json", "--beam-width", "5")
    [result] = json.loads(out)
    assert status == 0
    assert set(result) == {"file", "seconds", "phonemes", "letters", "start", "end", "score"}
    count = len(result["phonemes"])
    assert count > 5 and count == len(result["letters"]) == len(result["start"]) == len(result["end"])
    assert result["seconds"] == pytest.approx(soundfile.info(SAMPLE).duration, abs=0.01)
    assert all(a < b for a, b in zip(result["start"], result["end"], strict=True))
    assert all(a <= b + 1e-9 for a, b in zip(result["end"], result["start"][1:], strict=False))
    assert result["end"][-1] <= result["seconds"] and result["score"] < 0


def test_transcribe_text_is_the_same_phonemes_as_json(capsys):
    _, text, _ = run(capsys, "transcribe", SAMPLE)
    _, out, _ = run(capsys, "transcribe", SAMPLE, "--format", "json")
    assert text.split() == json.loads(out)[0]["phonemes"]


def test_transcribe_hears_most_of_the_sample(capsys):
    from model.metrics import error_counts
    from model.phonemes import DEFAULT_TABLE

    _, text, _ = run(capsys, "transcribe", SAMPLE)
    heard = DEFAULT_TABLE.encode(text)
    assert error_counts(sample_utterances()[1].labels, heard).rate < 0.5


def test_digital_silence_is_said_to_be_silent(capsys, tmp_path):
    for name, value in (("zeros", 0.0), ("offset", 0.25)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(48000, value), 16000)
        status, _, err = run(capsys, "transcribe", str(tmp_path / f"{name}.wav"))
        assert status == 0 and f"{name}.wav is silent" in err and err.count("\n") == 1
    assert "silent" not in run(capsys, "transcribe", SAMPLE)[2]


def test_one_bad_file_does_not_hide_the_good_ones(capsys, tmp_path):
    bad = tmp_path / "notes.wav"
    bad.write_text("these are my notes, not a recording\n" * 20)
    status, out, err = run(capsys, "transcribe", str(bad), SAMPLE)
    assert status == 2
    assert len(out.split()) > 5
    assert err.count("\n") == 1 and "notes.wav" in err and "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["transcribe"],
        ["transcribe", SAMPLE, "--beam-width", "-1"],
        ["transcribe", SAMPLE, "--beam-width", "many"],
        ["transcribe", SAMPLE, "--format", "xml"],
        ["transcribe", "no such file.wav"],
        ["transcribe", SAMPLE, "--checkpoint", "missing.safetensors"],
        ["transcribe", SAMPLE, "--checkpoint", SAMPLE],
        ["evaluate", "missing.tsv"],
        ["info", "--checkpoint", "missing.safetensors"],
        ["train", "missing.tsv", "--dev", "missing.tsv", "--out", "run"],
        ["--nonsense"],
        ["transcrib", SAMPLE],
        ["frobnicate"],
        ["transcribe", SAMPLE, "--language-model", "x.arpa"],
        ["transcribe", SAMPLE, "--beta", "2"],
        ["transcribe", SAMPLE, "--beam-width", "0", "--alpha", "1"],
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("phonegui: ") and err.count("\n") == 1


def test_evaluate_json_has_the_promised_fields_and_counts_add_up(capsys, tmp_path):
    manifest = make_corpus(tmp_path)
    status, out, _ = run(capsys, "evaluate", str(manifest), "--format", "json", "--beam-width", "0")
    result = json.loads(out)
    assert status == 0
    assert set(result) == {
        "utterances", "phone_error_rate", "substitutions", "deletions", "insertions", "mean_levenshtein", "seconds",
        "reference_phonemes", "phone_error_rate_interval", "mean_levenshtein_interval", "resampled", "groups",
        "corpus", "checkpoint", "checkpoint_sha256", "settings",
    }  # fmt: skip
    assert result["utterances"] == 6
    errors = result["substitutions"] + result["deletions"] + result["insertions"]
    assert result["phone_error_rate"] == pytest.approx(errors / 24)


def test_evaluate_a_part_and_report_what_could_not_be_read(capsys, tmp_path):
    manifest = make_corpus(tmp_path)
    (tmp_path / "2.wav").write_bytes(b"")
    status, out, err = run(capsys, "evaluate", str(manifest), "--part", "even", "--format", "json")
    assert status == 0 and json.loads(out)["utterances"] == 2
    assert json.loads(out)["corpus"] == f"{manifest.name}, even"
    assert "2.wav" in err
    status, _, err = run(capsys, "evaluate", str(manifest), "--part", "nowhere")
    assert status == 2 and "even, odd" in err


def test_train_learns_resumes_and_its_checkpoint_transcribes(capsys, tmp_path, tmp_path_factory):
    manifest = make_corpus(tmp_path, 8)
    out = tmp_path / "run"
    arguments = ["train", str(manifest), "--dev", str(manifest), "--dev-part", "odd"]
    arguments += ["--out", str(out), "--preset", "quick"]
    sizes = ["network.hidden=8", "network.layers=1", "network.linear=8", "network.wide_channels=8", "epochs=2"]
    options = [word for size in sizes for word in ("--set", size)]
    status, text, _ = run(capsys, *arguments, *options)
    assert status == 0 and "epoch 2" in text
    assert (out / "history.csv").read_text().count("\n") == 3
    status, _, err = run(capsys, *arguments, *options)
    assert status == 2 and "--resume" in err
    # Sizes and settings come from the run itself; only what is given anew changes.
    status, text, _ = run(capsys, *arguments, "--set", "epochs=3", "--resume")
    assert status == 0 and "epoch 3" in text and "epoch 2" not in text
    other = make_corpus(tmp_path_factory.mktemp("other"), 3)
    status, _, err = run(capsys, "train", str(other), *arguments[2:], "--resume")
    assert status == 2 and "other recordings" in err
    status, text, _ = run(capsys, "info", "--checkpoint", str(out / "last.safetensors"), "--format", "json")
    assert status == 0 and json.loads(text)["checkpoint"]["epochs"] == 3
    assert run(capsys, "transcribe", SAMPLE, "--checkpoint", str(out / "best.safetensors"))[0] == 0


def test_convert_halves_the_size_and_stores_words_and_scores(capsys, tmp_path):
    from phonegui.resources import default_checkpoint

    single, half, scores = tmp_path / "single.safetensors", tmp_path / "half.safetensors", tmp_path / "scores.json"
    scores.write_text('{"phone_error_rate": 0.25, "utterances": 3}')
    assert run(capsys, "convert", str(default_checkpoint()), str(single))[0] == 0
    words = ["--title", "small", "--notes", "from tones", "--score", f"tones={scores}"]
    assert run(capsys, "convert", str(single), str(half), "--half", *words)[0] == 0
    assert half.stat().st_size < 0.6 * single.stat().st_size
    _, out, _ = run(capsys, "info", "--checkpoint", str(half), "--format", "json")
    checkpoint = json.loads(out)["checkpoint"]
    assert (checkpoint["title"], checkpoint["notes"]) == ("small", "from tones")
    assert checkpoint["scores"]["tones"]["phone_error_rate"] == 0.25
    assert run(capsys, "transcribe", SAMPLE, "--checkpoint", str(half))[1].split()
    before = single.read_bytes()
    status, _, err = run(capsys, "convert", str(single), str(single), "--half")
    assert status == 2 and "another file" in err and single.read_bytes() == before
    scores.write_text("[" * 100_000)
    status, _, err = run(capsys, "convert", str(single), str(half), "--score", f"tones={scores}", "--force")
    assert status == 2 and "scores.json" in err


def test_train_names_a_wrong_setting(capsys, tmp_path):
    manifest = make_corpus(tmp_path, 2)
    arguments = ["train", str(manifest), "--dev", str(manifest), "--out", str(tmp_path / "run"), "--set"]
    for wrong in ("epochs", "epochs=many", "epoch=3", "learning_rate=0", "network.layers=0"):
        status, _, err = run(capsys, *arguments, wrong)
        assert status == 2 and err.count("\n") == 1
        assert not (tmp_path / "run").exists()


def test_info_names_versions_and_the_checkpoint(capsys):
    status, out, _ = run(capsys, "info", "--format", "json")
    value = json.loads(out)
    assert status == 0
    assert {"torch", "PySide6", "librosa"} <= set(value["packages"])
    assert value["checkpoint"]["parameters"] > 1_000_000
    assert value["checkpoint"]["features"]["coefficients"] == 13
    assert value["checkpoint"]["weights"] == "float16"
    assert run(capsys, "info")[0] == 0


def _python(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": ""}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def test_works_as_a_process_from_any_folder(tmp_path):
    done = _python(tmp_path, "-m", "phonegui", "--version")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("phonegui ")


def test_a_students_own_model_py_is_named(tmp_path):
    (tmp_path / "model.py").write_text("print('mine')\n")
    done = _python(tmp_path, "-m", "phonegui", "--version")
    assert done.returncode == 2
    assert "model.py" in done.stderr and done.stderr.count("\n") == 1


def test_a_language_model_is_trained_and_used(capsys, tmp_path):
    manifest = make_corpus(tmp_path)
    arpa = tmp_path / "tones.arpa"
    status, out, _ = run(
        capsys, "language-model", str(manifest), "--out", str(arpa), "--order", "2", "--test", str(manifest)
    )
    assert status == 0 and out.count("perplexity") == 2
    before = manifest.read_bytes()
    status, _, err = run(capsys, "language-model", str(manifest), "--out", str(manifest))
    assert status == 2 and "another file" in err and manifest.read_bytes() == before
    _, alone, _ = run(capsys, "transcribe", SAMPLE)
    fused = run(capsys, "transcribe", SAMPLE, "--alpha", "2", "--language-model", str(arpa))[1]
    bundled = run(capsys, "transcribe", SAMPLE, "--alpha", "2")[1]
    assert len({alone, fused, bundled}) == 3
    # The model knows two phonemes, and weighs more than what was heard.
    known, others = ([symbol in {"IY", "AA"} for symbol in text.split()] for text in (fused, alone))
    assert sum(known) / len(known) > sum(others) / len(others)
    arpa.write_text("\\data\\\nngram 1=2\n")
    status, _, err = run(capsys, "transcribe", SAMPLE, "--alpha", "1", "--language-model", str(arpa))
    assert status == 2 and "tones.arpa" in err and err.count("\n") == 1
