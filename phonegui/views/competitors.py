"""What else a heard phoneme might have been: in the posteriors, and in the other hypotheses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.phonemes import BLANK, SymbolTable
from phonegui.views.frames import Frames, listed

if TYPE_CHECKING:
    from model.decoding import Hypothesis
    from model.transcript import TimedPhoneme

_LONGEST = 4000
"""Longer hypotheses are not compared at a click: it would take a noticeable while."""

NOTHING = "nothing"


def posterior_competitors(frames: Frames, phoneme: TimedPhoneme, count: int = 4) -> list[tuple[str, float]]:
    """Return the likeliest phonemes over a heard phoneme's span, as shares of what is not blank."""
    span = frames.between(phoneme.start, phoneme.end)
    if not len(span):
        return []
    means = frames.mean(span)
    means[BLANK] = 0.0
    total = float(means.sum())
    return frames.top(means / total, count) if total > 0 else []


def variants(hypotheses: Sequence[Hypothesis], index: int, table: SymbolTable) -> list[tuple[str, float]]:
    """Return what the hypotheses have in place of a phoneme of the first, each with its share of their probability.

    Parameters
    ----------
    hypotheses
        Best first.
    index
        Place of the phoneme in the first.
    table
        Names of their labels.

    Returns
    -------
    list
        A symbol, or `NOTHING` where it is left out, and a share 0..1; likeliest first.
    """
    from model.metrics import edits

    if not hypotheses or not index < len(hypotheses[0].labels) <= _LONGEST:
        return []
    first = [int(label) for label in hypotheses[0].labels]
    shares: dict[str, float] = {}
    weights = [math.exp(float(item.log_prob) - float(hypotheses[0].log_prob)) for item in hypotheses]
    for item, weight in zip(hypotheses, weights, strict=True):
        labels = [int(label) for label in item.labels]
        name = table.symbols[first[index]]
        for edit in edits(first, labels):
            if edit.reference == index and edit.kind == "substitution":
                name = table.symbols[labels[edit.hypothesis]]
            elif edit.reference == index and edit.kind == "deletion":
                name = NOTHING
        shares[name] = shares.get(name, 0.0) + weight / sum(weights)
    return sorted(shares.items(), key=lambda pair: -pair[1])


def describe_competitors(
    frames: Frames | None, hypotheses: Sequence[Hypothesis], index: int, phoneme: TimedPhoneme
) -> list[str]:
    """Return in lines what else a heard phoneme might have been."""
    if frames is None:
        return []
    lines = []
    found = listed(posterior_competitors(frames, phoneme))
    if found:
        lines.append(f"posteriors: {found}")
    shares = variants(hypotheses, index, frames.table)
    if shares:
        lines.append("hypotheses: " + " · ".join(f"{name} {100 * share:.0f} %" for name, share in shares[:4]))
    return lines
