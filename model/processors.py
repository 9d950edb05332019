"""How many processors this program may use."""

from __future__ import annotations

import os


def available_processors() -> int:
    """Return the processors this process may run on: fewer than the machine's in a container or a batch job."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
