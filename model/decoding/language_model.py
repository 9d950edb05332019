"""What the search asks of a language model: a weight for every label after every context."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from model.decoding._validation import own
from model.decoding.types import FloatArray

MAX_ORDER = 4
MAX_ENTRIES = 1 << 25
"""Largest dense table, in entries of 8 bytes: order 4 of up to 76 classes, order 3 of up to 322."""


@dataclass(frozen=True, eq=False)
class NGramTable:
    """An n-gram language model as one dense table of probabilities, or of weights made from them.

    Parameters
    ----------
    order
        Length of the n-grams, 1 to 4.
    table : (V ** (order - 1), V)
        Probability of each class after each context. The row of the context ``(c1, ..., c[order - 1])``, oldest
        first, is its value as a number in base V. The blank stands for the beginning of the sequence in a context, and
        for its end as the class that follows; a column of ones for the blank leaves the end out.

    Raises
    ------
    ValueError
        If the order or the table's shape is wrong, or an entry is negative, infinite or NaN.
    """

    order: int
    table: FloatArray
    _weighted: dict[tuple[float, float, int], NGramTable] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        check_size(self.order, 1)
        table = own(self.table)
        if table.ndim != 2 or table.shape[1] < 1 or table.shape[0] != table.shape[1] ** (self.order - 1):
            raise ValueError(f"table of order {self.order} must be (V ** {self.order - 1}, V), not {table.shape}")
        check_size(self.order, table.shape[1])
        if not (np.isfinite(table.sum()) and table.min() >= 0.0):
            raise ValueError("table must hold finite numbers that are not negative")
        object.__setattr__(self, "table", table)

    @property
    def classes(self) -> int:
        """Number of classes V, the blank included."""
        return int(self.table.shape[1])

    @cached_property
    def reach(self) -> FloatArray:
        """Largest entry of each row, (V ** (order - 1),): the search's bound on what may follow a context."""
        reach: FloatArray = self.table.max(axis=1)
        return reach

    def first_context(self, blank: int) -> int:
        """Return the row at the beginning of a sequence: the blank in every place."""
        return sum(blank * self.classes**place for place in range(self.order - 1))

    def weighted(self, alpha: float, beta: float, blank: int) -> NGramTable:
        """Return the table of ``p ** alpha * exp(beta)``, without ``exp(beta)`` for the end, which is no label.

        The last one made is kept.
        """
        if alpha == 1.0 and beta == 0.0:
            return self
        key = (alpha, beta, blank)
        found = self._weighted.get(key)
        if found is None:
            weights = self.table**alpha
            end = weights[:, blank].copy()
            weights *= np.exp(beta)
            weights[:, blank] = end
            found = NGramTable(self.order, weights)
            self._weighted.clear()
            self._weighted[key] = found
        return found


@runtime_checkable
class LanguageModel(Protocol):
    """Anything that can give its weights as a table."""

    def weighted(self, alpha: float, beta: float, blank: int) -> NGramTable:
        """Return the table of ``p ** alpha * exp(beta)``, without ``exp(beta)`` for the end."""


def check_size(order: int, classes: int) -> None:
    """Raise ValueError if there is no dense table of an order and a number of classes."""
    if not 1 <= order <= MAX_ORDER:
        raise ValueError(f"order must lie between 1 and {MAX_ORDER}, not {order!r}")
    if classes**order > MAX_ENTRIES:
        raise ValueError(
            f"order {order} of {classes} classes takes {classes**order} entries, the most is {MAX_ENTRIES}"
        )
