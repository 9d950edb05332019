"""Where a network can compute, with the memory there."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

_GIB = 1 << 30


@dataclass(frozen=True)
class Device:
    """A choice of the device picker: its name in `model.inference.DEVICES`, and what it is, with free memory."""

    name: str
    text: str
    memory: str


def list_devices() -> list[Device]:
    """Return the devices of this machine; starts CUDA where there is one, so not for the GUI thread."""
    import torch

    from model.processors import available_processors

    cores = available_processors()
    found = [Device("cpu", f"CPU, {cores} {'core' if cores == 1 else 'cores'}", described(*system_memory()))]
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        with contextlib.suppress(RuntimeError):  # a card that another program has filled may not even start
            found.append(Device("cuda", f"CUDA, {name}", described(*torch.cuda.mem_get_info())))
    best = found[-1]
    return [Device("auto", f"Automatic: {best.text}", best.memory), *found]


def described(free: int, total: int) -> str:
    """Return free and total bytes as ``20.1 of 23.5 GiB free``, empty when they are not known."""
    if total <= 0:
        return ""
    return f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB free" if free > 0 else f"{total / _GIB:.1f} GiB"


def system_memory() -> tuple[int, int]:
    """Return free and total bytes of main memory, 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if line.endswith("kB")}
        return sizes["MemAvailable"], sizes["MemTotal"]
    if sys.platform == "win32":
        return _windows_memory()
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return 0, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0, 0


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
