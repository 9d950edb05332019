"""Features of a whole corpus, computed once and kept on disk as one memory-mapped array."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.alteration import VERSION as ALTERATION
from model.alteration import altered
from model.audio import read_audio
from model.config import FeatureConfig, dumps
from model.corpus.base import Corpus, Utterance
from model.corpus.cache_folder import cache_size, clear_cache, default_cache_folder, note_use, trim_cache
from model.corpus.fit import require_features
from model.corpus.matrices import utterance_features
from model.corpus.rows import stored_rows
from model.errors import Cancelled, UserError
from model.features import compute_features, require_known
from model.files import atomic_path, write_text
from model.processors import available_processors

__all__ = ["FeatureCache", "cache_size", "clear_cache", "default_cache_folder"]

Report = Callable[[int, int], bool]
"""Called with utterances done and in all; answers False to cancel."""

_FORMAT = 1
_UNUSABLE = (OSError, ValueError, KeyError, IndexError, TypeError, OverflowError)


@dataclass(frozen=True)
class FeatureCache:
    """Feature frames of the utterances of a corpus whose recordings could be read.

    Attributes
    ----------
    utterances
        Those that have features, in corpus order.
    problems
        A sentence for each utterance that has none.
    fingerprint
        Differs when the recordings or the recipe do.
    """

    utterances: tuple[Utterance, ...]
    problems: tuple[str, ...]
    _frames: npt.NDArray[np.float32]
    _starts: npt.NDArray[np.int64]
    fingerprint: str = ""

    def __len__(self) -> int:
        """Return the number of utterances that have features."""
        return len(self.utterances)

    def __getitem__(self, index: int) -> npt.NDArray[np.float32]:
        """Return the frames of one utterance, float32 of shape (T, coefficients), read from disk when touched."""
        return self._frames[self._starts[index] : self._starts[index + 1]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Frames of each utterance."""
        lengths: npt.NDArray[np.int64] = np.diff(self._starts)
        return lengths

    @classmethod
    def open(
        cls, corpus: Corpus, recipe: FeatureConfig, *, folder: Path | None = None, report: Report | None = None
    ) -> FeatureCache:
        """Return the features of a corpus, from disk where they were computed before.

        Of a corpus of features, they are what it holds, normalised as the recipe says. Kept features belong to the
        recipe and to every file's name, size and time of change: when one of these changes they are computed anew.

        Raises
        ------
        Cancelled
            `report` answered False.
        UserError
            No recording of the corpus can be read, the recipe is unknown or not that of the corpus's own features, or
            the cache folder cannot be written.
        """
        if not len(corpus):
            raise UserError(f"{corpus.path} lists no recordings to compute features of.")
        if corpus.recipe is None:
            require_known(recipe)
        else:
            require_features(recipe, corpus)
        folder = folder or default_cache_folder()
        place = folder / "features" / _fingerprint(corpus, recipe)
        with contextlib.suppress(*_UNUSABLE):
            return cls._load(corpus, recipe, place)
        _build(corpus, recipe, place, report)
        cache = cls._load(corpus, recipe, place)
        trim_cache(folder)
        return cache

    @classmethod
    def _load(cls, corpus: Corpus, recipe: FeatureConfig, place: Path) -> FeatureCache:
        """Return what is kept; raise one of `_UNUSABLE` when nothing is, or it is damaged."""
        index: dict[str, Any] = json.loads((place / "index.json").read_text(encoding="utf-8"))
        starts = np.array(index["starts"], np.int64)
        shape = (int(starts[-1]), recipe.coefficients)
        if (place / "frames.f32").stat().st_size != 4 * shape[0] * shape[1]:
            raise ValueError("the frames are not those of the index")
        frames = np.memmap(place / "frames.f32", np.float32, "r", shape=shape)
        note_use(place, frames)
        chosen = tuple(corpus.utterances[i] for i in index["utterances"])
        return cls(chosen, tuple(index["problems"]), frames, starts, place.name)


def _fingerprint(corpus: Corpus, recipe: FeatureConfig) -> str:
    # Of features that are there already, the rest of the recipe changes nothing.
    made = recipe.to_json() if corpus.recipe is None else {"rows": recipe.coefficients, "normalize": recipe.normalize}
    digest = hashlib.sha256(f"{_FORMAT} {dumps(made)}\n".encode())
    stamps: dict[Path, str] = {}
    for utterance in corpus.utterances:
        path = utterance.path
        if path not in stamps:
            stamps[path] = f"{path.absolute()}\t{_stamp(path)}"
        row = "" if utterance.row is None else f"\t{utterance.row}"
        if utterance.alteration:
            row += f"\talteration {ALTERATION} {utterance.alteration}"
        digest.update(f"{utterance.name}\t{stamps[path]}{row}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
        # A change of permissions is no change of time.
        readable = "" if os.access(path, os.R_OK) else " unreadable"
        return f"{status.st_size} {status.st_mtime_ns}{readable}"
    except (OSError, ValueError):
        return "missing"


def _build(corpus: Corpus, recipe: FeatureConfig, place: Path, report: Report | None) -> None:
    kept: list[int] = []
    problems: list[str] = []
    starts = [0]
    with (
        atomic_path(place / "frames.f32") as temporary,
        open(temporary, "wb") as file,
        contextlib.closing(_computed(corpus, recipe)) as results,
    ):
        for number, result in enumerate(results):
            if isinstance(result, str):
                problems.append(result)
            else:
                result.tofile(file)
                kept.append(number)
                starts.append(starts[-1] + len(result))
            if report is not None and not report(number + 1, len(corpus)):
                raise Cancelled
        if not kept:
            raise UserError(f"No recording of {corpus.path} can be read; the first problem: {problems[0]}")
    index = {"utterances": kept, "problems": problems, "starts": starts, "coefficients": recipe.coefficients}
    write_text(place / "index.json", dumps(index))  # written last: its presence says the frames are whole


def _computed(corpus: Corpus, recipe: FeatureConfig) -> Generator[npt.NDArray[np.float32] | str, None, None]:
    """Yield features or a sentence for each utterance in order, a few being computed ahead in threads."""
    workers = max(1, min(8, available_processors()))
    waiting: list[Future[npt.NDArray[np.float32] | str]] = []
    compute = _features_or_problem if corpus.recipe is None else _held_features_or_problem
    if corpus.utterances[0].row is not None:
        stored_rows(corpus.utterances[0].path)  # once, before many threads ask
    with ThreadPoolExecutor(workers) as pool:
        try:
            for utterance in corpus.utterances:
                waiting.append(pool.submit(compute, utterance, recipe))
                if len(waiting) > 4 * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def _features_or_problem(utterance: Utterance, recipe: FeatureConfig) -> npt.NDArray[np.float32] | str:
    try:
        samples = read_audio(utterance.path, sample_rate=recipe.sample_rate).samples
        if utterance.alteration:
            seed = hashlib.sha256(utterance.name.encode("utf-8", "surrogatepass")).digest()
            samples = altered(samples, recipe.sample_rate, np.random.default_rng(list(seed)))
        return compute_features(samples, recipe)
    except UserError as error:
        return str(error)


def _held_features_or_problem(utterance: Utterance, recipe: FeatureConfig) -> npt.NDArray[np.float32] | str:
    try:
        return utterance_features(utterance, recipe)
    except UserError as error:
        return str(error)
