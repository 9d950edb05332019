"""Batch normalisation whose statistics are those of the frames of all processes."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed
from torch import Tensor, nn

from model.network import SpeechToPhoneme


class _Sum(torch.autograd.Function):
    """Sum over all processes; each one's loss depends on the sum, so the gradients are summed likewise."""

    @staticmethod
    def forward(context: Any, value: Tensor) -> Tensor:
        """Return the sum."""
        total = value.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        """Return the sum of the gradients."""
        total = gradient.contiguous().clone()
        torch.distributed.all_reduce(total)
        return total


def sum_over_processes(value: Tensor) -> Tensor:
    """Return the sum of a tensor over all processes, differentiable."""
    total: Tensor = _Sum.apply(value)  # type: ignore[no-untyped-call]
    return total


class SyncedNorm(nn.BatchNorm1d):
    """`nn.BatchNorm1d` over rows (N, C), by the rows of all processes together.

    torch's own ``SyncBatchNorm`` runs on GPUs alone; this one runs wherever tensors can be summed.

    Attributes
    ----------
    counted
        Whether the rows of this process enter the statistics: not where it has none of a batch and stands by.
    """

    counted = True

    def forward(self, rows: Tensor) -> Tensor:
        """Return the rows normalised; in training, update the running statistics."""
        if not self.training:
            return super().forward(rows)
        x = rows.float()
        share = x if self.counted else x * 0
        first = sum_over_processes(torch.cat([share.sum(0), x.new_tensor([len(x) if self.counted else 0])]))
        count = first[-1].detach()
        mean = first[:-1] / count
        # In two passes: a difference of large squares would lose what one process keeps.
        deviation = (x - mean) if self.counted else (x - mean) * 0
        variance = sum_over_processes((deviation**2).sum(0)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        normal = (x - mean) * torch.rsqrt(variance + self.eps)
        return (normal * self.weight + self.bias).to(rows.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def synced_norms(network: SpeechToPhoneme) -> list[SyncedNorm]:
    """Make the normalisations of a network look at all processes; return them."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
    for norm in norms:
        norm.__class__ = SyncedNorm  # same weights, same names in a checkpoint
    return [norm for norm in norms if isinstance(norm, SyncedNorm)]
