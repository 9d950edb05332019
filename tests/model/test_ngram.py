"""N-gram models: training, perplexity, and the ARPA format."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from model.decoding import NGramModel, decode
from model.decoding.arpa import ArpaError
from model.errors import FileError
from tests.model.reference_decoders import log_softmax

SYMBOLS = ("<blank>", "AH", "B", "K", "S")
BEGIN, END = "<s>", "</s>"


def sequences(count=40, classes=5, seed=0, blank=0):
    rng = np.random.default_rng(seed)
    labels = [c for c in range(classes) if c != blank]
    chain = rng.dirichlet(np.full(len(labels), 0.4), len(labels))
    found = []
    for _ in range(count):
        sequence = [int(rng.integers(len(labels)))]
        while rng.random() < 0.85:
            sequence.append(int(rng.choice(len(labels), p=chain[sequence[-1]])))
        found.append([labels[c] for c in sequence])
    return found


class WittenBell:
    """The textbook's definition, one probability at a time."""

    def __init__(self, data, order, words):
        self.order = order
        self.outcomes = [*words, END]
        self.counts = Counter()
        for sequence in data:
            padded = [BEGIN, *sequence, END]
            for n in range(1, order + 1):
                for i in range(1, len(padded)):
                    if i - n + 1 >= 0:
                        self.counts[tuple(padded[i - n + 1 : i + 1])] += 1

    def prob(self, context, word):
        context = tuple(context)[max(0, len(context) - self.order + 1) :]
        followers = [self.counts[(*context, w)] for w in self.outcomes]
        lower = self.prob(context[1:], word) if context else 1.0 / len(self.outcomes)
        kinds = sum(c > 0 for c in followers)
        if not kinds:
            return lower
        return (self.counts[(*context, word)] + kinds * lower) / (sum(followers) + kinds)


class KneserNey:
    """The same of interpolated modified Kneser-Ney smoothing: Chen and Goodman 1998, section 3."""

    def __init__(self, data, order, words):
        self.order = order
        self.outcomes = [*words, END]
        raw = Counter()
        for sequence in data:
            padded = [BEGIN, *sequence, END]
            for n in range(1, order + 1):
                raw.update(tuple(padded[i - n + 1 : i + 1]) for i in range(max(1, n - 1), len(padded)))
        self.counts, self.discounts = {}, {}
        for n in range(1, order + 1):
            grams = {gram: count for gram, count in raw.items() if len(gram) == n}
            if n < order:
                before = Counter(gram[1:] for gram in raw if len(gram) == n + 1)
                grams = {gram: grams[gram] if gram[0] == BEGIN else before[gram] for gram in grams}
            self.counts.update(grams)
            of = Counter(grams.values())
            self.discounts[n] = self.discount(*(of[k] for k in (1, 2, 3, 4)))

    @staticmethod
    def discount(n1, n2, n3, n4):
        if min(n1, n2, n3, n4) > 0:
            y = n1 / (n1 + 2 * n2)
            found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
            if all(0 < d <= k for d, k in zip(found, (1, 2, 3), strict=True)):
                return found
        return 0.5, 1.0, 1.5

    def prob(self, context, word):
        context = tuple(context)[max(0, len(context) - self.order + 1) :]
        followers = [self.counts.get((*context, w), 0) for w in self.outcomes]
        lower = self.prob(context[1:], word) if context else 1.0 / len(self.outcomes)
        if not sum(followers):
            return lower
        discounts = (0.0, *self.discounts[len(context) + 1])
        taken = sum(discounts[min(count, 3)] for count in followers)
        own = self.counts.get((*context, word), 0)
        return (own - discounts[min(own, 3)] + taken * lower) / sum(followers)


BOTH = [("witten-bell", WittenBell), ("kneser-ney", KneserNey)]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize(("smoothing", "textbook"), BOTH)
def test_training_is_the_textbooks(order, blank, smoothing, textbook):
    data = sequences(blank=blank)
    model = NGramModel.train(data, order=order, classes=5, blank=blank, smoothing=smoothing)
    words = [c for c in range(5) if c != blank]
    reference = textbook(data, order, words)
    for length in range(order):
        for history in itertools.product(words, repeat=length):
            # The beginning stands before a context that is shorter than the order.
            context = [*([BEGIN] if length < order - 1 else []), *history]
            digits = [blank] * (order - 1 - length) + list(history)
            row = sum(digit * 5 ** (order - 2 - place) for place, digit in enumerate(digits))
            for word in words:
                assert model.table.table[row, word] == pytest.approx(reference.prob(context, word))
            assert model.table.table[row, blank] == pytest.approx(reference.prob(context, END))
    assert model.table.table.sum(axis=1) == pytest.approx(np.ones(5 ** (order - 1)))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("smoothing", "textbook"), BOTH)
def test_log_prob_is_the_product_of_the_parts(order, smoothing, textbook):
    data = sequences()
    model = NGramModel.train(data, order=order, classes=5, smoothing=smoothing)
    reference = textbook(data, order, [1, 2, 3, 4])
    for sequence in ([], [3], [1, 2], [4, 4, 1, 2, 3, 3]):
        padded = [BEGIN, *sequence, END]
        expected = sum(np.log(reference.prob(padded[:i], padded[i])) for i in range(1, len(padded)))
        assert model.log_prob(sequence) == pytest.approx(expected)


def test_all_sequences_together_have_probability_one():
    model = NGramModel.train([[1], [1, 2], [2], []], order=2, classes=3)
    total = sum(
        np.exp(model.log_prob(list(labels))) for n in range(12) for labels in itertools.product((1, 2), repeat=n)
    )
    assert 0.99 < total <= 1.0 + 1e-9


def test_perplexity_falls_with_order_and_with_knowledge():
    known, other = sequences(400), sequences(400, seed=1)
    models = [NGramModel.train(known, order=order, classes=5) for order in (1, 2, 3)]
    perplexities = [model.perplexity(known) for model in models]
    assert perplexities == sorted(perplexities, reverse=True)
    assert models[1].perplexity(known) < models[1].perplexity(other)
    assert 1.0 < perplexities[-1] < 5.0
    labels = sum(len(sequence) + 1 for sequence in known)
    assert models[2].perplexity(known) == pytest.approx(np.exp(-sum(map(models[2].log_prob, known)) / labels))


def test_weights_fold_alpha_and_beta():
    model = NGramModel.train(sequences(), order=3, classes=5)
    weights = model.weighted(0.6, 0.3, 0).table
    np.testing.assert_allclose(weights[:, 1:], model.table.table[:, 1:] ** 0.6 * np.exp(0.3))
    np.testing.assert_allclose(weights[:, 0], model.table.table[:, 0] ** 0.6)
    assert model.weighted(0.6, 0.3, 0) is model.weighted(0.6, 0.3, 0)
    assert model.weighted(0.7, 0.3, 0) is not model.weighted(0.6, 0.3, 0)


def test_a_model_decides_between_sounds_that_are_alike():
    model = NGramModel.train([[1, 2]] * 30 + [[3, 4]] * 30, order=2, classes=5)
    log_probs = log_softmax([[0, 5, 0, 0, 0], [5, 0, 0, 0, 0], [0, 0, 4, 0, 4.2]])
    assert decode(log_probs)[0][0].labels.tolist() == [1, 4]
    assert decode(log_probs, language_model=model, alpha=1.0)[0][0].labels.tolist() == [1, 2]


def test_beta_rewards_labels():
    log_probs = log_softmax(np.random.default_rng(0).normal(0, 1, (60, 5)))
    model = NGramModel.train(sequences(), order=2, classes=5)
    lengths = [
        len(decode(log_probs, language_model=model, alpha=0.3, beta=beta)[0][0].labels) for beta in (-4.0, 0.0, 4.0)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


def test_a_model_of_another_blank_is_refused():
    model = NGramModel.train(sequences(blank=2), order=2, classes=5, blank=2)
    with pytest.raises(ValueError, match="language_model is made for blank 2, not 0"):
        decode(log_softmax(np.zeros((3, 5))), language_model=model)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ([], {"order": 2, "classes": 5}, "sequences must hold at least one"),
        ([[1, 0]], {"order": 2, "classes": 5}, r"sequences\[0\]: labels\[1\] is 0, the blank"),
        ([[1], [9]], {"order": 2, "classes": 5}, r"sequences\[1\]: labels\[0\] is 9, outside"),
        ([[1]], {"order": 0, "classes": 5}, "order must be"),
        ([[1]], {"order": 5, "classes": 5}, "order must be"),
        ([[1]], {"order": 4, "classes": 500}, "takes 62500000000 entries"),
        ([[1]], {"order": 2, "classes": 5, "blank": 5}, "blank must be"),
        ([[1]], {"order": 2, "classes": 5, "smoothing": "none"}, "smoothing must be one of kneser-ney, witten-bell"),
    ],
)
def test_bad_training_input_is_one_clear_error(data, options, message):
    with pytest.raises(ValueError, match=message):
        NGramModel.train(data, **options)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("blank", [0, 3])
def test_arpa_comes_back_as_it_was(tmp_path, order, blank):
    symbols = ["AH", "B", "K", "S"]
    symbols.insert(blank, "<blank>")
    model = NGramModel.train(sequences(blank=blank), order=order, classes=5, blank=blank)
    path = tmp_path / "model.arpa"
    model.write_arpa(path, symbols)
    again = NGramModel.read_arpa(path, symbols, blank=blank)
    np.testing.assert_allclose(again.table.table, model.table.table, rtol=1e-4)
    again.write_arpa(tmp_path / "again.arpa", symbols)
    assert (tmp_path / "again.arpa").read_text() == path.read_text()


ARPA = """
\\data\\
ngram 1=6
ngram 2=3

\\1-grams:
-99\t<s>\t-0.3
-0.7\tAH\t-0.2
-0.7\tB
-0.7\tK\t0.1
-0.7\tS
-0.7\t</s>

\\2-grams:
-0.2\t<s> AH
-0.4\tAH B
-0.5\tB </s>

\\end\\
"""


def read(tmp_path, text, symbols=SYMBOLS):
    path = tmp_path / "model.arpa"
    path.write_text(text, encoding="utf-8")
    return NGramModel.read_arpa(path, symbols)


def test_reading_follows_the_format(tmp_path):
    model = read(tmp_path, ARPA)
    assert model.order == 2
    assert model.log_prob([1, 2]) == pytest.approx(np.log(10) * (-0.2 - 0.4 - 0.5))
    # "<s> K" backs off from <s>, "K S" from K, "S </s>" from S, which has no weight.
    assert model.log_prob([3, 4]) == pytest.approx(np.log(10) * (-0.3 - 0.7 + 0.1 - 0.7 + 0.0 - 0.7))


def test_the_unknown_word_stands_in_for_missing_symbols(tmp_path):
    text = ARPA.replace("-0.7\tS\n", "-1.5\t<unk>\n").replace("-0.5\tB </s>", "-0.5\tB <unk>")
    assert read(tmp_path, text).log_prob([4]) == pytest.approx(np.log(10) * (-0.3 - 1.5 + 0.0 - 0.7))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\\data\\", "data", "line 2: expected .data."),
        ("ngram 2=3", "ngram 3=3", "line 4: expected the number of 2-grams, not of 3-grams"),
        ("ngram 1=6\nngram 2=3", "", "order must lie between 1 and 4, not 0"),
        ("ngram 2=3", "ngram 2=3\nngram 3=1\nngram 4=1\nngram 5=1", "order must lie between 1 and 4, not 5"),
        ("ngram 2=3", "ngram 2=4", "line 14: 3 2-grams follow, but .data. speaks of 4"),
        ("\\2-grams:", "\\3-grams:", "line 14: expected .2-grams:"),
        ("-0.7\tB\n", "abc\tB\n", "line 9: 'abc' is not a number"),
        ("-0.7\tB\n", "nan\tB\n", "line 9: 'nan' is not a number"),
        ("-0.7\tB\n", "-inf\tB\n", "line 9: '-inf' is not a number"),
        ("-0.7\tB\n", "0.7\tB\n", "line 9: 0.7 is no logarithm of a probability"),
        ("-0.2\n", "-x\n", "line 8: '-x' is not a number"),
        ("-0.7\tB\n", "-0.7\n", "line 9: expected a number and 1 word, and perhaps another number"),
        ("-0.4\tAH B\n", "-0.4\tAH B\t-1\n", "line 16: expected a number and 2 words; it has"),
        ("-0.7\tB\n", "-0.7\tQQ\n", "line 9: 'QQ' is none of the 4 symbols"),
        ("AH B\n", "QQ B\n", "line 16: 'QQ' is none of the 4 symbols"),
        ("AH B\n", "</s> B\n", "line 16: </s> cannot stand here"),
        ("AH B\n", "AH <s>\n", "line 16: <s> cannot stand here"),
        ("-0.7\tB\n", "-0.7\tAH\n", "line 9: 'AH' stands here twice"),
        ("ngram 1=6", "ngram 1=5", "speaks of 5"),
        ("-0.7\t</s>\n", "-0.7\t<unk>\n", None),
        ("-0.3\n", "3\n", "gives a probability above 1"),
        ("-0.3\n", "9999\n", "gives a probability above 1"),
        ("\\end\\", "", "line 20: the file ends before .end."),
        ("\\end\\", "\\3-grams:", "expected .end."),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path, old, new, message):
    assert old in ARPA
    if message is None:
        read(tmp_path, ARPA.replace(old, new, 1))
        return
    with pytest.raises(ArpaError, match=message) as caught:
        read(tmp_path, ARPA.replace(old, new, 1))
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(str(tmp_path / "model.arpa"))


def test_missing_symbols_are_named(tmp_path):
    text = ARPA.replace("-0.7\tS\n", "").replace("ngram 1=6", "ngram 1=5")
    with pytest.raises(ArpaError, match="has no 1-gram of 'S'"):
        read(tmp_path, text)
    with pytest.raises(ArpaError, match="'AH' is none of the 2 symbols"):
        read(tmp_path, ARPA, ["<blank>", "B", "K"])


def test_files_that_are_no_text(tmp_path):
    path = tmp_path / "model.arpa"
    path.write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")
    with pytest.raises(ArpaError, match="is not text in UTF-8"):
        NGramModel.read_arpa(path, SYMBOLS)
    with pytest.raises(FileError, match="does not exist"):
        NGramModel.read_arpa(tmp_path / "none.arpa", SYMBOLS)
    with pytest.raises(FileError, match="is a folder"):
        NGramModel.read_arpa(tmp_path, SYMBOLS)


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    whole = ARPA.rstrip()
    for length in range(len(whole)):
        with pytest.raises(ArpaError):
            read(tmp_path, whole[:length])


def test_damaged_files_are_read_or_refused(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(300):
        text = list(ARPA)
        for place in rng.integers(len(text), size=rng.integers(1, 4)):
            text[place] = chr(rng.choice([9, 10, 32, 45, 46, 48, 57, 60, 92, 101, 0x660, 0x2028]))
        try:
            model = read(tmp_path, "".join(text))
        except ArpaError:
            continue
        assert np.isfinite(model.table.table).all()


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (["-", "A", "B"], "symbols must hold 5 words"),
        (["-", "A", "A", "B", "C"], "symbols must not repeat"),
        (["-", "A b", "B", "C", "D"], r"symbols\[1\] must be a word without spaces"),
        (["-", "", "B", "C", "D"], r"symbols\[1\] must be a word"),
        (["-", "<s>", "B", "C", "D"], r"symbols\[1\] must be a word"),
    ],
)
def test_symbols_that_are_no_words(tmp_path, symbols, message):
    model = NGramModel.train(sequences(), order=1, classes=5)
    with pytest.raises(ValueError, match=message):
        model.write_arpa(tmp_path / "model.arpa", symbols)
