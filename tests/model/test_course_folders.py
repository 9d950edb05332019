from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.corpus import Corpus, FeatureCache, course_folders, open_corpus
from model.errors import Cancelled, FileError
from model.phonemes import FALL_2022_TABLE, SPRING_2022_TABLE
from tests.model.course_files import as_objects, features, write_folders
from tests.model.helpers import assert_one_sentence

SPRING = ["<sos>", "SIL", "HH", "AH", "SIL", "<eos>"]
FALL = ["[SOS]", "[SIL]", "HH", "AH", "[SIL]", "[EOS]"]
SYMBOLS = ["SIL", "HH", "AH", "SIL"]


def fall(folder: Path, coefficients: int = 15, transcripts: str = "transcript/raw") -> Path:
    splits = ["train-clean-100", "dev-clean", "test-clean"]
    return write_folders(folder, splits, coefficients=coefficients, transcripts=transcripts, words=FALL)


def symbols(corpus: Corpus) -> list[str]:
    return corpus.table.decode(corpus.utterances[0].labels or ())


def test_spring_2022(tmp_path: Path):
    write_folders(tmp_path, ["train", "dev", "test"], coefficients=13, transcripts="transcript", words=SPRING)
    corpus = open_corpus(tmp_path)
    assert corpus.layout == "course folder (spring 2022), 13 coefficients"
    assert corpus.table is SPRING_2022_TABLE
    assert symbols(corpus) == SYMBOLS
    assert [item.name for item in corpus.utterances] == ["dev-0", "dev-1", "dev-2"]
    assert corpus.utterances[1].seconds == pytest.approx(0.25)
    assert open_corpus(tmp_path, split="test").table is SPRING_2022_TABLE
    assert corpus.choices[0].options == ("dev", "test", "train")


@pytest.mark.parametrize("coefficients", [15, 27, 28])
@pytest.mark.parametrize("transcripts", ["transcript/raw", "transcript", "transcripts", "transcripts/raw"])
def test_fall_2022_and_later(tmp_path: Path, coefficients: int, transcripts: str):
    corpus = open_corpus(fall(tmp_path, coefficients, transcripts))
    assert corpus.layout == f"course folder (fall 2022 and later), {coefficients} coefficients"
    assert corpus.path.name == "dev-clean"
    assert corpus.table is FALL_2022_TABLE
    assert corpus.table.to_letters(corpus.utterances[0].labels or ()) == "-hA-"
    assert corpus.recipe is not None
    cache = FeatureCache.open(corpus, corpus.recipe)
    expected = features(3, coefficients, 1)[2]
    np.testing.assert_allclose(cache[2], (expected - expected.mean(0)) / expected.std(0), atol=1e-5)


def test_thirteen_coefficients_with_later_tags_are_a_later_terms(tmp_path: Path):
    assert open_corpus(fall(tmp_path, 13)).table is FALL_2022_TABLE


def test_a_test_split_alone_goes_by_its_coefficients(tmp_path: Path):
    for coefficients, table in ((13, SPRING_2022_TABLE), (28, FALL_2022_TABLE)):
        folder = tmp_path / str(coefficients)
        write_folders(folder, ["test"], coefficients=coefficients, transcripts="", words=[])
        corpus = open_corpus(folder / "test")
        assert corpus.table is table
        assert corpus.utterances[0].labels is None
        assert "no tags" in corpus.choices[0].reason


@pytest.mark.parametrize("below", ["", "dev-clean", "dev-clean/mfcc"])
def test_root_split_and_features_folder_are_the_same_corpus(tmp_path: Path, below: str):
    fall(tmp_path)
    assert open_corpus(tmp_path / below).utterances == open_corpus(tmp_path).utterances


def test_the_table_can_be_chosen(tmp_path: Path):
    corpus = open_corpus(fall(tmp_path), choose={"symbol table": "spring 2022"})
    assert corpus.table is SPRING_2022_TABLE
    assert symbols(corpus) == SYMBOLS


@pytest.mark.parametrize("kind", [as_objects, lambda words: np.array(words, "S5")], ids=["objects", "bytes"])
def test_transcripts_may_be_objects_or_bytes(tmp_path: Path, kind):
    fall(tmp_path)
    np.save(tmp_path / "dev-clean" / "transcript" / "raw" / "dev-clean-0.npy", kind(FALL))
    assert symbols(open_corpus(tmp_path)) == SYMBOLS


def test_an_utterance_without_transcript_has_no_reference(tmp_path: Path):
    fall(tmp_path)
    (tmp_path / "dev-clean" / "transcript" / "raw" / "dev-clean-1.npy").unlink()
    np.save(tmp_path / "dev-clean" / "transcript" / "raw" / "dev-clean-2.npy", np.array(["[SOS]", "[EOS]"]))
    labels = [item.labels for item in open_corpus(tmp_path).utterances]
    assert labels[0]
    assert labels[1:] == [None, ()]


@pytest.mark.parametrize("place", ["test", ""])
@pytest.mark.parametrize(
    "text", [",file\n0,test-2.npy\n1,test-0.npy\n", "file\ntest-2.npy\ntest-0.npy\n", "test-2\ntest-0"]
)
def test_the_order_of_the_test_set_is_obeyed(tmp_path: Path, place: str, text: str):
    write_folders(tmp_path, ["dev", "test"], coefficients=13, transcripts="transcript", words=SPRING)
    if text.startswith("test-2\n"):
        text = "name\n" + text
    (tmp_path / place / "test_order.csv").write_text(text)
    corpus = open_corpus(tmp_path, split="test")
    assert [item.name for item in corpus.utterances] == ["test-2", "test-0"]
    by_name = open_corpus(tmp_path, split="test", choose={"order": "names"})
    assert [item.name for item in by_name.utterances] == ["test-0", "test-1", "test-2"]
    assert len(open_corpus(tmp_path, split="dev")) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file\ntest-0.npy\n\ntest-9.npy\n", "'test-9' in line 4"),
        ("file\ntest-0.npy\ntest-0.npy\n", "twice"),
        ("file\n", "names no utterances"),
        ("", "names no utterances"),
        ("a,file\n1,test-0.npy\n2\n", "too few fields in line 3"),
    ],
)
def test_an_order_that_does_not_fit_is_told(tmp_path: Path, text: str, words: str):
    write_folders(tmp_path, ["test"], coefficients=13, transcripts="transcript", words=SPRING)
    (tmp_path / "test" / "test_order.csv").write_text(text)
    with pytest.raises(FileError, match=words) as caught:
        open_corpus(tmp_path)
    assert_one_sentence(caught.value, tmp_path)


def test_the_second_opening_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = open_corpus(fall(tmp_path))
    monkeypatch.setattr(course_folders, "read_npy_header", lambda *_: pytest.fail("read"))
    monkeypatch.setattr(course_folders, "load_npy", lambda *_: pytest.fail("read"))
    monkeypatch.setattr(course_folders, "_tags_of_neighbours", lambda *_: "[")
    assert open_corpus(tmp_path) == first


def test_a_changed_transcript_is_read_anew(tmp_path: Path):
    open_corpus(fall(tmp_path))
    np.save(tmp_path / "dev-clean" / "transcript" / "raw" / "dev-clean-0.npy", np.array(["[SOS]", "ZH", "[EOS]"]))
    assert symbols(open_corpus(tmp_path)) == ["ZH"]


def test_opening_can_be_cancelled(tmp_path: Path):
    with pytest.raises(Cancelled):
        open_corpus(fall(tmp_path), report=lambda done, total: False)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("transcript/raw/dev-clean-1.npy", np.array(["AH", "QQ"]), "'QQ' is not a phoneme"),
        ("transcript/raw/dev-clean-1.npy", np.array([["AH"]]), "holds no transcript"),
        ("transcript/raw/dev-clean-1.npy", np.array([1, 2]), "holds no transcript"),
        ("transcript/raw/dev-clean-1.npy", np.array(["A B"]), "holds no transcript"),
        ("mfcc/dev-clean-1.npy", np.zeros((30, 14)), "14 coefficients, and the others have 15"),
        ("mfcc/dev-clean-1.npy", np.zeros(15), "1 dimensions"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, name: str, content: np.ndarray, words: str):
    fall(tmp_path)
    np.save(tmp_path / "dev-clean" / name, content)
    with pytest.raises(FileError, match=words) as caught:
        open_corpus(tmp_path)
    assert_one_sentence(caught.value, tmp_path / "dev-clean" / name)


def test_a_folder_without_features_is_told(tmp_path: Path):
    (tmp_path / "dev" / "mfcc").mkdir(parents=True)
    with pytest.raises(FileError, match=r"holds no \.npy files"):
        open_corpus(tmp_path)
