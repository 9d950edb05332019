from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.corpus import describe, kind_of, open_corpus, parse_choices, read_feature_matrix
from model.errors import FileError, UserError
from tests.model.course_files import features, save_objects, write_arrays, write_header
from tests.model.helpers import RATE, assert_one_sentence, tone, write_toy_corpus


def test_what_a_path_is_can_be_told(tmp_path: Path):
    np.save(tmp_path / "one.npy", features(1)[0])
    np.save(tmp_path / "many.npy", np.zeros((2, 20, 13)))
    save_objects(tmp_path / "train.npy", features(2))
    shutil.copy(tmp_path / "train.npy", tmp_path / "wsj0_dev")
    soundfile.write(tmp_path / "a.WAV", tone(300.0, 0.1), RATE)
    manifest = write_toy_corpus(tmp_path / "toy", count=1, seed=0)
    expected = {
        "one.npy": "features",
        "many.npy": "corpus",
        "train.npy": "corpus",
        "wsj0_dev": "corpus",
        "a.WAV": "recording",
        "toy": "corpus",
        "missing.mp3": "recording",
        "missing.npy": "features",
        "missing.tsv": "corpus",
        "wav.scp": "corpus",
        "no suffix": "recording",
        "a\0b": "recording",
    }
    assert {name: kind_of(tmp_path / name) for name in expected} == expected
    assert kind_of(manifest) == "corpus"
    assert kind_of(str(tmp_path)) == "corpus"


def test_a_matrix_is_read_and_normalised(tmp_path: Path):
    matrix = features(1)[0]
    matrix[:, 2] = 7.0
    np.save(tmp_path / "a.npy", matrix)
    found = read_feature_matrix(tmp_path / "a.npy")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(found.std(axis=0), [1, 1, 0, *[1] * 10], atol=1e-5)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((13, 3000)), "3000 coefficients, outside 1 to 256; it may need to be transposed"),
        (np.zeros((0, 13)), "no frames"),
        (np.full((3, 13), np.inf), "not numbers"),
        (np.full((3, 13), "a"), "no numbers"),
        (np.zeros(13), "open it as a corpus"),
        (np.zeros((2, 3, 13)), "open it as a corpus"),
    ],
)
def test_a_matrix_of_no_use_is_told(tmp_path: Path, array: np.ndarray, words: str):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(FileError, match=words) as caught:
        read_feature_matrix(tmp_path / "a.npy")
    assert_one_sentence(caught.value, tmp_path / "a.npy")


def test_values_of_any_size_give_finite_features(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([[1e300, -1e300, 0.0], [-1e300, 1e-300, 1e5]]))
    assert np.isfinite(read_feature_matrix(tmp_path / "a.npy")).all()


def test_one_matrix_is_no_corpus(tmp_path: Path):
    np.save(tmp_path / "a.npy", features(1)[0])
    with pytest.raises(FileError, match="open it as a recording"):
        open_corpus(tmp_path / "a.npy")


def test_a_folder_of_manifests_is_a_corpus_of_splits(tmp_path: Path):
    for split in ("train", "dev"):
        manifest = write_toy_corpus(tmp_path / split, count=2, seed=0)
        text = manifest.read_text().replace("\t0.wav", f"\t{split}/0.wav").replace("\t1.wav", f"\t{split}/1.wav")
        (tmp_path / f"{split}.tsv").write_text(text)
        manifest.unlink()
    (tmp_path / "README.tsv").write_text("words, not columns\n")
    corpus = open_corpus(tmp_path)
    assert (corpus.layout, corpus.path.name) == ("audio manifest", "dev.tsv")
    assert open_corpus(tmp_path, split="train").path.name == "train.tsv"
    assert all(item.path.exists() for item in corpus.utterances)


def test_the_table_of_a_manifest_can_be_chosen(tmp_path: Path):
    corpus = open_corpus(write_toy_corpus(tmp_path, count=1, seed=0), choose={"symbol table": "47"})
    assert len(corpus.table) == 47
    assert len(corpus.choices[0].options) == 4


def test_a_description_names_the_layout_and_the_choices(tmp_path: Path):
    line = describe(open_corpus(write_arrays(tmp_path)))
    assert "course arrays (fall 2020), 13 coefficients, 4 utterances" in line
    assert "label offset: 1 (the labels of dev_labels.npy begin at 0" in line
    assert "split: dev (the folder holds dev, test, train)" in line
    assert "\n" not in line


def test_a_description_counts_what_has_no_reference(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path))
    bare = replace(corpus.utterances[0], labels=None)
    line = describe(replace(corpus, utterances=(bare, *corpus.utterances[1:])))
    assert "4 utterances (1 without reference phonemes);" in line
    assert "1 utterance;" in describe(replace(corpus, utterances=(bare,)))


def test_choices_are_given_by_name(tmp_path: Path):
    assert parse_choices(["label-offset=0", "symbol table = 47 symbols"]) == {
        "label offset": "0",
        "symbol table": "47 symbols",
    }
    with pytest.raises(UserError, match="takes NAME=VALUE"):
        parse_choices(["split"])


@pytest.mark.parametrize("name", ["", "missing", "a\0b", "x" * 300, "sound.wav", "broken.npy"])
def test_what_is_no_corpus_gives_one_sentence(tmp_path: Path, name: str):
    (tmp_path / "sound.wav").write_bytes(b"RIFF")
    write_header(tmp_path / "broken.npy", "{}")
    with pytest.raises(FileError) as caught:
        open_corpus(tmp_path / name if name else tmp_path / "empty")
    assert_one_sentence(caught.value, tmp_path / name if name else tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no corpus this program knows") as caught:
        open_corpus(tmp_path / "empty")
    assert_one_sentence(caught.value, tmp_path / "empty")
