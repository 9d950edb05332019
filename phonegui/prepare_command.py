"""The subcommands that write features of a corpus, and that tell of the cache."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model.errors import UserError
from phonegui.progress_bars import Bars
from phonegui.resources import default_checkpoint
from phonegui.targets import require_folder, require_free


def prepare(options: argparse.Namespace) -> int:
    """Write the features and labels of an audio corpus in course layout."""
    from model.checkpoint import read_header
    from model.corpus import describe, open_corpus, parse_choices
    from model.prepare import prepare_course, split_files

    recipe = read_header(options.checkpoint or default_checkpoint()).features
    if recipe.kind == "unknown":
        raise UserError(f"{options.checkpoint} was trained on features whose recipe is not known; choose another.")
    split = options.split or Path(options.corpus).absolute().stem
    require_folder(options.out)
    require_free(split_files(options.out, split), force=options.force)
    corpus = open_corpus(options.corpus, choose=parse_choices(options.choose))
    print(f"phonegui: {describe(corpus)}", file=sys.stderr)
    with Bars() as bars:
        written = prepare_course(corpus, recipe, options.out, split=split, report=bars.report)
    for problem in written.problems:
        print(f"phonegui: left out: {problem}", file=sys.stderr)
    for file in written.files:
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    print(f"{written.utterances} utterances, {written.frames} frames of {recipe.coefficients} coefficients")
    return 0


def cache(options: argparse.Namespace) -> int:
    """Print where the cache is and how large, or empty it."""
    from model.corpus import cache_size, clear_cache, default_cache_folder
    from model.corpus.cache_folder import cache_limit

    if options.clear:
        print(f"{default_cache_folder()}: {clear_cache() / 1e6:.1f} MB freed")
    else:
        print(f"{default_cache_folder()}: {cache_size() / 1e6:.1f} MB of at most {cache_limit() / 1e6:.0f} MB")
    return 0
