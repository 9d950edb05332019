from __future__ import annotations

import numpy as np
import pytest

from model.config import DecodingConfig
from model.decoding import NGramModel
from model.errors import UserError
from model.search import Search


def _posteriors(frames: int = 40, classes: int = 6) -> np.ndarray:
    logits = np.random.default_rng(3).normal(0, 3, (frames, classes))
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def test_width_0_is_the_best_class_of_each_frame():
    log_probs = _posteriors()
    best = log_probs.argmax(axis=1)
    kept = [int(c) for i, c in enumerate(best) if c and (i == 0 or c != best[i - 1])]
    assert Search(DecodingConfig(beam_width=0))(log_probs)[0].labels.tolist() == kept


def test_a_batch_is_each_utterance_alone():
    search = Search(DecodingConfig(beam_width=7, n_best=3))
    items = [_posteriors(20), _posteriors(35)]
    for alone, together in zip(map(search, items), search.batch(items), strict=True):
        assert [h.labels.tolist() for h in alone] == [h.labels.tolist() for h in together]


def test_a_weight_without_a_model_is_named():
    with pytest.raises(UserError, match="language model"):
        Search(DecodingConfig(alpha=0.5))(_posteriors())


def test_the_bonus_acts_with_a_model_only():
    log_probs = _posteriors()
    model = NGramModel.train([[1, 2, 3], [2, 3, 4, 5]], order=2, classes=6)
    plain = Search(DecodingConfig(beta=3.0), model)(log_probs)[0]
    assert plain.log_prob == Search()(log_probs)[0].log_prob
    short = Search(DecodingConfig(alpha=0.3, beta=-5.0), model)(log_probs)[0]
    long = Search(DecodingConfig(alpha=0.3, beta=5.0), model)(log_probs)[0]
    assert len(short.labels) < len(long.labels)
