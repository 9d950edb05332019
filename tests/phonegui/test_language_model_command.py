import re

import pytest

from model.decoding import NGramModel
from model.phonemes import DEFAULT_TABLE
from phonegui.__main__ import main
from tests.phonegui.test_cli import make_corpus


@pytest.fixture
def files(tmp_path):
    (tmp_path / "words.dict").write_text("she SH IY1\nsees S IY1 Z\nall AO1 L\ncalm K AA1 M\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("She sees all. All calm, she sees. Calm sees all!", encoding="utf-8")
    return tmp_path, str(make_corpus(tmp_path))


def arguments(files, name, *more):
    folder, manifest = files
    text = ["--text", str(folder / "text.txt"), "--dictionary", str(folder / "words.dict"), "--tune", manifest]
    return ["language-model", manifest, "--out", str(folder / name), "--order", "3", *text, *more]


def test_a_text_is_mixed_in_by_what_it_is_worth(files, capsys):
    folder, _ = files
    assert main(arguments(files, "mixed.arpa")) == 0
    out = capsys.readouterr().out
    shares = [float(share) for share in re.findall(r"^(\d\.\d+) of ", out, re.MULTILINE)]
    assert len(shares) == 2 and sum(shares) == pytest.approx(1.0, abs=2e-3)
    assert shares[0] > shares[1]  # the corpus knows itself better
    model = NGramModel.read_arpa(folder / "mixed.arpa", DEFAULT_TABLE.symbols)
    assert main(["language-model", files[1], "--out", str(folder / "alone.arpa"), "--order", "3"]) == 0
    alone = NGramModel.read_arpa(folder / "alone.arpa", DEFAULT_TABLE.symbols)
    said = DEFAULT_TABLE.encode("SH IY S IY Z")
    assert model.log_prob(said) > alone.log_prob(said)


def test_entries_bound_the_file(files, capsys):
    folder, manifest = files
    assert main(arguments(files, "small.arpa", "--entries", "12")) == 0
    assert main(["language-model", manifest, "--out", str(folder / "tiny.arpa"), "--entries", "3"]) == 0
    for name, most in (("small.arpa", 12), ("tiny.arpa", 3)):
        text = (folder / name).read_text()
        assert 0 < sum(int(count) for count in re.findall(r"^ngram [234]=(\d+)", text, re.MULTILINE)) <= most


def test_entries_bound_nothing_where_there_are_no_pairs(files, capsys):
    folder, manifest = files
    out = folder / "single.arpa"
    assert main(["language-model", manifest, "--out", str(out), "--order", "1", "--entries", "5"]) == 0
    assert "order 1" in capsys.readouterr().out
    assert NGramModel.read_arpa(out, DEFAULT_TABLE.symbols).order == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--text", "a.txt"], "--text needs --dictionary"),
        (["--tune", "a.tsv"], "add --text"),
        (["--entries", "0"], "--entries must be 1 or more"),
    ],
)
def test_options_without_effect_are_refused(files, capsys, more, message):
    folder, manifest = files
    assert main(["language-model", manifest, "--out", str(folder / "x.arpa"), *more]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
    assert not (folder / "x.arpa").exists()
