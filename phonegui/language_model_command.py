"""The subcommand that trains a phone n-gram model, from a corpus's references and from texts."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from model.errors import UserError
from phonegui.targets import require_free


def language_model(options: argparse.Namespace) -> int:
    """Train a phone n-gram model and print its perplexity."""
    from model.corpus import describe, open_corpus, parse_choices
    from model.decoding import NGramModel
    from model.files import require_other

    _check(options)
    others = [*options.text, *filter(None, (options.test, options.tune, options.dictionary))]
    require_other(options.out, options.corpus, *others)
    require_free([options.out], force=options.force)
    choose = parse_choices(options.choose)
    corpus = open_corpus(options.corpus, choose=choose, split="train")
    print(f"phonegui: {describe(corpus)}", file=sys.stderr)
    references = _references(corpus)
    tested = _references(open_corpus(options.test, choose=choose)) if options.test else None
    settings = {"order": options.order, "classes": len(corpus.table), "smoothing": options.smoothing}
    if options.text or options.entries is not None:
        tuning = _references(open_corpus(options.tune, choose=choose)) if options.tune else references
        model = _mixed(options, corpus, references, tuning, settings)
    else:
        model = NGramModel.train(references, **settings)
    model.write_arpa(options.out, corpus.table.symbols)
    perplexity = model.perplexity(references)
    print(f"{options.out}: order {options.order}, {len(references)} utterances, perplexity {perplexity:.2f}")
    if tested is not None:
        print(f"perplexity on {options.test}: {model.perplexity(tested):.2f}")
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.text and not (options.dictionary and options.tune):
        raise UserError(
            "--text needs --dictionary, which says how its words are spoken, and --tune, a corpus whose references "
            "decide how much each text is worth."
        )
    if not options.text and (options.dictionary or options.tune):
        raise UserError("--dictionary and --tune act on texts; add --text.")
    if options.entries is not None and options.entries < 1:
        raise UserError("--entries must be 1 or more.")


def _mixed(
    options: argparse.Namespace,
    corpus: Any,
    references: list[tuple[int, ...]],
    tuning: list[tuple[int, ...]],
    settings: dict[str, Any],
) -> Any:
    """Return the model of the references and the texts together, and print what each is worth."""
    from model.decoding import NGramModel
    from model.decoding.mixing import best_weights, context_frequencies, mixed
    from model.pronunciations import pronounced, read_dictionary

    dictionary = read_dictionary(options.dictionary, corpus.table) if options.dictionary else {}
    # What is said again and again, as the sentences of a speech corpus are, is one sentence of the language.
    sources = [list(dict.fromkeys(references)), *(pronounced(path, dictionary) for path in options.text)]
    models = [NGramModel.train(source, **settings) for source in sources]
    weights = best_weights(models, tuning) if len(models) > 1 else [1.0]
    for name, source, weight in zip((options.corpus, *options.text), sources, weights, strict=True):
        print(f"{weight:.3f} of {name}: {len(source):,} sentences, {sum(map(len, source)):,} phones")
    often = [context_frequencies(source, options.order, len(corpus.table), 0) for source in sources]
    return mixed(models, weights, often, entries=options.entries)


def _references(corpus: Any) -> list[tuple[int, ...]]:
    references = [utterance.labels for utterance in corpus.utterances if utterance.labels]
    if not references:
        raise UserError(f"{corpus.path} has no reference phonemes; choose a corpus that has.")
    return references
