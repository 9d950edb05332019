"""Edit distance and phone error rate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from Levenshtein import distance as _distance
from Levenshtein import editops as _editops
from Levenshtein import opcodes as _opcodes

from model.phonemes import SymbolTable

_OPERATIONS = {"replace": "substitution", "delete": "deletion", "insert": "insertion"}
_KINDS = ("substitution", "deletion", "insertion")

# Beyond this many pairs of labels the library would hold Python's interpreter, and with it a window, for too long.
_MOST_PAIRS = 1 << 26


@dataclass(frozen=True)
class Edit:
    """One step from the reference to the hypothesis.

    Attributes
    ----------
    kind
        ``"substitution"``, ``"deletion"`` (in the reference alone) or ``"insertion"`` (in the hypothesis alone).
    reference, hypothesis
        Positions in the two sequences where the step stands.
    """

    kind: str
    reference: int
    hypothesis: int


@dataclass(frozen=True)
class ErrorCounts:
    """Errors of hypotheses against references; counts of several utterances add up."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_length: int = 0

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per reference phoneme; above 1 when insertions abound, NaN without any reference."""
        return self.errors / self.reference_length if self.reference_length else float("nan")

    def __add__(self, other: ErrorCounts) -> ErrorCounts:
        """Return the counts of both together."""
        return ErrorCounts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_length + other.reference_length,
        )


def edit_distance(reference: Sequence[int], hypothesis: Sequence[int]) -> int:
    """Return the Levenshtein distance of two label sequences: the fewest edits of one label each."""
    if _are_long(reference, hypothesis):
        from model.long_edits import edit_path

        return len(edit_path(reference, hypothesis))
    return int(_distance(_text(reference), _text(hypothesis)))


def edits(reference: Sequence[int], hypothesis: Sequence[int]) -> list[Edit]:
    """Return a shortest list of edits that makes the reference into the hypothesis, in order."""
    if _are_long(reference, hypothesis):
        from model.long_edits import edit_path

        return [Edit(_KINDS[kind], i, j) for kind, i, j in edit_path(reference, hypothesis).tolist()]
    return [Edit(_OPERATIONS[kind], i, j) for kind, i, j in _editops(_text(reference), _text(hypothesis))]


def aligned(
    reference: Sequence[int], hypothesis: Sequence[int], *, ignore: Collection[int] = frozenset()
) -> list[tuple[int, int]]:
    """Return the positions that stand opposite each other on a shortest list of edits, in order.

    Of several shortest lists it is always the same one; another would spread the same number of errors differently.

    Parameters
    ----------
    reference, hypothesis
        Class indices without blanks.
    ignore
        Classes taken out of both before; positions are those of the whole sequences all the same.

    Returns
    -------
    list of (int, int)
        Position in the reference and in the hypothesis; -1 where nothing stands opposite.
    """
    rows = [i for i, label in enumerate(reference) if label not in ignore]
    columns = [j for j, label in enumerate(hypothesis) if label not in ignore]
    pairs: list[tuple[int, int]] = []
    steps = _opcodes(_text([reference[i] for i in rows]), _text([hypothesis[j] for j in columns]))
    for kind, first, last, begin, end in steps:
        if kind == "delete":
            pairs += ((row, -1) for row in rows[first:last])
        elif kind == "insert":
            pairs += ((-1, column) for column in columns[begin:end])
        else:
            pairs += zip(rows[first:last], columns[begin:end], strict=True)
    return pairs


_MARKS = {"substitution": "{old} → {new}", "deletion": "− {old}", "insertion": "+ {new}"}


def describe_edits(reference: Sequence[int], hypothesis: Sequence[int], table: SymbolTable, *, most: int = 12) -> str:
    """Return in words how a hypothesis differs from a reference: ``T → D,  − AH``; at most so many differences."""
    found = edits(reference, hypothesis)
    marks = []
    for edit in found[:most]:
        old = "" if edit.kind == "insertion" else table.symbols[int(reference[edit.reference])]
        new = "" if edit.kind == "deletion" else table.symbols[int(hypothesis[edit.hypothesis])]
        marks.append(_MARKS[edit.kind].format(old=old, new=new))
    return ",  ".join(marks) + (f"  and {len(found) - most} more" if len(found) > most else "")


def error_counts(
    reference: Sequence[int], hypothesis: Sequence[int], *, ignore: Collection[int] = frozenset()
) -> ErrorCounts:
    """Count substitutions, deletions and insertions of one utterance.

    Parameters
    ----------
    reference, hypothesis
        Class indices without blanks.
    ignore
        Classes taken out of both before counting: silence and noise in a phone error rate.
    """
    wanted = [label for label in reference if label not in ignore]
    kinds = [edit.kind for edit in edits(wanted, [label for label in hypothesis if label not in ignore])]
    return ErrorCounts(kinds.count("substitution"), kinds.count("deletion"), kinds.count("insertion"), len(wanted))


def total_counts(counts: Iterable[ErrorCounts]) -> ErrorCounts:
    """Return the sum of the counts of several utterances."""
    return sum(counts, ErrorCounts())


def _are_long(reference: Sequence[int], hypothesis: Sequence[int]) -> bool:
    return len(reference) * len(hypothesis) > _MOST_PAIRS


def _text(labels: Sequence[int]) -> str:
    # The library is fastest on strings; offset 1 keeps NUL out.
    return "".join(chr(int(label) + 1) for label in labels)
