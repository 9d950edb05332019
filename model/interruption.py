"""Giving up work of torch's in its midst: a batch of a large network takes a CPU many seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from model.errors import Cancelled


class Interruptible(TorchFunctionMode):
    """Inside this context every operation of torch, forward and backward, first looks whether to go on.

    Parameters
    ----------
    stop
        An event, or a function that is asked before every operation: when it is set, or answers True, the operation
        raises `Cancelled`. Results are not changed by a bit.
    """

    def __init__(self, stop: threading.Event | Callable[[], bool]) -> None:
        super().__init__()
        self._stopped = stop.is_set if isinstance(stop, threading.Event) else stop

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do one operation, unless it is time to stop."""
        self._look()
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.requires_grad and result.grad_fn is not None:
            # Called when the backward pass comes by.
            result.register_hook(self._look)  # type: ignore[no-untyped-call]
        return result

    def _look(self, _gradient: Tensor | None = None) -> None:
        if self._stopped():
            raise Cancelled
