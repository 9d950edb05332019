"""The subcommand that evaluates: scores, curves, comparison and report."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model.config import with_overrides
from model.distributed import rank
from model.errors import UserError, shown
from phonegui.decoding_options import recognizer_of, search_of
from phonegui.evaluation_text import counted
from phonegui.progress_bars import Bars
from phonegui.resources import default_language_model
from phonegui.targets import require_folder, require_free, require_place

if TYPE_CHECKING:
    from model.comparison import Comparison
    from model.corpus import Corpus
    from model.kept_posteriors import KeptPosteriors
    from model.recognizer import Recognizer
    from model.report import Findings
    from model.search import Search
    from model.sweeps import SweepPoint

_COMPARED = ("beam_width", "alpha", "beta")


def evaluate(options: argparse.Namespace) -> int:
    """Print the scores of a checkpoint on a corpus, and what else was asked for."""
    from model.corpus import describe, open_corpus, parse_choices, require_fit
    from model.evaluation import score
    from model.kept_posteriors import KeptPosteriors
    from model.report import Findings
    from model.report_page import report_files

    if options.report:
        # Looked at now rather than at the end; the folder is made when the report is written.
        require_folder(options.report)
        require_free(report_files(options.report), force=options.force)
        require_place(report_files(options.report)[0])
    elif options.force:
        raise UserError("--force acts on the files that --report writes; add --report DIR.")
    recognizer = recognizer_of(options)
    search = search_of(options, recognizer)
    rival = _rival(options)
    other = _other_search(options, search, recognizer)
    mapped = _search_of_map(options, search, recognizer) if options.lm_map else None
    corpus = open_corpus(options.corpus, choose=parse_choices(options.choose))
    if rank() == 0:
        print(f"phonegui: {describe(corpus)}", file=sys.stderr)
    require_fit(recognizer.header, corpus)
    if options.part:
        corpus = corpus.known_part(options.part)
    with Bars() as bars:
        kept = KeptPosteriors.open(recognizer, corpus, report=bars.report)
        findings = Findings(score(kept, search, report=bars.report))
        if other is not None:
            found = _compare(findings, corpus, kept, rival, other, bars)
            findings = replace(findings, comparison=found)
        findings = replace(findings, **_sweeps(options, kept, search, mapped, bars))
    return _tell(options, findings) if rank() == 0 else 0


def _tell(options: argparse.Namespace, findings: Findings) -> int:
    for problem in findings.score.problems:
        print(f"phonegui: left out: {problem}", file=sys.stderr)
    _print_json(findings) if options.format == "json" else _print_text(findings)
    if options.report:
        from model.report_page import write_report

        page, data = write_report(options.report, findings)
        print(f"phonegui: wrote {page} and {data}", file=sys.stderr)
    return 0


def _other_search(options: argparse.Namespace, search: Search, recognizer: Recognizer) -> Search | None:
    """Return how the other side of a comparison decodes, None where nothing is compared."""
    if not options.compare and not options.compare_set:
        return None
    overrides: dict[str, str] = {}
    for assignment in options.compare_set:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UserError(f"--compare-set takes FIELD=VALUE, not {assignment!r}.")
        if name not in _COMPARED:
            raise UserError(f"--compare-set has no field named {shown(name)}; choose one of {', '.join(_COMPARED)}.")
        overrides[name] = value
    settings = with_overrides(search.settings, overrides)
    if settings.alpha and settings.beam_width == 0:
        raise UserError("Greedy decoding takes no language model; give a beam_width above 0, or alpha=0.")
    model = search.language_model
    if settings.alpha and model is None:
        model = _language_model(options, recognizer)
    return replace(search, settings=settings, language_model=model)


def _search_of_map(options: argparse.Namespace, search: Search, recognizer: Recognizer) -> Search:
    if search.settings.beam_width == 0:
        raise UserError("--lm-map needs a beam; give a --beam-width above 0.")
    return replace(search, language_model=search.language_model or _language_model(options, recognizer))


def _language_model(options: argparse.Namespace, recognizer: Recognizer) -> Any:
    from model.search import read_language_model

    return read_language_model(options.language_model or default_language_model(), recognizer.header.table)


def _rival(options: argparse.Namespace) -> Recognizer | None:
    """Return the checkpoint to compare with, read before hours may be spent on the first."""
    from model.inference import choose_device
    from model.recognizer import Recognizer

    if not options.compare:
        return None
    return Recognizer(options.compare, device=choose_device(options.device), precision=options.precision)


def _compare(
    findings: Findings,
    corpus: Corpus,
    kept: KeptPosteriors,
    rival: Recognizer | None,
    search: Search,
    bars: Bars,
) -> Comparison:
    from model.comparison import compare
    from model.evaluation import score
    from model.kept_posteriors import KeptPosteriors

    if rival is not None:
        kept = KeptPosteriors.open(rival, corpus, report=bars.report)
    return compare(findings.score, score(kept, search, report=bars.report))


def _sweeps(
    options: argparse.Namespace, kept: KeptPosteriors, search: Search, mapped: Search | None, bars: Bars
) -> dict[str, tuple[SweepPoint, ...]]:
    from model.sweeps import beam_curve, weight_map

    found: dict[str, tuple[SweepPoint, ...]] = {}
    if options.widths:
        report = _renamed(bars, "beam widths")
        found["widths"] = tuple(beam_curve(kept, search, report=report))
    if mapped is not None:
        found["weights"] = tuple(weight_map(kept, mapped, report=_renamed(bars, "language model weights")))
    return found


def _renamed(bars: Bars, name: str) -> Any:
    return lambda _, done, total: bars.report(name, done, total)


def _print_json(findings: Findings) -> None:
    from model.report import origin, without_nan

    value = {**origin(findings.score), **findings.score.evaluation.to_json()}
    if findings.widths:
        value["widths"] = [point.to_json() for point in findings.widths]
    if findings.weights:
        value["lm_map"] = [point.to_json() for point in findings.weights]
    if findings.comparison is not None:
        value["comparison"] = findings.comparison.to_json()
    print(json.dumps(without_nan(value), indent=2))


def _print_text(findings: Findings) -> None:
    result = findings.score.evaluation
    low, high = result.phone_error_rate_interval
    first, last = result.mean_levenshtein_interval
    print(f"utterances        {result.utterances}")
    print(f"phone error rate  {100 * result.phone_error_rate:.2f} %")
    print(f"substitutions     {result.substitutions}")
    print(f"deletions         {result.deletions}")
    print(f"insertions        {result.insertions}")
    print(f"mean Levenshtein  {result.mean_levenshtein:.3f}")
    print(f"seconds           {result.seconds:.1f}")
    print(f"95 % intervals    {100 * low:.2f} to {100 * high:.2f} %, {first:.3f} to {last:.3f}")
    print(f"                  (bootstrap over {counted(result.groups, result.resampled)})")
    if findings.comparison is not None:
        _print_comparison(findings.comparison)
    if findings.widths:
        _print_widths(findings.widths)
    if findings.weights:
        _print_map(findings.weights, len(findings.score.utterances))


def _print_comparison(found: Comparison) -> None:
    from model.comparison import settings_text
    from model.report_page import probability

    tally, test = found.tally(), found.test
    rate = found.second.counts.rate
    print(f"\nagainst           {found.second.checkpoint}, {settings_text(found.second)}")
    print(f"phone error rate  {100 * rate:.2f} %, mean Levenshtein {found.second.mean_levenshtein.value:.3f}")
    interval = f"{100 * test.difference.low:+.2f} to {100 * test.difference.high:+.2f}"
    print(f"difference        {100 * test.difference.value:+.2f} points (95 %: {interval})")
    print(f"fewer errors on   {counted(tally.wins, 'utterance')}, as many on {tally.ties}, more on {tally.losses}")
    print(f"p, matched pairs  {probability(test.p)} (over {found.resampled}s)")


def _print_widths(points: tuple[SweepPoint, ...]) -> None:
    from model.sweeps import best

    winner = best(points)
    print("\nbeam width  phone errors  Levenshtein  ms an utterance")
    for point in points:
        mark = "  best" if point is winner else ""
        numbers = f"{100 * point.phone_error_rate:10.2f} %  {point.mean_levenshtein:11.3f}  {point.milliseconds:15.2f}"
        print(f"{point.beam_width:10d}  {numbers}{mark}")


def _print_map(points: tuple[SweepPoint, ...], scored: int) -> None:
    """Print a map with the weights across and the bonuses down, the best marked by a star, and what it is made on."""
    from model.sweeps import best

    winner = best(points)
    alphas, betas = sorted({p.alpha for p in points if p.alpha}), sorted({p.beta for p in points if p.alpha})
    found = {(point.alpha, point.beta): point for point in points}
    used = points[0].utterances
    on = f"all {counted(scored, 'utterance')}" if used == scored else f"{used:,} of {counted(scored, 'utterance')}"
    print(f"\nphone errors in % over language model weight (across) and insertion bonus (down), on {on}")
    print(f"without   {100 * points[0].phone_error_rate:7.2f}")
    print("bonus     " + " ".join(f"{alpha:7.2f}" for alpha in alphas))
    for beta in betas:
        row = [found[alpha, beta] for alpha in alphas]
        cells = (f"{100 * p.phone_error_rate:6.2f}{'*' if p is winner else ' '}" for p in row)
        print(f"{beta:9.2f}  " + " ".join(cells).rstrip())
