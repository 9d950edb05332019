"""What numbers in a label file mean: which table they index, and whether room was left for the CTC blank."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.corpus.choosing import LABEL_OFFSET, Chooser
from model.corpus.rows import LabelRows
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE, WSJ_TABLE, SymbolTable

_OFFSETS = ("0", "1")


class MisfitError(ValueError):
    """A label that is none of the table's.

    Parameters
    ----------
    row
        Which utterance it is of.
    """

    def __init__(self, row: int, text: str) -> None:
        super().__init__(text)
        self.row = row


def label_range(rows: LabelRows) -> tuple[int, int] | None:
    """Return the smallest and largest label of a whole file, None when there are none or they are names."""
    if isinstance(rows.values, tuple) or not len(rows.values):
        return None
    return int(rows.values.min()), int(rows.values.max())


def choose_meaning(
    chooser: Chooser, found: tuple[int, int] | None, *, where: str, wsj: bool, own: SymbolTable | None = None
) -> tuple[SymbolTable, int]:
    """Return the table of numeric labels and what is to be added to each.

    Parameters
    ----------
    found
        Smallest and largest label; None when nothing is known of them.
    where
        The file the labels are of, for the reasons.
    wsj
        The file is named as those of the Wall Street Journal terms.
    own
        The table that lies beside the labels, where one does.
    """
    table = _choose_table(chooser, found, where=where, wsj=wsj, own=own)
    if found is None:
        return table, 1
    low, high = found
    last = len(table) - 1
    if table == own:
        proposed, why = 1, "the file phonegui.json beside it says so"
    elif low == 0:
        proposed, why = 1, f"the labels of {where} begin at 0, which is kept for the CTC blank"
    elif high >= last:
        proposed, why = 0, f"the labels of {where} run from {low} to {high}, so room was left for the CTC blank"
    else:
        proposed, why = 0, f"no label of {where} is 0 (they run from {low} to {high}), so room seems left for the blank"
    return table, int(chooser(LABEL_OFFSET, _OFFSETS, str(proposed), why))


def _choose_table(
    chooser: Chooser, found: tuple[int, int] | None, *, where: str, wsj: bool, own: SymbolTable | None
) -> SymbolTable:
    if own is not None:
        return chooser.table(own, "the file phonegui.json beside it says so", own=own)
    if wsj:
        return chooser.table(WSJ_TABLE, "its name is that of a term on the Wall Street Journal corpus")
    if found is None:
        return chooser.table(DEFAULT_TABLE, "it has no labels to tell by, and most corpora of this layout use it")
    low, high = found
    if high + (low == 0) >= len(DEFAULT_TABLE):
        return chooser.table(WSJ_TABLE, f"the labels of {where} run from {low} to {high}, too far for 42 symbols")
    return chooser.table(DEFAULT_TABLE, f"the labels of {where} run from {low} to {high}, as those of 42 symbols do")


def to_classes(rows: LabelRows, table: SymbolTable, offset: int) -> list[tuple[int, ...]]:
    """Return labels as class indices of a table: the offset is added to numbers, names are looked up.

    Raises
    ------
    MisfitError
        A label is none of the table's.
    """
    starts = rows.starts
    if isinstance(rows.values, tuple):
        known: dict[str, int] = {}
        for place, name in enumerate(rows.values):
            if name not in known:
                try:
                    known[name] = table.index(name)
                except ValueError as error:
                    raise MisfitError(_row_of(starts, place), str(error)) from None
        flat = [known[name] for name in rows.values]
    else:
        classes = rows.values + offset
        outside = np.flatnonzero((classes < 1) | (classes >= len(table)))
        if len(outside):
            place = int(outside[0])
            added = f" with {offset} added" if offset else ""
            text = (
                f"{rows.values[place]}{added} is no symbol of the table ({table.name}); choose another offset or table"
            )
            raise MisfitError(_row_of(starts, place), text)
        flat = classes.tolist()
    return [tuple(flat[start:end]) for start, end in itertools.pairwise(starts.tolist())]


def _row_of(starts: npt.NDArray[np.int64], place: int) -> int:
    return int(np.searchsorted(starts, place, "right")) - 1


def require_labels_fit(path: Path, features: int, labels: int) -> None:
    """Raise UserError when a label file is not of as many utterances as the features."""
    if features != labels:
        raise UserError(f"{path} has the labels of {labels} utterances for features of {features}; choose its own.")
