"""The folder of a training run: checkpoints, resumable state and history, each file written atomically."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import FileError, UserError, reason
from model.files import atomic_path, file_size, write_text

if TYPE_CHECKING:
    from model.checkpoint import CheckpointHeader

HISTORY_COLUMNS = (
    "epoch", "step", "seconds", "learning_rate", "train_loss", "dev_loss",
    "dev_phone_error_rate", "dev_levenshtein", "frames_per_second",
)  # fmt: skip
"""Columns of ``history.csv``: one line an epoch; losses are CTC losses per label, averaged over utterances."""


class RunFolder:
    """Names and formats of what a run leaves on disk.

    ``last.safetensors`` and ``best.safetensors`` are checkpoints; ``state.pt`` resumes the run, and the one before it,
    ``state.previous.pt``, where a failing disk spoils that; ``history.csv`` has a line an epoch, ``steps.csv`` a line a
    step; ``left_out.tsv`` lists the utterances that cannot be learned from.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.last = self.path / "last.safetensors"
        self.best = self.path / "best.safetensors"
        self.state = self.path / "state.pt"
        self.previous = self.path / "state.previous.pt"
        self.history = self.path / "history.csv"
        self.steps = self.path / "steps.csv"
        self.left_out = self.path / "left_out.tsv"
        self.damage = ""
        """Why `load_state` took the state before the last one, as a sentence; empty where it did not."""

    @property
    def resumable(self) -> bool:
        """Whether the folder holds a state."""
        return self.state.exists() or self.previous.exists()

    def prepare(self, *, resume: bool) -> None:
        """Make the folder, and clear away what a run that was killed left half written.

        Raises
        ------
        UserError
            There is nothing to resume, or the folder holds a run that is not to be resumed.
        FileError
            The folder cannot be made.
        """
        try:
            files = (self.state, self.previous, self.last, self.best, self.history)
            kept = [file.name for file in files if file.exists()]
            self.path.mkdir(parents=True, exist_ok=True)
            for file in (*files, self.steps):
                for half in self.path.glob(f".{file.name}.*.part"):
                    half.unlink(missing_ok=True)
        except (OSError, ValueError) as error:
            raise FileError(self.path, f"cannot be made ({reason(error)}); choose another folder") from None
        if resume and not {self.state.name, self.previous.name} & set(kept):
            raise UserError(f"{self.path} holds no run to resume; leave out --resume to start one.")
        if kept and not resume:
            raise UserError(
                f"{self.path} already holds a run ({kept[0]}); add --resume to go on with it, or choose another folder."
            )

    def save_state(self, state: dict[str, Any]) -> None:
        """Write the resumable state, whole or not at all, and keep the one before it."""
        import torch

        with atomic_path(self.state) as temporary:
            try:
                torch.save(state, temporary)
            except RuntimeError as error:  # torch's writer of archives reports a full disk so
                raise FileError(self.state, f"cannot be written ({reason(error)}); free space") from None
            # Killed between this and the renaming of the new one, the run goes on from the previous.
            if self.state.exists():
                os.replace(self.state, self.previous)

    def load_state(self) -> dict[str, Any]:
        """Read the resumable state, or the one before it where that is damaged; nothing in the files runs.

        Raises
        ------
        FileError
            Neither can be read; the text is about the newer one.
        """
        try:
            return _read_state(self.state)
        except FileError as error:
            with contextlib.suppress(FileError):
                state = _read_state(self.previous)
                self.damage = str(error)
                return state
            raise

    def started_with(self) -> tuple[dict[str, Any], dict[str, Any], str, str]:
        """Return the network's sizes, the training settings, title and notes that the kept run was started with."""
        state = self.load_state()
        parts = [state.get(name) for name in ("network_config", "config")]
        if not all(isinstance(part, dict) for part in parts):
            raise FileError(self.state, "does not say how the run was started; start a new run")
        return parts[0] or {}, parts[1] or {}, str(state.get("title", "")), str(state.get("notes", ""))

    def save_checkpoint(self, weights: dict[str, Any], header: CheckpointHeader, *, best: bool) -> None:
        """Write ``last.safetensors``, and ``best.safetensors`` too when it is the best so far."""
        from model.checkpoint import save_checkpoint

        save_checkpoint(self.last, weights, header)
        if best:
            self.save_best(weights, header)

    def save_best(self, weights: dict[str, Any], header: CheckpointHeader) -> None:
        """Write ``best.safetensors``."""
        from model.checkpoint import save_checkpoint

        save_checkpoint(self.best, weights, header)

    def write_history(self, records: Sequence[dict[str, Any]]) -> None:
        """Write ``history.csv`` anew from the records of all epochs."""
        text = io.StringIO()
        writer = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        write_text(self.history, text.getvalue())

    def write_left_out(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write ``left_out.tsv``: names of utterances and why each is left out; without any there is no file."""
        if not rows:
            return
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        writer.writerows([("id", "reason"), *rows])
        write_text(self.left_out, text.getvalue().encode("utf-8", "backslashreplace").decode("utf-8"))


def _read_state(path: Path) -> dict[str, Any]:
    import torch

    file_size(path, wanted="the state of a run")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise FileError(path, f"cannot be resumed ({reason(error)}); start a new run") from None
    if not isinstance(state, dict) or "network" not in state:
        raise FileError(path, "is not the state of a run; start a new run in another folder")
    return state
