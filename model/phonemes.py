"""Symbol tables: phonemes, their letters, classes and spellings (ARPAbet, IPA)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from model.errors import shown

BLANK = 0
"""Index of the CTC blank in every table of this program."""

PHONEME_CLASSES: dict[str, tuple[str, ...]] = {
    "vowel": ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"),
    "stop": ("B", "D", "G", "K", "P", "T"),
    "affricate": ("CH", "JH"),
    "fricative": ("DH", "F", "H", "S", "SH", "TH", "V", "Z", "ZH"),
    "nasal": ("M", "N", "NG"),
    "approximant": ("L", "R", "W", "Y"),
    "silence": ("SIL", "SPN"),
}
"""Phonemes of each class, by manner of articulation, in the order the views draw them."""

_CLASS_OF = {symbol: name for name, symbols in PHONEME_CLASSES.items() for symbol in symbols}
# Breath, noises and filled pauses of the Wall Street Journal terms.
_CLASS_OF |= {f"+{name}+": "silence" for name in ("BREATH", "COUGH", "NOISE", "SMACK", "UH", "UM")}

# Symbols other dictionaries use for a phoneme that this table has under another name.
_ALIASES = {"HH": "H", "[SIL]": "SIL", "SP": "SIL", "[SPN]": "SPN", "AX": "AH", "AXR": "ER", "IX": "IH"}

_IPA_PAIRS = (
    "AA:ɑ AE:æ AH:ʌ AO:ɔ AW:aʊ AY:aɪ B:b CH:tʃ D:d DH:ð EH:ɛ ER:ɝ EY:eɪ F:f G:ɡ H:h IH:ɪ IY:i JH:dʒ K:k L:l M:m N:n "
    "NG:ŋ OW:oʊ OY:ɔɪ P:p R:ɹ S:s SH:ʃ T:t TH:θ UH:ʊ UW:u V:v W:w Y:j Z:z ZH:ʒ"
)
_IPA = {pair.split(":")[0]: pair.split(":")[1] for pair in _IPA_PAIRS.split()}

_MOST_SEEN = 4096

_STRESS = re.compile(r"(?<=[A-Z])[0-3]$")


def normalize_symbol(symbol: str) -> str:
    """Return the table's name of an ARPAbet symbol: upper case, no stress digit, ``HH`` as ``H``."""
    bare = _STRESS.sub("", symbol.strip().upper())
    return _ALIASES.get(bare, bare)


def phoneme_class(symbol: str) -> str:
    """Return the class of a phoneme (a key of `PHONEME_CLASSES`), or ``"blank"`` for anything else."""
    return _CLASS_OF.get(normalize_symbol(symbol), "blank")


def ipa(symbol: str) -> str:
    """Return the IPA spelling of a phoneme; silence and unknown symbols come back unchanged."""
    return _IPA.get(normalize_symbol(symbol), symbol)


@dataclass(frozen=True)
class SymbolTable:
    """The output classes of a network: a phoneme and a letter for each index, index 0 the CTC blank.

    Parameters
    ----------
    name
        Short name shown to the user.
    symbols
        Phoneme of each index; entry 0 is the blank.
    letters
        One character for each index, as course submissions write them; entry 0 is the blank's.

    Raises
    ------
    ValueError
        When symbols repeat, the lists differ in length, a letter is not one character or something cannot be printed.
    """

    name: str
    symbols: tuple[str, ...]
    letters: tuple[str, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)
    _seen: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the table and index its symbols."""
        if len(self.symbols) != len(self.letters) or len(self.symbols) < 2:
            raise ValueError(
                f"symbol table {shown(self.name)} has {len(self.symbols)} symbols and {len(self.letters)} letters; "
                "give one letter for each symbol"
            )
        if len(set(self.symbols)) != len(self.symbols) or len(set(self.letters)) != len(self.letters):
            raise ValueError(f"symbol table {shown(self.name)} names a symbol or a letter twice")
        if any(len(letter) != 1 for letter in self.letters):
            raise ValueError(f"symbol table {shown(self.name)} has a letter that is not one character")
        if not all(text.isprintable() for text in (self.name, *self.symbols, *self.letters)):
            raise ValueError(f"symbol table {shown(self.name)} has a symbol or letter that cannot be printed")
        # A table's own spelling goes before the common one: some have HH, some have AX beside AH.
        self._index.update({normalize_symbol(symbol): index for index, symbol in enumerate(self.symbols)})
        self._index.update({symbol: index for index, symbol in enumerate(self.symbols)})

    def __len__(self) -> int:
        """Return the number of classes, the blank included."""
        return len(self.symbols)

    def index(self, symbol: str) -> int:
        """Return the class index of an ARPAbet symbol; raise ValueError when the table has none."""
        known = self._seen.get(symbol)  # a long recording names the same few spellings again and again
        if known is not None:
            return known
        bare = _STRESS.sub("", symbol.strip().upper())
        found = self._index.get(bare, self._index.get(normalize_symbol(bare), BLANK))
        if found == BLANK:
            raise ValueError(f"{shown(symbol)} is not a phoneme of the table {shown(self.name)}")
        if len(self._seen) < _MOST_SEEN:
            self._seen[symbol] = found
        return found

    def encode(self, symbols: str | Iterable[str]) -> list[int]:
        """Return the class indices of ARPAbet symbols, given as a sequence or separated by spaces."""
        return [self.index(symbol) for symbol in (symbols.split() if isinstance(symbols, str) else symbols)]

    def decode(self, labels: Iterable[int]) -> list[str]:
        """Return the phonemes of class indices."""
        return [self.symbols[int(label)] for label in labels]

    def to_letters(self, labels: Iterable[int]) -> str:
        """Return class indices as the course's string of letters."""
        return "".join(self.letters[int(label)] for label in labels)

    def silent(self) -> frozenset[int]:
        """Return the indices that phone error rates leave out: silence and spoken noise."""
        return frozenset(i for i, symbol in enumerate(self.symbols) if phoneme_class(symbol) == "silence")

    def display_order(self) -> list[int]:
        """Return all indices in the order views draw them: by class, the blank last."""
        names = [*PHONEME_CLASSES, "blank"]
        return sorted(range(len(self)), key=lambda i: (names.index(phoneme_class(self.symbols[i])), self.symbols[i]))

    def to_json(self) -> dict[str, object]:
        """Return the table as a JSON value."""
        return {"name": self.name, "symbols": list(self.symbols), "letters": list(self.letters)}

    @classmethod
    def from_json(cls, value: object) -> SymbolTable:
        """Return the table a JSON value describes; raise ValueError when it describes none."""
        if not isinstance(value, dict):
            raise ValueError("a symbol table must be a JSON object")
        symbols, letters = value.get("symbols"), value.get("letters")
        if not _is_strings(symbols) or not _is_strings(letters):
            raise ValueError("a symbol table needs lists of strings named symbols and letters")
        return cls(str(value.get("name", "unnamed")), tuple(symbols), tuple(letters))


def _is_strings(value: object) -> TypeGuard[Sequence[str]]:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(x, str) for x in value)


_LETTERS_42 = (
    "SIL:. SPN:! AA:a AE:A AH:h AO:o AW:w AY:y B:b CH:c D:d DH:D EH:e ER:r EY:E F:f G:g H:H IH:i IY:I JH:j K:k L:l M:m "
    "N:n NG:N OW:O OY:Y P:p R:R S:s SH:S T:t TH:T UH:u UW:U V:v W:W Y:? Z:z ZH:Z"
)


def _table(name: str, pairs: str) -> SymbolTable:
    """Return the table of ``SYMBOL:letter`` pairs, the blank put before them."""
    split = [pair.split(":") for pair in pairs.split()]
    return SymbolTable(name, (" ", *(pair[0] for pair in split)), (" ", *(pair[1] for pair in split)))


DEFAULT_TABLE = _table("42 symbols (fall 2020)", _LETTERS_42)
"""The 42 classes of the default course task: blank, SIL, SPN and 39 ARPAbet phonemes. Also of 2021's terms."""

WSJ_TABLE = _table(
    "47 symbols (2018 to spring 2020)",
    "+BREATH+:_ +COUGH+:+ +NOISE+:~ +SMACK+:! +UH+:- +UM+:@ AA:a AE:A AH:h AO:o AW:w AY:y B:b CH:c D:d DH:D EH:e "
    "ER:r EY:E F:f G:g HH:H IH:i IY:I JH:j K:k L:l M:m N:n NG:G OW:O OY:Y P:p R:R S:s SH:S SIL:. T:t TH:T UH:u UW:U "
    "V:v W:W Y:? Z:z ZH:Z",
)
"""The 47 classes of the terms on the Wall Street Journal corpus."""

SPRING_2022_TABLE = _table("41 symbols (spring 2022)", _LETTERS_42.replace(" SPN:!", "").replace(" H:H ", " HH:H "))
"""The 41 classes of spring 2022: no SPN, and HH by its ARPAbet name."""

FALL_2022_TABLE = _table(
    "41 symbols (fall 2022 and later)",
    "SIL:- NG:G F:f M:m AE:@ R:r UW:u N:n IY:i AW:W V:v UH:U OW:o AA:a ER:R HH:h Z:z K:k CH:C W:w EY:e ZH:Z T:t EH:E "
    "Y:y AH:A B:b P:p TH:T DH:D AO:c G:g L:l JH:j OY:O SH:S D:d AY:Y S:s IH:I",
)
"""The 41 classes from fall 2022 on, in the order and letters of those terms."""

TABLES = (DEFAULT_TABLE, WSJ_TABLE, SPRING_2022_TABLE, FALL_2022_TABLE)
"""Every table this program knows by name, the default first."""
