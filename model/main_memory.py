"""How much main memory there is, and how much of it a training step on a processor takes.

A system that promises more memory than it has (Linux does) tells no program that it ran out: it kills one. So batches
too large for what is free are cut into parts before the first step.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from model.config import NetworkConfig

_FLOAT_BYTES = 4
_ALWAYS_FLOAT = 0.15  # of a step's numbers: posteriors, loss, what is being converted
_USABLE = 0.8  # of what is free: other programs want some, too


def system_memory(root: Path = Path("/")) -> tuple[int, int]:
    """Return free and total bytes of main memory, 0 where the system does not say.

    Parameters
    ----------
    root
        Where Linux says so: below it are ``proc`` and, in a container with a limit, ``sys/fs/cgroup``.
    """
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if line.endswith("kB")}
        free, total = sizes["MemAvailable"], sizes["MemTotal"]
        with contextlib.suppress(OSError, ValueError, KeyError):
            limit = int((root / "sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
            stat = (root / "sys/fs/cgroup/memory.stat").read_text(encoding="ascii").split()
            used = int(dict(zip(stat[::2], stat[1::2], strict=True))["anon"])
            return max(0, min(free, limit - used)), min(total, limit)
        return free, total
    if sys.platform == "win32":
        return _windows_memory()
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return 0, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0, 0


def step_memory(network: NetworkConfig, frames: int, item_bytes: int = _FLOAT_BYTES) -> int:
    """Return about how many bytes a training step on a processor takes beyond the weights, for padded input frames.

    Counted is what each layer keeps for the backward pass, and a quarter more for that pass itself. Measured were
    158 KB a frame for the full network (here 160), and 28 to 57 for the compact one (36). In bfloat16, both took 0.57
    times as much as in float32.

    Parameters
    ----------
    network, frames
        What is trained, and on how much at once.
    item_bytes
        Of a number of the forward pass. Weights, gradients and optimiser are float32 always, and not counted.
    """
    wide = 12 * network.wide_channels + 14 * network.hidden * network.layers
    numbers = 3 * network.narrow_channels + wide / network.time_stride
    mean_bytes = _FLOAT_BYTES * _ALWAYS_FLOAT + item_bytes * (1 - _ALWAYS_FLOAT)
    return int(1.25 * mean_bytes * numbers * frames)


def parts_that_fit(
    network: NetworkConfig, utterances: int, frames: int, free: int, *, item_bytes: int = _FLOAT_BYTES
) -> tuple[int, str]:
    """Return in how many parts a batch fits into memory, a power of two, and the beginning of a sentence on it.

    Parameters
    ----------
    utterances, frames
        Of the largest batch, the frames with padding; it cannot be cut smaller than to single utterances.
    free
        Free bytes, 0 where that is not known.
    item_bytes
        As of `step_memory`.
    """
    need, parts = step_memory(network, frames, item_bytes), 1
    while free and need / parts > _USABLE * free and parts < utterances:
        parts *= 2
    return parts, f"A batch would take about {need / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free"


def _windows_memory() -> tuple[int, int]:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    windll = getattr(ctypes, "windll")  # noqa: B009  (other systems' type stubs lack it)
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return 0, 0
    return status.free, status.total
