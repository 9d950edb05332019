"""A checkpoint made ready for use: from a recording to its transcript in steps that can be kept and redone alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.audio import Audio, read_audio
from model.errors import Cancelled
from model.features import compute_features, require_known
from model.transcript import Transcript, time_hypothesis

if TYPE_CHECKING:
    import torch

    from model.checkpoint import CheckpointHeader
    from model.decoding import Hypothesis
    from model.network import SpeechToPhoneme
    from model.phonemes import SymbolTable

Progress = Callable[[str, float], bool]
"""Called with the name of the step and the part done; answers False to cancel."""


@dataclass(frozen=True)
class Heard:
    """What a network heard in a recording; decoding starts from here and never runs the network again.

    Attributes
    ----------
    audio
        The recording at the recipe's rate; without samples where features alone were given.
    features
        Normalised frames (T, coefficients), ``hop_seconds`` apart.
    log_probs
        Log-posteriors (T', classes), ``step_seconds`` apart.
    table
        Symbols of the classes.
    """

    audio: Audio
    features: npt.NDArray[np.float32]
    hop_seconds: float
    log_probs: npt.NDArray[np.float32]
    step_seconds: float
    table: SymbolTable

    @property
    def seconds(self) -> float:
        """Duration: that of the sound, or of the frames where features alone were given."""
        return self.audio.seconds or len(self.features) * self.hop_seconds


class Recognizer:
    """A network with the recipe and symbols of its checkpoint.

    Parameters
    ----------
    path
        The checkpoint file.
    device
        Where the network runs.
    precision
        Its arithmetic, one of `INFERENCE_PRECISIONS`. bfloat16 is faster on GPUs and on processors that multiply it
        fast; a few posteriors are off by a tenth or more then, and chunks of a long recording are not heard quite as
        the whole.
    """

    def __init__(self, path: str | Path, *, device: torch.device | None = None, precision: str = "float32") -> None:
        import torch

        from model.checkpoint import load_checkpoint

        self.path = Path(path)
        network, header = load_checkpoint(path)
        self.network: SpeechToPhoneme = network.to(device) if device is not None else network
        self.network.arithmetic = getattr(torch, precision)
        self.header: CheckpointHeader = header

    @property
    def device(self) -> str:
        """Kind of device the network runs on: ``cpu`` or ``cuda``."""
        return next(self.network.parameters()).device.type

    @property
    def precision(self) -> str:
        """Arithmetic of the network, one of `INFERENCE_PRECISIONS`."""
        return str(self.network.arithmetic).removeprefix("torch.")

    @property
    def step_seconds(self) -> float:
        """Time between posterior frames."""
        return self.header.features.step_seconds * self.header.network.time_stride

    def hear(self, path: str | Path, *, progress: Progress | None = None) -> Heard:
        """Read a recording and compute its features and posteriors; raise UserError or Cancelled."""
        audio = self.read(path, progress=progress)
        features = self.features(audio, progress=progress)
        return self.heard(audio, features, self.posteriors(features, progress=progress))

    def read(self, path: str | Path, *, progress: Progress | None = None) -> Audio:
        """Return a recording at the recipe's rate."""
        require_known(self.header.features)  # before anything is read
        return read_audio(path, sample_rate=self.header.features.sample_rate, progress=_part(progress, "reading"))

    def features(self, audio: Audio, *, progress: Progress | None = None) -> npt.NDArray[np.float32]:
        """Return the normalised feature frames (T, coefficients) of a recording."""
        if progress is not None and not progress("features", 0.0):
            raise Cancelled
        return compute_features(audio.samples, self.header.features, progress=_part(progress, "features"))

    def no_sound(self) -> Audio:
        """Return the sound of what is known by its features alone: no samples."""
        rate = self.header.features.sample_rate
        return Audio(np.zeros(0, np.float32), rate, rate, 0)

    def heard(self, audio: Audio, features: npt.NDArray[np.float32], log_probs: npt.NDArray[np.float32]) -> Heard:
        """Put what was computed from a recording together."""
        return Heard(
            audio, features, self.header.features.step_seconds, log_probs, self.step_seconds, self.header.table
        )

    def posteriors(self, features: npt.NDArray[Any], *, progress: Progress | None = None) -> npt.NDArray[np.float32]:
        """Return the log-posteriors (T', classes) of normalised feature frames (T, coefficients)."""
        from model.inference import posteriors

        return posteriors(self.network, features, progress=_part(progress, "network"))

    def transcript(self, heard: Heard, hypothesis: Hypothesis) -> Transcript:
        """Give a hypothesis symbols and times."""
        return time_hypothesis(
            heard.log_probs,
            hypothesis,
            self.header.table,
            step_seconds=heard.step_seconds,
            seconds=heard.seconds,
        )


def _part(progress: Progress | None, name: str) -> Callable[[float], bool] | None:
    return None if progress is None else lambda done: progress(name, done)
