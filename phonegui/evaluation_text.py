"""Words and numbers of an evaluation as the window shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.scored import CorpusScore


def headline(score: CorpusScore) -> list[tuple[str, str, str]]:
    """Return name, value and what is known of it, of the numbers that stand first."""
    found = score.evaluation
    low, high = found.phone_error_rate_interval
    first, last = found.mean_levenshtein_interval
    groups = f"{found.groups:,} {found.resampled}{'s' if found.groups != 1 else ''}"
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
