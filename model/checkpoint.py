"""Checkpoints: weights and everything needed to use them in one safetensors file, saved atomically.

The file's metadata holds one JSON document under the key ``phonegui``: network sizes, feature recipe, symbol table,
training history and scores. Files of torch.save are read as well (`model.foreign`), with what can be told of them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from model import __version__
from model.config import FeatureConfig, NetworkConfig, dumps, from_json
from model.errors import FileError, UserError, reason, shown
from model.files import atomic_path, file_size
from model.phonemes import DEFAULT_TABLE, SymbolTable

if TYPE_CHECKING:
    import torch

    from model.network import SpeechToPhoneme

FORMAT = 1
_KEY = "phonegui"
_LARGEST_FILE = 4 << 30
_LARGEST_HEADER = 32 << 20
_FLOATS = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
_INTEGERS = ("I64",)


class _Stored(NamedTuple):
    """What a file says of a tensor before it is read."""

    kind: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class CheckpointHeader:
    """What a checkpoint says about its weights.

    Attributes
    ----------
    network, features, table
        Sizes, feature recipe and output classes.
    history
        One record an epoch: the columns of ``history.csv``; None in a file stands for what was not a number.
    scores
        Measurements, e.g. ``{"dev": {"phone_error_rate": 0.2, ...}}``.
    title, notes
        What it was trained on and how, in words.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    table: SymbolTable = DEFAULT_TABLE
    history: tuple[dict[str, Any], ...] = ()
    scores: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    notes: str = ""
    program_version: str = __version__

    def __post_init__(self) -> None:
        """Check that the three parts fit each other."""
        if self.network.classes != len(self.table):
            raise UserError(
                f"A network of {self.network.classes} outputs does not fit a table of {len(self.table)} symbols."
            )
        if self.network.features != self.features.coefficients:
            raise UserError(
                f"A network of {self.network.features} inputs does not fit features of "
                f"{self.features.coefficients} coefficients."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the header as a JSON object."""
        return {
            "format": FORMAT,
            "program_version": self.program_version,
            "title": self.title,
            "notes": self.notes,
            "network": self.network.to_json(),
            "features": self.features.to_json(),
            "symbols": self.table.to_json(),
            "scores": _finite(self.scores),
            "history": _finite(self.history),
        }

    @classmethod
    def from_json(cls, value: object) -> CheckpointHeader:
        """Return the header a JSON object describes; raise UserError when it is not one this program knows."""
        if not isinstance(value, dict) or not isinstance(value.get("format"), int):
            raise UserError("The header is not one of this program's.")
        if value["format"] > FORMAT:
            raise UserError("The checkpoint was saved by a newer phonegui; install that version.")
        history, scores = value.get("history", []), value.get("scores", {})
        if not isinstance(history, list) or not all(isinstance(record, dict) for record in history):
            raise UserError("The training history in the header is malformed.")
        if not isinstance(scores, dict):
            raise UserError("The scores in the header are malformed.")
        try:
            table = SymbolTable.from_json(value.get("symbols"))
        except ValueError as error:
            raise UserError(f"The symbol table in the header is malformed: {error}.") from None
        return cls(
            network=from_json(NetworkConfig, value.get("network")),
            features=from_json(FeatureConfig, value.get("features")),
            table=table,
            history=tuple(history),
            scores=scores,
            title=str(value.get("title", "")),
            notes=str(value.get("notes", "")),
            program_version=str(value.get("program_version", "")),
        )


def save_checkpoint(
    path: str | Path, state: dict[str, torch.Tensor], header: CheckpointHeader, *, half: bool = False
) -> None:
    """Write weights and header to `path`, whole or not at all.

    Parameters
    ----------
    state
        A network's ``state_dict()``.
    half
        Store the weights as float16, half the size; they are float32 again when loaded. Biases and the statistics of
        batch normalisation are few, and some too large for float16: they stay as they are.

    Raises
    ------
    FileError
        The file cannot be written; what stood there before still stands there.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {}
    for name, value in state.items():
        smaller = half and value.is_floating_point() and value.dim() > 1
        tensors[name] = value.detach().to("cpu", torch.float16 if smaller else value.dtype).contiguous()
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, {_KEY: dumps(header.to_json())})
        except SafetensorError as error:
            raise FileError(path, f"cannot be written ({reason(error)}); free space or choose another place") from None


def read_header(path: str | Path) -> CheckpointHeader:
    """Return a checkpoint's header without reading its weights; raise FileError when it has none that is known.

    A file of torch.save has none: sizes are taken from its tensors, the symbol table from the number of outputs, and
    the kind of its features is ``unknown``.
    """
    path = Path(path)
    if _is_foreign(path):
        from model.foreign.checkpoint import read_foreign

        return read_foreign(path)[0]
    return _read_header(path)[0]


def stored_type(path: str | Path) -> str:
    """Return how a checkpoint's weights are stored, ``float16`` for one; raise FileError as `read_header` does."""
    path = Path(path)
    if _is_foreign(path):
        return "as torch.save stored them"
    found = _read_header(path)[1].values()
    # Vectors stay as they are where the matrices are made smaller.
    kinds = {value.kind for value in found if len(value.shape) > 1 and value.kind in _FLOATS}
    return ", ".join(_FLOATS[kind] for kind in sorted(kinds)) or "no weights"


def load_checkpoint(path: str | Path) -> tuple[SpeechToPhoneme, CheckpointHeader]:
    """Load a network, ready for inference on the CPU, and its header as `read_header` gives it.

    Raises
    ------
    FileError
        The file is missing, damaged, no checkpoint of this network, or its weights do not fit its header.
    """
    import torch

    from model.network import SpeechToPhoneme

    path = Path(path)
    if _is_foreign(path):
        from model.foreign.checkpoint import load_foreign

        state, header = load_foreign(path)
    else:
        state, header = _load(path)
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise FileError(path, "holds weights that are not numbers; the training that made it had failed")
    with torch.device("meta"):
        network = SpeechToPhoneme(header.network)
    network.load_state_dict(state, assign=True)
    return network.eval(), header


def _is_foreign(path: Path) -> bool:
    from model.foreign.archive import START_BYTES, is_foreign

    if file_size(path, wanted="a checkpoint file (.safetensors or .pt)") > _LARGEST_FILE:
        raise FileError(path, "is too large for a checkpoint (over 4 GB)")
    try:
        with open(path, "rb") as file:
            return is_foreign(file.read(START_BYTES))
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def _load(path: Path) -> tuple[dict[str, torch.Tensor], CheckpointHeader]:
    import torch
    from safetensors import SafetensorError, safe_open

    from model.network import SpeechToPhoneme

    header, found = _read_header(path)
    # Sizes are compared before anything is allocated: a header may promise a network larger than memory.
    with torch.device("meta"):
        _check_fit(path, SpeechToPhoneme(header.network).state_dict(), found)
    try:
        with safe_open(path, "pt") as file:
            state = {name: file.get_tensor(name) for name in found}
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(path, f"is damaged ({reason(error)}); download or save it again") from None
    # A copy of its own for each, for the file is mapped into memory and may be replaced.
    floats = {name for name, value in state.items() if value.is_floating_point()}
    return {n: v.to(torch.float32, copy=True) if n in floats else v.clone() for n, v in state.items()}, header


def _check_fit(path: Path, expected: dict[str, torch.Tensor], found: dict[str, _Stored]) -> None:
    for name in sorted(expected.keys() | found.keys()):
        wanted, stored = expected.get(name), found.get(name)
        kinds = _FLOATS if wanted is None or wanted.is_floating_point() else _INTEGERS
        if wanted is None or stored is None or stored != (stored.kind, tuple(wanted.shape)) or stored.kind not in kinds:
            raise FileError(path, f"holds weights that do not fit its header ({shown(name)}); the file is damaged")


def _read_header(path: Path) -> tuple[CheckpointHeader, dict[str, _Stored]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            found = {name: _Stored(str(v.get_dtype()), tuple(v.get_shape())) for name, v in slices.items()}
    except (SafetensorError, OSError, ValueError) as error:
        problem = f"is not a checkpoint of this program ({reason(error)}); choose a .safetensors or .pt file"
        raise FileError(path, problem) from None
    if _KEY not in metadata:
        raise FileError(path, "has no header of this program, so its symbols and features are not known")
    try:
        if len(metadata[_KEY]) > _LARGEST_HEADER:
            raise UserError("It is too large.")
        return CheckpointHeader.from_json(json.loads(metadata[_KEY], parse_constant=_no_number)), found
    except UserError as error:
        raise FileError(path, f"has a header that cannot be used: {str(error).rstrip('.')}") from None
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"has a header that cannot be used ({reason(error)})") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(value: Any) -> Any:
    """Return a JSON value with None in place of numbers that JSON cannot spell."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
