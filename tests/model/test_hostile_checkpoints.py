"""Checkpoints made to run something, to fill the memory, or to take forever: each is refused, and nothing happens."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model.checkpoint import load_checkpoint, read_header
from model.errors import FileError
from model.foreign.archive import LEGACY_MARK
from tests.model.helpers import assert_one_sentence
from tests.model.torch_files import forms, published, rezipped, save, with_pickle

ROOT = Path(__file__).parents[2]
SECONDS = 5.0
MEGABYTES = 300


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fail when what runs takes long or much memory."""
    resource = pytest.importorskip("resource")
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - began < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES


def refused(path: Path, words: str = ".") -> None:
    for read in (read_header, load_checkpoint):
        with bounded(), pytest.raises(FileError, match=words) as caught:
            read(path)
        assert_one_sentence(caught.value, path)


class Calling:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def calls(sentinel: Path) -> dict[str, object]:
    """Return objects that leave a file when they are unpickled."""
    code = f"open({str(sentinel)!r}, 'w')"
    return {
        "a shell": Calling(os.system, f"touch {sentinel}"),
        "a process": Calling(subprocess.check_call, ["touch", str(sentinel)]),
        "an expression": Calling(getattr(builtins, "ev" + "al"), code),
        "a statement": Calling(getattr(builtins, "ex" + "ec"), code),
        "a file": Calling(open, str(sentinel), "w"),
        "an import": Calling(importlib.import_module, "antigravity"),
        "an attribute": Calling(getattr, Calling(importlib.import_module, "os"), "system"),
        "numpy writing": Calling(np.savetxt, str(sentinel), [1.0]),
        "numpy mapping": Calling(np.memmap, str(sentinel), np.float64, "w+", 0, (4,)),
        "torch writing": Calling(torch.save, 3, str(sentinel)),
        "torch reading": Calling(torch.hub.load, str(sentinel)),
        "a path": Calling(Path.touch, sentinel),
        "a state": Calling(type(Path()), str(sentinel)),
        "a buffer": Calling(bytearray, 10**13),
        "a gigantic tensor": Calling(torch.zeros, 10**13),
        "a class": Calling(type, "A", (), {}),
    }


def places() -> dict[str, Callable[[object], object]]:
    return {
        "alone": lambda item: item,
        "beside the weights": lambda item: {**published().state_dict(), "extra": item},
        "beside the state dict": lambda item: {"model_state_dict": published().state_dict(), "val_dist": item},
        "as a key": lambda item: {"epoch": {1: [item]}},
    }


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("place", places())
def test_nothing_in_a_checkpoint_runs(tmp_path: Path, place: str, old: bool):
    sentinel = tmp_path / "sentinel"
    for name, item in calls(sentinel).items():
        path = save(tmp_path / f"{name}.pt", places()[place](item), old=old)
        refused(path, "whole module or other objects|not a checkpoint")
        assert not sentinel.exists(), name


@pytest.mark.parametrize("protocol", range(6))
def test_plain_pickles_are_refused_whatever_they_hold(tmp_path: Path, protocol: int):
    sentinel = tmp_path / "sentinel"
    for item in (*calls(sentinel).values(), {"conv1.weight": [1.0]}, 3):
        path = tmp_path / "a.pt"
        path.write_bytes(pickle.dumps(item, protocol))
        refused(path, "not a checkpoint")
        path.write_bytes(LEGACY_MARK + pickle.dumps(item, protocol) * 5)
        refused(path)
    assert not sentinel.exists()


def pickles() -> dict[str, bytes]:
    """Return pickles that are a burden rather than a danger."""
    start = b"\x80\x02"
    nested = b")" + b"\x85" * 200
    # Each tuple holds the one before it twice: as a key, the last takes 2 ** 100 steps to hash.
    doubled = b")q\x00" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(100))
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu%stQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(%s%s%s%s\x89ccollections\nOrderedDict\n)RtR."
    four = storage % b"K\x04"

    def tensor_of(held: bytes, offset: bytes, shape: bytes, stride: bytes) -> bytes:
        return start + tensor % (held, offset, shape, stride)

    whole = tensor_of(four, b"K\0", b"K\x04\x85", b"K\x01\x85")
    huge = b"\x8a\x07" + (1 << 50).to_bytes(7, "little")
    return {
        "nothing": b"",
        "no end": start + b"}",
        "nothing left": start + b".",
        "an empty stack": start + b"0.",
        "a text without end": start + b"X\xff\xff\xff\xffabc",
        "a long text": start + b"X\0\0\0\x02" + bytes(1 << 25) + b".",
        "a name without end": start + b"c" + b"o" * 100_000,
        "a far memo": start + b"}r\xff\xff\xff\xffj\xff\xff\xff\xff.",
        "an unknown memo": start + b"j\xff\xff\xff\xff.",
        "itself": start + b"]q\0h\0a.",
        "nested tuples": start + nested + b".",
        "nested lists": start + b"]" * 140_000 + b"a" * 139_999 + b".",
        "a key that takes forever": start + b"}" + doubled + b"K\x01s.",
        "a set that takes forever": start + b"c__builtin__\nset\n]" + doubled + b"a\x85R.",
        "pairs that take forever": start + b"ccollections\nOrderedDict\n]" + doubled + b"K\x01\x86a\x85R.",
        "keys that collide": start + b"}(" + b"".join(
            b"\x8a\x08" + (i * 255 << 40).to_bytes(8, "little", signed=True) + b"N" for i in range(30_000)
        ) + b"u.",
        "many steps": start + b"N" * 1_000_000 + b".",
        "many marks": start + b"(" * 1_000_000 + b".",
        "a huge storage": tensor_of(storage % huge, b"K\0", b"K\x04\x85", b"K\x01\x85"),
        "a storage that is not there": whole.replace(b"\x000X", b"\x009X"),
        "a storage elsewhere": whole.replace(b"X\x01\0\0\x000", b"X\x05\0\0\0../ab"),
        "too many values": tensor_of(four, b"K\0", b"K\x05\x85", b"K\x01\x85"),
        "too far a step": tensor_of(four, b"K\0", b"K\x04\x85", b"K\x02\x85"),
        "too far a start": tensor_of(four, b"K\x01", b"K\x04\x85", b"K\x01\x85"),
        "a start before": tensor_of(four, b"J\xff\xff\xff\xff", b"K\x04\x85", b"K\x01\x85"),
        "a step back": tensor_of(four, b"K\x03", b"K\x04\x85", b"J\xff\xff\xff\xff\x85"),
        "a size below zero": tensor_of(four, b"K\0", b"J\xff\xff\xff\xff\x85", b"K\x01\x85"),
        "a huge size": tensor_of(four, b"K\0", huge + b"\x85", b"K\0\x85"),
        "an endless number": tensor_of(four, b"K\0", b"\x8a\xff" + bytes(254) + b"\x01\x85", b"K\0\x85"),
        "more steps than sizes": tensor_of(four, b"K\0", b"K\x04\x85", b"K\x01K\x01\x86"),
        "no storage": tensor_of(b"N", b"K\0", b"K\x04\x85", b"K\x01\x85"),
        "hooks": whole.replace(b"ccollections\nOrderedDict\n)R", b"}K\x01K\x02s"),
        "a state of a tensor": whole[:-1] + b"}b.",
        "a number of objects": start + b"cnumpy\ndtype\nX\x01\0\0\0O\x89\x88\x87R.",
        "a number's state": start + b"cnumpy\ndtype\nX\x02\0\0\0f8\x89\x88\x87R(K\x03X\x01\0\0\0<}NNK\0K\0K\0tb.",
        "a loss with arguments": start + b"ctorch.nn.modules.loss\nCTCLoss\n(K\x01t\x81.",
        "another protocol": b"\x80\x04}.",
        "a persistent name": start + b"X\x07\0\0\0storageQ.",
    }  # fmt: skip


@pytest.mark.parametrize("case", pickles())
def test_burdensome_pickles_are_refused_early(tmp_path: Path, case: str):
    pickled = pickles()[case]
    refused(with_pickle(tmp_path / "a.pt", pickled))
    if len(pickled) < 1000:  # the large ones take their time, and both formats are run by the same machine
        start = LEGACY_MARK + b"\x80\x02M\xe9\x03.\x80\x02}."
        (tmp_path / "b.pt").write_bytes(start + pickled + b"\x80\x02]." + bytes(64))
        refused(tmp_path / "b.pt")


def test_one_dictionary_named_a_thousand_times_is_looked_through_once(tmp_path: Path):
    inner: dict[int, Any] = {i: {} for i in range(2000)}
    outer = dict.fromkeys((f"a{i}" for i in range(2000)), inner)
    refused(save(tmp_path / "a.pt", dict.fromkeys((f"b{i}" for i in range(2000)), outer)), "no weights")


def test_one_storage_behind_many_weights_is_refused(tmp_path: Path):
    # Four layers of 4096 cells are 1.7 GB, here all in the same bytes.
    block = torch.zeros(4 * 256 * 512)
    state = dict(published().state_dict())
    for layer in range(16):
        for end in ("", "_reverse"):
            state[f"rnn.weight_ih_l{layer}{end}"] = block[: 4 * 256 * 512].view(1024, 512)
            state[f"rnn.weight_hh_l{layer}{end}"] = block[: 4 * 256 * 256].view(1024, 256)
            state[f"rnn.bias_ih_l{layer}{end}"] = state[f"rnn.bias_hh_l{layer}{end}"] = block[:1024]
    refused(save(tmp_path / "a.pt", state), "more weights than it holds")


def archives(folder: Path) -> dict[str, Path]:
    """Return zip archives that are not what they seem."""
    good = save(folder / "good.pt", {"model_state_dict": published().state_dict()})
    content = good.read_bytes()
    made: dict[str, Path] = {}

    def zipped(name: str, change: Callable[[dict[str, bytes]], None], **options: Any) -> None:
        made[name] = rezipped(good, folder / f"{name}.pt", change, **options)

    def written(name: str, data: bytes) -> None:
        made[name] = folder / f"{name}.pt"
        made[name].write_bytes(data)

    def at_directory(name: str, place: int, value: bytes) -> None:
        entry = content.index(b"PK\x01\x02")
        written(name, content[: entry + place] + value + content[entry + place + len(value) :])

    zipped("compressed", lambda records: None, compression=zipfile.ZIP_DEFLATED)
    zipped("a bomb", lambda records: records.update({"good/data/0": bytes(1 << 26)}), compression=zipfile.ZIP_DEFLATED)
    zipped("a huge pickle", lambda records: records.update({"good/data.pkl": bytes((32 << 20) + 1)}))
    zipped("a way out", lambda records: records.update({"good/../../evil": b""}))
    zipped("a root", lambda records: records.update({"/etc/evil": b""}))
    zipped("a backslash", lambda records: records.update({"good\\..\\evil": b""}))
    zipped("two folders", lambda records: records.update({"evil/data.pkl": b""}))
    zipped("no pickle", lambda records: records.pop("good/data.pkl"))
    zipped("a storage less", lambda records: records.pop("good/data/0"))
    zipped("a short storage", lambda records: records.update({"good/data/0": b"abc"}))
    zipped("many records", lambda records: records.update({f"good/x{i}": b"" for i in range(21_000)}))
    written("cut", content[:-10])
    written("cut in half", content[: len(content) // 2])
    written("continued", content + b"more")
    written("continued by another", content + content)
    written("preceded", b"PK\x03\x04" + content)
    written("nothing but a start", b"PK\x03\x04")
    written("an empty archive", b"PK\x03\x04" + b"PK\x05\x06" + bytes(18))
    at_directory("a size", 24, struct.pack("<I", 1 << 31))
    at_directory("both sizes", 20, struct.pack("<2I", 1 << 31, 1 << 31))
    at_directory("a place", 42, struct.pack("<I", 1 << 31))
    at_directory("encrypted", 8, struct.pack("<H", 1))
    at_directory("an unknown method", 10, struct.pack("<H", 99))
    buffer = io.BytesIO()
    np.savez(buffer, weight=np.zeros(3))
    written("arrays", buffer.getvalue())
    buffer = io.BytesIO()
    np.savez_compressed(buffer, weight=np.zeros(1 << 20))
    written("compressed arrays", buffer.getvalue())
    return made


def test_archives_that_are_not_what_they_seem_are_refused(tmp_path: Path):
    for name, path in archives(tmp_path).items():
        try:
            refused(path, "not a checkpoint")
        except BaseException as error:
            raise AssertionError(name) from error
    assert not (tmp_path.parent / "evil").exists()


def test_records_that_share_their_bytes_are_refused(tmp_path: Path):
    path = save(tmp_path / "a.pt", {"weight": torch.zeros(100_000)})
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        records = archive.infolist()
        start = archive.start_dir
    directory = content[start : content.index(b"PK\x06\x06")]
    entry = directory[: directory.index(b"PK\x01\x02", 4)]
    more = b"".join(
        entry.replace(records[0].filename.encode(), records[0].filename.encode()[:-2] + b"%02d" % i) for i in range(50)
    )
    length, count = len(directory) + len(more), len(records) + 50
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count, count, length, start, 0)
    path.write_bytes(content[:start] + directory + more + end)
    refused(path, "overlap|damaged|more than it holds")


def test_lengths_that_the_old_format_does_not_hold_are_refused(tmp_path: Path):
    path = save(tmp_path / "a.pt", published().state_dict(), old=True)
    content = path.read_bytes()
    for cut in (20, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        refused(path, "not a checkpoint")


def test_the_tar_of_the_first_versions_is_refused_with_advice(tmp_path: Path):
    path = tmp_path / "a.tar"
    path.write_bytes(b"pickle".ljust(257, b"\0") + b"ustar\x0000" + bytes(1000))
    refused(path, "before 0.4")


def test_a_checkpoint_larger_than_any_is_refused(tmp_path: Path):
    path = save(tmp_path / "a.pt", published().state_dict())
    os.truncate(path, 5 << 30)
    refused(path, "too large")


def test_damaged_bytes_never_raise_anything_else(tmp_path: Path):
    random = np.random.default_rng(0)
    opened = 0
    for old in (False, True):
        path = save(tmp_path / "a.pt", forms()["numbers of numpy"](published()), old=old)
        whole = path.read_bytes()
        for _ in range(40):
            damaged = bytearray(whole)
            for place in random.integers(0, 12000 if old else len(whole), 2):
                damaged[place] = random.integers(0, 256)
            path.write_bytes(damaged)
            try:
                load_checkpoint(path)
                opened += 1
            except FileError as error:
                assert_one_sentence(error, path)
    assert opened < 75


FORBIDDEN = {
    "numpy unpickling": r"allow_pickle\s*=\s*(?!False)",
    "unpickling": r"\bpickle\.loads?\b|\bc?[pP]ickle\.Unpickler\b|^\s*(from|import) (cloudpickle|dill|joblib|shelve)\b",
    "evaluation": r"(?<![\w.])(eval|exec|compile|__import__)\(",
    "yaml": r"\byaml\.(load|full_load|unsafe_load)\b",
    "a shell": r"\bos\.(system|popen)\b|shell\s*=\s*True",
    "pandas": r"\bread_pickle\b",
    "arrays": r"\bnp\.load\(|\bnumpy\.load\(",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_program_has_no_way_to_run_what_it_reads(name: str):
    for path in _sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not re.search(FORBIDDEN[name], line), f"{path}:{number}: {line.strip()}"


def test_torch_loads_weights_only():
    found = 0
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"\btorch\.(jit\.)?load\(", text):
            found += 1
            depth, end = 1, match.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            assert "weights_only=True" in text[match.end() : end], path
    assert found


def _sources() -> list[Path]:
    paths = [path for package in ("model", "phonegui") for path in (ROOT / package).rglob("*.py")]
    assert len(paths) > 50
    return paths


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")
def test_the_patterns_find_what_they_are_for():
    lines = ["np.load(path, allow_pickle=True)", "pickle.load(file)", "eval(text)", "yaml.load(x)", "os.system(x)",
             "pd.read_pickle(x)", "np.load(x)"]  # fmt: skip
    for pattern, line in zip(FORBIDDEN.values(), lines, strict=True):
        assert re.search(pattern, line), line
