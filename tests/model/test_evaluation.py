from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import CheckpointHeader, save_checkpoint
from model.config import DecodingConfig
from model.corpus import Corpus, FeatureCache
from model.errors import Cancelled, UserError
from model.evaluation import evaluate
from model.network import SpeechToPhoneme
from model.phonemes import SymbolTable
from model.recognizer import Recognizer
from model.scoring import score_posteriors
from model.search import Search
from tests.model.helpers import assert_one_sentence, tiny_network

GREEDY = Search(DecodingConfig(beam_width=0))


@pytest.fixture
def recognizer(tmp_path: Path) -> Recognizer:
    torch.manual_seed(3)
    header = CheckpointHeader(network=tiny_network())
    network = SpeechToPhoneme(header.network)
    with torch.no_grad():
        network.output.weight *= 20  # so that it hears something
    save_checkpoint(tmp_path / "a.safetensors", network.state_dict(), header)
    return Recognizer(tmp_path / "a.safetensors")


def relabelled(corpus: Corpus, labels: dict[int, tuple[int, ...] | None]) -> Corpus:
    changed = tuple(
        dataclasses.replace(utterance, labels=labels.get(index, utterance.labels))
        for index, utterance in enumerate(corpus.utterances)
    )
    return dataclasses.replace(corpus, utterances=changed)


def test_greedy_scores_are_those_of_training(recognizer: Recognizer, toy_corpus: Corpus, toy_features: FeatureCache):
    found, problems = evaluate(recognizer, toy_corpus, GREEDY)
    score = score_posteriors(recognizer.network, toy_features, range(20), toy_corpus.table)
    assert problems == ()
    assert found.utterances == score.utterances == 20
    # Kept to half precision: in an untrained network a frame or two has two classes that close.
    assert found.phone_error_rate == pytest.approx(score.counts.rate, abs=0.03)
    assert found.mean_levenshtein == pytest.approx(score.mean_levenshtein, abs=0.2)
    errors = found.substitutions + found.deletions + found.insertions
    assert found.phone_error_rate == errors / found.reference_phonemes
    assert found.reference_phonemes == score.counts.reference_length
    assert json.loads(json.dumps(found.to_json()))["utterances"] == 20


def test_progress_goes_through_all_steps_and_cancels(
    recognizer: Recognizer, toy_corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    steps: list[tuple[str, int, int]] = []
    evaluate(recognizer, toy_corpus, GREEDY, report=lambda *step: steps.append(step) or True)
    assert list(dict.fromkeys(name for name, _, _ in steps)) == ["computing features", "network", "decoding"]
    assert all(total == 20 for _, _, total in steps)
    assert steps[-1][1] == 20
    for step in ("computing features", "network", "decoding"):
        monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / step))
        with pytest.raises(Cancelled):
            evaluate(recognizer, toy_corpus, GREEDY, report=lambda name, *_, step=step: name != step)


def test_utterances_without_a_reference_are_passed_over(recognizer: Recognizer, toy_corpus: Corpus):
    partly = relabelled(toy_corpus, dict.fromkeys(range(18)))
    assert evaluate(recognizer, partly, GREEDY)[0].utterances == 2


def test_corpora_that_cannot_be_scored_are_refused(recognizer: Recognizer, toy_corpus: Corpus):
    bare = relabelled(toy_corpus, dict.fromkeys(range(20)))
    other = dataclasses.replace(toy_corpus, table=SymbolTable("two", (" ", "A"), (" ", "a")))
    gone = tuple(
        dataclasses.replace(utterance, path=Path("gone.wav")) if index else dataclasses.replace(utterance, labels=None)
        for index, utterance in enumerate(toy_corpus.utterances)
    )
    unreadable = dataclasses.replace(toy_corpus, utterances=gone)
    for corpus, words in ((bare, "no reference"), (other, "symbols"), (unreadable, "no reference")):
        with pytest.raises(UserError, match=words) as caught:
            evaluate(recognizer, corpus, GREEDY)
        assert_one_sentence(caught.value, corpus.path)
