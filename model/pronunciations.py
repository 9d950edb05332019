"""Written text as phonemes: a dictionary says how its words are spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from model.errors import FileError
from model.files import read_utf8
from model.phonemes import SymbolTable

_MOST_BYTES = 256 << 20
_FEWEST_WORDS, _MOST_WORDS = 3, 40
_ENDS = re.compile(r"[.?!;:*()\[\]\"“”—]+|--+|\n\s*\n")
_NO_WORD = re.compile(r"[^a-z' ]+")

Dictionary = dict[str, tuple[int, ...]]
"""The class indices of each word, in small letters."""


def read_dictionary(path: str | Path, table: SymbolTable) -> Dictionary:
    """Return the first pronunciation of every word of a dictionary in the format of CMUdict.

    A line is a word and its phonemes; what follows ``#`` and lines that begin with ``;;;`` are remarks, and further
    pronunciations, ``WORD(2)``, are passed over.

    Raises
    ------
    FileError
        The file cannot be read, holds no word, or has a phoneme that the table lacks; names the line.
    """
    found: Dictionary = {}
    text = read_utf8(Path(path), wanted="a pronouncing dictionary", most=_MOST_BYTES)
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.partition("#")[0].split()
        if not fields or line.startswith(";;;") or fields[0].endswith(")"):
            continue
        if len(fields) < 2:
            raise FileError(path, f"line {number}: a word without phonemes; give a dictionary in the format of CMUdict")
        try:
            found.setdefault(fields[0].lower(), tuple(table.encode(fields[1:])))
        except ValueError as error:
            raise FileError(path, f"line {number}: {error}") from None
    if not found:
        raise FileError(path, "holds no word; give a dictionary in the format of CMUdict")
    return found


def read_sentences(path: str | Path) -> Iterator[list[str]]:
    """Yield the words of each sentence of a text, in small letters; each sentence once.

    Sentences end at full stops, colons, brackets, quotation marks and empty lines. Those with digits, of fewer than
    3 words or of more than 40, headings and lists for the most part, are passed over.

    Raises
    ------
    FileError
        The file cannot be read.
    """
    seen: set[str] = set()
    text = read_utf8(Path(path), wanted="a text", most=_MOST_BYTES).replace("’", "'").replace("‘", "'")
    for sentence in _ENDS.split(text.lower()):
        words = [word.strip("'") for word in _NO_WORD.sub(" ", sentence).split()]
        words = [word for word in words if word]
        key = " ".join(words)
        if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or key in seen or any(map(str.isdigit, sentence)):
            continue
        seen.add(key)
        yield words


def pronounced(path: str | Path, dictionary: Dictionary) -> list[tuple[int, ...]]:
    """Return the class indices of every sentence of a text whose words are all in a dictionary.

    Raises
    ------
    FileError
        The file cannot be read, or no sentence of it can be pronounced.
    """
    found = [
        tuple(label for word in words for label in dictionary[word])
        for words in read_sentences(path)
        if all(word in dictionary for word in words)
    ]
    if not found:
        raise FileError(path, "has no sentence whose words are all in the dictionary; give a text in its language")
    return found
