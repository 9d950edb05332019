"""Submissions: a csv with the letters heard in every utterance of a test corpus, checked before it is written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model import __version__
from model.config import dumps
from model.corpus import Corpus, FeatureCache
from model.corpus.fit import require_features
from model.distributed import first_alone, gather_in_order, local_rank, shard
from model.errors import FileError, UserError, reason, shown
from model.files import atomic_path, read_utf8, write_text
from model.inference import batch_posteriors, batches
from model.phonemes import BLANK, DEFAULT_TABLE, FALL_2022_TABLE, SPRING_2022_TABLE, WSJ_TABLE, SymbolTable
from model.progress import Report, of_step, tell

if TYPE_CHECKING:
    from model.recognizer import Recognizer
    from model.search import Search

_LARGEST = 64 << 20
_MOST_NAMED = 5
_PROGRAM = "phonegui"


@dataclass(frozen=True)
class Row:
    """A line of a submission: the id it is submitted under, the letters, and the utterance's name in the corpus."""

    id: str
    letters: str
    name: str


@dataclass(frozen=True)
class Submission:
    """A submission as it would be written.

    Attributes
    ----------
    header
        Names of the two columns.
    rows
        In the order of the file.
    warnings
        Sentences on what does not hinder writing but should be known: empty predictions, recordings left out.
    origin
        How it was made, as the JSON beside it says.
    """

    header: tuple[str, str]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    origin: dict[str, Any]

    def text(self, first: int | None = None) -> str:
        """Return the csv, or its first rows alone."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows((row.id, row.letters) for row in self.rows[:first])
        return text.getvalue()


def term_header(table: SymbolTable, coefficients: int) -> tuple[str, str]:
    """Return the column names of the course term that had such symbols and features; fall 2020's where none fits."""
    if table.symbols == WSJ_TABLE.symbols:
        return "Id", "Predicted"
    if table.symbols == SPRING_2022_TABLE.symbols or (table.symbols == FALL_2022_TABLE.symbols and coefficients == 27):
        return "id", "predictions"
    return ("index", "label") if table.symbols == FALL_2022_TABLE.symbols else ("id", "label")


def read_rows(path: str | Path) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Return header and rows of a submission or a course's sample of one; every field is text, ``NA`` too.

    Raises
    ------
    FileError
        The file cannot be read, or is no csv of two columns with different ids; names the line.
    """
    path = Path(path)
    text = read_utf8(path, wanted="a csv of two columns", most=_LARGEST)
    lines: list[tuple[str, str]] = []
    seen: set[str] = set()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if not fields:
                continue
            if len(fields) != 2:
                raise FileError(path, f"has {len(fields)} fields in line {reader.line_num} where a submission has 2")
            if lines and fields[0] in seen:
                raise FileError(path, f"names the id {shown(fields[0])} again in line {reader.line_num}")
            if lines:
                seen.add(fields[0])
            lines.append((fields[0], fields[1]))
    except csv.Error as error:
        raise FileError(path, f"is no csv that can be read ({reason(error)}, in line {reader.line_num})") from None
    if len(lines) < 2:
        raise FileError(path, "has no rows; it must name the columns and hold a row for each utterance")
    return lines[0], lines[1:]


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


def sidecar_path(path: str | Path) -> Path:
    """Return the path of the JSON beside a submission: its name with another suffix."""
    return Path(path).with_suffix(".json")


def require_writable(path: str | Path, sample: str | Path | None = None) -> None:
    """Raise FileError when writing would replace a file that is no submission; to be called before computing one."""
    path, beside = Path(path), sidecar_path(path)
    if sample is not None and path.exists() and Path(sample).exists() and path.samefile(sample):
        raise FileError(path, "is the sample itself; name another file to write")
    if path.is_dir():
        raise FileError(path, "is a folder; name a file in it")
    if path.suffix.lower() != ".csv":  # whatever else stands there is the user's: a test.npy, a checkpoint
        raise FileError(path, "has no suffix of a submission; name it .csv")
    if beside.exists() and not _is_ours(beside):
        raise FileError(beside, "is there already and says nothing of a submission; name another csv to write")


def write(path: str | Path, submission: Submission) -> None:
    """Write a submission and the JSON that says how it was made, each whole or not at all, and read the csv back.

    Raises
    ------
    FileError
        The files cannot be written, or the JSON would replace a file that is none of a submission's.
    """
    require_writable(path)
    with atomic_path(path) as temporary:
        temporary.write_text(submission.text(), encoding="utf-8", newline="\n")
        columns, rows = read_rows(temporary)
        if columns != submission.header or rows != [(row.id, row.letters) for row in submission.rows]:
            raise FileError(path, "does not come back as it was written; the disk may be failing")
    value = {**submission.origin, "header": list(submission.header), "rows": len(submission.rows)}
    value["empty"] = [row.id for row in submission.rows if not row.letters]
    value["sha256"] = _sha256(Path(path))
    write_text(sidecar_path(path), json.dumps(json.loads(dumps(value)), indent=2) + "\n")


def _is_ours(path: Path) -> bool:
    try:
        value = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < _LARGEST else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and str(value.get("program", "")).startswith(_PROGRAM)


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
    for block in blocks:
        tell(report, "network and decoding", len(found), total)
        lists = search.batch(batch_posteriors(recognizer.network, [features[i] for i in block]))
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
        "program": f"{_PROGRAM} {__version__}",
        "checkpoint": {
            "file": str(recognizer.path),
            "title": recognizer.header.title,
            "sha256": _sha256(recognizer.path),
        },
        "corpus": str(corpus.path),
        "layout": corpus.layout,
        "choices": {choice.name: choice.value for choice in corpus.choices},
        "sample": str(sample) if sample is not None else None,
        "symbols": recognizer.header.table.name,
        "decoding": asdict(search.settings if fused else replace(search.settings, beta=0.0)),
        "language_model": language_model if fused else None,
    }


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
