import gc
import os

from model.config import COMPACT_NETWORK
from model.corpus import open_corpus
from phonegui.shared_corpora import recall, remember, stamp_of
from phonegui.training_survey import Surveying, SurveyRequest
from tests.model.helpers import write_toy_corpus


def test_a_file_is_recalled_until_it_changes_or_nobody_holds_it(tmp_path):
    path = str(write_toy_corpus(tmp_path / "corpus", count=3, seed=2))
    corpus = open_corpus(path)
    remember(path, stamp_of(path), corpus)
    assert recall(path) is corpus
    assert recall(str(tmp_path / "other.tsv")) is None
    os.utime(path, ns=(1, 1))
    assert recall(path) is None
    remember(path, stamp_of(path), corpus)
    del corpus
    gc.collect()
    assert recall(path) is None


def test_a_folder_and_a_file_that_is_gone_are_not_kept(tmp_path):
    path = str(write_toy_corpus(tmp_path / "corpus", count=3, seed=2))
    corpus = open_corpus(path)
    remember(str(tmp_path), stamp_of(str(tmp_path)), corpus)
    assert recall(str(tmp_path)) is None
    remember(str(tmp_path / "gone.tsv"), stamp_of(str(tmp_path / "gone.tsv")), corpus)
    assert recall(str(tmp_path / "gone.tsv")) is None


def test_a_survey_does_not_read_what_the_list_has_read(tmp_path, monkeypatch):
    path = str(write_toy_corpus(tmp_path / "corpus", count=3, seed=2))
    corpus = open_corpus(path)
    remember(path, stamp_of(path), corpus)
    monkeypatch.setattr("model.corpus.open_corpus", None)  # would raise
    survey = next(Surveying()(SurveyRequest(path, "", COMPACT_NETWORK), lambda *_: True))
    assert survey.train.utterances == 3
