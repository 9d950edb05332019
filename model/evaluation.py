"""Scores of a checkpoint over a corpus."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from model.corpus import Corpus, FeatureCache
from model.errors import Cancelled, UserError
from model.inference import batch_posteriors
from model.metrics import ErrorCounts, edit_distance, error_counts

if TYPE_CHECKING:
    from model.recognizer import Recognizer
    from model.search import Search

Report = Callable[[str, int, int], bool]
"""Called with the name of the step, what is done and in all; answers False to cancel."""

_BLOCK = 64


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found; the fields are those of the command's JSON.

    Attributes
    ----------
    utterances
        Utterances scored.
    phone_error_rate
        Errors per reference phoneme (0..1, more when insertions abound), silence and spoken noise removed.
    substitutions, deletions, insertions
        The errors by kind.
    mean_levenshtein
        Edits per utterance over all labels, silence included, as the course scores.
    seconds
        Wall time of network and decoding.
    """

    utterances: int
    phone_error_rate: float
    substitutions: int
    deletions: int
    insertions: int
    mean_levenshtein: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)


def evaluate(
    recognizer: Recognizer, corpus: Corpus, search: Search, *, report: Report | None = None
) -> tuple[Evaluation, tuple[str, ...]]:
    """Score a checkpoint on the labelled utterances of a corpus.

    Returns
    -------
    evaluation
        The scores.
    problems
        A sentence for every recording that could not be read and was left out.

    Raises
    ------
    UserError
        The corpus has no references, or none of its recordings can be read.
    Cancelled
        `report` answered False.
    """
    table = recognizer.header.table
    if not any(utterance.labels for utterance in corpus.utterances):
        raise UserError(
            f"{corpus.path} has no reference phonemes, so nothing can be scored; add a column named phones."
        )
    if corpus.table.symbols != table.symbols:
        raise UserError(
            f"The checkpoint's symbols ({table.name}) are not those of {corpus.path} ({corpus.table.name}); "
            "choose a checkpoint trained on the same table."
        )
    features = FeatureCache.open(corpus, recognizer.header.features, report=_named(report, "computing features"))
    began = time.monotonic()
    chosen = sorted(
        (i for i in range(len(features)) if features.utterances[i].labels), key=lambda i: int(features.lengths[i])
    )
    if not chosen:
        raise UserError(f"{corpus.path} has no reference phonemes for the recordings that can be read.")
    counts, distance = ErrorCounts(), 0
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        log_probs = batch_posteriors(recognizer.network, [features[i] for i in block])
        found = [hypotheses[0].labels.tolist() for hypotheses in search.batch(log_probs)]
        for index, labels in zip(block, found, strict=True):
            reference = features.utterances[index].labels or ()
            counts += error_counts(reference, labels, ignore=table.silent())
            distance += edit_distance(reference, labels)
        if report is not None and not report("network and decoding", start + len(block), len(chosen)):
            raise Cancelled
    result = Evaluation(
        utterances=len(chosen),
        phone_error_rate=counts.rate,
        substitutions=counts.substitutions,
        deletions=counts.deletions,
        insertions=counts.insertions,
        mean_levenshtein=distance / len(chosen),
        seconds=time.monotonic() - began,
    )
    return result, features.problems


def _named(report: Report | None, name: str) -> Callable[[int, int], bool] | None:
    return None if report is None else lambda done, total: report(name, done, total)
