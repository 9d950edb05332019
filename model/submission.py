"""Submissions: a csv with the letters heard in every utterance of a test corpus, checked before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import __version__
from model.corpus import Corpus, FeatureCache
from model.corpus.fit import require_features
from model.distributed import first_alone, gather_in_order, local_rank, shard
from model.errors import UserError
from model.files import file_sha256
from model.inference import batch_posteriors, batches
from model.phonemes import BLANK, DEFAULT_TABLE, FALL_2022_TABLE, SPRING_2022_TABLE, WSJ_TABLE, SymbolTable
from model.progress import Report, of_step, tell
from model.submission_files import PROGRAM, Row, Submission, read_rows

if TYPE_CHECKING:
    from model.recognizer import Recognizer
    from model.search import Search

_MOST_NAMED = 5


def term_header(table: SymbolTable, coefficients: int) -> tuple[str, str]:
    """Return the column names of the course term that had such symbols and features; fall 2020's where none fits."""
    if table.symbols == WSJ_TABLE.symbols:
        return "Id", "Predicted"
    if table.symbols == SPRING_2022_TABLE.symbols or (table.symbols == FALL_2022_TABLE.symbols and coefficients == 27):
        return "id", "predictions"
    return ("index", "label") if table.symbols == FALL_2022_TABLE.symbols else ("id", "label")


def predict(
    recognizer: Recognizer,
    corpus: Corpus,
    search: Search,
    *,
    sample: str | Path | None = None,
    language_model: str = "",
    report: Report | None = None,
) -> Submission:
    """Transcribe a test corpus and return the submission, complete and checked.

    Several processes share the utterances and all get the whole submission.

    Parameters
    ----------
    sample
        The course's sample csv: its header, ids and order are kept. Without one, the header is the term's and ids count
        from 0 in corpus order.
    language_model
        Name of the model in `search`, for the record.
    report
        Told of every block of utterances.

    Raises
    ------
    UserError
        Corpus, checkpoint and sample do not fit each other (told before anything is computed), or nothing can be read.
    Cancelled
        `report` answered False.
    """
    if not len(corpus):
        raise UserError(f"{corpus.path} holds no utterances to submit.")
    header = recognizer.header
    require_features(header.features, corpus)
    columns, ids, order = _rows_wanted(corpus, header.table, header.features.coefficients, sample)
    found, problems = _letters(recognizer, corpus, search, report)
    names = [corpus.utterances[place].name for place in order]
    rows = tuple(Row(id, found.get(place, ""), name) for id, place, name in zip(ids, order, names, strict=True))
    origin = _origin(recognizer, corpus, search, sample, language_model)
    told = (*_other_letters(corpus, header.table), *_warnings(rows), *problems)
    submission = Submission(columns, rows, told, origin)
    check(submission, header.table)
    return submission


def check(submission: Submission, table: SymbolTable) -> None:
    """Raise UserError when ids repeat or a prediction holds what is no letter of the table's phonemes."""
    if len({row.id for row in submission.rows}) != len(submission.rows):
        raise UserError("The submission names an id twice.")
    known = set(table.letters) - {table.letters[BLANK]}
    for row in submission.rows:
        unknown = sorted(set(row.letters) - known)
        if unknown:
            raise UserError(f"The prediction of id {row.id} holds {unknown[0]!r}, which is no letter of {table.name}.")


def _rows_wanted(
    corpus: Corpus, table: SymbolTable, coefficients: int, sample: str | Path | None
) -> tuple[tuple[str, str], list[str], list[int]]:
    """Return the column names, the id of each row, and the utterance that each row is of."""
    order = list(range(len(corpus)))
    if sample is None:
        return term_header(table, coefficients), [str(place) for place in order], order
    columns, rows = read_rows(sample)
    ids = [id for id, _ in rows]
    if len(ids) != len(order):
        raise UserError(
            f"{sample} is for {len(ids)} utterances, but {corpus.path} has {len(order)}; choose the test corpus of "
            "that sample."
        )
    places = {utterance.name: place for place, utterance in enumerate(corpus.utterances)}
    # Ids that are the utterances' names say which row is whose; numbers count them in test order.
    if set(ids) == set(places):
        return columns, ids, [places[id] for id in ids]
    numbers = [int(id) if id.isascii() and id.isdigit() and len(id) < 10 else -1 for id in ids]
    first = min(numbers)
    if sorted(numbers) != list(range(first, first + len(ids))):
        raise UserError(
            f"The ids of {sample} are neither consecutive numbers nor the names of the utterances of {corpus.path}; "
            "choose the test corpus of that sample."
        )
    return columns, ids, [number - first for number in numbers]


def _letters(
    recognizer: Recognizer, corpus: Corpus, search: Search, report: Report | None
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return the letters heard in each utterance whose features can be read, and sentences on the others."""
    with first_alone(local_rank() == 0):
        told = of_step(report, "computing features")
        features = FeatureCache.open(corpus, recognizer.header.features, report=told)
    places = {utterance.name: place for place, utterance in enumerate(corpus.utterances)}
    found: dict[int, str] = {}
    blocks = shard(batches(recognizer.network, features.lengths))
    total = sum(len(block) for block in blocks)

    def going_on(_part: float) -> bool:
        return report is None or report("network and decoding", len(found), total)

    for block in blocks:
        tell(report, "network and decoding", len(found), total)
        log_probs = batch_posteriors(recognizer.network, [features[i] for i in block], progress=going_on)
        lists = search.batch(log_probs)
        for index, hypotheses in zip(block, lists, strict=True):
            place = places[features.utterances[index].name]
            found[place] = recognizer.header.table.to_letters(hypotheses[0].labels.tolist())
    if report is not None:
        report("network and decoding", total, total)
    return dict(gather_in_order(list(found.items()))), features.problems


def _warnings(rows: Sequence[Row]) -> list[str]:
    empty = [row.id for row in rows if not row.letters]
    if not empty:
        return []
    named = ", ".join(empty[:_MOST_NAMED]) + (", …" if len(empty) > _MOST_NAMED else "")
    are = "prediction is" if len(empty) == 1 else "predictions are"
    return [f"{len(empty)} {are} empty (id {named}); the course's site may refuse them."]


def _other_letters(corpus: Corpus, table: SymbolTable) -> list[str]:
    """Return a sentence where a course's test set is known to be of another term than the checkpoint's letters."""
    if corpus.recipe is None or corpus.table.symbols == table.symbols or corpus.table.symbols == DEFAULT_TABLE.symbols:
        return []
    return [
        f"{corpus.path} is of {corpus.table.name}, but the checkpoint writes the letters of {table.name}; choose a "
        "checkpoint trained on that term, for the course's site counts other letters as errors."
    ]


def _origin(
    recognizer: Recognizer, corpus: Corpus, search: Search, sample: str | Path | None, language_model: str
) -> dict[str, Any]:
    fused = search.settings.alpha > 0
    return {
        "program": f"{PROGRAM} {__version__}",
        "checkpoint": {
            "file": str(recognizer.path),
            "title": recognizer.header.title,
            "sha256": file_sha256(recognizer.path),
            "precision": recognizer.precision,
        },
        "corpus": str(corpus.path),
        "layout": corpus.layout,
        "choices": {choice.name: choice.value for choice in corpus.choices},
        "sample": str(sample) if sample is not None else None,
        "symbols": recognizer.header.table.name,
        "decoding": asdict(search.settings if fused else replace(search.settings, beta=0.0)),
        "language_model": language_model if fused else None,
    }
