from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from model.checkpoint import CheckpointHeader
from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, read_manifest
from model.errors import UserError
from model.training_data import prepare_features, usable_utterances
from model.training_events import Phase
from tests.model.helpers import assert_one_sentence, tiny_network, write_toy_corpus

HEADER = CheckpointHeader(network=tiny_network())


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_toy_corpus(tmp_path / "corpus", count=6, seed=2))


def feature_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "features"]


def test_features_come_with_their_progress(corpus: Corpus):
    *phases, cache = prepare_features(corpus, HEADER, "the corpus")
    assert phases == [Phase("computing features of the corpus", done, 6) for done in range(1, 7)]
    assert isinstance(cache, FeatureCache)
    assert len(cache) == 6
    assert len(list(prepare_features(corpus, HEADER, "the corpus"))) == 1
    assert not feature_threads()


def test_closing_cancels_the_work(corpus: Corpus):
    steps = prepare_features(corpus, HEADER, "the corpus")
    assert isinstance(next(steps), Phase)
    steps.close()  # type: ignore[attr-defined]
    assert not feature_threads()
    *phases, _ = prepare_features(corpus, HEADER, "the corpus")
    assert len(phases) == 6


def test_what_goes_wrong_comes_through(corpus: Corpus):
    for utterance in corpus.utterances:
        utterance.path.unlink()
    with pytest.raises(UserError, match="does not exist"):
        list(prepare_features(corpus, HEADER, "the corpus"))
    assert not feature_threads()


def with_labels(features: FeatureCache, labels: dict[int, tuple[int, ...] | None]) -> FeatureCache:
    changed = tuple(
        dataclasses.replace(utterance, labels=labels.get(index, utterance.labels))
        for index, utterance in enumerate(features.utterances)
    )
    return dataclasses.replace(features, utterances=changed)


def test_impossible_utterances_are_left_out_with_a_notice(corpus: Corpus):
    corpus.utterances[5].path.write_text("no sound")
    features = FeatureCache.open(corpus, FeatureConfig())
    frames = features.lengths.tolist()
    impossible = with_labels(
        features, {0: None, 1: (), 2: tuple(3 + i % 2 for i in range(frames[2] + 1)), 3: (3,) * (frames[3] // 2 + 1)}
    )
    usable, notices, left_out = usable_utterances(impossible, 1)
    assert usable == [4]
    assert len(notices) == 3
    assert "5.wav" in notices[0]
    assert "1 of 6" in notices[0]
    assert "2 of 5" in notices[1]
    assert "2 of 5" in notices[2]
    assert "5.wav" in left_out[0][1]
    names = [features.utterances[i].name for i in range(4)]
    assert [name for name, _ in left_out[1:]] == names
    assert [reason == "no phonemes" for _, reason in left_out[1:]] == [True, True, False, False]
    assert f"{frames[2] + 1} frames are needed" in left_out[3][1]


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_what_just_fits_is_learned_from(corpus: Corpus, stride: int):
    features = FeatureCache.open(corpus, FeatureConfig())
    room = -(-features.lengths // stride)
    fits = with_labels(features, {i: tuple(3 + k % 2 for k in range(room[i])) for i in range(6)})
    assert usable_utterances(fits, stride) == (list(range(6)), [], [])
    over = with_labels(fits, {2: (*fits.utterances[2].labels, 9)})
    assert usable_utterances(over, stride)[0] == [0, 1, 3, 4, 5]


def test_a_corpus_with_nothing_to_learn_is_refused(corpus: Corpus):
    features = FeatureCache.open(corpus, FeatureConfig())
    with pytest.raises(UserError, match="no utterance with phonemes") as caught:
        usable_utterances(with_labels(features, dict.fromkeys(range(6))), 1)
    assert_one_sentence(caught.value)
