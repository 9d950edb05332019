"""Files made to do harm: each is refused with one sentence, nothing runs, and time and memory stay bounded."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.corpus import FeatureCache, open_corpus, read_feature_matrix
from model.errors import FileError, UserError
from model.object_arrays import read_object_array
from tests.model.course_files import (
    as_objects,
    features,
    save_objects,
    write_arrays,
    write_folders,
    write_header,
    write_pickled,
)
from tests.model.helpers import assert_one_sentence


class Calls:
    """What a pickle makes its reader call."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        raise AssertionError("written by hand below")


def call(name: str, *arguments: Any, short: bool = True) -> bytes:
    """Return the opcodes that call something, by either of the two ways to name it."""
    module, _, attribute = name.rpartition(".")
    if short:
        named = f"c{module}\n{attribute}\n".encode()
    else:
        named = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, attribute)) + b"\x93"
    return named + pickle.dumps(arguments, protocol=2)[2:-1] + b"R"


def attacks(sentinel: Path) -> dict[str, bytes]:
    """Return opcodes that would make a file, were anything run, and others of the same kind."""
    touch = f"touch {sentinel}"
    text = f"open({str(sentinel)!r}, 'w')"
    array = np.zeros(2)
    found = {
        "os.system": call("os.system", touch),
        "posix.system": call("posix.system", touch),
        "nt.system": call("nt.system", touch),
        "subprocess": call("subprocess.check_output", touch, False),
        "eval": call("builtins.eval", text),
        "exec of Python 2": call("__builtin__.exec", text),
        "open": call("builtins.open", str(sentinel), "w"),
        "getattr": call("builtins.getattr", "x", "__class__"),
        "importlib": call("importlib.import_module", "antigravity"),
        "__import__": call("builtins.__import__", "this"),
        "pickle again": call("pickle.loads", b"\x80\x02}."),
        "runpy": call("runpy.run_path", str(sentinel)),
        "numpy.save": call("numpy.save", str(sentinel), 1),
        "numpy.savetxt": call("numpy.savetxt", str(sentinel), [1]),
        "numpy.load": call("numpy.load", str(sentinel), None, True),
        "numpy.memmap": call("numpy.memmap", str(sentinel), "uint8", "w+", 0, 8),
        "numpy.fromfile": call("numpy.fromfile", "/etc/passwd"),
        "numpy.ndarray.tofile": call("numpy.ndarray.tofile", array, str(sentinel)),
        "numpy.f2py": call("numpy.f2py.crackfortran.myeval", text),
        "numpy.testing": call("numpy.testing._private.utils.runstring", text, {}),
        "numpy.distutils": call("numpy.distutils.exec_command.exec_command", touch),
        "numpy._core itself": call("numpy._core.multiarray.fromfile", "/etc/passwd"),
        "numpy.core itself": call("numpy.core.numeric.fromfunction", "x"),
        "a dotted name": call("numpy._core.multiarray.scalar.__class__", 1),
        "encode otherwise": call("_codecs.encode", "x", "rot13"),
        "encode what is huge": call("_codecs.encode", "x", "unicode_escape"),
        "decode": call("_codecs.decode", b"x", "zip"),
        "ndarray called": call("numpy.ndarray", (1 << 40,)),
        "dtype of fields": call("numpy.dtype", [("a", "O")]),
        "an extension by number": b"\x82\x01",
        "an object by its class": b"cos\nsystem\n)\x81",
        "an instance": b"(S'" + touch.encode() + b"'\nios\nsystem\n",
        "a persistent name": b"Pfile\n",
        "a dictionary": b"}",
    }
    longer = {f"{name}, named on the stack": call("os.system", touch, short=False) for name in ("os.system",)}
    return found | longer | {"eval, named on the stack": call("builtins.eval", text, short=False)}


ATTACKS = tuple(attacks(Path("sentinel")))

# The four places of an object array's pickle that a call can stand in.
WHOLE = b"\x80\x02%s."
_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
_OBJECTS = b"cnumpy\ndtype\nX\x02\x00\x00\x00O8K\x00K\x01\x87R"
AS_ELEMENT = b"\x80\x02" + _ARRAY + b"(K\x01K\x01\x85" + _OBJECTS + b"\x89]%satb."
AS_STATE = b"\x80\x02" + _ARRAY + b"%sb."
AS_SHAPE = b"\x80\x02" + _ARRAY + b"(K\x01%s" + _OBJECTS + b"\x89]Natb."
AS_TYPE = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n%sK\x00\x85C\x01b\x87R."
PLACES = {"whole": WHOLE, "element": AS_ELEMENT, "state": AS_STATE, "shape": AS_SHAPE, "type": AS_TYPE}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs(tmp_path: Path, attack: str, place: str):
    sentinel = tmp_path / "sentinel"
    path = write_pickled(tmp_path / "a.npy", PLACES[place] % attacks(sentinel)[attack], 1)
    before = set(sys.modules)
    with pytest.raises(FileError) as caught:
        read_object_array(path)
    assert_one_sentence(caught.value, path)
    assert os.listdir(tmp_path) == ["a.npy"]
    assert set(sys.modules) == before


def test_the_frame_around_the_attacks_is_sound(tmp_path: Path):
    """A harmless element in the same place is read: it is the attack that is refused."""
    assert read_object_array(write_pickled(tmp_path / "a.npy", AS_ELEMENT % b"K\x07", 1)) == [7]


def test_the_attacks_work_on_a_reader_that_runs_them(tmp_path: Path):
    sentinel = tmp_path / "sentinel"
    script = f"import pickle; pickle.loads({WHOLE % attacks(sentinel)['os.system']!r})"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert sentinel.exists()


def hostile_array(path: Path, sentinel: Path, count: int = 1) -> Path:
    return write_pickled(path, AS_ELEMENT % attacks(sentinel)["os.system"], count)


def _arrays(folder: Path, sentinel: Path) -> Path:
    return hostile_array(folder / "train.npy", sentinel)


def _labels(folder: Path, sentinel: Path) -> Path:
    save_objects(folder / "dev.npy", features(1))
    hostile_array(folder / "dev_labels.npy", sentinel)
    return folder


def _labels_of_another_split(folder: Path, sentinel: Path) -> Path:
    save_objects(folder / "test.npy", features(1))
    save_objects(folder / "train.npy", features(1))
    hostile_array(folder / "train_labels.npy", sentinel)
    return folder / "test.npy"


def _wsj(folder: Path, sentinel: Path) -> Path:
    save_objects(folder / "wsj0_dev", features(1, 40))
    hostile_array(folder / "wsj0_dev_merged_labels", sentinel)
    return folder


def _spring_2022_features(folder: Path, sentinel: Path) -> Path:
    write_folders(folder, ["dev"], coefficients=13, transcripts="transcript", words=["<sos>", "AH", "<eos>"])
    hostile_array(folder / "dev" / "mfcc" / "dev-1.npy", sentinel)
    return folder


def _fall_2022_transcript(folder: Path, sentinel: Path) -> Path:
    words = ["[SOS]", "AH", "[EOS]"]
    write_folders(folder, ["dev-clean"], coefficients=15, transcripts="transcript/raw", words=words)
    hostile_array(folder / "dev-clean" / "transcript" / "raw" / "dev-clean-1.npy", sentinel)
    return folder


def _kaldi(folder: Path, sentinel: Path) -> Path:
    (folder / "wav.scp").write_text(f"u1 touch {sentinel} |\n")
    return folder


def _kaldi_other_end(folder: Path, sentinel: Path) -> Path:
    (folder / "wav.scp").write_text(f"u1 | touch {sentinel}\n")
    return folder / "wav.scp"


LAYOUTS: list[Callable[[Path, Path], Path]] = [
    _arrays,
    _labels,
    _labels_of_another_split,
    _wsj,
    _spring_2022_features,
    _fall_2022_transcript,
    _kaldi,
    _kaldi_other_end,
]


@pytest.mark.parametrize("make", LAYOUTS, ids=lambda make: make.__name__.strip("_"))
def test_nothing_runs_in_any_layout(tmp_path: Path, make: Callable[[Path, Path], Path]):
    folder, sentinel = tmp_path / "corpus", tmp_path / "sentinel"
    folder.mkdir()
    path = make(folder, sentinel)
    with pytest.raises(UserError) as caught:
        open_corpus(path)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not sentinel.exists()


def test_a_phoneme_list_beside_the_features_is_never_run(tmp_path: Path):
    write_arrays(tmp_path, ["dev"])
    (tmp_path / "phoneme_list.py").write_text(f"open({str(tmp_path / 'sentinel')!r}, 'w')\n")
    open_corpus(tmp_path)
    assert not (tmp_path / "sentinel").exists()


def test_a_single_matrix_is_never_unpickled(tmp_path: Path):
    path = hostile_array(tmp_path / "a.npy", tmp_path / "sentinel")
    with pytest.raises(FileError, match="open it as a corpus"):
        read_feature_matrix(path)


def test_an_element_that_turns_hostile_after_opening_is_left_out(tmp_path: Path):
    folder = write_folders(tmp_path, ["dev"], coefficients=13, transcripts="transcript", words=["AH"])
    corpus = open_corpus(folder)
    hostile_array(folder / "dev" / "mfcc" / "dev-1.npy", tmp_path / "sentinel")
    cache = FeatureCache.open(corpus, corpus.recipe)  # type: ignore[arg-type]
    assert len(cache) == 2
    assert "dev-1.npy" in cache.problems[0]
    assert not (tmp_path / "sentinel").exists()


def _opcodes(value: Any, protocol: int = 4) -> bytes:
    return pickle.dumps(value, protocol=protocol)


def _itself() -> bytes:
    loop = np.empty(1, object)
    loop[0] = loop
    return _opcodes(loop)


def _list_in_itself() -> bytes:
    inner: list[Any] = []
    inner.append(inner)
    return _opcodes(as_objects([inner]))


def _laughs() -> bytes:
    """Lists of the same list ten times over, forty levels deep: 10**40 elements for whoever follows them."""
    inner = b"]K\x01a"
    for level in range(40):
        inner = inner + b"q" + bytes([level]) + b"0](" + (b"h" + bytes([level])) * 10 + b"e"
    return AS_ELEMENT % inner.replace(b"0](", b"](")


BOMBS: dict[str, bytes] = {
    "an array in itself": _itself(),
    "a list in itself": _list_in_itself(),
    "lists of lists of lists": _laughs(),
    "deep tuples": AS_ELEMENT % (b")" + b"\x85" * 200_000),
    "deep lists": AS_ELEMENT % (b"]" * 150_000 + b"a" * 149_999),
    "deep marks": b"\x80\x02" + b"(" * 100_000 + b".",
    "endless nothing": b"\x80\x02" + b"N" * 300_000 + b".",
    "a string of 4 GB": b"\x80\x02T\xff\xff\xff\xff" + bytes(100) + b".",
    "a string of 4 GB, signed": b"\x80\x02T\x00\x00\x00\x80" + bytes(100) + b".",
    "bytes of 16 EB": b"\x80\x04\x8e" + b"\xff" * 8 + b".",
    "text of 4 EB": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b".",
    "a byte array of 4 EB": b"\x80\x05\x96" + struct.pack("<Q", 1 << 62) + b".",
    "a huge memo": b"\x80\x02Nr\xff\xff\xff\xff.",
    "a growing memo": b"\x80\x02N" + b"".join(b"r" + struct.pack("<I", 16 * i) for i in range(20_000)) + b".",
    "an integer of 2 GB": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "an integer of 255 bytes": b"\x80\x02\x8a\xff" + bytes(255) + b".",
    "an integer in text": b"\x80\x02I" + b"9" * 1_000_000 + b"\n.",
    "a huge frame": b"\x80\x04\x95" + b"\xff" * 8 + b"N.",
    "a huge name": b"\x80\x02c" + b"a" * 1_000_000 + b"\nb\n.",
    "no end": b"\x80\x02N",
    "nothing at all": b"",
    "too little on the stack": b"\x80\x02R.",
    "marks that are not there": b"\x80\x02t.",
    "memo that is not there": b"\x80\x02h\x07.",
    "build on nothing": b"\x80\x02b.",
    "an unknown protocol": b"\x80\xff.",
    "a wrong state": b"\x80\x02" + _ARRAY + b"K\x01b.",
    "a state of many": b"\x80\x02" + _ARRAY + b"(NNNNNNNNtb.",
    "a negative size": AS_SHAPE % b"J\xff\xff\xff\xff\x85",
    "a huge size": AS_SHAPE % (b"\x8a\x10" + b"\xff" * 15 + b"\x7f\x85"),
    "many sizes": AS_SHAPE % (b"(" + b"K\x00" * 1000 + b"t"),
    "zeros of any size": AS_ELEMENT
    % (
        _ARRAY + b"(K\x01K\x00\x8a\x08" + b"\xff" * 7 + b"\x7f\x86cnumpy\ndtype\n"
        b"X\x02\x00\x00\x00f8K\x00K\x01\x87R\x89C\x00tb"
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_soon(tmp_path: Path, bomb: str):
    path = write_pickled(tmp_path / "a.npy", BOMBS[bomb], 1)
    began = time.process_time()
    with pytest.raises(FileError) as caught:
        read_object_array(path)
    assert time.process_time() - began < 5
    assert_one_sentence(caught.value, path)


_BOUNDED = """
import resource, sys
from model.object_arrays import read_object_array
from model.errors import FileError
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
for path in sys.argv[1:]:
    try:
        read_object_array(path)
    except FileError:
        continue
    sys.exit(f"{path} was read")
# Not ru_maxrss: that counts what the process had before it became this program, too.
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's word on memory")
def test_bombs_take_no_memory(tmp_path: Path):
    paths = [
        str(write_pickled(tmp_path / f"{number}.npy", content, 1)) for number, content in enumerate(BOMBS.values())
    ]
    done = subprocess.run([sys.executable, "-c", _BOUNDED, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400


@pytest.mark.parametrize("seed", range(40))
def test_mutated_files_give_only_our_error(tmp_path: Path, seed: int):
    random = np.random.default_rng(seed)
    path = save_objects(tmp_path / "a.npy", [*features(2), [1, 2, 300], ["AH"], list(np.arange(3))])
    whole = bytearray(path.read_bytes())
    for _ in range(int(random.integers(1, 8))):
        place = (
            int(random.integers(len(whole))) if random.random() < 0.2 else int(random.integers(min(700, len(whole))))
        )
        whole[place] = int(random.integers(256))
    path.write_bytes(whole[: int(random.integers(60, len(whole) + 1))] if seed % 3 == 0 else whole)
    try:
        for item in read_object_array(path):
            if hasattr(item, "read"):
                with open(path, "rb") as file:
                    item.read(file)
    except (FileError, ValueError) as error:
        assert isinstance(error, FileError) or "size" in str(error) or "code" in str(error)


def test_promises_of_many_utterances_are_refused_soon(tmp_path: Path):
    (tmp_path / "dev_labels.npy").touch()
    cases = {
        (10**9, 0, 13): "utterances, over",
        (5, 0, 13): "without contents",
        (3_000_000, 1, 1): "3000000 utterances, over",
    }
    for shape, words in cases.items():
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n"
        path = write_header(tmp_path / "dev.npy", header, bytes(3_000_000))
        with pytest.raises(FileError, match=words):
            open_corpus(path)
    save_objects(tmp_path / "dev.npy", features(2))
    for shape, words in {(10**9, 0): "utterances, over", (2, 200_000): "at place 0"}.items():
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n"
        write_header(tmp_path / "dev_labels.npy", header, bytes(400_000))
        with pytest.raises(FileError, match=words):
            open_corpus(tmp_path)


def test_a_sparse_file_of_terabytes_is_refused_unread(tmp_path: Path):
    if not hasattr(os, "truncate") or sys.platform != "linux":
        pytest.skip("needs sparse files")
    frames = 10**10
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({frames}, 13), }}\n"
    path = write_header(tmp_path / "a.npy", header)
    try:
        os.truncate(path, path.stat().st_size + frames * 13 * 8)
    except OSError:
        pytest.skip("files cannot be so large here")
    with pytest.raises(FileError, match="too many for one utterance"):
        read_feature_matrix(path)
