"""Decisions made on reading a corpus, each told with its reason and open to another choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from model.corpus.base import Choice
from model.errors import UserError, shown
from model.phonemes import TABLES, SymbolTable

SYMBOL_TABLE, LABEL_OFFSET, SPLIT, ORDER = "symbol table", "label offset", "split", "order"
CHOICES = (SPLIT, LABEL_OFFSET, SYMBOL_TABLE, ORDER)
"""Names of the choices that there are, in one layout or another."""


class Chooser:
    """Makes the decisions, and keeps them for the corpus.

    Parameters
    ----------
    wanted
        What the user chose, by name.

    Raises
    ------
    UserError
        There is no choice of that name.
    """

    def __init__(self, wanted: Mapping[str, str] | None = None) -> None:
        self._wanted = dict(wanted or {})
        self.made: list[Choice] = []
        for name in self._wanted:
            if name not in CHOICES:
                raise UserError(f"There is no choice named {shown(name)}; choose one of {', '.join(CHOICES)}.")

    def __call__(self, name: str, options: Sequence[str], proposed: str, why: str) -> str:
        """Return the user's choice or else the proposed one, and note it.

        Raises
        ------
        UserError
            The user's choice is none of the options.
        """
        value, because = proposed, why
        if name in self._wanted:
            value, because = _option(name, options, self._wanted[name]), "as you chose"
        self.made.append(Choice(name, value, tuple(options), because))
        return value

    def table(self, proposed: SymbolTable, why: str, *, own: SymbolTable | None = None) -> SymbolTable:
        """Return the symbol table, of those with a name and the corpus's own."""
        # A corpus may have a table of its own under a name that is known.
        tables: dict[str, SymbolTable] = {
            table.name: table for table in (*((own,) if own is not None else ()), *TABLES)
        }
        if own is not None:
            tables[own.name] = own
        return tables[self(SYMBOL_TABLE, tuple(tables), proposed.name, why)]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All that was decided."""
        return tuple(self.made)


def _option(name: str, options: Sequence[str], wanted: str) -> str:
    """Return the option of that name, or the only one whose name contains it."""
    if wanted in options:
        return wanted
    found = [option for option in options if wanted and wanted.lower() in option.lower()]
    if len(found) != 1:
        raise UserError(f"The {name} must be one of {'; '.join(options)}, not {shown(wanted)}.")
    return found[0]


def preferred(options: Sequence[str], split: str) -> str:
    """Return the split that is called so, or nearly so, or else the first."""
    ranks: tuple[Callable[[str], bool], ...] = (
        lambda name: name == split,
        lambda name: name.startswith(split),
        lambda name: split in name,
    )
    return next((option for fits in ranks for option in options if fits(option.lower())), options[0])
