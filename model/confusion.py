"""What is heard for what is said: the confusion matrix, and how well each phoneme is heard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.phonemes import BLANK, SymbolTable
from model.scored import CorpusScore
from model.scored_utterance import ErrorInstance

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PhonemeScore:
    """How well one phoneme is heard.

    Attributes
    ----------
    label
        Its class index.
    said, heard, correct
        How often it stands in the references, in what was heard, and in both at the same place.
    """

    label: int
    said: int
    heard: int
    correct: int

    @property
    def recall(self) -> float:
        """Part of those said that were heard; NaN when it was never said."""
        return self.correct / self.said if self.said else float("nan")

    @property
    def precision(self) -> float:
        """Part of those heard that were said; NaN when it was never heard."""
        return self.correct / self.heard if self.heard else float("nan")


@dataclass(frozen=True)
class ErrorKind:
    """An error that was made so and so often; a label is 0 (the blank) where nothing was said or heard."""

    said: int
    heard: int
    count: int


@dataclass(frozen=True, eq=False)
class Confusions:
    """Everything said set against everything heard, silence and spoken noise left out.

    Attributes
    ----------
    score
        The scored corpus.
    """

    score: CorpusScore

    @property
    def table(self) -> SymbolTable:
        """Symbols of the labels."""
        return self.score.table

    @cached_property
    def counts(self) -> Counts:
        """How often each label was heard (columns) for each said (rows), (V, V).

        The blank stands for nothing: column 0 holds what was deleted, row 0 what was inserted.
        """
        size = len(self.table)
        said, heard = self._places[:, 2].astype(np.int64), self._places[:, 3]
        return np.bincount(said * size + heard, minlength=size * size).reshape(size, size)

    @cached_property
    def _places(self) -> npt.NDArray[np.int32]:
        """Utterance, pair, said and heard of every place of the corpus, (places, 4)."""
        pieces = [np.zeros((0, 4), np.int32)]
        for number, item in enumerate(self.score.utterances):
            # A blank at the end is what position -1 finds: nothing stands opposite.
            reference = np.array([*item.reference, BLANK], np.int32)
            hypothesis = np.array([*item.hypothesis, BLANK], np.int32)
            piece = np.empty((len(item.pairs), 4), np.int32)
            piece[:, 0], piece[:, 1] = number, np.arange(len(item.pairs))
            piece[:, 2], piece[:, 3] = reference[item.pairs[:, 0]], hypothesis[item.pairs[:, 1]]
            pieces.append(piece)
        return np.concatenate(pieces)

    def labels(self) -> list[int]:
        """Return the labels said or heard at all, in the order views draw them: by class."""
        present = (self.counts.sum(axis=0) + self.counts.sum(axis=1)) > 0
        return [label for label in self.table.display_order() if label != BLANK and present[label]]

    def instances(self, said: int, heard: int, *, most: int | None = None) -> list[ErrorInstance]:
        """Return the places where one label was said and another heard, in corpus order; 0 stands for nothing.

        At most so many of them, where a number is given.
        """
        chosen = np.flatnonzero((self._places[:, 2] == said) & (self._places[:, 3] == heard))[:most]
        return [self.score.instance(number, pair) for number, pair, *_ in self._places[chosen].tolist()]

    @cached_property
    def phonemes(self) -> list[PhonemeScore]:
        """Scores of every phoneme said or heard, by class."""
        said, heard = self.counts.sum(axis=1), self.counts.sum(axis=0)
        return [PhonemeScore(k, int(said[k]), int(heard[k]), int(self.counts[k, k])) for k in self.labels()]

    @cached_property
    def errors(self) -> list[ErrorKind]:
        """Every kind of error that was made, most frequent first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
        rows, columns = np.unravel_index(order, wrong.shape)
        counts = wrong[rows, columns]
        return [ErrorKind(*kind) for kind in zip(rows.tolist(), columns.tolist(), counts.tolist(), strict=True)]


def error_name(error: ErrorKind, table: SymbolTable) -> str:
    """Return an error in signs: ``T → D``, ``− AH`` (deleted), ``+ N`` (inserted)."""
    said, heard = table.symbols[error.said], table.symbols[error.heard]
    if error.said == BLANK:
        return f"+ {heard}"
    return f"− {said}" if error.heard == BLANK else f"{said} → {heard}"
