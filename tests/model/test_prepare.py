from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, open_corpus, read_manifest, require_features
from model.corpus.sidecar import NAME
from model.errors import Cancelled, FileError, UserError
from model.prepare import prepare_course, write_object_array
from tests.model.course_files import write_arrays
from tests.model.helpers import assert_one_sentence, write_toy_corpus

RECIPE = FeatureConfig()

# What a course program does with the files, in an interpreter of its own: their arrays are pickled.
_COURSE_PROGRAM = """
import importlib, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
allowed = {"allow_" + "pickle": True}
X = np.load(sys.argv[1] + "/dev.npy", encoding="latin1", **allowed)
Y = np.load(sys.argv[1] + "/dev_labels.npy", encoding="latin1", **allowed)
names = importlib.import_module("phoneme_list")
assert len(names.PHONEME_LIST) == len(names.PHONEME_MAP) == names.N_PHONEMES + 1 == 42
assert X.dtype == object and X.shape == Y.shape
for x, y in zip(X, Y):
    print(x.shape[0], x.shape[1], x.dtype, "".join(names.PHONEME_MAP[label + 1] for label in y))
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_toy_corpus(tmp_path / "corpus", count=4, seed=2))


def test_what_is_written_reopens_with_the_same_features_and_labels(corpus: Corpus, tmp_path: Path):
    written = prepare_course(corpus, RECIPE, tmp_path / "out", split="dev")
    assert [path.name for path in written.files] == ["dev.npy", "dev_labels.npy", "phoneme_list.py", NAME]
    direct = FeatureCache.open(corpus, RECIPE)
    for path in (tmp_path / "out", tmp_path / "out" / "dev.npy"):
        again = open_corpus(path)
        assert again.layout == "course arrays (made by phonegui), 13 coefficients"
        assert again.recipe == RECIPE
        assert again.table == corpus.table
        assert [(u.name, u.labels) for u in again.utterances] == [(u.name, u.labels) for u in corpus.utterances]
        require_features(RECIPE, again)
        reopened = FeatureCache.open(again, RECIPE)
        assert written.frames == reopened.lengths.sum()
        for one, other in zip(direct, reopened, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)


def test_course_programs_can_read_it(corpus: Corpus, tmp_path: Path):
    prepare_course(corpus, RECIPE, tmp_path / "out", split="dev")
    done = subprocess.run(
        [sys.executable, "-c", _COURSE_PROGRAM, str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    cache = FeatureCache.open(corpus, RECIPE)
    assert [int(line[0]) for line in lines] == cache.lengths.tolist()
    assert {(line[1], line[2]) for line in lines} == {("13", "float32")}
    assert [line[3] for line in lines] == [corpus.table.to_letters(item.labels or ()) for item in corpus.utterances]


def test_splits_go_side_by_side(corpus: Corpus, tmp_path: Path):
    for split in ("train", "dev"):
        prepare_course(corpus, RECIPE, tmp_path / "out", split=split)
    assert open_corpus(tmp_path / "out").choices[0].options == ("dev", "train")
    assert [item.name for item in open_corpus(tmp_path / "out", split="train").utterances] == ["u0", "u1", "u2", "u3"]
    with pytest.raises(FileError, match="another recipe"):
        prepare_course(corpus, replace(RECIPE, coefficients=20), tmp_path / "out", split="test")
    assert not (tmp_path / "out" / "test.npy").exists()


def test_features_of_another_origin_are_not_mixed_in(corpus: Corpus, tmp_path: Path):
    write_arrays(tmp_path / "out")
    before = (tmp_path / "out" / "dev.npy").read_bytes()
    with pytest.raises(FileError, match="another origin; choose an empty folder"):
        prepare_course(corpus, RECIPE, tmp_path / "out", split="dev")
    assert (tmp_path / "out" / "dev.npy").read_bytes() == before


def test_recordings_that_cannot_be_read_are_left_out(corpus: Corpus, tmp_path: Path):
    corpus.utterances[1].path.write_bytes(b"RIFF")
    written = prepare_course(corpus, RECIPE, tmp_path / "out", split="dev")
    assert "1.wav" in written.problems[0]
    assert [item.name for item in open_corpus(tmp_path / "out").utterances] == ["u0", "u2", "u3"]


def test_without_references_there_is_no_label_file(corpus: Corpus, tmp_path: Path):
    prepare_course(corpus, RECIPE, tmp_path / "out", split="test")
    bare = replace(corpus, utterances=tuple(replace(item, labels=None) for item in corpus.utterances))
    prepare_course(bare, RECIPE, tmp_path / "out", split="test")
    assert not (tmp_path / "out" / "test_labels.npy").exists()
    assert all(item.labels is None for item in open_corpus(tmp_path / "out").utterances)


def test_progress_is_told_and_cancelling_leaves_nothing(corpus: Corpus, tmp_path: Path):
    steps: list[tuple[str, int, int]] = []
    prepare_course(corpus, RECIPE, tmp_path / "out", split="dev", report=lambda *step: steps.append(step) or True)
    assert steps == [(name, n, 4) for name in ("computing features", "writing features") for n in (1, 2, 3, 4)]
    with pytest.raises(Cancelled):
        prepare_course(corpus, RECIPE, tmp_path / "other", split="dev", report=lambda name, *_: name[0] == "c")
    assert not list((tmp_path / "other").glob("*"))


@pytest.mark.parametrize("split", ["", "../x", "a/b", ".hidden", "a b"])
def test_a_split_is_a_plain_name(corpus: Corpus, tmp_path: Path, split: str):
    with pytest.raises(UserError, match="A split is named by letters"):
        prepare_course(corpus, RECIPE, tmp_path / "out", split=split)


def test_a_corpus_of_features_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="holds features already"):
        prepare_course(open_corpus(write_arrays(tmp_path)), RECIPE, tmp_path / "out", split="dev")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 1, "features": {"kind": "x"}}', "[" * 9999],
)
def test_a_damaged_note_beside_the_features_is_told(corpus: Corpus, tmp_path: Path, content: str):
    prepare_course(corpus, RECIPE, tmp_path / "out", split="dev")
    (tmp_path / "out" / NAME).write_text(content)
    with pytest.raises(FileError, match="cannot be used") as caught:
        open_corpus(tmp_path / "out")
    assert_one_sentence(caught.value, tmp_path / "out" / NAME)


def test_arrays_of_many_kinds_are_written_as_numpy_would(tmp_path: Path):
    arrays = [np.zeros((0, 3), np.float32), np.arange(5), np.arange(6.0).reshape(2, 3)]
    write_object_array(tmp_path / "a.npy", iter(arrays), 3)
    script = (
        "import numpy, sys; [print(x.dtype, x.tolist()) for x in numpy.load(sys.argv[1], **{'allow_' + 'pickle': 1})]"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.npy")], capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{array.dtype} {array.tolist()}" for array in arrays]
