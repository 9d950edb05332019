"""The subcommand that writes a submission."""

from __future__ import annotations

import argparse
import sys

from model.distributed import rank
from model.submission import predict
from model.submission_files import require_writable, sidecar_path, write
from phonegui.decoding_options import recognizer_of, search_of
from phonegui.progress_bars import Bars
from phonegui.resources import default_language_model
from phonegui.targets import require_free

_SHOWN = 3


def submit(options: argparse.Namespace) -> int:
    """Transcribe a test corpus and write its submission csv, with a JSON beside it that says how."""
    from model.corpus import describe, open_corpus, parse_choices

    require_writable(options.out, options.sample)
    require_free([options.out, sidecar_path(options.out)], force=options.force)
    recognizer = recognizer_of(options)
    search = search_of(options, recognizer)
    corpus = open_corpus(options.corpus, choose=parse_choices(options.choose), split="test")
    if rank() == 0:
        print(describe(corpus), file=sys.stderr)
    if options.part:
        corpus = corpus.known_part(options.part)
    language_model = str(options.language_model or default_language_model()) if search.language_model else ""
    with Bars() as bars:
        submission = predict(
            recognizer, corpus, search, sample=options.sample, language_model=language_model, report=bars.report
        )
    if rank() > 0:
        return 0
    for warning in submission.warnings:
        print(f"phonegui: {warning}", file=sys.stderr)
    write(options.out, submission)
    print(submission.text(_SHOWN), end="")
    print(f"{options.out}: {len(submission.rows)} rows ({corpus.layout}); {sidecar_path(options.out)} says how")
    return 0
