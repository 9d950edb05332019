"""Everything an evaluation found, for a page and for other programs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from model import __version__
from model.comparison import Comparison
from model.confusion import Confusions
from model.scored import CorpusScore, GroupScore
from model.sweeps import SweepPoint


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything a report tells; what is empty was not asked for.

    Attributes
    ----------
    score
        The scored corpus.
    comparison
        The same corpus with another checkpoint or other settings.
    widths, weights
        Points of the curve over the beam width, and of the map over weight and bonus.
    """

    score: CorpusScore
    comparison: Comparison | None = None
    widths: tuple[SweepPoint, ...] = ()
    weights: tuple[SweepPoint, ...] = ()


def origin(score: CorpusScore) -> dict[str, Any]:
    """Return what was scored with what as a JSON object."""
    return {
        "corpus": score.corpus,
        "checkpoint": score.checkpoint,
        "checkpoint_sha256": score.checkpoint_sha256,
        "settings": score.settings.to_json(),
    }


def json_report(findings: Findings) -> dict[str, Any]:
    """Return everything in a report as a JSON object: numbers, matrix, groups, and every utterance."""
    score, confusions = findings.score, Confusions(findings.score)
    labels = confusions.labels()
    places = [*labels, 0]
    names = score.table.symbols
    value: dict[str, Any] = {
        "program": f"phonegui {__version__}",
        "date": date.today().isoformat(),
        **origin(score),
        "evaluation": score.evaluation.to_json(),
        "left_out": list(score.problems),
        "confusions": {
            "symbols": [*(names[label] for label in labels), ""],
            "counts": [[int(confusions.counts[row, column]) for column in places] for row in places],
        },
        "phonemes": [
            {
                "symbol": names[item.label],
                "said": item.said,
                "heard": item.heard,
                "correct": item.correct,
                "recall": item.recall,
                "precision": item.precision,
            }
            for item in confusions.phonemes
        ],
        "by_speaker": [_group(group) for group in score.by_speaker],
        "by_length": [_group(group) for group in score.by_length],
        "utterances": [
            {
                "id": item.utterance.name,
                "speaker": item.utterance.speaker,
                "phonemes": item.counts.reference_length,
                "substitutions": item.counts.substitutions,
                "deletions": item.counts.deletions,
                "insertions": item.counts.insertions,
                "levenshtein": item.distance,
                "reference": score.table.decode(item.reference),
                "heard": score.table.decode(item.hypothesis),
            }
            for item in score.utterances
        ],
    }
    if findings.widths:
        value["widths"] = [point.to_json() for point in findings.widths]
    if findings.weights:
        value["lm_map"] = [point.to_json() for point in findings.weights]
    if findings.comparison is not None:
        value["comparison"] = findings.comparison.to_json()
    cleaned: dict[str, Any] = without_nan(value)
    return cleaned


def without_nan(value: Any) -> Any:
    """Return a JSON value with null where a number is none: strict JSON has no NaN."""
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _group(group: GroupScore) -> dict[str, Any]:
    counts = group.counts
    return {
        "name": group.name,
        "utterances": group.utterances,
        "phonemes": counts.reference_length,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        "mean_levenshtein": group.mean_levenshtein,
    }
