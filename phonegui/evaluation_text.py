"""Words and numbers of an evaluation as the window shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.scored import CorpusScore


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one: ``1 recording``, ``1,200 recordings``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def distinct_names(names: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Return names that tell files apart: behind those that are equal, as many folders as it takes."""

    def told(place: int, folders: int) -> str:
        above = paths[place].absolute().parent.parts[-folders:] if folders else ()
        return f"{names[place]} ({Path(*above)})" if above else names[place]

    deepest = max((len(path.absolute().parts) for path in paths), default=0)
    result = []
    for place, name in enumerate(names):
        others = [other for other, it in enumerate(names) if it == name and other != place]
        counts = range(deepest + 1) if others else range(1)
        alike = (n for n in counts if told(place, n) not in {told(other, n) for other in others})
        result.append(told(place, next(alike, 0)))
    return result


def headline(score: CorpusScore) -> list[tuple[str, str, str]]:
    """Return name, value and what is known of it, of the numbers that stand first."""
    found = score.evaluation
    low, high = found.phone_error_rate_interval
    first, last = found.mean_levenshtein_interval
    groups = counted(found.groups, found.resampled)
    return [
        (
            "Phone error rate",
            f"{100 * found.phone_error_rate:.2f} %",
            f"95 %: {100 * low:.1f} to {100 * high:.1f} %, {groups}",
        ),
        ("Mean Levenshtein", f"{found.mean_levenshtein:.2f}", f"95 %: {first:.2f} to {last:.2f}, {groups}"),
    ]


def measured_with(score: CorpusScore) -> str:
    """Return how a corpus was decoded: ``measured with width 10, LM 0.50, bonus 1.5``."""
    from phonegui.comparing import settings_in_words

    return f"measured with {settings_in_words(score.settings)}"


def step_in_words(step: str, done: int, total: int) -> str:
    """Return a step of scoring as the window names it: of the network's, how many utterances it has heard by now."""
    return f"hearing {done:,} of {total:,} utterances" if step == "network" else step


def kinds(score: CorpusScore) -> str:
    """Return how the errors divide."""
    counts = score.counts
    return (
        f"{counts.substitutions:,} substituted\n{counts.deletions:,} deleted, {counts.insertions:,} inserted\n"
        f"of {counts.reference_length:,} phonemes"
    )


def time_left(done: float, seconds: float) -> str:
    """Return how long something lasts on, judged by what took `seconds` so far; empty where that says nothing yet."""
    if done <= 0 or seconds < 1.0:
        return ""
    left = seconds * (1 - done) / done
    if left < 1:
        return ""
    return f"{left:.0f} s left" if left < 90 else f"{left / 60:.0f} min left"
