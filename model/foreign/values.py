"""The values a checkpoint's pickle is made of, without their contents, and the calls that make them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STORAGES = {
    "DoubleStorage": ("F64", 8),
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
}
"""Type of the numbers as safetensors spells it, and bytes of one, for each of torch's storages."""

NUMPY_KINDS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
"""Types of the numpy numbers that a checkpoint may hold."""

_TORCH_KINDS = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
# Python 2 and 3, numpy 1 and 2 spell the same things in different ways.
_SPELLINGS = {
    "__builtin__.set": "builtins.set",
    "numpy._core.multiarray.scalar": "numpy.scalar",
    "numpy.core.multiarray.scalar": "numpy.scalar",
}
_LARGEST_COUNT = 1 << 48


class OutlineError(ValueError):
    """The file is damaged, or makes what no saved weights need; its text says what, without a full stop."""


class ForeignName(OutlineError):  # noqa: N818 (an error all the same)
    """The pickle asks for a class or function that saved weights do without; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"holds an object of Python ({name})")
        self.name = name


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle asks for."""

    text: str


@dataclass(frozen=True)
class Storage:
    """A stretch of numbers kept elsewhere in the file.

    Attributes
    ----------
    key
        Where: digits.
    kind
        Type of its numbers as safetensors spells it, e.g. ``"F32"``.
    numel, nbytes
        How many numbers and bytes the pickle claims.
    """

    key: str
    kind: str
    numel: int
    nbytes: int


@dataclass(frozen=True)
class Tensor:
    """A tensor over a storage, within its bounds."""

    storage: Storage
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of its values."""
        return math.prod(self.shape) * (self.storage.nbytes // max(1, self.storage.numel))


@dataclass(frozen=True)
class Thing:
    """Something without use here: a device, a number, a loss function."""

    kind: str


class OrderedEntries(dict[Any, Any]):
    """What will be an ordered dictionary."""


def known_name(module: str, name: str) -> Name:
    """Return a class or function that saved weights may name; raise ForeignName for all others."""
    if module in ("torch", "torch.cuda") and name in STORAGES:
        return Name(name)
    text = _SPELLINGS.get(f"{module}.{name}", f"{module}.{name}")
    if text not in CALLS and not (module == "torch" and name in _TORCH_KINDS):
        raise ForeignName(text)
    return Name(text)


def is_count(value: object) -> bool:
    """Return whether a value can be a number of things."""
    return type(value) is int and 0 <= value < _LARGEST_COUNT


def built(target: object, state: Any) -> bool:
    """Return whether a value may be given such a state."""
    if type(target) is OrderedEntries or target == Thing("loss"):
        return type(state) is dict and all(type(key) is str for key in state)
    # A number type is told its byte order, and that it is neither a record nor an array.
    plain = (None, None, None, -1, -1, 0)
    return target == Thing("dtype") and state in [(3, order, *plain) for order in ("<", ">", "|", "=")]


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *others: Any) -> Tensor:
    """Return the tensor of ``_rebuild_tensor`` and ``_rebuild_tensor_v2``, whose others are of no use here."""
    if type(storage) is not Storage or type(shape) is not tuple or type(stride) is not tuple or len(others) > 2:
        raise TypeError
    if not is_count(offset) or not all(map(is_count, (*shape, *stride))) or not len(shape) == len(stride) <= 16:
        raise OutlineError("holds a tensor with impossible sizes")
    if others and (type(others[0]) is not bool or others[1:] not in ((), ({},))):
        raise TypeError
    last = offset + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    if all(shape) and last >= storage.numel:
        raise OutlineError("holds a tensor that reaches beyond its storage")
    return Tensor(storage, shape)


def _parameter(data: Any, requires_grad: Any, hooks: Any) -> Tensor:
    if type(data) is not Tensor or type(requires_grad) is not bool or hooks != {}:
        raise TypeError
    return data


def _ordered(pairs: Any = ()) -> OrderedEntries:
    if type(pairs) not in (list, tuple) or not all(type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
        raise TypeError
    if not all(type(pair[0]) is str for pair in pairs):
        raise TypeError
    return OrderedEntries(pairs)


def _set(items: Any) -> Thing:
    if type(items) is not list or not all(type(item) is str for item in items):
        raise TypeError
    return Thing("set")


def _encoded(text: Any, encoding: Any) -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise TypeError
    return text.encode("latin1")


def _number_type(text: Any, align: Any, copy: Any) -> Thing:
    if text not in NUMPY_KINDS or not isinstance(align, int) or not isinstance(copy, int):
        raise TypeError
    return Thing("dtype")


def _number(kind: Any, data: Any) -> Thing:
    if kind != Thing("dtype") or type(data) is not bytes:
        raise TypeError
    return Thing("number")


def _device(kind: Any, index: Any = 0) -> Thing:
    if type(kind) is not str or type(index) is not int:
        raise TypeError
    return Thing("device")


def _size(shape: Any) -> Thing:
    if type(shape) is not tuple or not all(map(is_count, shape)):
        raise TypeError
    return Thing("size")


CALLS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "collections.OrderedDict": _ordered,
    "builtins.set": _set,
    "_codecs.encode": _encoded,
    "numpy.dtype": _number_type,
    "numpy.scalar": _number,
    "torch.device": _device,
    "torch.Size": _size,
    "torch.nn.modules.loss.CTCLoss": lambda: Thing("loss"),
}
"""What a pickle may call, and what comes of it here; wrong arguments raise TypeError, ValueError or OutlineError."""
