"""Work shared by the processes that ``torchrun`` started; a single process is the whole world of one.

Everything here is a thin wrap of ``torch.distributed``: numbers are summed, work is dealt out in turn.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from model.errors import UserError, reason

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

# Long, for the others wait while one computes the features of a corpus; torchrun ends all when one fails.
_TIMEOUT = timedelta(hours=24)


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the processes of ``torchrun``, where it started this one, and leave them when the block ends.

    Parameters
    ----------
    device
        Kind of device wanted; of several CUDA devices each process takes its own.

    Yields
    ------
    torch.device
        The device of this process.

    Raises
    ------
    UserError
        The processes cannot find each other.
    """
    if not launched():
        yield device
        return
    import torch
    import torch.distributed
    from torch.distributed import PrefixStore  # type: ignore[attr-defined]
    from torch.distributed.rendezvous import rendezvous

    if device.type == "cuda":
        device = torch.device("cuda", local_rank() % torch.cuda.device_count())
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    try:
        store, number, count = next(rendezvous("env://", timeout=_TIMEOUT))
        if os.environ.get("GROUP_WORLD_SIZE", "1") == "1":
            # torchrun keeps its store over a restart, with addresses of processes that are gone (pytorch #135712). On
            # several machines TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 helps, for they count restarts each for itself.
            store = PrefixStore(f"start {restarts()}", store)
        torch.distributed.init_process_group(backend, store=store, rank=number, world_size=count, timeout=_TIMEOUT)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"The processes cannot find each other ({reason(error)}); start them with torchrun.") from None
    try:
        yield device
    finally:
        torch.distributed.destroy_process_group()


def launched() -> bool:
    """Return whether ``torchrun`` started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_lost(error: RuntimeError) -> bool:
    """Return whether an error says that another process is gone."""
    return any(word in str(error).lower() for word in ("gloo", "nccl", "connection"))


def world_size() -> int:
    """Return how many processes share the work."""
    group = _group()
    return group.get_world_size() if group is not None else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    group = _group()
    return group.get_rank() if group is not None else 0


def local_rank() -> int:
    """Return the number of this process on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def restarts() -> int:
    """Return how many times ``torchrun`` has started the processes anew after one of them failed."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def shard(items: Sequence[T]) -> list[T]:
    """Return what falls to this process when all take turns."""
    return list(items[rank() :: world_size()])


def gather_in_order(items: Sequence[T]) -> list[T]:
    """Put what the processes made of their shards together again, in the order before `shard`; all get all."""
    size = world_size()
    if size == 1:
        return list(items)
    import torch.distributed

    gathered: list[list[T]] = [[] for _ in range(size)]
    torch.distributed.all_gather_object(gathered, list(items))
    merged: list[T] = []
    for turn in range(max(len(part) for part in gathered)):
        merged += [part[turn] for part in gathered if turn < len(part)]
    return merged


def any_true(flag: bool) -> bool:
    """Return whether the flag is set in any process."""
    return flag if world_size() == 1 else sum_numbers([float(flag)])[0] > 0


def sum_numbers(values: Sequence[float]) -> list[float]:
    """Return the sums over all processes, in double precision."""
    if world_size() == 1:
        return list(values)
    import torch
    import torch.distributed

    total = torch.tensor(values, dtype=torch.float64)
    torch.distributed.all_reduce(total)
    sums: list[float] = total.tolist()
    return sums


def sum_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replace each gradient by its sum over all processes, sent as one block."""
    if world_size() == 1:
        return
    import torch
    import torch.distributed

    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    block = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(block)
    totals = torch.split(block, [gradient.numel() for gradient in gradients])
    for gradient, total in zip(gradients, totals, strict=True):
        gradient.copy_(total.view_as(gradient))


@contextlib.contextmanager
def first_alone(first: bool) -> Iterator[None]:
    """Let the process for which `first` holds do the block before all others; its error is everyone's.

    Raises
    ------
    UserError
        The first process failed.
    """
    if world_size() == 1:
        yield
        return
    failure: BaseException | None = None
    if first:
        try:
            yield
        except UserError as error:
            failure = error
    failed = sum_numbers([float(failure is not None)])[0] > 0
    if failure is not None:
        raise failure
    if failed:
        raise UserError("Another process of this run could not go on; its message says why.")
    if not first:
        yield


def _group() -> Any:
    """Return ``torch.distributed`` where processes have joined; without torch loaded none has."""
    module = sys.modules.get("torch.distributed")
    return module if module is not None and module.is_available() and module.is_initialized() else None
