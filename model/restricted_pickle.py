"""An interpreter of pickles that calls nothing, for the arrays that `numpy.save` pickles.

Of all a pickle can name, the few names by which numpy builds arrays are known, and none of them is called: what is said
of each array is noted (type, shape, where its bytes lie), and the bytes are skipped. No pickle can do anything here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from model.errors import Cancelled, shown
from model.pickled_values import PickledArray, PickledBytes, PickledType, RefusedError, encoded, fill, scalar, text_of

Report = Callable[[int, int], bool]
"""Called with what is done and in all; answers False to cancel."""

_ARRAY, _DTYPE, _REBUILD, _SCALAR, _ENCODE = "ndarray", "dtype", "_reconstruct", "scalar", "encode"
_NAMES = {
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): _DTYPE,
    ("numpy.core.multiarray", "_reconstruct"): _REBUILD,
    ("numpy._core.multiarray", "_reconstruct"): _REBUILD,
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
    ("_codecs", "encode"): _ENCODE,
}

_SMALL = 4096  # bytes that are read at once instead of being skipped
_BUDGET = 256 << 20  # bytes of memory that what a pickle builds may take, estimated
_MOST_MARKS = 100
_DEEPEST_STACK = 100_000
_LARGEST_GAP = 16  # between the numbers under which a pickle keeps things
_LONGEST_INTEGER = 16


class _Name:
    """One of the names that are known, standing for itself alone."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what


class Interpreter:
    """Goes through one pickle of protocol 2 or later, opcode by opcode.

    Parameters
    ----------
    file
        Stands at the pickle's first byte.
    size
        Bytes of the whole file.
    """

    def __init__(self, file: BinaryIO, size: int, report: Report | None) -> None:
        self.file, self.size, self.report = file, size, report
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: list[Any] = []
        self.spent = 0
        self.arrays = 0

    def run(self) -> Any:
        """Return what the pickle builds."""
        read, operations = self.file.read, _OPERATIONS
        while (code := read(1)) != b".":
            operation = operations.get(code)
            if operation is None:
                if not code:
                    raise RefusedError("it is cut short")
                raise RefusedError(f"its pickle has {shown(code)}, which no array needs; save it with numpy.save")
            operation(self)
            self.spent += 8
            if self.spent > _BUDGET or len(self.stack) > _DEEPEST_STACK:
                raise RefusedError("it holds too many small objects; save arrays of numbers")
        return self.stack.pop()

    def take(self, count: int) -> bytes:
        """Return the next bytes; there are `count` of them, or the file is cut short."""
        data = self.file.read(count)
        if len(data) != count:
            raise RefusedError("it is cut short")
        return data

    def number(self, width: int) -> int:
        """Return the next unsigned integer."""
        return int.from_bytes(self.take(width), "little")

    def push(self, value: Any, cost: int = 0) -> None:
        """Put a value on the stack, `cost` being the memory it takes."""
        self.spent += cost
        self.stack.append(value)

    def block(self, length: int) -> PickledBytes:
        """Return the next `length` bytes, skipped when there are many."""
        offset = self.file.tell()
        if length > self.size - offset:
            raise RefusedError("it is cut short")
        self.spent += 120
        if length <= _SMALL:
            self.spent += length
            return PickledBytes(offset, length, self.take(length))
        self.file.seek(length, 1)
        return PickledBytes(offset, length, None)

    def since_mark(self) -> list[Any]:
        """Return what was put on the stack since the last mark."""
        values = self.stack
        self.stack = self.marks.pop()
        return values

    def remember(self, place: int) -> None:
        """Keep the top of the stack for later."""
        gap = place - len(self.memo)
        if gap < 0:
            self.memo[place] = self.stack[-1]
            return
        if gap > _LARGEST_GAP:
            raise RefusedError("it is damaged")
        self.spent += 8 * (gap + 1)
        self.memo.extend([None] * gap)
        self.memo.append(self.stack[-1])

    def mark(self) -> None:
        """Begin a new stack."""
        if len(self.marks) >= _MOST_MARKS:
            raise RefusedError("its elements are nested too deep")
        self.marks.append(self.stack)
        self.stack = []
        self.spent += 96

    def line(self) -> str:
        """Return the next line, short as names are."""
        raw = self.file.readline(300)
        if not raw.endswith(b"\n"):
            raise RefusedError("it is damaged")
        return raw[:-1].decode("utf-8", "backslashreplace")

    def name(self, module: str, name: str) -> None:
        """Put a known name on the stack; anything else is refused before it could be looked up."""
        what = _NAMES.get((module, name))
        if what is None:
            called = shown(f"{module}.{name}")
            raise RefusedError(f"it asks for {called}, and nothing that a file asks for is run; save plain arrays")
        self.push(_Name(what), 56)

    def stack_name(self) -> None:
        """Put the name on the stack whose two parts lie there."""
        name, module = self.stack.pop(), self.stack.pop()
        self.name(text_of(module), text_of(name))

    def integer(self, width: int) -> None:
        """Put a signed integer of a few bytes on the stack."""
        if width > _LONGEST_INTEGER:
            raise RefusedError("it holds an integer beyond all measure")
        self.push(int.from_bytes(self.take(width), "little", signed=True), 32)

    def string(self, length: int) -> None:
        """Put a string on the stack, as bytes that may be skipped."""
        block = self.block(length)
        block.latin = True
        self.push(block)

    def append(self, values: list[Any]) -> None:
        """Add values to the list on top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, list):
            raise RefusedError("it is damaged")
        target.extend(values)
        self.spent += 8 * len(values)

    def tuple_of(self, count: int) -> None:
        """Put the last values of the stack into a tuple."""
        if len(self.stack) < count:
            raise RefusedError("it is damaged")
        values = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.push(values, 56 + 8 * count)

    def reduce(self) -> None:
        """Note what the pickle would have called."""
        arguments, name = self.stack.pop(), self.stack.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise RefusedError("it asks for a call that no array needs; save plain arrays")
        if name.what == _REBUILD:
            self.push(PickledArray(), 300)
        elif name.what == _DTYPE:
            self.push(PickledType(text_of(arguments[0])), 56)
        elif name.what == _ENCODE:
            self.push(encoded(arguments), 80)
        elif name.what == _SCALAR:
            self.push(scalar(*arguments), 32)
        else:
            raise RefusedError("it asks for a call that no array needs; save plain arrays")

    def build(self) -> None:
        """Give an array or a type under construction what belongs to it."""
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, PickledType) and isinstance(state, tuple):
            target.order = text_of(state[1])
            if state[2] is not None or state[3] is not None:
                raise RefusedError("it holds records of several fields; save plain arrays")
        elif isinstance(target, PickledArray) and isinstance(state, tuple):
            fill(target, *state)
            self.arrays += 1
            if self.report is not None and self.arrays % 64 == 0 and not self.report(self.file.tell(), self.size):
                raise Cancelled
        else:
            raise RefusedError("it asks for a call that no array needs; save plain arrays")


_Operation = Callable[[Interpreter], None]

_OPERATIONS: dict[bytes, _Operation] = {
    b"\x80": lambda self: _check_protocol(self.number(1)),
    b"\x95": lambda self: _ignore(self.take(8)),  # a frame: its length is of no use here
    b"(": Interpreter.mark,
    b"N": lambda self: self.push(None),
    b"\x88": lambda self: self.push(True),
    b"\x89": lambda self: self.push(False),
    b"K": lambda self: self.push(self.file.read(1)[0]),
    b"M": lambda self: self.push(self.number(2), 32),
    b"J": lambda self: self.integer(4),
    b"\x8a": lambda self: self.integer(self.number(1)),
    b"G": lambda self: self.push(struct.unpack(">d", self.take(8))[0], 24),
    b"U": lambda self: self.push(self.block(self.number(1))),
    b"T": lambda self: self.push(self.block(self.number(4))),
    b"C": lambda self: self.push(self.block(self.number(1))),
    b"B": lambda self: self.push(self.block(self.number(4))),
    b"\x8e": lambda self: self.push(self.block(self.number(8))),
    b"\x8c": lambda self: self.string(self.number(1)),
    b"X": lambda self: self.string(self.number(4)),
    b"\x8d": lambda self: self.string(self.number(8)),
    b"]": lambda self: self.push([], 64),
    b"a": lambda self: self.append([self.stack.pop()]),
    b"e": lambda self: self.append(self.since_mark()),
    b")": lambda self: self.push(()),
    b"t": lambda self: self.push(tuple(self.since_mark()), 64),
    b"\x85": lambda self: self.tuple_of(1),
    b"\x86": lambda self: self.tuple_of(2),
    b"\x87": lambda self: self.tuple_of(3),
    b"c": lambda self: self.name(self.line(), self.line()),
    b"\x93": Interpreter.stack_name,
    b"R": Interpreter.reduce,
    b"b": Interpreter.build,
    b"q": lambda self: self.remember(self.number(1)),
    b"r": lambda self: self.remember(self.number(4)),
    b"\x94": lambda self: self.remember(len(self.memo)),
    b"h": lambda self: self.push(self.memo[self.number(1)]),
    b"j": lambda self: self.push(self.memo[self.number(4)]),
}


def _check_protocol(protocol: int) -> None:
    if protocol > 5:
        raise RefusedError("its pickle is of a protocol that is not known")


def _ignore(_value: object) -> None:
    pass
