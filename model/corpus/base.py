"""What every corpus reader gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from model.config import FeatureConfig
from model.errors import UserError
from model.phonemes import SymbolTable


@dataclass(frozen=True)
class Utterance:
    """One recording of a corpus, or one feature matrix.

    Attributes
    ----------
    name
        Its id, unique in the corpus.
    path
        Its audio file, or the `.npy` file that holds its features.
    labels
        Class indices of the reference, or None without one.
    seconds
        Duration the corpus states, 0 when it states none.
    text, speaker, part
        Words, speaker and sub-corpus, empty when the corpus does not say.
    row
        Its place in `path` where that holds the features of many, else None.
    alteration
        0 for the recording as it is, else the number of a copy changed at random; see `model.alteration`.
    """

    name: str
    path: Path
    labels: tuple[int, ...] | None
    seconds: float = 0.0
    text: str = ""
    speaker: str = ""
    part: str = ""
    row: int | None = None
    alteration: int = 0

    def altered(self, number: int) -> Utterance:
        """Return a copy of the recording that is changed at random, under a name of its own."""
        return replace(self, name=self.name + _COPY.format(number), alteration=number)

    @property
    def original(self) -> str:
        """Name of the recording that this is, or that it is an altered copy of."""
        return self.name.removesuffix(_COPY.format(self.alteration))


_COPY = " (altered {})"


@dataclass(frozen=True)
class Choice:
    """A decision made where files can be read in more than one way.

    Attributes
    ----------
    name
        What was decided, e.g. ``"label offset"``.
    value, options
        The way taken, and all the ways there are.
    reason
        Why, in one sentence for the user.
    """

    name: str
    value: str
    options: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Corpus:
    """Utterances in their order, and the table their labels are written in.

    Attributes
    ----------
    path
        The file or folder it was opened from.
    layout
        Its layout's name, for the user.
    recipe
        What is known of the features that the corpus holds; None where they are computed from recordings.
    choices
        Decisions made on reading, each of which can be made otherwise.
    notes
        Sentences for the user on what was passed over.
    chosen_part
        Name of the sub-corpus that it is alone, empty where it is all that was opened.
    """

    path: Path
    layout: str
    table: SymbolTable
    utterances: tuple[Utterance, ...]
    recipe: FeatureConfig | None = None
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    chosen_part: str = ""

    @property
    def name(self) -> str:
        """Name for the user: that of the file or folder, and of the part."""
        return f"{self.path.name}, {self.chosen_part}" if self.chosen_part else self.path.name

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)

    def part(self, name: str) -> Corpus:
        """Return the corpus of the utterances of one sub-corpus alone."""
        return replace(self, utterances=tuple(item for item in self.utterances if item.part == name), chosen_part=name)

    def known_part(self, name: str) -> Corpus:
        """Return the corpus of one sub-corpus; raise UserError, naming those there are, when it has no utterance."""
        chosen = self.part(name)
        if not len(chosen):
            parts = ", ".join(sorted({item.part for item in self.utterances if item.part})) or "none"
            raise UserError(f"{self.path} has no sub-corpus named {name!r}; it has: {parts}.")
        return chosen

    def with_altered_copies(self, copies: int) -> Corpus:
        """Return the corpus with so many copies of each recording, changed at random, behind the recordings.

        Raises
        ------
        UserError
            Copies are asked for of a corpus that holds features.
        """
        if copies and self.recipe is not None:
            raise UserError(f"{self.path} holds features, and only recordings can be altered; set altered_copies to 0.")
        altered = (item.altered(number) for number in range(1, copies + 1) for item in self.utterances)
        return replace(self, utterances=(*self.utterances, *altered))
