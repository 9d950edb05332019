from __future__ import annotations

import numpy as np
import pytest

from model import sweeps
from model.config import DecodingConfig
from model.decoding import NGramModel
from model.errors import Cancelled, UserError
from model.evaluation import score
from model.metrics import total_counts
from model.phonemes import DEFAULT_TABLE
from model.search import Search
from model.sweeps import beam_curve, best, weight_map
from tests.model.helpers import assert_one_sentence
from tests.model.scored_helpers import kept

CYCLE = DEFAULT_TABLE.encode("T AA D IY")


def cycles(count: int) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [(CYCLE * 5)[start : start + 12] for start in random.integers(0, 4, count)]


@pytest.fixture(scope="module")
def model() -> NGramModel:
    return NGramModel.train(cycles(20), order=2, classes=len(DEFAULT_TABLE))


def test_each_point_is_what_scoring_with_its_setting_gives():
    posteriors = kept(cycles(12), certainty=1.2)
    points = list(beam_curve(posteriors, Search(), widths=(1, 5, 20)))
    assert [point.beam_width for point in points] == [1, 5, 20]
    for point in points:
        found = score(posteriors, Search(DecodingConfig(beam_width=point.beam_width)))
        assert point.phone_error_rate == found.counts.rate
        assert point.mean_levenshtein == found.evaluation.mean_levenshtein
        assert point.milliseconds > 0
        assert point.utterances == 12


def test_a_model_of_the_references_helps_and_the_best_weight_is_found(model: NGramModel):
    posteriors = kept(cycles(12), certainty=1.2)
    search = Search(DecodingConfig(beam_width=10), model)
    points = list(weight_map(posteriors, search, alphas=(0.5, 1.0), betas=(0.0, 1.0)))
    assert [(point.alpha, point.beta) for point in points] == [(0, 0), (0.5, 0), (0.5, 1), (1, 0), (1, 1)]
    assert best(points).alpha > 0
    assert best(points).phone_error_rate < points[0].phone_error_rate
    assert best(points).phone_error_rate == min(point.phone_error_rate for point in points)


def test_progress_runs_over_all_points_and_cancels_in_the_midst():
    posteriors = kept(cycles(6))
    steps: list[tuple[int, int]] = []
    list(beam_curve(posteriors, Search(), widths=(1, 2), report=lambda _, *step: steps.append(step) or True))
    assert steps == [(0, 12), (6, 12), (6, 12), (12, 12)]
    curve = beam_curve(posteriors, Search(), widths=(1, 2), report=lambda _, done, __: done < 6)
    next(curve)
    with pytest.raises(Cancelled):
        next(curve)


def test_a_map_needs_a_model_and_a_beam(model: NGramModel):
    posteriors = kept(cycles(2))
    for search in (Search(), Search(DecodingConfig(beam_width=0), model)):
        with pytest.raises(UserError) as caught:
            next(weight_map(posteriors, search))
        assert_one_sentence(caught.value)


def test_a_part_of_the_corpus_is_scored_in_its_order():
    posteriors = kept(cycles(9), certainty=1.0)
    chosen = posteriors.subset(3)
    assert chosen == [0, 3, 6]
    assert posteriors.subset(100) == list(range(9))
    whole, part = score(posteriors, Search()), score(posteriors, Search(), chosen=chosen)
    assert [item.utterance.name for item in part.utterances] == ["u0", "u3", "u6"]
    assert part.counts == total_counts(whole.utterances[index].counts for index in chosen)


def test_what_is_slow_the_first_time_is_not_counted_to_the_first_point(model: NGramModel, monkeypatch):
    scored: list[tuple[int, float, int]] = []

    def noting(kept, search, *, chosen=None, **keywords):
        count = len(kept) if chosen is None else len(chosen)
        scored.append((search.settings.beam_width, search.settings.alpha, count))
        return score(kept, search, chosen=chosen, **keywords)

    monkeypatch.setattr(sweeps, "score", noting)
    posteriors = kept(cycles(6))
    list(beam_curve(posteriors, Search(), widths=(3,)))
    assert scored[:2] == [(3, 0.0, 1), (3, 0.0, 6)]
    scored.clear()
    list(weight_map(posteriors, Search(DecodingConfig(beam_width=4), model), alphas=(0.5,), betas=(0.0,)))
    assert scored == [(4, 0.0, 1), (4, 0.5, 1), (4, 0.0, 6), (4, 0.5, 6)]
