"""What would stop every thread of the program for a moment, avoided: collecting garbage and loading large libraries."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer, SignalInstance

SWITCH_SECONDS = 0.0001
"""How long a thread of Python runs on when another waits."""

_MOST_SECONDS = 20.0
# New objects are looked through 2,000 at a time, and those that stay once more, 10,000 at a time, for 5 ms: the lists
# of an hour or a large corpus have tens of thousands. All are looked through more seldom than Python would.
_THRESHOLDS = (2_000, 5, 50)
_MANY = 10_000  # objects, which take 5 ms to look through
_LIBRARIES = {"torch": ("lib/libc10", "lib/libtorch_cpu"), "llvmlite": ("binding/libllvmlite",)}
_SUFFIXES = {"linux": ".so", "darwin": ".dylib"}


def begin(settled: SignalInstance, *, most_seconds: float = _MOST_SECONDS) -> None:
    """Have threads take turns every tenth of a millisecond, and collect no garbage until a signal comes.

    Loading the engine makes a few hundred thousand objects that stay: looking through all of them, again and again,
    would hold up the window for a fifth of a second each time. What is there when the signal comes is never looked at
    again.

    Parameters
    ----------
    settled
        Says that the engine is there.
    most_seconds
        Garbage is collected after so long in any case: where no recording is opened, the signal may never come.
    """
    # Whatever the window's thread calls in Qt lets another thread run, and it waits so long to go on: a turn has a
    # hundred such calls. Two threads of Python alone lose a few hundredths of their speed to this.
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.disable()
    timer = QTimer(QCoreApplication.instance())
    timer.setSingleShot(True)
    timer.timeout.connect(_settle)
    settled.connect(_settle, Qt.ConnectionType.SingleShotConnection)
    settled.connect(timer.stop, Qt.ConnectionType.SingleShotConnection)
    timer.start(round(1000 * most_seconds))


def _settle() -> None:
    if gc.isenabled():
        return
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


def keep(count: int) -> None:
    """Look for no garbage any more among what is there, when so many objects came at once that will stay for long.

    Looking through all objects of a large corpus that was scored would hold up the window for a tenth of a second. They
    are freed all the same when nothing refers to them; only circles among them are not.
    """
    if count >= _MANY and gc.isenabled():
        gc.freeze()


def load_libraries(package: str) -> None:
    """Load the large shared libraries of torch or llvmlite while other threads run on.

    `import` loads them too, but holds the interpreter meanwhile. What is not found here is left to it.
    """
    suffix = _SUFFIXES.get(sys.platform)
    found = importlib.util.find_spec(package) if package not in sys.modules and suffix else None
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        for name in _LIBRARIES[package]:
            _load(Path(folder) / f"{name}{suffix}")


def _load(path: Path) -> None:
    # ctypes lets the interpreter go during calls of functions, not during its own loading of libraries.
    with suppress(AttributeError, OSError):
        function = ctypes.CDLL(None).dlopen
        function.argtypes, function.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        if path.is_file():
            function(os.fsencode(path), sys.getdlopenflags())
