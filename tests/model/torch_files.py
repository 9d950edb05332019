"""Files as torch.save writes them, of the plain published network and of none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from model.config import NetworkConfig


class PublishedNetwork(nn.Module):
    """The course program's network as it was published, nothing masked: one utterance at a time."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        narrow, wide = config.narrow_channels, config.wide_channels
        self.conv1 = nn.Conv1d(config.features, narrow, 1, bias=False)
        self.bn1 = nn.BatchNorm1d(narrow)
        self.conv2 = nn.Conv1d(narrow, wide, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm1d(wide)
        self.conv3 = nn.Conv1d(wide, wide, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm1d(wide)
        self.shortcut = nn.Sequential(nn.Conv1d(config.features, wide, 3, padding=1), nn.BatchNorm1d(wide))
        self.rnn = nn.LSTM(
            wide, config.hidden, config.layers, dropout=0.2 if config.layers > 1 else 0.0, bidirectional=True
        )
        self.linear = nn.Linear(2 * config.hidden, config.linear)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(config.linear, config.classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-probabilities (T, classes) of one utterance (T, coefficients)."""
        x = features.T[None]
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = F.relu(self.bn3(self.conv3(y)))
        y = y + self.shortcut(x)
        encoded, _ = self.rnn(y.permute(2, 0, 1))
        return F.log_softmax(self.output(self.dropout(self.linear(encoded))), dim=2)[:, 0]


SMALL = NetworkConfig(narrow_channels=8, wide_channels=16, hidden=16, layers=2, linear=16)


def published(config: NetworkConfig = SMALL) -> PublishedNetwork:
    torch.manual_seed(0)
    network = PublishedNetwork(config)
    with torch.no_grad():
        network.bn1.running_mean += 0.1
        network.bn2.running_var *= 1.5
        network.bn1.num_batches_tracked += 7
    return network.eval()


def forms() -> dict[str, Callable[[PublishedNetwork], object]]:
    """Return the forms in which people keep the network, as functions of it."""

    def optimizer(network: nn.Module) -> torch.optim.Optimizer:
        made = torch.optim.Adam(network.parameters(), lr=5e-4, weight_decay=5e-5)
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        made.step()
        network.zero_grad()
        return made

    def whole_run(network: PublishedNetwork) -> object:
        adam = optimizer(network)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=0.85, patience=0, threshold=0.5)
        return {
            "model_state_dict": network.state_dict(),
            "optimizer_state_dict": adam.state_dict(),
            "scheduler_state_dict": plateau.state_dict(),
            "scaler_state_dict": torch.amp.GradScaler("cpu").state_dict(),
            "val_dist": np.mean(np.array([8.0, 8.5])),
            "epoch": 10,
        }

    def wrapped(*prefixes: str) -> Callable[[PublishedNetwork], object]:
        return lambda network: {"".join(prefixes) + name: value for name, value in network.state_dict().items()}

    return {
        "state dict": lambda network: network.state_dict(),
        "whole run": whole_run,
        "other names": lambda network: {
            "net": network.state_dict(),
            "optimizer": optimizer(network).state_dict(),
            "loss": 1.5,
            "epoch": 3,
            "rng_state": torch.get_rng_state(),
        },
        "with its loss": lambda network: {"model_state_dict": network.state_dict(), "loss": nn.CTCLoss(blank=0)},
        "numbers of numpy": lambda network: {
            "model_state_dict": network.state_dict(),
            "a": np.float32(1),
            "b": np.int64(2),
            "c": np.bool_(True),
            "device": torch.device("cpu"),
            "type": torch.float32,
            "size": torch.Size([3]),
        },
        "in parallel": wrapped("module."),
        "compiled": wrapped("_orig_mod."),
        "compiled in parallel": wrapped("module.", "_orig_mod."),
        "inside another": wrapped("model."),
        "two deep": lambda network: {"state": {"model": network.state_dict()}, "epoch": 1},
        "plain dictionary": lambda network: dict(network.state_dict()),
        "halves": lambda network: {
            name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()
        },
        "parameters": lambda network: {
            name: nn.Parameter(value) if value.is_floating_point() else value
            for name, value in network.state_dict().items()
        },
    }


def save(path: Path, value: object, *, old: bool = False) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=not old)
    return path


def rezipped(source: Path, target: Path, change: Callable[[dict[str, bytes]], None], **options: int) -> Path:
    """Write a zip archive again with changed records."""
    with zipfile.ZipFile(source) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    change(records)
    with zipfile.ZipFile(target, "w", **options) as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return target


def with_pickle(path: Path, pickle: bytes) -> Path:
    """Write what torch.save would, the given pickle in place of its own."""
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(4)}, buffer)
    path.write_bytes(buffer.getvalue())

    def change(records: dict[str, bytes]) -> None:
        [name] = [name for name in records if name.endswith("/data.pkl")]
        records[name] = pickle

    return rezipped(path, path, change)
