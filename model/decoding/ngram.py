"""N-gram language models of phonemes: training, perplexity, and the table that the search takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from model.decoding._validation import label_sequence, whole_number
from model.decoding.language_model import MAX_ORDER, NGramTable, check_size
from model.decoding.smoothing import SMOOTHINGS, Codes, context_rows
from model.decoding.types import FloatArray


@dataclass(frozen=True, eq=False)
class NGramModel:
    """A back-off n-gram model over label sequences, their beginnings and ends.

    As in `NGramTable`, contexts are numbered in base V, and the blank stands for the beginning of a sequence in a
    context and for its end as the class that follows.

    Parameters
    ----------
    blank
        Index of the blank.
    log_probs
        For each order n, natural logarithms (V ** (n - 1), V) of the n-grams listed, NaN for those that are not. All of
        the first are listed.
    backoffs
        For each order n but the highest, (V ** n,): natural logarithm of the weight that a context of n classes gives
        to shorter n-grams where its own are not listed.
    """

    blank: int
    log_probs: tuple[FloatArray, ...]
    backoffs: tuple[FloatArray, ...]

    @classmethod
    def train(
        cls,
        sequences: Iterable[ArrayLike],
        *,
        order: SupportsIndex,
        classes: SupportsIndex,
        blank: SupportsIndex = 0,
        smoothing: str = "kneser-ney",
    ) -> NGramModel:
        """Estimate a model from sequences.

        Parameters
        ----------
        sequences
            Label sequences without blanks; an empty one counts as one end.
        order
            Length of the n-grams, 1 to 4.
        classes
            Number of classes V, the blank included.
        blank
            Index of the blank.
        smoothing
            One of `SMOOTHINGS`.

        Raises
        ------
        ValueError
            If there are no sequences, or an argument is out of bounds.
        """
        classes = whole_number(classes, "classes", 1)
        blank = whole_number(blank, "blank", 0, classes - 1)
        order = whole_number(order, "order", 1, MAX_ORDER)
        check_size(order, classes)
        if smoothing not in SMOOTHINGS:
            raise ValueError(f"smoothing must be one of {', '.join(SMOOTHINGS)}, not {smoothing!r}")
        padded = list(_padded(sequences, classes, blank))
        if not padded:
            raise ValueError("sequences must hold at least one sequence")
        return cls(blank, *SMOOTHINGS[smoothing](padded, order, classes, blank))

    @property
    def order(self) -> int:
        """Length of the longest n-grams."""
        return len(self.log_probs)

    @property
    def classes(self) -> int:
        """Number of classes V, the blank included."""
        return int(self.log_probs[0].shape[1])

    @cached_property
    def table(self) -> NGramTable:
        """The probability of every class after every context."""
        return NGramTable(self.order, np.exp(self.log_table()))

    def log_table(self) -> FloatArray:
        """Return its natural logarithm, (V ** (order - 1), V)."""
        full = self.log_probs[0]
        for listed, backoff in zip(self.log_probs[1:], self.backoffs, strict=True):
            shorter = backoff[:, None] + np.tile(full, (self.classes, 1))
            full = np.where(np.isnan(listed), shorter, listed)
        return full

    def weighted(self, alpha: float, beta: float, blank: int) -> NGramTable:
        """Return the table of ``p ** alpha * exp(beta)``, without ``exp(beta)`` for the end; the last one is kept.

        Raises
        ------
        ValueError
            If the model was made for another blank.
        """
        if blank != self.blank:
            raise ValueError(f"language_model is made for blank {self.blank}, not {blank}")
        return self.table.weighted(alpha, beta, blank)

    def log_prob(self, labels: ArrayLike) -> float:
        """Return the natural logarithm of the probability of a label sequence (L,), its end included."""
        [(_, log_prob)] = self._scored([labels])
        return log_prob

    def perplexity(self, sequences: Iterable[ArrayLike]) -> float:
        """Return the inverse of the geometric mean probability of all labels and ends; raise ValueError without any."""
        scored = list(self._scored(sequences))
        if not scored:
            raise ValueError("sequences must hold at least one sequence")
        return float(np.exp(-sum(log_prob for _, log_prob in scored) / sum(count for count, _ in scored)))

    def _scored(self, sequences: Iterable[ArrayLike]) -> Iterator[tuple[int, float]]:
        """Yield how many labels and ends a sequence has, and their log-probability."""
        table = self.table.table
        for rows, labels in places(sequences, self.order, self.classes, self.blank):
            with np.errstate(divide="ignore"):
                yield len(rows), float(np.log(table[rows, labels]).sum())

    @classmethod
    def read_arpa(cls, path: str | Path, symbols: Sequence[str], *, blank: int = 0) -> NGramModel:
        """Read a model from an ARPA file; see `model.decoding.arpa.read_arpa`."""
        from model.decoding.arpa import read_arpa

        return read_arpa(path, symbols, blank=blank)

    def write_arpa(self, path: str | Path, symbols: Sequence[str]) -> None:
        """Write the model as an ARPA file; see `model.decoding.arpa.write_arpa`."""
        from model.decoding.arpa import write_arpa

        write_arpa(self, path, symbols)


def _padded(sequences: Iterable[ArrayLike], classes: int, blank: int) -> Iterator[Codes]:
    """Yield each sequence with its beginning and its end, both the blank."""
    for number, sequence in enumerate(sequences):
        try:
            labels = label_sequence(sequence, classes, blank)
        except ValueError as error:
            raise ValueError(f"sequences[{number}]: {error}") from None
        yield np.concatenate([[blank], labels, [blank]]).astype(np.int64)


def places(sequences: Iterable[ArrayLike], order: int, classes: int, blank: int) -> Iterator[tuple[Codes, Codes]]:
    """Yield for each sequence the row of a table where each label and the end are looked up, and these labels."""
    for padded in _padded(sequences, classes, blank):
        # A table has a row for contexts of full length only: the beginning is repeated to fill it.
        whole = np.concatenate([np.full(max(order - 2, 0), blank, np.int64), padded])
        yield context_rows(whole, order, classes)[-(len(padded) - 1) :], padded[1:]
