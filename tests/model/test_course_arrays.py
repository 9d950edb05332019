from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model.corpus import Corpus, FeatureCache, open_corpus, utterance_features
from model.corpus import rows as rows_module
from model.errors import Cancelled, FileError, UserError
from model.phonemes import DEFAULT_TABLE, WSJ_TABLE
from tests.model.course_files import (
    PYTHON_2_FEATURES,
    PYTHON_2_LABELS,
    features,
    save_objects,
    unpacked,
    write_arrays,
)
from tests.model.helpers import assert_one_sentence


def chosen(corpus: Corpus) -> dict[str, str]:
    return {choice.name: choice.value for choice in corpus.choices}


def normalized(matrix: np.ndarray) -> np.ndarray:
    return (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_default_terms_arrays(tmp_path: Path, dtype: str):
    corpus = open_corpus(write_arrays(tmp_path, dtype=dtype) / "train.npy")
    assert corpus.layout == "course arrays (fall 2020), 13 coefficients"
    assert corpus.table is DEFAULT_TABLE
    assert chosen(corpus) == {"symbol table": DEFAULT_TABLE.name, "label offset": "1"}
    assert [item.name for item in corpus.utterances] == ["train-0", "train-1", "train-2", "train-3"]
    assert [item.row for item in corpus.utterances] == [0, 1, 2, 3]
    assert corpus.utterances[0].labels == tuple(range(1, 42, 4))
    assert corpus.utterances[3].labels == (1, 41, 41)
    assert [item.seconds for item in corpus.utterances] == pytest.approx([0.20, 0.25, 0.30, 0.35])
    assert corpus.recipe is not None
    assert (corpus.recipe.kind, corpus.recipe.coefficients) == ("unknown", 13)


def test_the_features_are_normalised_as_the_course_does(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path) / "train.npy")
    assert corpus.recipe is not None
    cache = FeatureCache.open(corpus, corpus.recipe)
    for number, matrix in enumerate(features(4, seed=0)):
        np.testing.assert_allclose(cache[number], normalized(matrix), atol=1e-5)
        np.testing.assert_array_equal(utterance_features(corpus.utterances[number], corpus.recipe), cache[number])


def test_a_constant_coefficient_is_no_nan(tmp_path: Path):
    matrix = features(1)[0]
    matrix[:, 4] = 3.25
    corpus = open_corpus(save_objects(tmp_path / "test.npy", [matrix]))
    assert corpus.recipe is not None
    found = FeatureCache.open(corpus, corpus.recipe)[0]
    assert np.isfinite(found).all()
    assert not found[:, 4].any()


def test_labels_that_leave_room_for_the_blank_are_taken_as_they_are(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path, coefficients=40, low=1, high=41) / "train.npy")
    assert corpus.layout == "course arrays (2021), 40 coefficients"
    assert chosen(corpus)["label offset"] == "0"
    assert corpus.utterances[3].labels == (1, 41, 41)
    assert "run from 1 to 41" in corpus.choices[1].reason


@pytest.mark.parametrize("suffix", [".npy", ""])
def test_arrays_of_the_wall_street_journal_terms(tmp_path: Path, suffix: str):
    folder = write_arrays(tmp_path, coefficients=40, high=45, names="wsj0_{}", labels="{}_merged_labels", suffix=suffix)
    corpus = open_corpus(folder, choose={"split": "wsj0_train"})
    assert corpus.layout == "course arrays (2018 to spring 2020), 40 coefficients"
    assert corpus.table is WSJ_TABLE
    assert corpus.utterances[3].labels == (1, 46, 46)
    test = save_objects(tmp_path / "transformed_test_data.npy", features(2, 40))
    assert open_corpus(test).table is WSJ_TABLE
    assert open_corpus(test).utterances[0].labels is None


def test_arrays_of_that_time_without_the_name_are_known_by_their_labels(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path, coefficients=40, high=45) / "train.npy")
    assert corpus.table is WSJ_TABLE
    assert "0 to 45" in corpus.choices[0].reason


def test_a_test_split_takes_its_table_from_the_others(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path, coefficients=40, high=45), split="test")
    assert corpus.path.name == "test.npy"
    assert corpus.table is WSJ_TABLE
    assert all(item.labels is None for item in corpus.utterances)


def test_of_several_splits_one_is_taken_and_told(tmp_path: Path):
    folder = write_arrays(tmp_path)
    for split, name in (("dev", "dev"), ("train", "train"), ("other", "dev")):
        corpus = open_corpus(folder, split=split)
        assert corpus.path == folder / f"{name}.npy"
        assert corpus.choices[0].options == ("dev", "test", "train")
    assert open_corpus(folder, choose={"split": "test"}).path == folder / "test.npy"
    with pytest.raises(UserError, match="must be one of dev; test; train, not 'best'"):
        open_corpus(folder, choose={"split": "best"})


def test_what_was_chosen_goes_before_what_was_found(tmp_path: Path):
    path = write_arrays(tmp_path, low=1, high=40) / "train.npy"
    found = open_corpus(path)
    other = open_corpus(path, choose={"label offset": "1"})
    assert (found.utterances[3].labels, other.utterances[3].labels) == ((1, 40, 40), (2, 41, 41))
    assert other.choices[1].reason == "as you chose"
    assert open_corpus(path, choose={"symbol table": "47"}).table is WSJ_TABLE
    with pytest.raises(UserError, match="no choice named 'colour'"):
        open_corpus(path, choose={"colour": "red"})


def test_an_offset_that_does_not_fit_is_told(tmp_path: Path):
    path = write_arrays(tmp_path) / "train.npy"
    with pytest.raises(FileError, match="at place 0 that does not fit: 0 is no symbol") as caught:
        open_corpus(path, choose={"label offset": "0"})
    assert_one_sentence(caught.value, tmp_path / "train_labels.npy")


def test_what_python_2_wrote_is_a_corpus(tmp_path: Path):
    (tmp_path / "train.npy").write_bytes(unpacked(PYTHON_2_FEATURES))
    (tmp_path / "dev_labels.npy").write_bytes(unpacked(PYTHON_2_LABELS))
    save_objects(tmp_path / "dev.npy", features(3))
    assert open_corpus(tmp_path / "train.npy").utterances[1].seconds == pytest.approx(0.04)
    assert [item.labels for item in open_corpus(tmp_path / "dev.npy").utterances] == [(1, 8, 41), (2, 3), (1, 2, 3)]


def test_utterances_of_one_length_come_as_one_array(tmp_path: Path):
    matrices = np.arange(2 * 5 * 13, dtype=np.float32).reshape(2, 5, 13) ** 2
    np.save(tmp_path / "dev.npy", matrices)
    np.save(tmp_path / "dev_labels.npy", np.array([[0, 1], [2, 40]]))
    corpus = open_corpus(tmp_path)
    assert [item.labels for item in corpus.utterances] == [(1, 2), (3, 41)]
    assert corpus.recipe is not None
    np.testing.assert_allclose(FeatureCache.open(corpus, corpus.recipe)[1], normalized(matrices[1]), atol=1e-5)


def test_labels_may_be_names_of_symbols(tmp_path: Path):
    save_objects(tmp_path / "dev.npy", features(2))
    save_objects(tmp_path / "dev_labels.npy", [["SIL", "AH0", "HH"], np.array(["K"])])
    assert [item.labels for item in open_corpus(tmp_path).utterances] == [(1, 5, 18), (22,)]


def test_the_second_opening_unpickles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = write_arrays(tmp_path)
    first = open_corpus(folder)
    rows_module._recent.clear()
    monkeypatch.setattr(rows_module, "read_object_array", lambda *_, **__: pytest.fail("unpickled"))
    assert open_corpus(folder) == first


def test_a_changed_file_is_read_anew(tmp_path: Path):
    folder = write_arrays(tmp_path)
    open_corpus(folder)
    save_objects(folder / "dev_labels.npy", [[0], [5], [6], [40, 40]])
    assert open_corpus(folder).utterances[1].labels == (6,)


def test_damaged_notes_are_made_anew(tmp_path: Path):
    folder = write_arrays(tmp_path)
    first = open_corpus(folder)
    for content in ("", "[]", "[[1]]", '{"lengths": [9], "values": []}', '{"value": 3}', "[" * 10000):
        rows_module._recent.clear()
        for note in (rows_module.default_cache_folder() / "corpora").iterdir():
            note.write_text(content)
        assert open_corpus(folder) == first


def test_opening_can_be_cancelled(tmp_path: Path):
    path = save_objects(tmp_path / "train.npy", features(1) * 100 + [features(1)[0] + i for i in range(100)])
    with pytest.raises(Cancelled):
        open_corpus(path, report=lambda done, total: False)


def test_a_cache_that_cannot_be_written_does_not_hinder_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "file"))
    assert len(open_corpus(write_arrays(tmp_path / "corpus"))) == 4


def _too_few_labels(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [[1]])


def _transposed(folder: Path) -> None:
    save_objects(folder / "dev.npy", [np.zeros((13, 30)), np.zeros((13, 40))])


def _wide(folder: Path) -> None:
    save_objects(folder / "dev.npy", [np.zeros((13, 400))])


def _flat(folder: Path) -> None:
    save_objects(folder / "dev.npy", [np.zeros(13), np.zeros(14)])


def _words(folder: Path) -> None:
    save_objects(folder / "dev.npy", [np.array([["a"]]), np.array([["b"]])])


def _a_list(folder: Path) -> None:
    save_objects(folder / "dev.npy", [[1, 2], [3]])


def _empty(folder: Path) -> None:
    save_objects(folder / "dev.npy", [])


def _negative(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [[1], [2], [-1, 3], [4]])


def _halves(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [[1.5], [2], [1, 3], [4]])


def _beyond(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [[0], [99], [1, 3], [4]])


def _mixed(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [[0], ["AH"], [1, 3], [4]])


def _unknown(folder: Path) -> None:
    save_objects(folder / "dev_labels.npy", [["AH"], ["AH"], ["QQ"], ["AH"]])


WRONG = {
    _too_few_labels: "labels of 1 utterances for features of 4",
    _transposed: "40 coefficients at place 1, and of 30 at place 0; an array may be transposed",
    _wide: "frames of 400 coefficients, outside 1 to 256; it may need to be transposed",
    _flat: "has 1 dimensions",
    _words: "holds no numbers at place 0",
    _a_list: "no array of numbers at place 0",
    _empty: "holds no utterances",
    _negative: "no labels at place 2",
    _halves: "no labels at place 0",
    _beyond: "place 1 that does not fit: 99 with 1 added is no symbol",
    _mixed: "mixes numbers and names",
    _unknown: "at place 2 that does not fit: 'QQ' is not a phoneme",
}


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_files_that_do_not_fit_give_one_sentence(tmp_path: Path, spoil):
    write_arrays(tmp_path, ["dev"])
    spoil(tmp_path)
    with pytest.raises(UserError, match=WRONG[spoil]) as caught:
        open_corpus(tmp_path)
    assert_one_sentence(caught.value, tmp_path)


def test_labels_opened_as_features_are_told(tmp_path: Path):
    write_arrays(tmp_path)
    with pytest.raises(FileError, match="holds labels; open the features"):
        open_corpus(tmp_path / "dev_labels.npy")


def test_utterances_of_no_use_are_left_out_and_told(tmp_path: Path):
    bad = features(1)[0]
    bad[3, 3] = np.nan
    corpus = open_corpus(save_objects(tmp_path / "test.npy", [*features(2), bad, np.zeros((0, 13))]))
    assert corpus.recipe is not None
    cache = FeatureCache.open(corpus, corpus.recipe)
    assert len(cache) == 2
    assert "test-2: holds values that are not numbers" in cache.problems[0]
    assert "test-3: holds no frames" in cache.problems[1]
