"""Progress of long work: told step by step to whoever listens, and given up when that one says so."""

from __future__ import annotations

from collections.abc import Callable

from model.errors import Cancelled

Report = Callable[[str, int, int], bool]
"""Called with the name of the step, what is done and in all; answers False to cancel."""


def tell(report: Report | None, name: str, done: int, total: int) -> None:
    """Tell how far a step is, where anybody listens; raise Cancelled when the answer is False."""
    if report is not None and not report(name, done, total):
        raise Cancelled


def of_step(report: Report | None, name: str) -> Callable[[int, int], bool] | None:
    """Return a report of one step alone: it is called with what is done and in all."""
    return None if report is None else lambda done, total: report(name, done, total)
