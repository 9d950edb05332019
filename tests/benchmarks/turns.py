"""How long each turn of the GUI thread's event loop takes, and what it was doing where that was long.

A turn is what the thread does before it looks for input again: one pass of the event loop, or one act of a script. It
is measured by the clock, and in processor time of the thread. The rest of the clock's time it stood ready while others
had the processors (Linux tells that), or waited for something: Python's interpreter, a lock, the disk. Of that, what
the program's other threads worked meanwhile is the program's own doing; on a machine that does other things as well,
whoever has the interpreter waits for a processor too, and no program can help that.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import re
import tempfile
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

MOST_MS, PERCENTILE_MS = 50.0, 33.0
"""How long the GUI thread may be held at most, and in 99 of 100 turns."""

PATIENCE_SECONDS = 900.0
T = TypeVar("T")

_LOOK_SECONDS = 0.002
_LONG_SECONDS = 0.012
_KEPT_FRAMES = 6
_OWN = (f"{os.sep}phonegui{os.sep}", f"{os.sep}model{os.sep}")
_LINE = re.compile(r'  File "(.*)", line (\d+) in (.*)')


@dataclass
class Turn:
    """What the thread did before it looked for input again.

    Attributes
    ----------
    wall, worked, queued
        Milliseconds by the clock, of the processor, and ready while others had the processors.
    beside
        Milliseconds of the processor that other threads of the program worked meanwhile.
    stacks
        Where the thread was when it was looked at, with how often; of long turns only.
    """

    wall: float = 0.0
    worked: float = 0.0
    queued: float = 0.0
    beside: float = 0.0
    stacks: Counter[str] = field(default_factory=Counter)

    @property
    def waited(self) -> float:
        """Milliseconds it waited for the interpreter, a lock or the disk."""
        return max(0.0, self.wall - self.worked - self.queued)

    @property
    def own(self) -> float:
        """Milliseconds that are the program's own doing: it worked, or waited while its other threads did."""
        return self.worked + min(self.waited, self.beside)


class Turns:
    """Many turns: of each no more than its numbers, for a diary of objects would be the memory that is measured.

    Attributes
    ----------
    wall, worked, own
        As of `Turn`, one value for each.
    long
        The turns that took long by the clock, whole.
    """

    def __init__(self) -> None:
        self.wall, self.worked, self.own = array("d"), array("d"), array("d")
        self.long: list[Turn] = []

    def __len__(self) -> int:
        """Return the number of turns."""
        return len(self.wall)

    def add(self, turn: Turn) -> None:
        """Note a turn."""
        self.wall.append(turn.wall)
        self.worked.append(turn.worked)
        self.own.append(turn.own)
        if turn.wall > 1000 * _LONG_SECONDS:
            self.long.append(turn)

    def longest(self) -> tuple[float, float, float]:
        """Return the milliseconds of the longest turn: of the processor, without what others took, and by the clock."""
        return max(self.worked), max(self.own), max(self.wall)

    def percentile(self) -> float:
        """Return the milliseconds by the clock that 99 of 100 turns stay within."""
        return float(np.percentile(self.wall, 99))

    def tell_long(self, over_ms: float, most: int = 8) -> None:
        """Print where the thread was in the longest turns."""
        for turn in sorted(self.long, key=lambda turn: -turn.own)[:most]:
            if turn.own > over_ms:
                waited = f"waited {turn.waited:.0f} while other threads worked {turn.beside:.0f}"
                print(f"    worked {turn.worked:.0f}, {waited}, by the clock {turn.wall:.0f} ms")
                for stack, count in turn.stacks.most_common(3):
                    print(f"      {count} x {stack}")


class Meter:
    """Keeps the turns of the thread it is made in, and looks from another thread at what long ones do."""

    def __init__(self) -> None:
        self.turns = Turns()
        self._thread = threading.get_ident()
        self._turn: Turn | None = None
        self._began = 0.0
        self._ended = threading.Event()
        try:
            self._schedule = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:
            self._schedule = -1
        self._collecting = 0.0
        gc.callbacks.append(self._note_collection)
        threading.Thread(target=self._look, daemon=True, name="looks at long turns").start()

    def take(self) -> Turns:
        """Return the turns since the last time."""
        turns, self.turns = self.turns, Turns()
        return turns

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        gc.callbacks.remove(self._note_collection)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Measure what is done within; a part of the turn around it where there is one."""
        if self._turn is not None:
            yield
            return
        turn = Turn()
        queued, together, worked = self._queued(), time.process_time(), time.thread_time()
        self._began = time.perf_counter()
        self._turn = turn
        try:
            yield
        finally:
            self._turn = None
            turn.wall = 1000 * (time.perf_counter() - self._began)
            turn.worked = 1000 * (time.thread_time() - worked)
            turn.beside = max(0.0, 1000 * (time.process_time() - together) - turn.worked)
            turn.queued = 1000 * (self._queued() - queued)
            self.turns.add(turn)

    def _queued(self) -> float:
        """Return the seconds the thread stood ready without a processor; 0 where the system does not tell."""
        return int(os.pread(self._schedule, 64, 0).split()[1]) / 1e9 if self._schedule >= 0 else 0.0

    def _note_collection(self, phase: str, info: dict[str, int]) -> None:
        """Tell of collections of garbage, in whichever thread: all others stand still meanwhile."""
        if phase == "start":
            self._collecting = time.perf_counter()
            return
        took, turn = time.perf_counter() - self._collecting, self._turn
        if turn is not None and took > _LONG_SECONDS:
            turn.stacks[f"collecting garbage of generation {info['generation']}: {1000 * took:.0f} ms"] += 1000

    def _look(self) -> None:
        # Frames are not held on to, as sys._current_frames() would: with them a painter would outlive its event.
        with tempfile.TemporaryFile() as file:
            while not self._ended.wait(_LOOK_SECONDS):
                turn = self._turn
                if turn is not None and time.perf_counter() - self._began > _LONG_SECONDS:
                    file.seek(0)
                    faulthandler.dump_traceback(file, all_threads=True)
                    if turn is self._turn:
                        length = file.tell()
                        file.seek(0)
                        turn.stacks[_told(file.read(length).decode(), self._thread)] += 1


class Loop:
    """The event loop of a script that uses a window: every turn of it is measured."""

    def __init__(self, app: QApplication) -> None:
        self.app, self.meter = app, Meter()

    def act(self, do: Callable[[], T]) -> T:
        """Do something as the event loop would, in a turn of its own, and let what follows from it happen."""
        with self.meter.turn():
            result = do()
        self.live(0.0)
        return result

    def live(self, seconds: float) -> None:
        """Let so much time pass."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window live until something is so; raise TimeoutError when it never is."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            with self.meter.turn():
                self.app.processEvents()
                # The loop of the program deletes what is to be deleted later; outside of one nobody does.
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if done():
                return
            if time.monotonic() > end:
                raise TimeoutError("the window does not come to rest")
            time.sleep(0.0005)


def _told(dump: str, thread: int) -> str:
    """Return where a thread was, and where the program's other threads were beside it."""
    name = f"hread 0x{thread:016x}"
    parts = dump.split("\n\n")
    own = next((_place(part) for part in parts if name in part), "")
    # Who looks here is in this file.
    others = [_place(part) for part in parts if name not in part and __file__ not in part]
    beside = [place for place in others if " > " in place]  # the rest wait outside of the program
    return f"{own} | beside: {'; '.join(beside)}" if beside else own


def _place(part: str) -> str:
    """Return the innermost of the program's own lines, outermost first, and where beyond them the thread was."""
    lines = [match.groups() for match in _LINE.finditer(part)]
    own = [line for line in lines if any(folder in line[0] for folder in _OWN)][: _KEPT_FRAMES - 1]
    last = lines[:1] if lines and lines[0] not in own else []
    return " > ".join(f"{os.path.basename(file)}:{number} {name}" for file, number, name in reversed([*last, *own]))
