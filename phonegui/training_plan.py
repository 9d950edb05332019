"""What a training run is to do: corpora, settings, device and folder; and the command line that does the same."""

from __future__ import annotations

import dataclasses
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.config import PRESETS, NetworkConfig, TrainingConfig, from_json
from model.errors import FileError, UserError, reason
from model.files import file_size, write_text
from model.inference import DEVICES

if TYPE_CHECKING:
    from model.training_setup import TrainingRequest

PLAN_NAME = "plan.json"
"""In a run's folder: the plan, so that the window can resume it."""

_FORMAT = 1
_LARGEST = 1 << 20
_STATUSES = ("running", "stopped", "failed", "finished")


@dataclass(frozen=True)
class TrainingPlan:
    """A run as the window or the command line can start it.

    Attributes
    ----------
    train, dev
        Paths of the corpora.
    out
        Folder of the run.
    network, training
        All settings.
    dev_part
        Sub-corpus of `dev` that is scored, empty for all of it.
    device
        One of ``auto``, ``cpu``, ``cuda``.
    resume
        Go on with the run in `out`.
    tensorboard
        Log for TensorBoard, too.
    """

    train: str
    dev: str
    out: str
    network: NetworkConfig
    training: TrainingConfig
    dev_part: str = ""
    device: str = "auto"
    resume: bool = False
    tensorboard: bool = False

    def request(self) -> TrainingRequest:
        """Return what the command line would ask for."""
        from model.training_setup import TrainingRequest

        preset, changes = ("compact", []) if self.resume else self._nearest_preset()
        return TrainingRequest(
            train=self.train,
            dev=self.dev,
            out=self.out,
            dev_part=self.dev_part or None,
            preset=preset,
            set=tuple(changes),
            resume=self.resume,
        )

    def command(self) -> str:
        """Return the line for a POSIX shell that does the same, its words quoted."""
        request = self.request()
        words = ["phonegui", "train", request.train, "--dev", request.dev]
        if request.dev_part:
            words += ["--dev-part", request.dev_part]
        words += ["--out", request.out]
        if request.resume:
            words.append("--resume")
        else:
            words += ["--preset", request.preset]
            for change in request.set:
                words += ["--set", change]
        if self.device != "auto":
            words += ["--device", self.device]
        if self.tensorboard:
            words.append("--tensorboard")
        return shlex.join(words)

    def _nearest_preset(self) -> tuple[str, list[str]]:
        """Return the built-in preset that differs least, and the ``--set`` assignments that make up the difference."""
        candidates = []
        for name, preset in PRESETS.items():
            changes = [f"network.{text}" for text in _differences(preset.network, self.network)]
            candidates.append((name, changes + _differences(preset.training, self.training)))
        return min(candidates, key=lambda item: len(item[1]))

    def to_json(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {**dataclasses.asdict(self), "format": _FORMAT}

    @classmethod
    def from_json(cls, value: object) -> TrainingPlan:
        """Return the plan a JSON object describes; raise UserError when it is none."""
        if not isinstance(value, dict) or value.get("format") != _FORMAT:
            raise UserError("It is not the plan of a training run.")
        words = {name: value.get(name, "") for name in ("train", "dev", "out", "dev_part", "device")}
        if not all(isinstance(word, str) for word in words.values()) or words["device"] not in DEVICES:
            raise UserError("It is not the plan of a training run.")
        return cls(
            **words,
            network=from_json(NetworkConfig, value.get("network")),
            training=from_json(TrainingConfig, value.get("training")),
            resume=bool(value.get("resume")),
            tensorboard=bool(value.get("tensorboard")),
        )


def _differences(base: Any, wanted: Any) -> list[str]:
    pairs = ((item.name, getattr(base, item.name), getattr(wanted, item.name)) for item in dataclasses.fields(base))
    return [f"{name}={after}" for name, before, after in pairs if before != after]


def write_plan(plan: TrainingPlan, status: str) -> None:
    """Keep a plan in the run's folder, with how the run ended or ``"running"``; raise FileError as `write_text`."""
    write_text(Path(plan.out) / PLAN_NAME, json.dumps({**plan.to_json(), "status": status}, indent=2) + "\n")


def read_plan(folder: str | Path) -> tuple[TrainingPlan, str]:
    """Return the plan kept in a run's folder, with that folder as its `out`, and how the run ended.

    Raises
    ------
    FileError
        There is none, or it is damaged.
    """
    path = Path(folder) / PLAN_NAME
    try:
        if file_size(path, wanted="the plan of a run") > _LARGEST:
            raise ValueError("it is too large")
        value = json.loads(path.read_text(encoding="utf-8"))
        plan = TrainingPlan.from_json(value)
    except FileError:
        raise
    except (OSError, ValueError, RecursionError, UserError) as error:
        raise FileError(path, f"cannot be used ({reason(error)}); resume this run with phonegui train") from None
    status = value.get("status")
    return dataclasses.replace(plan, out=str(folder)), status if status in _STATUSES else "failed"


def next_run(parent: str | Path, name: str) -> Path:
    """Return the first folder ``name-1``, ``name-2``, … that does not exist."""
    word = "-".join(name.lower().split()) or "run"
    word = "".join(c for c in word if c.isalnum() or c in "-_") or "run"
    number = 1
    while (Path(parent) / f"{word}-{number}").exists():
        number += 1
    return Path(parent) / f"{word}-{number}"
