import contextlib
import json
import re

import pytest

import model.kept_posteriors
from model.files import file_sha256
from model.sweeps import ALPHAS, BETAS, WIDTHS, SweepPoint
from phonegui.evaluate_command import _print_map
from phonegui.resources import default_checkpoint
from tests.phonegui.test_cli import make_corpus, run


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return str(make_corpus(tmp_path_factory.mktemp("corpus"), 4))


@pytest.fixture(scope="module")
def arpa(manifest, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tones.arpa"
    from phonegui.__main__ import main

    assert main(["language-model", manifest, "--out", str(path), "--order", "1"]) == 0
    return str(path)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "cache"))


def evaluate(capsys, *arguments):
    status, out, err = run(capsys, "evaluate", *arguments, "--format", "json")
    return status, json.loads(out) if status == 0 else None, err


def test_text_tells_the_rate_its_interval_and_what_was_drawn(capsys, manifest):
    status, out, _ = run(capsys, "evaluate", manifest, "--beam-width", "0")
    _, value, _ = evaluate(capsys, manifest, "--beam-width", "0")
    assert status == 0
    assert f"phone error rate  {100 * value['phone_error_rate']:.2f} %" in out
    low, high = value["phone_error_rate_interval"]
    assert low <= value["phone_error_rate"] <= high
    assert f"{100 * low:.2f} to {100 * high:.2f} %" in out and "4 utterances" in out
    assert f"mean Levenshtein  {value['mean_levenshtein']:.3f}" in out


def test_bfloat16_scores_alike_under_a_name_of_its_own(capsys, manifest):
    _, exact, _ = evaluate(capsys, manifest, "--beam-width", "0")
    status, near, _ = evaluate(capsys, manifest, "--beam-width", "0", "--precision", "bfloat16")
    assert status == 0 and near["checkpoint"] == f"{exact['checkpoint']} (bfloat16)"
    assert near["checkpoint_sha256"] == file_sha256(default_checkpoint())
    assert near["phone_error_rate"] == pytest.approx(exact["phone_error_rate"], abs=0.1)


def test_another_width_does_not_run_the_network(capsys, manifest, monkeypatch):
    evaluate(capsys, manifest, "--beam-width", "0")
    monkeypatch.setattr(model.kept_posteriors, "batch_posteriors", None)  # would raise
    status, value, _ = evaluate(capsys, manifest, "--beam-width", "50")
    assert status == 0 and value["utterances"] == 4


def test_widths_and_the_map_are_printed_with_the_best_marked(capsys, manifest, arpa):
    options = [manifest, "--widths", "--lm-map", "--language-model", arpa, "--alpha", "0.1"]
    status, value, _ = evaluate(capsys, *options)
    assert status == 0
    assert [point["beam_width"] for point in value["widths"]] == list(WIDTHS)
    assert [point["alpha"] for point in value["widths"]] == [0.1] * len(WIDTHS)
    assert len(value["lm_map"]) == 1 + len(ALPHAS) * len(BETAS)
    _, out, _ = run(capsys, "evaluate", *options)
    assert out.count("best") == 1 and out.count("*") == 1
    assert "(down), on all 4 utterances\n" in out
    rates = [point["phone_error_rate"] for point in value["widths"]]
    [marked] = re.findall(r"^ +\d+ +([\d.]+) %.*best$", out, flags=re.M)
    assert float(marked) == pytest.approx(100 * min(rates), abs=0.006)


def test_settings_and_checkpoints_are_compared(capsys, manifest, tmp_path):
    status, value, _ = evaluate(capsys, manifest, "--compare-set", "beam_width=0")
    assert status == 0
    found = value["comparison"]
    assert (found["first"]["beam_width"], found["second"]["beam_width"]) == (10, 0)
    assert found["wins"] + found["ties"] + found["losses"] == 4
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(default_checkpoint().read_bytes())
    _, value, _ = evaluate(capsys, manifest, "--compare", str(copy))
    assert value["comparison"]["phone_error_rate_difference"] == 0.0
    assert value["comparison"]["p"] == 1.0
    _, out, _ = run(capsys, "evaluate", manifest, "--compare", str(copy))
    assert "p, matched pairs  1.000" in out and "as many on 4" in out


def test_a_report_is_written_whole(capsys, manifest, tmp_path):
    status, out, err = run(capsys, "evaluate", manifest, "--report", str(tmp_path / "report"), "--widths")
    assert status == 0 and "report.html" in err and "report" not in out
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "beam width" in page and "corpus.tsv" in page
    value = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert len(value["widths"]) == len(WIDTHS) and len(value["utterances"]) == 4


def test_the_map_says_what_part_of_the_corpus_it_is_measured_on(capsys):
    points = tuple(SweepPoint(10, alpha, 0.0, 0.2, 9.0, 1.0, 120) for alpha in (0.0, 0.5))
    _print_map(points, 2703)
    assert "(down), on 120 of 2,703 utterances\n" in capsys.readouterr().out


def test_a_report_that_is_not_written_leaves_no_folder(capsys, manifest, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(model.kept_posteriors, "batch_posteriors", interrupted)
    folder = tmp_path / "report"
    with contextlib.suppress(KeyboardInterrupt):
        run(capsys, "evaluate", manifest, "--report", str(folder))
    assert not folder.exists()


def test_only_what_can_be_compared_is_named(capsys, manifest):
    status, _, err = run(capsys, "evaluate", manifest, "--compare-set", "foo=3")
    assert status == 2 and "choose one of beam_width, alpha, beta." in err


@pytest.mark.parametrize(
    "options",
    [
        ["--compare", "missing.safetensors"],
        ["--compare-set", "beam_width"],
        ["--compare-set", "width=3"],
        ["--compare-set", "beam_width=-1"],
        ["--compare-set", "beam_width=0", "--compare-set", "alpha=0.5"],
        ["--lm-map", "--beam-width", "0"],
        ["--report", "corpus.tsv"],
    ],
)
def test_mistakes_are_one_sentence(capsys, manifest, options, monkeypatch):
    monkeypatch.chdir(manifest.rsplit("/", 1)[0])
    status, _, err = run(capsys, "evaluate", manifest, *options)
    assert status == 2
    assert err.startswith("phonegui: ") and err.count("\n") == 1
    assert "Traceback" not in err
