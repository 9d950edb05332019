import numpy as np
import pytest

from model.decoding import NGramModel
from model.decoding.mixing import best_weights, context_frequencies, mixed
from tests.model.test_ngram import SYMBOLS, sequences

ONE, OTHER = sequences(300), sequences(300, seed=1)


def models(order=3):
    return [NGramModel.train(data, order=order, classes=5) for data in (ONE, OTHER)]


def frequencies(order=3):
    return [context_frequencies(data, order, 5, 0) for data in (ONE, OTHER)]


def divergence(model, table, often):
    return float((often[:, None] * table * np.log(table / model.table.table)).sum())


def test_the_best_weights_are_better_than_others():
    pair = models()
    heard = [*sequences(60, seed=0)[:45], *sequences(60, seed=1)[:15]]
    weights = best_weights(pair, heard)
    assert weights.sum() == pytest.approx(1.0) and weights[0] > weights[1] > 0

    def perplexity(share):
        return mixed(pair, (share, 1 - share), frequencies()).perplexity(heard)

    found = perplexity(weights[0])
    assert found < min(perplexity(weights[0] - 0.1), perplexity(weights[0] + 0.1))
    assert found < min(model.perplexity(heard) for model in pair)


def test_weights_of_nothing_are_refused():
    with pytest.raises(ValueError, match="at least one sequence"):
        best_weights(models(), [])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_mixture_has_the_probabilities_of_its_parts_together(order):
    pair, weights = models(order), (0.3, 0.7)
    both = mixed(pair, weights, frequencies(order))
    table = 0.3 * pair[0].table.table + 0.7 * pair[1].table.table
    listed = ~np.isnan(both.log_probs[-1])
    np.testing.assert_allclose(both.table.table[listed], table[listed], rtol=1e-9)
    np.testing.assert_allclose(both.table.table.sum(axis=1), 1.0)
    assert both.order == order and (listed.sum() > 4)


@pytest.mark.parametrize("entries", [1, 1000])
def test_single_classes_are_listed_however_few_entries_are_wanted(entries):
    pair, often = models(1), frequencies(1)
    bounded, whole = mixed(pair, (0.3, 0.7), often, entries=entries), mixed(pair, (0.3, 0.7), often)
    np.testing.assert_array_equal(bounded.table.table, whole.table.table)


def test_contexts_are_counted_from_the_beginning():
    often = context_frequencies([[1, 2]], 3, 5, 0)
    # Before the first label, before the second, before the end.
    found = {int(row): float(often[row]) for row in np.flatnonzero(often)}
    assert found == pytest.approx({0: 1 / 3, 1: 1 / 3, 7: 1 / 3})


def test_fewer_entries_lose_little_and_the_least_first(tmp_path):
    pair, weights, often = models(), (0.5, 0.5), frequencies()
    whole = mixed(pair, weights, often)
    table, shares = whole.table.table, 0.5 * (often[0] + often[1])
    losses = []
    for entries in (80, 40, 20, 1):
        pruned = mixed(pair, weights, often, entries=entries)
        listed = [int((~np.isnan(probs)).sum()) for probs in pruned.log_probs]
        assert sum(listed[1:]) <= entries
        np.testing.assert_allclose(pruned.table.table.sum(axis=1), 1.0)
        losses.append(divergence(pruned, table, shares))
        path = tmp_path / f"{entries}.arpa"
        pruned.write_arpa(path, SYMBOLS)
        again = NGramModel.read_arpa(path, SYMBOLS)
        np.testing.assert_allclose(again.table.table, pruned.table.table, rtol=1e-3)
    assert losses == sorted(losses) and losses[0] < 0.1 * losses[-1]
