from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.checkpoint import CheckpointHeader
from model.config import FeatureConfig, NetworkConfig
from model.corpus import Corpus, FeatureCache, open_corpus, require_fit
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE, FALL_2022_TABLE, SPRING_2022_TABLE, SymbolTable
from tests.model.course_files import write_arrays, write_folders
from tests.model.helpers import assert_one_sentence


def header(coefficients: int = 13, table: SymbolTable = DEFAULT_TABLE, kind: str = "unknown") -> CheckpointHeader:
    network = NetworkConfig(features=coefficients, classes=len(table))
    return CheckpointHeader(network, FeatureConfig(kind=kind, coefficients=coefficients), table)


@pytest.fixture
def course(tmp_path: Path) -> Corpus:
    return open_corpus(write_arrays(tmp_path))


def refused(checkpoint: CheckpointHeader, corpus: Corpus, *words: str) -> None:
    with pytest.raises(UserError) as caught:
        require_fit(checkpoint, corpus)
    assert_one_sentence(caught.value, corpus.path)
    for word in words:
        assert word in str(caught.value)


def test_what_goes_together_passes(course: Corpus, toy_corpus: Corpus):
    require_fit(header(), course)
    require_fit(header(kind="mfcc"), toy_corpus)


def test_other_coefficients_are_told(course: Corpus):
    refused(header(40), course, "13 coefficients", "40", "choose a checkpoint")


def test_features_of_unknown_recipe_and_recordings_are_told(course: Corpus, toy_corpus: Corpus):
    refused(header(), toy_corpus, "holds recordings", "recipe is not known")
    refused(header(kind="mfcc"), course, "recipe is not known", "computed from recordings")


def test_another_recipe_is_told(course: Corpus):
    prepared = replace(course, recipe=FeatureConfig(hop_seconds=0.0125))
    refused(header(kind="mfcc"), prepared, "hop_seconds=0.0125", "hop_seconds=0.01", "prepare the features again")
    refused(header(), prepared, "recipe is not known", "phonegui computed")


def test_other_symbols_are_told(course: Corpus, tmp_path: Path):
    refused(header(table=SPRING_2022_TABLE), course, "42 symbols", "41 (41 symbols (spring 2022))")
    folder = write_folders(tmp_path / "s22", ["dev"], coefficients=13, transcripts="transcript", words=["<sos>", "AH"])
    spring = open_corpus(folder)
    require_fit(header(table=SPRING_2022_TABLE), spring)
    refused(header(table=FALL_2022_TABLE), spring, "in another order", "spring 2022", "fall 2022")


def test_without_references_the_symbols_do_not_matter(tmp_path: Path):
    corpus = open_corpus(write_arrays(tmp_path), split="test")
    require_fit(header(table=FALL_2022_TABLE), corpus)


def test_features_are_refused_before_anything_is_computed(course: Corpus, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("model.corpus.feature_cache.utterance_features", lambda *_: pytest.fail("computed"))
    with pytest.raises(UserError, match="13 coefficients"):
        FeatureCache.open(course, FeatureConfig(kind="unknown", coefficients=15))
    with pytest.raises(UserError, match="recipe is not known"):
        FeatureCache.open(course, FeatureConfig())
