"""What the phone n-gram model does to the phone error rate: tuned on one half of a corpus, measured on the other.

``python -m tests.benchmarks.language_model CORPUS [--part NAME] [--language-model ARPA ...] [--beam-width N]`` runs the
bundled checkpoint once, then decodes with every weight and bonus. The halves share no speaker where there are several.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence

from model.config import DecodingConfig
from model.corpus import FeatureCache, open_corpus
from model.decoding import NGramModel
from model.inference import batch_posteriors
from model.metrics import ErrorCounts, error_counts
from model.recognizer import Recognizer
from model.search import Search, read_language_model
from phonegui.resources import default_checkpoint, default_language_model

ALPHAS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
BETAS = (0.6, 1.2, 1.5, 1.8, 2.1, 2.5)


def rate(log_probs: Sequence, references: Sequence, search: Search, silent: frozenset[int]) -> float:
    """Return the phone error rate of a search."""
    total = ErrorCounts()
    for reference, hypotheses in zip(references, search.batch(log_probs), strict=True):
        total += error_counts(reference, hypotheses[0].labels.tolist(), ignore=silent)
    return total.rate


def halves(features: FeatureCache) -> tuple[list[int], list[int]]:
    """Return the labelled utterances of every other speaker, and the rest."""
    speakers = sorted({utterance.speaker for utterance in features.utterances})
    first = set(speakers[::2]) if len(speakers) > 1 else set()
    labelled = [i for i, utterance in enumerate(features.utterances) if utterance.labels]
    if not first:
        return labelled[::2], labelled[1::2]
    chosen = [i for i in labelled if features.utterances[i].speaker in first]
    return chosen, [i for i in labelled if features.utterances[i].speaker not in first]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("--part")
    parser.add_argument("--checkpoint", default=str(default_checkpoint()))
    parser.add_argument("--language-model", action="append")
    parser.add_argument("--beam-width", type=int, default=20)
    options = parser.parse_args()
    corpus = open_corpus(options.corpus)
    corpus = corpus.part(options.part) if options.part else corpus
    recognizer = Recognizer(options.checkpoint)
    table = recognizer.header.table
    features = FeatureCache.open(corpus, recognizer.header.features)
    tuning, held_out = halves(features)
    sets = []
    for chosen in (tuning, held_out):
        log_probs = batch_posteriors(recognizer.network, [features[i] for i in chosen])
        sets.append((log_probs, [features.utterances[i].labels for i in chosen]))
    width = options.beam_width

    def measure(which: int, alpha: float, beta: float, model: NGramModel | None) -> float:
        settings = DecodingConfig(beam_width=width, alpha=alpha, beta=beta)
        return 100 * rate(*sets[which], Search(settings, model), table.silent())

    print(f"beam width {width}, tuned on {len(tuning)} utterances, measured on {len(held_out)} of other speakers")
    print(
        f"no language model: {measure(0, 0, 0, None):.2f} % on the first half, {measure(1, 0, 0, None):.2f} % held out"
    )
    for path in options.language_model or [str(default_language_model())]:
        model = read_language_model(path, table)
        tried = {(a, b): measure(0, a, b, model) for a, b in itertools.product(ALPHAS, BETAS)}
        alpha, beta = min(tried, key=tried.__getitem__)
        print(
            f"{path}, order {model.order}: best alpha {alpha}, beta {beta}: {tried[alpha, beta]:.2f} % on the first "
            f"half, {measure(1, alpha, beta, model):.2f} % held out"
        )


if __name__ == "__main__":
    main()
