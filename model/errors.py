"""The error users see: one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

_LONGEST_SHOWN = 60


class UserError(Exception):
    """Something the user can mend: its text is one complete sentence, shown as it is.

    Everything in `model` that reads a file or an option of the user's raises this, or a subclass, and nothing else.
    """


class FileError(UserError):
    """A file that is missing, damaged, or not what it should be.

    Parameters
    ----------
    path
        The file.
    problem
        What is wrong with it and what to do, without the path and without a full stop.
    """

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(f"{path}: {problem}.")
        self.path = str(path)
        self.problem = problem


class Cancelled(Exception):  # noqa: N818 (nothing went wrong)
    """The work was cancelled on request; nothing is wrong."""


def shown(value: object) -> str:
    """Return a value as an error names it: its `repr`, cut short, for files may hold anything."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to spell integers of more than 4300 digits
        text = "a huge number"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def reason(error: BaseException) -> str:
    """Return what an error of another library says, fit to stand inside a sentence: one line, no full stop."""
    text = getattr(error, "strerror", None) or str(error)
    lines = text.strip().splitlines()
    line = " ".join(lines[0].split()) if lines else type(error).__name__
    # What follows a full stop is advice to programmers.
    line = line.split(". ")[0].rstrip(".:;, ") or type(error).__name__
    return line if len(line) <= 3 * _LONGEST_SHOWN else f"{line[: 3 * _LONGEST_SHOWN - 1]}…"
