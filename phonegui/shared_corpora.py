"""The file of a corpus that was read last: whoever asks for it next, in another worker, need not read it again."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.corpus.base import Corpus

_lock = threading.Lock()
_last: tuple[str, tuple[int, int], weakref.ref[Corpus]] | None = None


def stamp_of(path: str) -> tuple[int, int] | None:
    """Return what changes when a file does, None where it cannot be told."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def remember(path: str, stamp: tuple[int, int] | None, corpus: Corpus) -> None:
    """Note a corpus that was read from a path, as long as somebody holds it; the stamp is that of before."""
    global _last
    if stamp is not None and Path(path).is_file():  # what a folder gives depends on the split that is asked for
        with _lock:
            _last = (path, stamp, weakref.ref(corpus))


def recall(path: str) -> Corpus | None:
    """Return the corpus that was read last when it is that of a path, and its file has not changed since."""
    with _lock:
        known = _last
    return known[2]() if known is not None and known[:2] == (path, stamp_of(path)) else None
