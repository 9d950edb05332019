"""Progress bars on stderr, with the time left; none where stderr is no terminal."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm

from model.distributed import rank


class Bars:
    """Progress bars on stderr for named steps, one after the other; none where stderr is no terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._name = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def report(self, name: str, done: int, total: int) -> bool:
        """Show that `done` of `total` of a step are done."""
        if name != self._name:
            self.__exit__()
            self._name = name
            self._bar = tqdm(total=total, desc=name, unit="utt", file=sys.stderr, disable=quiet(), delay=1.0)
        self._bar.update(done - self._bar.n)
        return True


def quiet() -> bool:
    """Return whether stderr is no place for a bar: it is no terminal, or another process has it."""
    return rank() > 0 or not sys.stderr.isatty()
