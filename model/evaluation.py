"""Scores of a checkpoint over a corpus."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.batching import length_buckets
from model.corpus import Corpus
from model.distributed import gather_in_order, shard
from model.kept_posteriors import KeptPosteriors
from model.progress import Report, tell
from model.scored import CorpusScore, Evaluation
from model.scored_utterance import ScoredUtterance, score_utterance
from model.search import Search

if TYPE_CHECKING:
    from model.recognizer import Recognizer

__all__ = ["Evaluation", "Report", "evaluate", "score"]

# A block is decoded within about a second: a cancel is looked at between blocks.
_BLOCK_FRAMES, _BLOCK_UTTERANCES = 20_000, 64


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
    found = score(KeptPosteriors.open(recognizer, corpus, report=report), search, report=report)
    return found.evaluation, found.problems


def score(
    kept: KeptPosteriors,
    search: Search,
    *,
    chosen: Sequence[int] | None = None,
    timed: bool = True,
    report: Report | None = None,
) -> CorpusScore:
    """Decode kept posteriors and score what is heard against the references; the network does not run.

    Several processes share the utterances and all get the same score.

    Parameters
    ----------
    kept
        Posteriors and references.
    search
        How they are decoded.
    chosen
        Utterances to score, in their order; None for all.
    timed
        Whether it is wanted where the errors lie, and not only how many there are.
    report
        Told of every block of utterances.

    Raises
    ------
    UserError
        The posteriors cannot be decoded.
    Cancelled
        `report` answered False.
    """
    wanted = list(range(len(kept)) if chosen is None else chosen)
    lengths, silent = kept.lengths, kept.table.silent()
    mine = shard(sorted(range(len(wanted)), key=lambda k: int(lengths[wanted[k]])))
    found: dict[int, ScoredUtterance] = {}
    decoding = 0.0
    frames = lengths[[wanted[k] for k in mine]]
    for places in length_buckets(frames, batch_frames=_BLOCK_FRAMES, batch_utterances=_BLOCK_UTTERANCES):
        tell(report, "decoding", len(found), len(mine))
        block = [mine[place] for place in places]
        began = time.perf_counter()
        lists = search.batch([kept[wanted[k]] for k in block])
        decoding += time.perf_counter() - began
        for k, hypotheses in zip(block, lists, strict=True):
            index, best = wanted[k], hypotheses[0]
            found[k] = score_utterance(
                kept.utterances[index],
                best,
                silent=silent,
                seconds=kept.seconds(index),
                spans=(kept.said_spans(index), kept.spans(index, best.labels, best.frames)) if timed else None,
            )
    if report is not None:
        report("decoding", len(mine), len(mine))
    found = dict(gather_in_order(list(found.items())))
    decoding = max(gather_in_order([decoding]))
    return CorpusScore(
        corpus=kept.corpus,
        checkpoint=kept.checkpoint,
        table=kept.table,
        settings=search.settings,
        step_seconds=kept.step_seconds,
        utterances=tuple(found[k] for k in range(len(wanted))),
        problems=kept.problems,
        seconds=kept.network_seconds + decoding,
        decoding_seconds=decoding,
        checkpoint_sha256=kept.checkpoint_sha256,
    )
