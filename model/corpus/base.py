"""What every corpus reader gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.phonemes import SymbolTable


@dataclass(frozen=True)
class Utterance:
    """One recording of a corpus.

    Attributes
    ----------
    name
        Its id, unique in the corpus.
    path
        Its audio file.
    labels
        Class indices of the reference, or None without one.
    seconds
        Duration the corpus states, 0 when it states none.
    text, speaker, part
        Words, speaker and sub-corpus, empty when the corpus does not say.
    """

    name: str
    path: Path
    labels: tuple[int, ...] | None
    seconds: float = 0.0
    text: str = ""
    speaker: str = ""
    part: str = ""


@dataclass(frozen=True)
class Corpus:
    """Utterances in their order, and the table their labels are written in."""

    path: Path
    layout: str
    table: SymbolTable
    utterances: tuple[Utterance, ...]

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)

    def part(self, name: str) -> Corpus:
        """Return the corpus of the utterances of one sub-corpus alone."""
        chosen = tuple(utterance for utterance in self.utterances if utterance.part == name)
        return Corpus(self.path, self.layout, self.table, chosen)
