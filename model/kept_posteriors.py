"""Posteriors of a whole corpus, computed once and kept on disk: decoding it anew never runs the network again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.config import dumps
from model.corpus import Corpus, FeatureCache, Utterance, require_fit
from model.corpus.cache_folder import default_cache_folder, note_use, trim_cache
from model.distributed import any_true, first_alone, gather_in_order, local_rank, rank, world_size
from model.errors import Cancelled, FileError, UserError, reason
from model.files import file_sha256, write_text
from model.inference import batch_posteriors, batches
from model.phonemes import SymbolTable
from model.progress import Report, of_step
from model.transcript import label_times

if TYPE_CHECKING:
    from model.recognizer import Recognizer

Half = npt.NDArray[np.float16]

_FORMAT = 2
_NOTE_SECONDS = 1.0  # between notes of what is done
_NAME = re.compile(r"log_probs\.[0-9a-f]{8}\.f16")
_UNUSABLE = (OSError, ValueError, KeyError, IndexError, TypeError, OverflowError)


@dataclass(frozen=True, eq=False)
class KeptPosteriors:
    """What a network heard in the labelled utterances of a corpus, as float16 log-posteriors in a memory-mapped file.

    Attributes
    ----------
    corpus, checkpoint
        Their names, for the user.
    table
        Symbols of the classes.
    step_seconds
        Time between posterior frames.
    utterances
        Those that have a reference and whose recordings can be read, in corpus order.
    problems
        A sentence for every recording that was left out.
    network_seconds
        Wall time the network took, 0 when the posteriors were there already.
    checkpoint_sha256
        Of the checkpoint's file, in hexadecimal digits.
    """

    corpus: str
    checkpoint: str
    table: SymbolTable
    step_seconds: float
    utterances: tuple[Utterance, ...]
    problems: tuple[str, ...]
    network_seconds: float
    _frames: Half
    _starts: npt.NDArray[np.int64]
    checkpoint_sha256: str = ""
    _said: dict[int, npt.NDArray[np.float32]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)

    def __getitem__(self, index: int) -> Half:
        """Return the log-posteriors of one utterance, (T, classes), read from disk when touched."""
        return self._frames[self._starts[index] : self._starts[index + 1]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Posterior frames of each utterance, (N,)."""
        lengths: npt.NDArray[np.int64] = np.diff(self._starts)
        return lengths

    def seconds(self, index: int) -> float:
        """Return the duration of an utterance: what the corpus states, else that of its frames."""
        return self.utterances[index].seconds or float(self.lengths[index]) * self.step_seconds

    def spans(
        self, index: int, labels: Sequence[int] | npt.NDArray[Any], guide: npt.NDArray[np.int32] | None = None
    ) -> npt.NDArray[np.float32]:
        """Return start and end in seconds of labels in an utterance, (L, 2), as a transcript's phonemes have them.

        Labels that are too many for its frames are spread over it evenly. `guide` is as of `label_times`.
        """
        step, seconds = self.step_seconds, self.seconds(index)
        try:
            starts, ends, _ = label_times(self[index], labels, step_seconds=step, seconds=seconds, guide=guide)
        except ValueError:
            edges = np.linspace(0.0, seconds, len(labels) + 1)
            starts, ends = edges[:-1], edges[1:]
        return np.stack([starts, ends], axis=1).astype(np.float32)

    def said_spans(self, index: int) -> npt.NDArray[np.float32]:
        """Return start and end in seconds of the reference's labels, (L, 2); found once, however it is decoded."""
        if index not in self._said:
            self._said[index] = self.spans(index, self.utterances[index].labels or ())
        return self._said[index]

    def subset(self, most: int) -> list[int]:
        """Return at most so many utterances, spread evenly over the corpus."""
        count = min(most, len(self))
        return [index * len(self) // count for index in range(count)]

    @classmethod
    def open(
        cls, recognizer: Recognizer, corpus: Corpus, *, folder: Path | None = None, report: Report | None = None
    ) -> KeptPosteriors:
        """Return the posteriors of a corpus's labelled utterances, from disk where they were computed before.

        Kept posteriors belong to the network's weights, the kind of device it runs on, its precision, and the corpus's
        features. What was computed before a cancel, or before the program was ended, is kept as well and not computed
        again. Several processes share the work, in a cache folder that all of them see.

        Raises
        ------
        UserError
            The corpus has no references, is of other symbols or features than the checkpoint, none of its recordings
            can be read, or the cache folder cannot be written.
        Cancelled
            `report` answered False.
        """
        require_scorable(recognizer, corpus)
        sha256 = file_sha256(recognizer.path)  # before hours may pass, in which another takes its place
        with first_alone(local_rank() == 0):
            told = of_step(report, "computing features")
            features = FeatureCache.open(corpus, recognizer.header.features, report=told)
        chosen = [index for index, utterance in enumerate(features.utterances) if utterance.labels]
        if not chosen:
            raise UserError(f"{corpus.path} has no reference phonemes for the recordings that can be read.")
        stride = recognizer.header.network.time_stride
        lengths = [math.ceil(int(features.lengths[index]) / stride) for index in chosen]
        plan = _Plan(recognizer, features, chosen, np.cumsum([0, *lengths]))
        root = folder or default_cache_folder()
        place = root / "posteriors" / _key(recognizer, features, chosen)
        began = time.monotonic()
        file, computed = _complete(place, plan, report)
        spent = time.monotonic() - began if computed else 0.0
        kept = cls(
            corpus.name,
            _named(recognizer),
            recognizer.header.table,
            recognizer.step_seconds,
            tuple(features.utterances[index] for index in chosen),
            features.problems,
            spent,
            np.memmap(file, np.float16, "r", shape=plan.shape),
            plan.starts,
            sha256,
        )
        note_use(place, kept)
        if computed:
            trim_cache(root)
        return kept


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is to be computed: the chosen utterances, and where each one's frames go."""

    recognizer: Recognizer
    features: FeatureCache
    chosen: Sequence[int]
    starts: npt.NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and classes."""
        return int(self.starts[-1]), self.recognizer.header.network.classes


def require_scorable(recognizer: Recognizer, corpus: Corpus) -> None:
    """Raise UserError unless a corpus has references, and features and symbols that a checkpoint takes."""
    if not any(utterance.labels for utterance in corpus.utterances):
        raise UserError(f"{corpus.path} has no reference phonemes, so nothing can be scored; choose a corpus that has.")
    require_fit(recognizer.header, corpus)


def _named(recognizer: Recognizer) -> str:
    name = recognizer.header.title or recognizer.path.stem
    return name if recognizer.precision == "float32" else f"{name} ({recognizer.precision})"


def _key(recognizer: Recognizer, features: FeatureCache, chosen: Sequence[int]) -> str:
    """Return a name for what the network gives: of its weights as they are in memory, for files may be written anew."""
    sizes = dumps(recognizer.header.network.to_json())
    # Devices and precisions round differently: what one computed is not passed off as another's.
    where = recognizer.device if recognizer.precision == "float32" else f"{recognizer.device} {recognizer.precision}"
    digest = hashlib.sha256(f"{_FORMAT} {features.fingerprint} {where} {sizes}\n".encode())
    for name, value in recognizer.network.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().numpy().tobytes())
    digest.update(np.asarray(chosen, np.int64).tobytes())
    return digest.hexdigest()[:32]


def _complete(place: Path, plan: _Plan, report: Report | None) -> tuple[Path, bool]:
    """Compute what is not there yet, the processes taking turns; return the file and whether anything was missing."""
    blocks = batches(plan.recognizer.network, plan.features.lengths[list(plan.chosen)])
    name, done = gather_in_order([_kept(place, plan, len(blocks))])[0]  # as the first process sees it
    if done == len(blocks):
        return place / name, False
    with first_alone(rank() == 0):
        frames = _writable(place / name, plan, fresh=done == 0 and rank() == 0)
    finished, noted = sum(len(block) for block in blocks[:done]), time.monotonic()

    def going_on(part: float = 0.0) -> bool:
        # A block that is done is kept.
        return report is None or part == 1.0 or report("network", finished, len(plan.chosen))

    within = going_on if world_size() == 1 else None  # others would wait for one that gave up
    for number in range(done, len(blocks), world_size()):
        # Before the first block too: whoever cancels need not wait for it. All processes have come so far.
        stop = any_true(not going_on())
        if number > done and (stop or time.monotonic() - noted > _NOTE_SECONDS):
            _note(place / name, plan, number)
            noted = time.monotonic()
        if stop:
            raise Cancelled
        turn = blocks[number : number + world_size()]
        for block in turn[rank() : rank() + 1]:
            items = [plan.features[plan.chosen[k]] for k in block]
            try:
                found = batch_posteriors(plan.recognizer.network, items, progress=within)
            except Cancelled:
                _note(place / name, plan, number)
                raise
            for k, log_probs in zip(block, found, strict=True):
                frames[plan.starts[k] : plan.starts[k + 1]] = np.maximum(log_probs, np.finfo(np.float16).min)
            frames.flush()
        finished += sum(len(block) for block in turn)
    any_true(False)  # wait for all
    _note(place / name, plan, len(blocks))
    any_true(False)
    if report is not None:
        report("network", finished, len(plan.chosen))
    return place / name, True


def _kept(place: Path, plan: _Plan, blocks: int) -> tuple[str, int]:
    """Return the name of the file and how many blocks are in it; a new name and 0 when nothing is, or it is damaged."""
    with contextlib.suppress(*_UNUSABLE):
        index: dict[str, Any] = json.loads((place / "done.json").read_text(encoding="utf-8"))
        name, shape = index["file"], list(plan.shape)
        whole = _NAME.fullmatch(name) and (place / name).stat().st_size == 2 * math.prod(shape)
        if whole and index["shape"] == shape and isinstance(index["blocks"], int):
            return name, min(max(0, index["blocks"]), blocks)
    # Never one that was used: another program may be reading or writing that.
    return f"log_probs.{secrets.token_hex(4)}.f16", 0


def _note(path: Path, plan: _Plan, blocks: int) -> None:
    """Write, in the first process, that so many blocks are in a file."""
    if rank() == 0:
        write_text(path.parent / "done.json", dumps({"file": path.name, "shape": list(plan.shape), "blocks": blocks}))


def _writable(path: Path, plan: _Plan, *, fresh: bool) -> np.memmap[Any, np.dtype[np.float16]]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return np.memmap(path, np.float16, "w+" if fresh else "r+", shape=plan.shape)
    except OSError as error:
        raise FileError(path, f"cannot be written ({reason(error)}); free space, or set PHONEGUI_CACHE") from None
