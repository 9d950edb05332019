"""Mutates valid files of every kind that is read, and opens them: ``python -m tests.fuzz --runs 10000``.

Whatever is in a file, opening it gives a value or a `UserError`: no other exception, no crash of the interpreter, no
more than 5 seconds of processor time or 1 GB of memory. Files are opened in processes of their own; those that break
the rule are kept in the folder named by ``--keep``. Each run is determined by the seed and its number.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SECONDS = 5.0
BYTES = 1 << 30
_HANGS = 60.0
_LONGEST = 1 << 20

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1,
            1 << 63, (1 << 64) - 1)  # fmt: skip
_WORDS = (b"-1", b"0", b"1e999", b"nan", b"inf", b"99999999999999999999", b"1e-999", b"0x7f", b"", b"None", b"\xff\xfe",
          b"../../etc/passwd", b"|id", b"[" * 5000, b'"', b"\0", b"\xed\xa0\x80")  # fmt: skip


def mutated(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    """Return content with one to four changes of a kind that breaks readers."""
    for _ in range(int(random.integers(1, 5))):
        change = _CHANGES[int(random.integers(len(_CHANGES)))]
        content = change(content, others, random)[:_LONGEST]
    return content


def _place(content: bytes, random: np.random.Generator) -> int:
    # Headers lie at the beginning, directories of archives at the end.
    where = random.random()
    if where < 0.4:
        return int(random.integers(0, min(len(content), 200) + 1))
    if where < 0.5:
        return max(0, len(content) - int(random.integers(0, 200)))
    return int(random.integers(0, len(content) + 1))


def _flip(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 9))):
        if changed:
            changed[min(_place(content, random), len(changed) - 1)] ^= 1 << int(random.integers(8))
    return bytes(changed)


def _overwrite(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    place = _place(content, random)
    number = _NUMBERS[int(random.integers(len(_NUMBERS)))]
    width = int(random.choice([1, 2, 4, 8]))
    order: Any = ("little", "big")[int(random.integers(2))]
    data = (number % (1 << 8 * width)).to_bytes(width, order)
    return content[:place] + data + content[place + width :]


def _truncate(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    return content[: _place(content, random)]


def _delete(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    place = _place(content, random)
    return content[:place] + content[place + int(random.integers(1, 64)) :]


def _insert(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    place = _place(content, random)
    return content[:place] + random.bytes(int(random.integers(1, 64))) + content[place:]


def _repeat(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    place, length = _place(content, random), int(random.integers(1, 512))
    times = int(random.choice([1, 2, 50, 5000]))
    return content[:place] + content[place : place + length] * times + content[place + length :]


def _splice(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    other = others[int(random.integers(len(others)))]
    return content[: _place(content, random)] + other[_place(other, random) :]


def _word(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    found = list(re.finditer(rb"[-+.\w]+", content[:20000]))
    if not found:
        return content
    match = found[int(random.integers(len(found)))]
    return content[: match.start()] + _WORDS[int(random.integers(len(_WORDS)))] + content[match.end() :]


def _lines(content: bytes, others: list[bytes], random: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    first, second = (int(random.integers(len(lines))) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines[: int(random.integers(1, len(lines) + 1))] if random.random() < 0.3 else lines)


_CHANGES = (_flip, _flip, _overwrite, _overwrite, _truncate, _delete, _insert, _repeat, _splice, _word, _word, _lines)


def readers() -> dict[str, Callable[[Path], object]]:
    """Return the functions that open files, by the names that seeds use."""
    from model.audio import read_audio
    from model.checkpoint import CheckpointHeader, load_checkpoint, read_header
    from model.config import FeatureConfig
    from model.corpus import FeatureCache, open_corpus, read_feature_matrix
    from model.phonemes import DEFAULT_TABLE
    from model.search import read_language_model
    from model.submission_files import read_rows
    from model.textgrid import read_textgrid
    from phonegui.convert_command import _read_json, _table

    def corpus(path: Path) -> object:
        found = open_corpus(path)
        if found.recipe is not None:
            return len(FeatureCache.open(found, FeatureConfig(kind="unknown", coefficients=found.recipe.coefficients)))
        return found

    return {
        "audio": read_audio,
        "checkpoint": lambda path: (read_header(path), load_checkpoint(path)),
        "matrix": read_feature_matrix,
        "corpus": corpus,
        "sample": read_rows,
        "textgrid": read_textgrid,
        "arpa": lambda path: read_language_model(path, DEFAULT_TABLE),
        "table": lambda path: _table(str(path)),
        "header": lambda path: CheckpointHeader.from_json(_read_json(path)),
    }


def work() -> None:
    """Open the files named on stdin, line by line, and say on stdout how it went: what a process of the pool does."""
    from model.errors import UserError

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries may print
    warnings.simplefilter("ignore")
    opened = readers()
    _limit()
    for line in sys.stdin:
        name, path = json.loads(line)
        _reset_peak()
        began = time.process_time()
        problem, refused = "", ""
        try:
            opened[name](Path(path))
        except UserError as error:
            refused = str(error)
            if "\n" in str(error) or not str(error).endswith(".") or len(str(error)) > len(path) + 1000:
                problem = f"the sentence is none: {str(error)[:300]!r}"
        except Exception:
            problem = traceback.format_exc()
        spent, peak = time.process_time() - began, _peak()
        if spent > SECONDS:
            problem += f" took {spent:.1f} s"
        if peak > BYTES:
            problem += f" took {peak / 1e9:.2f} GB"
        answers.write(json.dumps([problem, refused, spent, peak]) + "\n")
        answers.flush()


def _limit() -> None:
    """Keep a mistake from taking the machine down; what torch and numba map already is not counted."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 4 * BYTES, used + 4 * BYTES))


def _reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Return the most memory used since `_reset_peak`, in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


@dataclass
class Tally:
    """What came of all runs."""

    runs: int = 0
    refused: int = 0
    slowest: float = 0.0
    largest: int = 0
    problems: list[str] = field(default_factory=list)
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)

    def add(self, kind: str, refused: str, spent: float, peak: int) -> None:
        """Count a file."""
        self.runs, self.refused = self.runs + 1, self.refused + bool(refused)
        self.slowest, self.largest = max(self.slowest, spent), max(self.largest, peak)
        self.kinds[kind] += 1


class Worker:
    """A process that opens files; started anew when one brought it down."""

    def __init__(self, cache: Path) -> None:
        self._environment = {**os.environ, "PHONEGUI_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
        self._process: subprocess.Popen[str] | None = None

    def open(self, reader: str, path: Path) -> tuple[str, str, float, int]:
        """Return the problem and the sentence of refusal, empty when there is none, processor seconds and memory."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.fuzz", "--work"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                env=self._environment, cwd=Path(__file__).parents[1],
            )  # fmt: skip
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        killer = threading.Timer(_HANGS, process.kill)
        killer.start()
        try:
            process.stdin.write(json.dumps([reader, str(path)]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            killer.cancel()
        if answer:
            problem, refused, spent, peak = json.loads(answer)
            return problem, refused, spent, peak
        process.wait()
        self._process = None
        return f"the process ended with {process.returncode} (or hung for {_HANGS:.0f} s)", "", 0.0, 0

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()


def fuzz(
    runs: int, seed: int, *, keep: Path | None = None, workers: int = 2, kinds: str = "", show: bool = False
) -> Tally:
    """Open so many mutated files and return what came of it; the first of each kind is not mutated."""
    from tests.fuzz_seeds import seeds

    found = [item for item in seeds() if kinds in item.name]
    others = [item.content for item in found]
    tally, lock, numbers = Tally(), threading.Lock(), iter(range(runs))

    def run(folder: Path) -> None:
        worker = Worker(folder / "cache")
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            item, place, whole = found[number % len(found)], folder / str(number), number < len(found)
            place.mkdir(parents=True)
            content = item.content if whole else mutated(item.content, others, np.random.default_rng([seed, number]))
            problem, refused, spent, peak = worker.open(item.reader, item.place(place, content))
            if whole and refused and item.name != "npz":
                problem = f"a valid file was refused: {refused}"
            with lock:
                tally.add(item.name, refused, spent, peak)
                if problem:
                    tally.problems.append(f"run {number}, {item.name}: {problem}")
                if show and tally.runs % 500 == 0:
                    count = len(tally.problems)
                    print(f"{tally.runs} of {runs}, {tally.refused} refused, {count} problems", flush=True)
            if problem and keep is not None:
                shutil.copytree(place, keep / f"{seed}-{number}", dirs_exist_ok=True)
            shutil.rmtree(place, ignore_errors=True)
        worker.close()

    with tempfile.TemporaryDirectory() as scratch:
        threads = [threading.Thread(target=run, args=(Path(scratch) / str(i),)) for i in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return tally


def main() -> int:
    """Run from the command line; return 1 when a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="files to open")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that open files")
    parser.add_argument("--kinds", default="", help="only seeds whose name holds this text")
    parser.add_argument("--keep", type=Path, help="folder for the files that break the rule")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return 0
    began = time.monotonic()
    settings = {"keep": options.keep, "workers": options.workers, "kinds": options.kinds}
    tally = fuzz(options.runs, options.seed, **settings, show=True)
    for problem in tally.problems:
        print(problem)
    print(
        f"{tally.runs} files of {len(tally.kinds)} kinds (seed {options.seed}): {tally.refused} refused, "
        f"{tally.runs - tally.refused - len(tally.problems)} opened, {len(tally.problems)} broke the rule; "
        f"slowest {tally.slowest:.2f} s of processor time, most memory {tally.largest / 1e6:.0f} MB; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
