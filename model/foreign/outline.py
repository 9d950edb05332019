"""What a checkpoint's pickle would build, found out without building any of it.

A pickle is a program for a small stack machine, and torch's own restricted reader still believes every number in it: a
storage larger than its record, a tensor reaching beyond its storage. So each file is first run here, on values that do
nothing: names are compared with a list, numbers with what the file really holds, and the work is counted.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from model.foreign.values import (
    CALLS,
    STORAGES,
    ForeignName,
    Name,
    OrderedEntries,
    OutlineError,
    Storage,
    Thing,
    built,
    is_count,
    known_name,
)

MOST_STEPS = 300_000
# Their hashes can be made to collide, and a dictionary of such keys takes the square of its size to fill.
_MOST_NUMBER_KEYS = 10_000
_LONGEST_NAME = 256
_LONGEST_TEXT = 1 << 20
_LONGEST_KEY = 40


class Budget:
    """What the pickles of a file may cost together."""

    def __init__(self) -> None:
        self._steps = MOST_STEPS
        self._keys = _MOST_NUMBER_KEYS

    def step(self) -> None:
        """Count an instruction; raise OutlineError when there were too many."""
        self._steps -= 1
        if self._steps < 0:
            raise OutlineError(f"takes over {MOST_STEPS} steps to read, more than any weights need")

    def number_key(self) -> None:
        """Count an entry of a dictionary under a number; raise OutlineError when there were too many."""
        self._keys -= 1
        if self._keys < 0:
            raise OutlineError(f"holds over {_MOST_NUMBER_KEYS} numbered entries, more than any weights need")


def outline(file: BinaryIO, budget: Budget, *, on_storage: Callable[[Storage], None]) -> Any:
    """Return what the pickle at the file's position would build: plain values and those of `model.foreign.values`.

    Parameters
    ----------
    on_storage
        Called with every storage the pickle names; raises OutlineError when the file does not hold it.

    Raises
    ------
    OutlineError
        The pickle is damaged, not as torch writes it, or asks for what saved weights do without.
    """
    return _Machine(file, budget, on_storage).run()


class _Machine:
    """Runs the instructions of pickle protocol 2 that torch writes."""

    def __init__(self, file: BinaryIO, budget: Budget, on_storage: Callable[[Storage], None]) -> None:
        self._file, self._budget, self._on_storage = file, budget, on_storage
        self._stack: list[Any] = []
        self._outer: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return the value the pickle leaves."""
        try:
            while (code := self._bytes(1)) != b".":
                self._budget.step()
                step = _STEPS.get(code)
                if step is None:
                    raise OutlineError("is not a pickle as torch.save writes it")
                step(self)
            return self._stack.pop()
        except OutlineError:
            raise
        except (LookupError, TypeError, ValueError, struct.error, OverflowError):
            raise OutlineError("holds a damaged pickle") from None

    def _bytes(self, count: int) -> bytes:
        if count > _LONGEST_TEXT:
            raise OutlineError("holds a text of over a million letters")
        data = self._file.read(count)
        if len(data) < count:
            raise OutlineError("is cut short")
        return data

    def _unpacked(self, layout: str) -> Any:
        return struct.unpack(layout, self._bytes(struct.calcsize(layout)))[0]

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _protocol(self) -> None:
        if self._bytes(1) != b"\x02":
            raise OutlineError("is pickled with another protocol than 2; save it again without pickle_protocol")

    def _name(self) -> None:
        words = [self._file.readline(_LONGEST_NAME) for _ in range(2)]
        if not all(word.endswith(b"\n") for word in words):
            raise ValueError
        module, name = (word[:-1].decode("utf-8") for word in words)
        self._push(known_name(module, name))

    def _text(self) -> None:
        self._push(self._bytes(self._unpacked("<I")).decode("utf-8", "surrogatepass"))

    def _short_text(self) -> None:
        self._push(self._bytes(self._unpacked("<B")).decode("utf-8"))  # Python 2's

    def _long(self) -> None:
        self._push(int.from_bytes(self._bytes(self._unpacked("<B")), "little", signed=True))

    def _mark(self) -> None:
        self._outer.append(self._stack)
        self._stack = []

    def _marked(self) -> list[Any]:
        items, self._stack = self._stack, self._outer.pop()
        return items

    def _tuple(self, count: int) -> None:
        if count > len(self._stack):
            raise IndexError
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._push(items)

    def _append(self, items: list[Any]) -> None:
        if type(self._stack[-1]) is not list:
            raise TypeError
        self._stack[-1].extend(items)

    def _set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_items([key, value])

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in (dict, OrderedEntries):
            raise TypeError
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Not tuples: nested a hundred deep by a few bytes of pickle, they take forever to hash.
            if not isinstance(key, str | int | float):
                raise TypeError
            if not isinstance(key, str):
                self._budget.number_key()
            target[key] = value

    def _get(self, layout: str) -> None:
        self._push(self._memo[self._unpacked(layout)])

    def _put(self, layout: str) -> None:
        self._memo[self._unpacked(layout)] = self._stack[-1]

    def _storage(self) -> None:
        found = self._stack.pop()
        if type(found) is tuple and found[:1] == ("module",):  # the source code of a module pickled whole
            raise ForeignName("a module with its source")
        # Before torch 1.6 a sixth entry says whether the storage is part of another: none is in weights.
        if (
            type(found) is not tuple
            or len(found) not in (5, 6)
            or found[0] != "storage"
            or found[5:] not in ((), (None,))
        ):
            raise TypeError
        name, key, location, numel = found[1:5]
        if type(name) is not Name or type(key) is not str or type(location) is not str or not is_count(numel):
            raise TypeError
        if not key.isascii() or not key.isdigit() or len(key) > _LONGEST_KEY:
            raise ValueError
        kind, size = STORAGES[name.text]
        storage = Storage(key, kind, numel, numel * size)
        self._on_storage(storage)
        self._push(storage)

    def _call(self) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if type(function) is not Name or type(arguments) is not tuple:
            raise TypeError
        self._push(CALLS[function.text](*arguments))

    def _new(self) -> None:
        arguments, kind = self._stack.pop(), self._stack.pop()
        if kind != Name("torch.nn.modules.loss.CTCLoss") or arguments != ():
            raise TypeError
        self._push(Thing("loss"))

    def _build(self) -> None:
        state = self._stack.pop()
        if not built(self._stack[-1], state):
            raise TypeError


_STEPS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _Machine._protocol,
    b"c": _Machine._name,
    b"X": _Machine._text,
    b"U": _Machine._short_text,
    b"\x8a": _Machine._long,
    b"J": lambda m: m._push(m._unpacked("<i")),
    b"M": lambda m: m._push(m._unpacked("<H")),
    b"K": lambda m: m._push(m._unpacked("<B")),
    b"G": lambda m: m._push(m._unpacked(">d")),
    b"N": lambda m: m._push(None),
    b"\x88": lambda m: m._push(True),
    b"\x89": lambda m: m._push(False),
    b")": lambda m: m._push(()),
    b"]": lambda m: m._push([]),
    b"}": lambda m: m._push({}),
    b"(": _Machine._mark,
    b"t": lambda m: m._push(tuple(m._marked())),
    b"\x85": lambda m: m._tuple(1),
    b"\x86": lambda m: m._tuple(2),
    b"\x87": lambda m: m._tuple(3),
    b"a": lambda m: m._append([m._stack.pop()]),
    b"e": lambda m: m._append(m._marked()),
    b"s": _Machine._set_item,
    b"u": lambda m: m._set_items(m._marked()),
    b"h": lambda m: m._get("<B"),
    b"j": lambda m: m._get("<I"),
    b"q": lambda m: m._put("<B"),
    b"r": lambda m: m._put("<I"),
    b"Q": _Machine._storage,
    b"R": _Machine._call,
    b"\x81": _Machine._new,
    b"b": _Machine._build,
}
