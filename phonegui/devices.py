"""Where a network can compute, with the memory there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from model.main_memory import system_memory

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
