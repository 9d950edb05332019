from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.audio import read_audio
from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, default_cache_folder, feature_cache, read_manifest
from model.errors import Cancelled, UserError
from model.features import compute_features
from tests.model.helpers import RATE, assert_one_sentence, tone, write_toy_corpus

RECIPE = FeatureConfig()


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_toy_corpus(tmp_path / "corpus", count=5, seed=2))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count what is computed."""
    counts: list[int] = []

    def compute(samples: np.ndarray, recipe: FeatureConfig) -> np.ndarray:
        counts.append(len(samples))
        return compute_features(samples, recipe)

    monkeypatch.setattr(feature_cache, "compute_features", compute)
    return counts


def files_below(folder: Path) -> list[str]:
    return sorted(name for _, _, names in os.walk(folder) for name in names)


def test_the_features_are_those_of_the_recordings(corpus: Corpus):
    cache = FeatureCache.open(corpus, RECIPE)
    assert cache.utterances == corpus.utterances
    assert len(cache) == 5
    assert cache.problems == ()
    for index, utterance in enumerate(corpus.utterances):
        expected = compute_features(read_audio(utterance.path).samples, RECIPE)
        np.testing.assert_array_equal(cache[index], expected)
        assert cache.lengths[index] == len(expected)


def test_the_second_opening_computes_nothing(corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    first = FeatureCache.open(corpus, RECIPE)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(feature_cache, "compute_features", fail)
    monkeypatch.setattr(feature_cache, "read_audio", fail)
    second = FeatureCache.open(corpus, RECIPE, report=lambda done, total: pytest.fail("reported"))
    assert second.utterances == first.utterances
    for index in range(5):
        np.testing.assert_array_equal(second[index], first[index])


def test_a_changed_recording_is_computed_anew(corpus: Corpus, computed: list[int]):
    before = FeatureCache.open(corpus, RECIPE)[2].copy()
    soundfile.write(corpus.utterances[2].path, tone(900.0, 0.77), RATE)
    after = FeatureCache.open(corpus, RECIPE)
    assert len(computed) == 10
    assert len(after[2]) == 78 != len(before)
    np.testing.assert_array_equal(after[3], compute_features(read_audio(corpus.utterances[3].path).samples, RECIPE))


def test_another_recipe_has_features_of_its_own(corpus: Corpus, computed: list[int]):
    FeatureCache.open(corpus, RECIPE)
    assert FeatureCache.open(corpus, FeatureConfig(coefficients=20))[0].shape[1] == 20
    assert FeatureCache.open(corpus, RECIPE)[0].shape[1] == 13
    assert len(computed) == 10


def test_the_references_are_read_anew(corpus: Corpus, computed: list[int]):
    FeatureCache.open(corpus, RECIPE)
    text = corpus.path.read_text().splitlines()
    text[1] = text[1].rsplit("\t", 1)[0] + "\tB IY"
    corpus.path.write_text("\n".join(text))
    changed = FeatureCache.open(read_manifest(corpus.path), RECIPE)
    assert changed.utterances[0].labels == tuple(corpus.table.encode("B IY"))
    assert len(computed) == 5


def test_recordings_that_cannot_be_read_are_left_out_and_told(corpus: Corpus, computed: list[int]):
    corpus.utterances[1].path.write_text("no sound")
    corpus.utterances[3].path.unlink()
    for _ in range(2):
        cache = FeatureCache.open(corpus, RECIPE)
        assert [utterance.name for utterance in cache.utterances] == ["u0", "u2", "u4"]
        assert "1.wav" in cache.problems[0]
        assert "3.wav" in cache.problems[1]
        expected = compute_features(read_audio(corpus.utterances[4].path).samples, RECIPE)
        np.testing.assert_array_equal(cache[2], expected)
    assert len(computed) == 3


def test_a_recording_that_comes_back_is_taken_in(corpus: Corpus):
    path = corpus.utterances[3].path
    content = path.read_bytes()
    path.unlink()
    assert len(FeatureCache.open(corpus, RECIPE)) == 4
    path.write_bytes(content)
    assert len(FeatureCache.open(corpus, RECIPE)) == 5


def test_a_corpus_without_any_recording_is_refused(corpus: Corpus):
    for utterance in corpus.utterances:
        utterance.path.unlink()
    with pytest.raises(UserError, match=r"0\.wav: does not exist"):
        FeatureCache.open(corpus, RECIPE)
    assert files_below(default_cache_folder()) == []
    with pytest.raises(UserError, match="lists no recordings") as caught:
        FeatureCache.open(corpus.part("nothing"), RECIPE)
    assert_one_sentence(caught.value, corpus.path)


def test_a_recipe_nobody_knows_is_refused_before_anything_is_read(corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feature_cache, "read_audio", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(UserError, match="recipe is not known"):
        FeatureCache.open(corpus, FeatureConfig(kind="unknown"))


def test_progress_is_reported_in_order(corpus: Corpus):
    reports: list[tuple[int, int]] = []
    FeatureCache.open(corpus, RECIPE, report=lambda done, total: reports.append((done, total)) or True)
    assert reports == [(done, 5) for done in range(1, 6)]


@pytest.mark.parametrize("last", [1, 3, 5])
def test_cancelling_leaves_nothing_half_made(corpus: Corpus, last: int):
    with pytest.raises(Cancelled):
        FeatureCache.open(corpus, RECIPE, report=lambda done, total: done < last)
    assert files_below(default_cache_folder()) == []
    assert len(FeatureCache.open(corpus, RECIPE)) == 5


@pytest.mark.parametrize("name", ["index.json", "frames.f32"])
@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"starts": [0, 99999999999999999999999]}', b"\xff\xfe"])
def test_damaged_files_are_made_anew(corpus: Corpus, name: str, content: bytes | None):
    whole = FeatureCache.open(corpus, RECIPE)[4].copy()
    (path,) = default_cache_folder().rglob(name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    np.testing.assert_array_equal(FeatureCache.open(corpus, RECIPE)[4], whole)


def test_frames_that_are_too_many_are_made_anew(corpus: Corpus):
    FeatureCache.open(corpus, RECIPE)
    (path,) = default_cache_folder().rglob("frames.f32")
    whole = path.read_bytes()
    path.write_bytes(bytes(52) + whole)
    FeatureCache.open(corpus, RECIPE)
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_told(corpus: Corpus, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written") as caught:
        FeatureCache.open(corpus, RECIPE, folder=tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


def test_names_may_hold_what_no_utf8_spells(corpus: Corpus, tmp_path: Path):
    if os.name == "nt":
        pytest.skip("names are Unicode here")
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    corpus.path.parent.rename(folder)
    moved = read_manifest(folder / "list.tsv")
    moved.utterances[0].path.write_text("no sound")
    for _ in range(2):
        assert len(FeatureCache.open(moved, RECIPE)) == 4


def test_the_users_choice_of_a_cache_folder_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "mine"))
    assert default_cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("PHONEGUI_CACHE")
    assert default_cache_folder().name == "phonegui"
