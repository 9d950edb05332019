"""Scores over a range of settings: the curve over the beam width, the map over language model weight and bonus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.errors import UserError
from model.evaluation import score
from model.kept_posteriors import KeptPosteriors
from model.progress import Report
from model.search import Search

WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200)
ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
BETAS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
MAP_UTTERANCES = 120
"""Utterances the map is computed on: enough to tell its points apart, few enough for a minute."""

_STEADY_SECONDS = 0.5


@dataclass(frozen=True)
class SweepPoint:
    """What one setting scores.

    Attributes
    ----------
    beam_width, alpha, beta
        The setting.
    phone_error_rate, mean_levenshtein
        What it scores.
    milliseconds
        Wall time of decoding per utterance, all processors at work.
    utterances
        How many were scored.
    """

    beam_width: int
    alpha: float
    beta: float
    phone_error_rate: float
    mean_levenshtein: float
    milliseconds: float
    utterances: int = 0

    @property
    def model_text(self) -> str:
        """What the language model is given, in words."""
        return f"weight {self.alpha:g}, bonus {self.beta:g}" if self.alpha else "no language model"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return dict(vars(self))


def beam_curve(
    kept: KeptPosteriors,
    search: Search,
    *,
    widths: Sequence[int] = WIDTHS,
    chosen: Sequence[int] | None = None,
    report: Report | None = None,
) -> Iterator[SweepPoint]:
    """Yield the score of each beam width, other settings as they are; raise Cancelled where `report` answers False."""
    searches = [replace(search, settings=replace(search.settings, beam_width=width, n_best=1)) for width in widths]
    _warm_up(kept, searches)
    for number, one in enumerate(searches):
        yield _point(kept, one, chosen, _part(report, number, len(searches)), runs=3)


def weight_map(
    kept: KeptPosteriors,
    search: Search,
    *,
    alphas: Sequence[float] = ALPHAS,
    betas: Sequence[float] = BETAS,
    chosen: Sequence[int] | None = None,
    report: Report | None = None,
) -> Iterator[SweepPoint]:
    """Yield the score without the language model, then of each weight and insertion bonus.

    Parameters
    ----------
    kept
        Posteriors and references.
    search
        Has the language model; its beam width is used.
    alphas, betas
        Weights and bonuses of the map.
    chosen
        Utterances to score; None for `MAP_UTTERANCES` of them spread over the corpus.
    report
        Told of the progress over the whole map.

    Raises
    ------
    UserError
        There is no language model, or greedy decoding is asked for.
    Cancelled
        `report` answered False.
    """
    if search.language_model is None:
        raise UserError("A map over language model weights needs a language model; name one.")
    if search.settings.beam_width == 0:
        raise UserError("Greedy decoding takes no language model; give a beam width above 0.")
    chosen = kept.subset(MAP_UTTERANCES) if chosen is None else chosen
    grid = [(0.0, 0.0), *((alpha, beta) for alpha in alphas for beta in betas)]
    searches = [replace(search, settings=replace(search.settings, alpha=a, beta=b, n_best=1)) for a, b in grid]
    _warm_up(kept, searches)
    for number, one in enumerate(searches):
        yield _point(kept, one, chosen, _part(report, number, len(searches)))


def best(points: Sequence[SweepPoint]) -> SweepPoint:
    """Return the point of the lowest phone error rate, the fewest edits, the narrowest beam, the lowest weight."""
    return min(points, key=lambda p: (p.phone_error_rate, p.mean_levenshtein, p.beam_width, p.alpha, abs(p.beta)))


def _warm_up(kept: KeptPosteriors, searches: Sequence[Search]) -> None:
    """Decode one utterance, without and with what model there is: the first time takes longer than those to be told."""
    for search in searches[:2]:
        score(kept, search, chosen=kept.subset(1))


def _point(
    kept: KeptPosteriors, search: Search, chosen: Sequence[int] | None, report: Report | None, runs: int = 1
) -> SweepPoint:
    found = score(kept, search, chosen=chosen, timed=False, report=report)
    count = max(1, len(found.utterances))
    seconds = found.decoding_seconds
    for _ in range(runs - 1):
        # A short time says little: the shortest of several is the one least disturbed.
        if seconds < _STEADY_SECONDS:
            seconds = min(seconds, score(kept, search, chosen=chosen, timed=False).decoding_seconds)
    return SweepPoint(
        beam_width=search.settings.beam_width,
        alpha=search.settings.alpha,
        beta=search.settings.beta,
        phone_error_rate=found.counts.rate,
        mean_levenshtein=float(found.distances.sum()) / count,
        milliseconds=1000 * seconds / count,
        utterances=len(found.utterances),
    )


def _part(report: Report | None, number: int, points: int) -> Report | None:
    """Return a report that counts the utterances of all points together."""
    if report is None:
        return None
    return lambda name, done, total: report(name, number * total + done, points * total)
