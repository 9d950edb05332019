"""Checkpoints of torch.save that hold the course program's network: found, measured, and read."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.checkpoint import CheckpointHeader
from model.config import FeatureConfig, NetworkConfig
from model.errors import FileError, UserError, reason, shown
from model.foreign.archive import ZIP_MARK, outline_of
from model.foreign.values import NUMPY_KINDS, ForeignName, OrderedEntries, OutlineError, Tensor
from model.phonemes import FALL_2022_TABLE, SPRING_2022_TABLE, TABLES, SymbolTable

if TYPE_CHECKING:
    import torch

_FIRST = "conv1.weight"
_COUNTER = ".num_batches_tracked"
_FLOATS = ("F16", "BF16", "F32", "F64")
# Names under which programs keep the weights, the likeliest first.
_PLACES = ("model_state_dict", "state_dict", "model", "net", "network", "model_state", "weights")
# What DataParallel and torch.compile put before or between the names.
_WRAPPERS = ("module", "_orig_mod")
_LAYER = re.compile(r"rnn\.weight_ih_l\d+")
_BLANK = " "
_reading = threading.Lock()


@dataclass(frozen=True)
class Weights:
    """Where a file keeps the network's weights.

    Attributes
    ----------
    place
        Keys that lead to their dictionary.
    names
        The file's name of each of ours.
    tensors
        What the file says of each of ours.
    """

    place: tuple[Any, ...]
    names: dict[str, str]
    tensors: dict[str, Tensor]


def read_foreign(path: Path) -> tuple[CheckpointHeader, Weights]:
    """Return what a file of torch's tells of itself: sizes from its tensors, a symbol table by its number of outputs.

    How its features were made, it does not tell: their kind is ``unknown``. Nothing of the file is run or allocated.

    Raises
    ------
    FileError
        The file holds a whole module or other objects, no weights, those of another network, or is damaged.
    """
    try:
        found = outline_of(path)
    except ForeignName as error:
        name = repr(error.name)[1:-1][:60]
        problem = f"holds a whole module or other objects of Python ({name}), which are never loaded, for they can run"
        advice = "programs; load it where it was trained and save model.state_dict() with torch.save instead"
        raise FileError(path, f"{problem} {advice}") from None
    except OutlineError as error:
        raise FileError(path, f"is not a checkpoint that can be read: it {error}") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None
    weights = _find(path, found)
    if sum(tensor.nbytes for tensor in weights.tensors.values()) > path.stat().st_size:
        raise FileError(path, "is not a checkpoint that can be read: it promises more weights than it holds")
    return _header(path, weights), weights


def load_foreign(path: Path) -> tuple[dict[str, torch.Tensor], CheckpointHeader]:
    """Return the network's weights under our names, as float32 on the CPU, and the header of `read_foreign`.

    Raises
    ------
    FileError
        As `read_foreign`.
    """
    import torch

    header, weights = read_foreign(path)
    try:
        with open(path, "rb") as file, _reading, _allowed_names():
            # Mapped into memory, what else the file holds (an optimiser's state) is not read. Torch maps only new files
            # and names that UTF-8 spells.
            mapped = file.read(len(ZIP_MARK)) == ZIP_MARK and _is_spelled(path)
            file.seek(0)
            found: Any = torch.load(path if mapped else file, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # torch promises nothing about what it raises; nothing of the file has been run
        raise FileError(path, f"is not a checkpoint that torch can read ({reason(error)}); save it again") from None
    for key in weights.place:
        found = found[key]
    state = {}
    for name, theirs in weights.names.items():
        value = found[theirs].detach()
        if tuple(value.shape) != weights.tensors[name].shape:
            raise FileError(path, f"is damaged: it gives {shown(theirs)} two sizes")
        state[name] = value.to(torch.int64 if name.endswith(_COUNTER) else torch.float32, copy=True).contiguous()
    for name in _expected(header.network):
        if name.endswith(_COUNTER):  # torch before 0.4.1 did not count batches
            state.setdefault(name, torch.zeros((), dtype=torch.int64))
    return state, header


def numbered_table(classes: int) -> SymbolTable:
    """Return a table for outputs whose meaning is not known: numbers for symbols."""
    letters = [chr(c) for c in range(0x21, 0x1000) if chr(c).isprintable() and not chr(c).isspace()]
    numbers = tuple(str(i) for i in range(1, classes))
    return SymbolTable(f"{classes} numbered symbols", (_BLANK, *numbers), (_BLANK, *letters[: classes - 1]))


def likely_table(classes: int, features: int) -> SymbolTable:
    """Return the table of the course term that had so many outputs and coefficients, else a numbered one."""
    if classes == len(FALL_2022_TABLE):
        return SPRING_2022_TABLE if features == FeatureConfig().coefficients else FALL_2022_TABLE
    return next((table for table in TABLES if len(table) == classes), None) or numbered_table(classes)


def _find(path: Path, found: Any) -> Weights:
    """Return where the weights are: the dictionary with a tensor named as our first, at the top or up to two within."""
    dictionaries = list(_dictionaries(found))
    if not any(type(value) is Tensor for _, values in dictionaries for value in values.values()):
        raise FileError(path, "holds no weights; save model.state_dict() with torch.save")
    for place, values in sorted(dictionaries, key=lambda item: _rank(item[0])):
        cleaned = {_clean(name): name for name, value in values.items() if type(name) is str and type(value) is Tensor}
        firsts = [name for name in cleaned if name == _FIRST or name.endswith(f".{_FIRST}")]
        if firsts:
            prefix = min(firsts, key=len).removesuffix(_FIRST)
            names = {name.removeprefix(prefix): theirs for name, theirs in cleaned.items() if name.startswith(prefix)}
            return Weights(place, names, {name: values[theirs] for name, theirs in names.items()})
    raise FileError(path, f"holds the weights of another network than this program's (none is named {_FIRST})")


def _dictionaries(found: Any) -> Iterator[tuple[tuple[Any, ...], Mapping[Any, Any]]]:
    """Yield dictionaries with the keys that lead to them, each once: a few bytes of pickle name one a million times."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), found)]
    seen: set[int] = set()
    for place, value in waiting:
        if type(value) in (dict, OrderedEntries) and id(value) not in seen:
            seen.add(id(value))
            yield place, value
            if len(place) < 2:
                waiting += [((*place, key), item) for key, item in value.items()]


def _rank(place: tuple[Any, ...]) -> tuple[int, int]:
    last = place[-1] if place else ""
    return len(place), _PLACES.index(last) if last in _PLACES else len(_PLACES)


def _clean(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _header(path: Path, weights: Weights) -> CheckpointHeader:
    tensors = weights.tensors
    try:
        network = _sizes(tensors)
        table = likely_table(network.classes, network.features)
        features = FeatureConfig(kind="unknown", coefficients=network.features)
    except UserError as error:
        problem = str(error).rstrip(".")
        raise FileError(path, f"holds the weights of another network than this program's ({problem})") from None
    expected = _expected(network)
    for name in sorted(expected.keys() | tensors.keys()):
        wanted, stored = expected.get(name), tensors.get(name)
        counter = name.endswith(_COUNTER)
        if wanted is None or (stored is None and not counter):
            difference = f"{shown(name)} is {'not one of its' if wanted is None else 'missing'}"
        elif stored is not None and stored.shape != wanted:
            difference = f"{shown(name)} has the shape {_spelled(stored.shape)} and not {_spelled(wanted)}"
        elif stored is not None and not counter and stored.storage.kind not in _FLOATS:
            difference = f"{shown(name)} holds {stored.storage.kind} and not floating-point numbers"
        elif stored is not None and stored.nbytes > stored.storage.nbytes:
            difference = f"{shown(name)} repeats its numbers"
        else:
            continue
        raise FileError(path, f"holds the weights of another network than this program's ({difference})")
    return CheckpointHeader(network=network, features=features, table=table, title=path.stem, program_version="")


def _sizes(tensors: Mapping[str, Tensor]) -> NetworkConfig:
    """Return the sizes that the tensors have; raise UserError when they are none of this program's network."""

    def size(name: str, axis: int, axes: int) -> int:
        shape = tensors[name].shape if name in tensors else ()
        if len(shape) != axes:
            raise UserError(f"{name} is missing or has the shape {_spelled(shape)}.")
        return shape[axis]

    return NetworkConfig(
        features=size(_FIRST, 1, 3),
        classes=size("output.weight", 0, 2),
        narrow_channels=size(_FIRST, 0, 3),
        wide_channels=size("conv2.weight", 0, 3),
        hidden=size("rnn.weight_hh_l0", 1, 2),
        layers=sum(1 for name in tensors if _LAYER.fullmatch(name)),
        linear=size("linear.weight", 0, 2),
    )


def _expected(network: NetworkConfig) -> dict[str, tuple[int, ...]]:
    import torch

    from model.network import SpeechToPhoneme

    with torch.device("meta"):
        return {name: tuple(value.shape) for name, value in SpeechToPhoneme(network).state_dict().items()}


def _is_spelled(path: Path) -> bool:
    try:
        return bool(str(path).encode())
    except UnicodeEncodeError:
        return False


def _spelled(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in shape) or "of a single number"


@contextlib.contextmanager
def _allowed_names() -> Iterator[None]:
    """Let torch's restricted reader make numpy's numbers and CTCLoss, which programs save beside the weights."""
    import numpy as np
    import torch

    scalar = np.float64(0).__reduce__()[0]
    names: list[Any] = [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    names += [np.dtype, torch.nn.CTCLoss, *{type(np.dtype(kind)) for kind in NUMPY_KINDS}]
    with torch.serialization.safe_globals(names):
        yield
