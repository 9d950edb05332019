"""Makes what rows draw beside the window's thread when there is much of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from threading import Barrier
from typing import Any

from PySide6.QtCore import QObject, Signal


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    # Two threads: the picture that takes longest keeps none of the others waiting, and the network has the other cores.
    pool = ThreadPoolExecutor(2, thread_name_prefix="ThreadPool-pictures")
    # Both start now: later the window's thread would wait for a thread to start that waits for busy workers.
    both = Barrier(2)
    for _ in range(2):
        pool.submit(both.wait)
    return pool


class PictureMaker(QObject):
    """Makes one picture for each name; a newer request under a name drops the older."""

    _made = Signal(str, int, object)  # name, number of the request, what was made

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers: dict[str, int] = {}
        self._waiting: dict[str, Callable[[Any], None]] = {}
        self._made.connect(self._show)
        _pool()

    @property
    def busy(self) -> bool:
        """Whether anything is being made."""
        return bool(self._waiting)

    def makes(self, name: str) -> bool:
        """Return whether anything of a name is being made."""
        return name in self._waiting

    def make(self, name: str, work: Callable[[], Any], show: Callable[[Any], None], *, at_once: bool) -> None:
        """Make something and hand it to `show` in this thread.

        Parameters
        ----------
        name
            What it is; anything older of that name is dropped.
        work
            Makes it, in another thread unless `at_once`; touches no widget.
        at_once
            Whether it is small enough not to be noticed.
        """
        self.drop(name)
        if at_once:
            show(work())
            return
        number = self._numbers[name]
        self._waiting[name] = show
        _pool().submit(self._work, name, number, work)

    def drop(self, name: str) -> None:
        """Want nothing of a name any more."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        self._waiting.pop(name, None)

    def _work(self, name: str, number: int, work: Callable[[], Any]) -> None:
        if self._numbers[name] != number:
            return
        try:
            made = work()
        except MemoryError:
            made = None  # the row stays empty; what computes it all says the same, and louder
        with suppress(RuntimeError):  # the window may have been closed meanwhile
            self._made.emit(name, number, made)

    def _show(self, name: str, number: int, made: Any) -> None:
        if self._numbers[name] == number:
            show = self._waiting.pop(name)
            if made is not None:
                show(made)
