"""Self-describing settings: features, network, training, decoding.

Each field carries its type, default, bounds and a line of help, so that the window's forms, the command line and the
header of a checkpoint are all made from the one definition here.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from model.errors import UserError, shown

C = TypeVar("C")


def setting(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
    unit: str = "",
) -> Any:
    """Return a dataclass field that carries its bounds, choices, unit and help in its metadata."""
    return field(
        default=default,
        metadata={"help": help, "minimum": minimum, "maximum": maximum, "choices": choices, "unit": unit},
    )


class Settings:
    """Base of the settings below: checks every field against its type and bounds when made."""

    def __post_init__(self) -> None:
        """Check every field."""
        hints = get_type_hints(type(self))
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            checked = _check(item, hints[item.name], getattr(self, item.name))
            object.__setattr__(self, item.name, checked)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]


def _check(item: dataclasses.Field[Any], kind: type, value: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 1e300 else math.inf  # an integer may be too large for a float
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UserError(f"{item.name} must be {_KINDS[kind]}, not {shown(value)}.")
    low, high, choices = item.metadata["minimum"], item.metadata["maximum"], item.metadata["choices"]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{item.name} must be a finite number, not {shown(value)}.")
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"lie between {low} and {high}" if high is not None else f"be at least {low}"
        raise UserError(f"{item.name} must {bounds}, not {shown(value)}.")
    if choices is not None and value not in choices:
        raise UserError(f"{item.name} must be one of {', '.join(choices)}, not {shown(value)}.")
    return value


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


def from_json(kind: type[C], value: object) -> C:
    """Return the settings of class `kind` that a JSON object describes; raise UserError on anything unknown in it."""
    if not isinstance(value, Mapping):
        raise UserError(f"{kind.__name__} must be a JSON object, not {type(value).__name__}.")
    names = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(str(name) for name in value if name not in names)
    if unknown:
        raise UserError(f"{kind.__name__} has no setting {shown(unknown[0])}; this program may be too old for it.")
    return kind(**value)


def with_overrides(settings: C, overrides: Mapping[str, str]) -> C:
    """Return the settings with fields replaced by values given as text, as ``--set FIELD=VALUE`` gives them."""
    hints = get_type_hints(type(settings))
    names = [item.name for item in dataclasses.fields(settings)]  # type: ignore[arg-type]
    parsed: dict[str, Any] = {}
    for name, text in overrides.items():
        if name not in names:
            raise UserError(f"There is no setting named {shown(name)}; choose one of {', '.join(names)}.")
        parsed[name] = parse_value(hints[name], name, text)
    return dataclasses.replace(settings, **parsed)  # type: ignore[type-var]


def parse_value(kind: type, name: str, text: str) -> Any:
    """Return the value of type `kind` that `text` spells; raise UserError naming the setting otherwise."""
    if kind is str:
        return text
    if kind is bool and text.lower() in {"true", "yes", "on", "1", "false", "no", "off", "0"}:
        return text.lower() in {"true", "yes", "on", "1"}
    try:
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
    except ValueError:
        pass
    raise UserError(f"{name} must be {_KINDS[kind]}, not {shown(text)}.")


@dataclass(frozen=True)
class FeatureConfig(Settings):
    """The recipe from samples to feature frames; stored in every checkpoint and obeyed from it."""

    kind: str = setting("mfcc", "feature kind", choices=("mfcc", "unknown"))
    sample_rate: int = setting(16000, "rate the audio is resampled to", minimum=4000, maximum=192000, unit="Hz")
    coefficients: int = setting(13, "cepstral coefficients, the zeroth included", minimum=1, maximum=256)
    window_seconds: float = setting(0.025, "length of the Hann window", minimum=0.001, maximum=1.0, unit="s")
    hop_seconds: float = setting(0.010, "time between frames", minimum=0.001, maximum=1.0, unit="s")
    mel_bands: int = setting(40, "mel filters under the cosine transform", minimum=1, maximum=512)
    low_frequency: float = setting(20.0, "lower edge of the first filter", minimum=0.0, maximum=96e3, unit="Hz")
    high_frequency: float = setting(7600.0, "upper edge of the last filter", minimum=1.0, maximum=96e3, unit="Hz")
    top_decibels: float = setting(80.0, "range kept below the loudest band", minimum=1.0, maximum=200.0, unit="dB")
    normalize: str = setting("utterance", "scaling of each coefficient over time", choices=("utterance", "none"))

    def __post_init__(self) -> None:
        """Check every field, and those that depend on each other."""
        super().__post_init__()
        if self.kind != "mfcc":
            return
        if self.low_frequency >= min(self.high_frequency, self.sample_rate / 2):
            raise UserError("low_frequency must lie under high_frequency and half the sample_rate.")
        if self.coefficients > self.mel_bands:
            raise UserError(f"{self.coefficients} coefficients cannot come from {self.mel_bands} mel_bands.")

    @property
    def window_samples(self) -> int:
        """Window length in samples."""
        return max(1, round(self.window_seconds * self.sample_rate))

    @property
    def hop_samples(self) -> int:
        """Distance between frames in samples."""
        return max(1, round(self.hop_seconds * self.sample_rate))

    @property
    def step_seconds(self) -> float:
        """Time between frames: `hop_seconds`, rounded to whole samples."""
        return self.hop_samples / self.sample_rate

    @property
    def fft_size(self) -> int:
        """Length of the transform: the power of two that holds the window."""
        return 1 << (self.window_samples - 1).bit_length()


@dataclass(frozen=True)
class NetworkConfig(Settings):
    """Sizes of `SpeechToPhoneme`; the defaults are the published network of 22,907,818 parameters."""

    features: int = setting(13, "coefficients of an input frame", minimum=1, maximum=512)
    classes: int = setting(42, "output classes, the blank included", minimum=2, maximum=1024)
    narrow_channels: int = setting(128, "channels of the first convolution", minimum=1, maximum=4096)
    wide_channels: int = setting(256, "channels of the residual block", minimum=1, maximum=4096)
    hidden: int = setting(512, "cells of each LSTM direction", minimum=1, maximum=4096)
    layers: int = setting(4, "bidirectional LSTM layers", minimum=1, maximum=16)
    linear: int = setting(512, "width of the layer before the output", minimum=1, maximum=8192)
    dropout: float = setting(0.2, "dropout between LSTM layers and before the output", minimum=0.0, maximum=0.95)
    time_stride: int = setting(1, "input frames to one output frame", minimum=1, maximum=8)


_SCHEDULES = ("cosine", "linear", "plateau", "constant")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
"""Arithmetic that training can be done in."""


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """How a network is trained; the defaults are what we recommend, `PRESETS` holds others."""

    epochs: int = setting(30, "passes over the training corpus", minimum=1, maximum=100000)
    batch_frames: int = setting(12000, "input frames in a batch; 0 counts utterances instead", minimum=0, maximum=10**8)
    batch_utterances: int = setting(64, "most utterances in a batch", minimum=1, maximum=100000)
    accumulation: int = setting(
        1, "parts a batch is computed in, to save memory; its gradient stays", minimum=1, maximum=1000
    )
    optimizer: str = setting("adamw", "optimiser", choices=("adam", "adamw"))
    learning_rate: float = setting(2e-3, "highest learning rate", minimum=1e-8, maximum=10.0)
    weight_decay: float = setting(1e-2, "weight decay", minimum=0.0, maximum=1.0)
    schedule: str = setting("cosine", "course of the learning rate", choices=_SCHEDULES)
    warmup_fraction: float = setting(0.03, "part of all steps over which the rate rises", minimum=0.0, maximum=0.9)
    plateau_factor: float = setting(0.85, "factor after an epoch without a better loss", minimum=0.01, maximum=1.0)
    plateau_threshold: float = setting(0.5, "relative gain that counts as better", minimum=0.0, maximum=1.0)
    plateau_patience: int = setting(0, "epochs without a better loss before the factor", minimum=0, maximum=1000)
    clip_norm: float = setting(5.0, "largest gradient norm; 0 does not clip", minimum=0.0, maximum=1e6)
    time_masks: int = setting(2, "masked stretches of time in an utterance", minimum=0, maximum=100)
    time_mask_frames: int = setting(25, "longest masked stretch", minimum=0, maximum=10000, unit="frames")
    feature_masks: int = setting(1, "masked bands of coefficients in an utterance", minimum=0, maximum=100)
    feature_mask_width: int = setting(2, "widest masked band", minimum=0, maximum=512)
    noise: float = setting(0.0, "Gaussian noise on the normalised features", minimum=0.0, maximum=10.0)
    speed_perturbation: float = setting(0.0, "largest relative change of speed", minimum=0.0, maximum=0.5)
    altered_copies: int = setting(
        0, "copies of each recording with other speed, pauses, room, microphone and noise", minimum=0, maximum=20
    )
    ema_decay: float = setting(
        0.0, "decay of the averaged weights; 0 saves the last ones", minimum=0.0, maximum=0.99999
    )
    label_smoothing: float = setting(
        0.0, "weight of the distance to even posteriors in the loss", minimum=0.0, maximum=0.5
    )
    precision: str = setting("auto", "arithmetic of the network; auto is bfloat16 where it is fast", choices=PRECISIONS)
    patience: int = setting(
        0, "epochs without a better dev score after which the run ends; 0 goes on", minimum=0, maximum=100000
    )
    final_beam_width: int = setting(
        10, "beam the best checkpoint is scored with at the end; 0 leaves it out", minimum=0, maximum=1000
    )
    dev_utterances: int = setting(0, "dev utterances scored after an epoch, evenly spread; 0 takes all", minimum=0)
    save_minutes: float = setting(5.0, "time between saves within an epoch", minimum=0.0, maximum=1440.0, unit="min")
    sorted_first_epoch: bool = setting(True, "take the first epoch from short to long utterances")
    seed: int = setting(1, "seed of weights, batches and dropout", minimum=0, maximum=2**31 - 1)


@dataclass(frozen=True)
class DecodingConfig(Settings):
    """How posteriors become phonemes."""

    beam_width: int = setting(10, "prefixes kept; 0 takes the best class of each frame", minimum=0, maximum=1000)
    n_best: int = setting(1, "hypotheses listed", minimum=1, maximum=1000)
    alpha: float = setting(0.0, "weight of the language model; 0 is the network alone", minimum=0.0, maximum=5.0)
    beta: float = setting(1.5, "bonus for every phoneme, with a language model", minimum=-10.0, maximum=10.0)


@dataclass(frozen=True)
class Preset:
    """A network and the way to train it, under a name."""

    help: str
    network: NetworkConfig
    training: TrainingConfig


COMPACT_NETWORK = NetworkConfig(
    narrow_channels=128, wide_channels=256, hidden=256, layers=3, linear=256, dropout=0.2, time_stride=2
)

PRESETS: dict[str, Preset] = {
    "published": Preset(
        "the course's published recipe: full network, Adam 5e-4, batches of 64, 20 epochs",
        NetworkConfig(),
        TrainingConfig(
            epochs=20,
            batch_frames=0,
            batch_utterances=64,
            optimizer="adam",
            learning_rate=5e-4,
            weight_decay=5e-5,
            schedule="plateau",
            warmup_fraction=0.0,
            clip_norm=0.0,
            time_masks=0,
            feature_masks=0,
            sorted_first_epoch=False,
            precision="float32",
        ),
    ),
    "recommended": Preset(
        "full network, bucketed batches, one-cycle cosine rate, masking, averaged weights: for a GPU",
        NetworkConfig(),
        TrainingConfig(batch_frames=40000, ema_decay=0.999),
    ),
    "compact": Preset(
        "a network a quarter of the size with time stride 2: trains overnight on a laptop",
        COMPACT_NETWORK,
        TrainingConfig(epochs=10, ema_decay=0.995, speed_perturbation=0.1, time_mask_frames=20, dev_utterances=400),
    ),
    "quick": Preset(
        "a small network and a few epochs: shows learning within minutes on a CPU",
        NetworkConfig(
            narrow_channels=64, wide_channels=128, hidden=96, layers=2, linear=128, dropout=0.1, time_stride=2
        ),
        TrainingConfig(epochs=5, batch_frames=6000, time_masks=0, feature_masks=0),
    ),
}


def dumps(value: Mapping[str, Any]) -> str:
    """Return strict JSON (no NaN) in ASCII of a settings object, keys in their order.

    ASCII, because names of files may hold what no UTF-8 spells.
    """
    return json.dumps(value, allow_nan=False)
