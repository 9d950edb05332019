from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from model.corpus import FeatureCache
from model.decoding import greedy
from model.inference import posteriors
from model.metrics import edit_distance, error_counts, total_counts
from model.network import SpeechToPhoneme
from model.phonemes import DEFAULT_TABLE
from model.scoring import score_posteriors
from tests.model.helpers import tiny_network


@pytest.fixture
def network() -> SpeechToPhoneme:
    torch.manual_seed(3)
    made = SpeechToPhoneme(tiny_network()).eval()
    with torch.no_grad():
        made.output.weight *= 20  # so that it hears something
    return made


def test_scores_are_those_of_each_utterance_alone(network: SpeechToPhoneme, toy_features: FeatureCache):
    chosen = [1, 4, 5, 17]
    score = score_posteriors(network, toy_features, chosen, DEFAULT_TABLE)
    references = [toy_features.utterances[i].labels for i in chosen]
    log_probs = [posteriors(network, toy_features[i]) for i in chosen]
    heard = [greedy(item).labels.tolist() for item in log_probs]
    assert any(heard)
    expected = total_counts(
        error_counts(reference, labels, ignore=DEFAULT_TABLE.silent())
        for reference, labels in zip(references, heard, strict=True)
    )
    losses = [
        float(
            torch.nn.functional.ctc_loss(
                torch.from_numpy(item)[:, None], torch.tensor([reference]), [len(item)], [len(reference)]
            )
        )
        for item, reference in zip(log_probs, references, strict=True)
    ]
    assert score.counts == expected
    assert score.utterances == 4
    assert score.loss == pytest.approx(np.mean(losses), rel=1e-4)
    distances = [edit_distance(reference, labels) for reference, labels in zip(references, heard, strict=True)]
    assert score.mean_levenshtein == pytest.approx(np.mean(distances))


def test_utterances_without_a_reference_are_passed_over(network: SpeechToPhoneme, toy_features: FeatureCache):
    bare = tuple(
        dataclasses.replace(utterance, labels=None) if index < 18 else utterance
        for index, utterance in enumerate(toy_features.utterances)
    )
    partly = dataclasses.replace(toy_features, utterances=bare)
    score = score_posteriors(network, partly, range(20), DEFAULT_TABLE)
    assert score == score_posteriors(network, toy_features, [18, 19], DEFAULT_TABLE)


def test_what_no_path_can_spell_has_no_loss_and_does_not_flatter_that_of_the_others(
    network: SpeechToPhoneme, toy_features: FeatureCache
):
    whole = score_posteriors(network, toy_features, [3], DEFAULT_TABLE)
    first = dataclasses.replace(toy_features.utterances[0], labels=(5, 6) * 2000)
    features = dataclasses.replace(toy_features, utterances=(first, *toy_features.utterances[1:]))
    both = score_posteriors(network, features, [0, 3], DEFAULT_TABLE)
    assert both.utterances == 2
    assert both.loss == pytest.approx(whole.loss, rel=1e-4)
    assert math.isnan(score_posteriors(network, features, [0], DEFAULT_TABLE).loss)


def test_the_score_of_nothing_is_no_number(network: SpeechToPhoneme, toy_features: FeatureCache):
    score = score_posteriors(network, toy_features, [], DEFAULT_TABLE)
    assert score.utterances == score.counts.errors == 0
    assert math.isnan(score.loss)
    assert math.isnan(score.mean_levenshtein)


def test_a_network_whose_training_failed_has_heard_nothing(network: SpeechToPhoneme, toy_features: FeatureCache):
    with torch.no_grad():
        network.output.bias[3] = torch.nan
    score = score_posteriors(network, toy_features, [0, 1], DEFAULT_TABLE)
    assert score.counts.deletions == score.counts.reference_length > 0
    assert score.counts.rate == 1.0
