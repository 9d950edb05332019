"""Telling that memory ran out from other errors, whichever library found it so."""

from __future__ import annotations

import gc

# The words of torch's allocators on Linux, macOS and Windows, and of CUDA's libraries.
_WORDS = (
    "defaultcpuallocator",
    "not enough memory",
    "cannot allocate memory",
    "out of memory",
    "could not create a memory",
    "alloc_failed",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the memory of the machine or of the device ran out."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS)


def free_memory() -> None:
    """Give back what nothing holds any more; call it outside the ``except`` block, which holds the failed work."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
