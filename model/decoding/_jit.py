"""The compiler of the kernels; importing this module imports numba, which is slow, so only kernels do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

_FAST = {"nnan", "nsz"}  # no NaN ever gets here: so minima and maxima of many values need not be found one by one

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Return the function compiled at its first call, without the GIL, and kept on disk for later starts.

    numba keeps it in ``__pycache__`` beside the source, or in the user's cache folder if that is read-only, or in
    ``NUMBA_CACHE_DIR``. Where none of them can be written, it is compiled anew at every start.
    """
    try:
        compiled: F = numba.njit(function, nogil=True, error_model="numpy", fastmath=_FAST, cache=True)
    except RuntimeError:  # "no locator available": nowhere to keep it
        compiled = numba.njit(function, nogil=True, error_model="numpy", fastmath=_FAST)
    return compiled


def inlined(function: F) -> F:
    """Return the function as a part that the compiled functions calling it take in whole.

    That halves the time to compile a kernel of many parts, and saves the reference counts of a call's arrays. When a
    part changes that lies in another file than its kernel, touch the kernel's: numba's disk cache looks at that alone.
    """
    part: F = numba.njit(function, inline="always")
    return part
