from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, open_corpus
from model.phonemes import DEFAULT_TABLE
from tests.model.helpers import RATE, tone

CAT = ["K", "AE", "T"]
GRID = """File type = "ooTextFile"
Object class = "TextGrid"

0 1 <exists> 2
"IntervalTier" "words" 0 1 1 0 1 "cat"
"IntervalTier" "{}" 0 1 4 0 0.2 "{}" 0.2 0.5 "K" 0.5 0.8 "AE1" 0.8 1 "T"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.flac", "sub/c.WAV"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, tone(440.0, 0.3), RATE)
    (tmp_path / "notes.md").write_text("not a recording")
    (tmp_path / ".hidden.wav").write_text("nor this")
    return tmp_path


def heard(corpus: Corpus, place: int = 0) -> list[str] | None:
    labels = corpus.utterances[place].labels
    return None if labels is None else corpus.table.decode(labels)


def test_recordings_below_a_folder(folder: Path):
    corpus = open_corpus(folder)
    assert corpus.layout == "folder of recordings"
    assert [(item.name, item.part) for item in corpus.utterances] == [
        ("a.flac", ""),
        ("b.wav", ""),
        ("sub/c.WAV", "sub"),
    ]
    assert all(item.labels is None for item in corpus.utterances)
    assert corpus.notes == ()
    assert len(FeatureCache.open(corpus, FeatureConfig())) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.phn", "0 1600 h#\n1600 3000 k\n3000 4000 ae\n4000 4800 t\n"),
        ("a.phn", "SIL K AE1 T"),
        ("a.PHN", "sil k ae t\n"),
        ("a.txt", "SIL K\nAE0 T\n"),
        ("a.TextGrid", GRID.format("phones", "sil")),
        ("a.TextGrid", GRID.format("Anna - phones", "sp")),
        ("a.TextGrid", GRID.format("x", "SIL")),
    ],
)
def test_references_beside_a_recording(folder: Path, name: str, content: str):
    (folder / name).write_text(content)
    corpus = open_corpus(folder)
    assert heard(corpus) == ["SIL", *CAT]
    assert heard(corpus, 1) is None
    assert corpus.notes == ()


def test_words_are_words(folder: Path):
    (folder / "a.txt").write_text("the cat\nsat\n")
    (folder / "a.phn").write_text("K AE T")
    first = open_corpus(folder).utterances[0]
    assert (first.text, DEFAULT_TABLE.decode(first.labels or ())) == ("the cat sat", CAT)


def test_intervals_without_text_are_no_phonemes(folder: Path):
    (folder / "a.TextGrid").write_text(GRID.format("phones", ""))
    assert heard(open_corpus(folder)) == CAT


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.phn", "0 100 bcl\n", "'bcl' is not a phoneme"),
        ("a.TextGrid", GRID.format("phones", "QQ"), "'QQ' is not a phoneme"),
        ("a.TextGrid", "nonsense", "a.TextGrid"),
        ("a.txt", "\xff\xfe", "not a text file in UTF-8"),
    ],
)
def test_references_that_cannot_be_used_are_passed_over_and_told(folder: Path, name: str, content: str, words: str):
    (folder / name).write_text(content, encoding="latin-1")
    corpus = open_corpus(folder)
    assert heard(corpus) is None
    assert len(corpus) == 3
    assert "1 of 3 recordings are passed over" in corpus.notes[0]
    assert words in corpus.notes[0]


def test_a_recording_that_cannot_be_read_is_told_with_the_features(folder: Path):
    (folder / "b.wav").write_bytes(b"RIFF")
    cache = FeatureCache.open(open_corpus(folder), FeatureConfig())
    assert [item.name for item in cache.utterances] == ["a.flac", "sub/c.WAV"]
    assert "b.wav" in cache.problems[0]
    np.testing.assert_allclose(cache[0], cache[1], atol=0.2)


def test_an_empty_folder_is_told(folder: Path):
    shutil.rmtree(folder / "sub")
    for name in ("a.flac", "b.wav"):
        (folder / name).unlink()
    with pytest.raises(Exception, match="holds no corpus this program knows"):
        open_corpus(folder)


def test_what_the_program_heard_itself_is_no_reference(folder: Path):
    (folder / "a.TextGrid").write_text(GRID.format("heard", "K"))
    assert heard(open_corpus(folder)) is None
