"""N-gram models in the ARPA format: the text that SRILM, KenLM and others read and write."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from model.decoding.language_model import check_size
from model.decoding.ngram import NGramModel
from model.decoding.types import FloatArray
from model.errors import FileError, reason, shown
from model.files import file_size, write_text

_BEGIN, _END, _UNKNOWN = "<s>", "</s>", "<unk>"
_MAX_BYTES = 1 << 30
_ROUNDING = 0.01
"""How far above 0 a log-probability may come out: files carry few digits."""


class ArpaError(FileError, ValueError):
    """A file that is not an ARPA model of the symbols asked for; its text names file, line, and what to do."""


def write_arpa(model: NGramModel, path: str | Path, symbols: Sequence[str]) -> None:
    """Write a model as an ARPA file, whole or not at all.

    Parameters
    ----------
    model
        The model.
    path
        The file.
    symbols : (V,)
        A word for each class; the blank's is not used.

    Raises
    ------
    ValueError
        If the symbols do not fit the model, repeat, or cannot be written as words.
    FileError
        If the file cannot be written.
    """
    words = _words(symbols, model.blank)
    if len(words) != model.classes:
        raise ValueError(f"symbols must hold {model.classes} words, one a class of the model, not {len(words)}")
    listed = [_listed(model, n, words) for n in range(1, model.order + 1)]
    parts = ["\\data\\", *(f"ngram {n}={len(lines)}" for n, lines in enumerate(listed, 1)), ""]
    for n, lines in enumerate(listed, 1):
        parts += [f"\\{n}-grams:", *lines, ""]
    write_text(path, "\n".join([*parts, "\\end\\", ""]))


def _words(symbols: Sequence[str], blank: int) -> list[str]:
    words = list(symbols)
    for i, word in enumerate(words):
        if i != blank and (not isinstance(word, str) or not word or word in (_BEGIN, _END, _UNKNOWN)):
            raise ValueError(f"symbols[{i}] must be a word, not {word!r}")
        if i != blank and len(word.split()) != 1:
            raise ValueError(f"symbols[{i}] must be a word without spaces, not {word!r}")
    spoken = [word for i, word in enumerate(words) if i != blank]
    if len(set(spoken)) != len(spoken):
        raise ValueError("symbols must not repeat")
    if not 0 <= blank < len(words):
        raise ValueError(f"blank must lie between 0 and {len(words) - 1}, not {blank!r}")
    return words


def _listed(model: NGramModel, n: int, words: list[str]) -> list[str]:
    """Return the lines of the n-grams of one order."""
    log_probs = model.log_probs[n - 1] / math.log(10.0)
    backoffs = None if n == model.order else model.backoffs[n - 1] / math.log(10.0)
    begins = [_BEGIN if c == model.blank else word for c, word in enumerate(words)]
    ends = [_END if c == model.blank else word for c, word in enumerate(words)]
    lines = []
    if n == 1:  # a beginning follows nothing, but has a weight as a context
        lines.append(f"-99\t{_BEGIN}" + ("" if backoffs is None else f"\t{backoffs[model.blank]:.5f}"))
    for row, label in np.argwhere(~np.isnan(log_probs)).tolist():
        context = [begins[row // model.classes**place % model.classes] for place in range(n - 2, -1, -1)]
        line = f"{log_probs[row, label]:.5f}\t{' '.join([*context, ends[label]])}"
        if backoffs is not None and label != model.blank:
            line += f"\t{backoffs[row * model.classes + label]:.5f}"
        lines.append(line)
    return lines


def read_arpa(path: str | Path, symbols: Sequence[str], *, blank: int = 0) -> NGramModel:
    """Read a model from an ARPA file.

    N-grams with ``<unk>`` are passed over, but a symbol that the file does not list gets the probability of ``<unk>``.

    Parameters
    ----------
    path
        The file.
    symbols : (V,)
        The word of each class; the blank's is not used.
    blank
        Index of the blank.

    Returns
    -------
    NGramModel
        The model over the classes of `symbols`.

    Raises
    ------
    ArpaError
        At the first line that is not as it should be; a ValueError and a FileError.
    ValueError
        If the symbols repeat or cannot be words.
    """
    path = Path(path)
    words = _words(symbols, blank)
    if file_size(path, wanted="an ARPA file") > _MAX_BYTES:
        raise ArpaError(path, "is larger than 1 GB; give a model of phonemes, of order 4 or less")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise ArpaError(path, "is not text in UTF-8; give an ARPA file, unpacked if it was compressed") from None
    except OSError as error:
        raise ArpaError(path, f"cannot be read ({reason(error)}); check its name and permissions") from None
    return _Reader(path, lines, words, blank).read()


class _Reader:
    """Reads one file from top to bottom.

    Parameters
    ----------
    path, lines
        The file and its text.
    words, blank
        The word of each class, the index of the blank.
    """

    def __init__(self, path: Path, lines: list[str], words: list[str], blank: int) -> None:
        self.path = path
        self.lines = lines
        self.at = 0
        self.blank = blank
        self.classes = len(words)
        self.labels = {word: i for i, word in enumerate(words) if i != blank} | {_END: blank}
        self.contexts = {word: i for i, word in enumerate(words) if i != blank} | {_BEGIN: blank}
        self.unknown = math.nan

    def fail(self, problem: str) -> NoReturn:
        """Raise an error at the line last read."""
        raise ArpaError(self.path, f"line {min(self.at, len(self.lines))}: {problem}")

    def next(self) -> str:
        """Return the next line that is not empty."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            self.at += 1
            if line:
                return line
        self.fail("the file ends before \\end\\; it was cut short, get it anew")

    def read(self) -> NGramModel:
        """Return the model."""
        if self.next() != "\\data\\":
            self.fail("expected \\data\\; this is not an ARPA file")
        counts: list[int] = []
        line = self.next()
        while found := re.fullmatch(r"ngram\s+(\d{1,9})\s*=\s*(\d{1,9})", line):
            if int(found[1]) != len(counts) + 1:
                self.fail(f"expected the number of {len(counts) + 1}-grams, not of {found[1]}-grams; get the file anew")
            counts.append(int(found[2]))
            line = self.next()
        try:
            check_size(len(counts), self.classes)
        except ValueError as error:
            self.fail(f"{error}; give a model of a lower order")
        log_probs, backoffs = [], []
        for n, count in enumerate(counts, 1):
            if line != f"\\{n}-grams:":
                self.fail(f"expected \\{n}-grams:, not {shown(line)}; get the file anew")
            listed, weights, line = self.section(n, count, last=n == len(counts))
            log_probs.append(listed)
            backoffs.append(weights)
        if line != "\\end\\":
            self.fail(f"expected \\end\\, not {shown(line)}; get the file anew")
        self.complete(log_probs[0])
        model = NGramModel(self.blank, tuple(log_probs), tuple(backoffs[:-1]))
        if float(model.log_table().max()) > _ROUNDING:
            raise ArpaError(self.path, "gives a probability above 1, its back-off weights are wrong; get it anew")
        return model

    def section(self, n: int, count: int, *, last: bool) -> tuple[FloatArray, FloatArray, str]:
        """Return log-probabilities and back-off weights of one order, and the line after them."""
        listed = np.full((self.classes ** (n - 1), self.classes), np.nan)
        weights = np.zeros(self.classes**n)
        heading = self.at
        seen: set[tuple[str, ...]] = set()
        line = self.next()
        while not line.startswith("\\"):
            log_prob, words, backoff = self.entry(line, n, last=last)
            if words in seen:
                self.fail(f"{shown(' '.join(words))} stands here twice; remove one of them")
            seen.add(words)
            self.place(listed, weights, words, log_prob, backoff)
            line = self.next()
        if len(seen) != count:
            self.at = heading
            self.fail(f"{len(seen)} {n}-grams follow, but \\data\\ speaks of {count}; get the file anew")
        return listed, weights, line

    def entry(self, line: str, n: int, *, last: bool) -> tuple[float, tuple[str, ...], float | None]:
        """Return log-probability, words and back-off weight of a line, both natural logarithms."""
        fields = line.split()
        if len(fields) not in ((n + 1,) if last else (n + 1, n + 2)):
            wanted = f"a number and {n} word{'s' if n > 1 else ''}" + ("" if last else ", and perhaps another number")
            self.fail(f"expected {wanted}; it has {shown(line)}")
        log_prob = self.number(fields[0])
        if log_prob > 0.0:
            self.fail(f"{fields[0]} is no logarithm of a probability; it must be 0 or less")
        backoff = self.number(fields[n + 1]) if len(fields) == n + 2 else None
        return log_prob, tuple(fields[1 : n + 1]), backoff

    def number(self, text: str) -> float:
        """Return a decimal logarithm as a natural one."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"{shown(text)} is not a number; get the file anew")
        return value * math.log(10.0)

    def place(
        self, listed: FloatArray, weights: FloatArray, words: tuple[str, ...], log_prob: float, backoff: float | None
    ) -> None:
        """Write an n-gram to where it belongs."""
        if _UNKNOWN in words:
            self.unknown = log_prob if len(words) == 1 else self.unknown
            return
        row = 0
        for place, word in enumerate(words[:-1]):
            if word not in self.contexts or (word == _BEGIN and place > 0):
                self.fail(self.stranger(word))
            row = row * self.classes + self.contexts[word]
        if words[-1] in self.labels:
            listed[row, self.labels[words[-1]]] = log_prob
        elif words != (_BEGIN,):
            self.fail(self.stranger(words[-1]))
        if backoff is not None and words[-1] in self.contexts:
            weights[row * self.classes + self.contexts[words[-1]]] = backoff

    def stranger(self, word: str) -> str:
        """Return what is wrong with a word."""
        if word in (_BEGIN, _END):
            return f"{word} cannot stand here; get the file anew"
        return f"{shown(word)} is none of the {self.classes - 1} symbols; give a model of the same symbols"

    def complete(self, unigrams: FloatArray) -> None:
        """Give symbols that are not listed the probability of the unknown word."""
        missing = np.flatnonzero(np.isnan(unigrams[0]))
        names = {label: word for word, label in self.labels.items()}
        if missing.size and math.isnan(self.unknown):
            absent = ", ".join(shown(names[c]) for c in missing[:5].tolist())
            raise ArpaError(self.path, f"has no 1-gram of {absent}; give a model of the same symbols")
        unigrams[0, missing] = self.unknown
