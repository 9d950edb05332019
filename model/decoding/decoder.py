"""CTC decoding: checks what it is given and hands every utterance to a backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, SupportsIndex

import numpy as np

from model.decoding import _ctcdecode, beam, best_path
from model.decoding._utterance import Options, Utterance
from model.decoding._validation import MAX_ALPHA, MAX_BEAM_WIDTH, MAX_BETA, real_number, split_utterances, whole_number
from model.decoding.language_model import LanguageModel, NGramTable
from model.decoding.types import FrameArray, Hypothesis
from model.errors import Cancelled
from model.processors import available_processors

_NOTHING = np.zeros(0, np.int32)


def decode(
    log_probs: FrameArray | Sequence[FrameArray],
    lengths: Any = None,
    *,
    beam_width: SupportsIndex = 100,
    n_best: SupportsIndex = 1,
    blank: SupportsIndex = 0,
    language_model: LanguageModel | None = None,
    alpha: float = 0.5,
    beta: float = 0.0,
    cutoff_prob: float = 1.0,
    cutoff_top_n: SupportsIndex | None = None,
    log_probs_input: bool = True,
    normalize_check: bool = True,
    classes: int | None = None,
    backend: str = "builtin",
    threads: SupportsIndex | None = None,
    progress: Callable[[float], bool] | None = None,
) -> list[list[Hypothesis]]:
    """Find the most probable label sequences of utterances by CTC prefix beam search.

    The probability of a label sequence is summed over all of its alignments (Graves 2012, chapter 7; Hannun et al.
    2014, arXiv:1408.2873), and nothing but `beam_width` limits the search unless a cutoff is asked for.

    In an utterance of more than 4,000 frames, those labels of the best prefix are settled that were first found 128 to
    192 frames ago. So the beam is as good at the end of eight hours as in a sentence; hypotheses then differ in the
    last labels alone.

    Parameters
    ----------
    log_probs
        Posteriors of floating point: (B, T, V), one utterance (T, V), or a list of (T_i, V).
    lengths : (B,)
        Frames of each utterance, the rest is padding; None for all.
    beam_width
        Prefixes kept after every frame.
    n_best
        Most hypotheses returned for an utterance. There are fewer if fewer have a probability above zero.
    blank
        Index of the blank.
    language_model
        An `NGramModel`, an `NGramTable` of probabilities, or None. With one, ``log_prob`` is the fused score
        ``log p(labels | audio) + alpha * log p(labels) + beta * len(labels)``.
    alpha, beta
        Weight of the language model (0 to 100), and bonus for a label (-100 to 100).
    cutoff_prob, cutoff_top_n
        Consider in each frame only the most probable classes that together reach `cutoff_prob`, and at most
        `cutoff_top_n` of them. The defaults consider all.
    log_probs_input
        Whether `log_probs` are natural logarithms; probabilities otherwise.
    normalize_check
        Whether to refuse frames that do not sum to one within 0.001 (float16: 0.01). Without it ``log_prob`` is
        relative to the frames' own sums.
    classes
        What V has to be; None for anything.
    backend
        One of `backends`: ``"builtin"``, ``"greedy"`` (see there; beam and model do not apply), ``"ctcdecode"``.
    threads
        Utterances decoded at once; None for one a core.
    progress
        Called with the part done after every 16,384 frames searched and every hypothesis whose frames were found, from
        the thread that did it; the work is given up when it answers False.

    Returns
    -------
    list of list of Hypothesis
        For each utterance its hypotheses, most probable first. An utterance of no frames has the one empty hypothesis,
        with ``log_prob`` 0.

    Raises
    ------
    ValueError
        If an argument is out of bounds, there is no utterance, or a frame has a NaN or +inf, does not normalise, or is
        all -inf; the text names the argument, utterance and frame.
    Cancelled
        `progress` answered False.
    """
    utterances = split_utterances(log_probs, lengths, classes)
    vocabulary = utterances[0][1].shape[1]
    options = Options(
        beam_width=whole_number(beam_width, "beam_width", 1, MAX_BEAM_WIDTH),
        n_best=whole_number(n_best, "n_best", 1),
        blank=whole_number(blank, "blank", 0, vocabulary - 1),
        cutoff_prob=real_number(cutoff_prob, "cutoff_prob", 0.0, 1.0),
        cutoff_top_n=None if cutoff_top_n is None else whole_number(cutoff_top_n, "cutoff_top_n", 1),
        log_probs_input=bool(log_probs_input),
        normalize_check=bool(normalize_check),
    )
    if options.cutoff_prob == 0.0:
        raise ValueError("cutoff_prob must be above 0")
    if language_model is not None:
        options = options._replace(language_model=_weights(language_model, alpha, beta, options.blank, vocabulary))
    workers = available_processors() if threads is None else whole_number(threads, "threads", 1)
    return _each(utterances, _backend(backend, options), options, workers, progress)


def greedy(log_probs: FrameArray, *, blank: SupportsIndex = 0) -> Hypothesis:
    """Return the labels of the most probable class of each frame, repeats joined and blanks removed.

    Parameters
    ----------
    log_probs : (T, V)
        Log-probabilities of one utterance.
    blank
        Index of the blank.

    Returns
    -------
    Hypothesis
        ``log_prob`` is that of the best path alone, a lower bound of what `decode` finds for the same labels.

    Raises
    ------
    ValueError
        As `decode` does.
    """
    if np.ndim(log_probs) != 2:
        raise ValueError(f"log_probs must be (T, V), not an array of shape {np.shape(log_probs)}")
    return decode(log_probs, blank=blank, backend="greedy", threads=1)[0][0]


def backends() -> tuple[str, ...]:
    """Return the names that `decode` takes as its backend on this machine."""
    return ("builtin", "greedy", "ctcdecode") if _ctcdecode.is_installed() else ("builtin", "greedy")


def warm_up() -> None:
    """Compile the kernels, or load them compiled from disk: seconds once, then half a second a start."""
    frames = np.log(np.full((4, 3), 1.0 / 3.0, np.float32))
    decode(frames, beam_width=2, language_model=NGramTable(2, np.full((3, 3), 1.0 / 3.0)))


Backend = Callable[[Utterance, Options], list[Hypothesis]]


def _backend(name: str, options: Options) -> Backend:
    if name == "builtin":
        return beam.search
    if name not in ("greedy", "ctcdecode"):
        raise ValueError(f"backend must be one of {', '.join(backends())}, not {name!r}")
    if options.language_model is not None:
        raise ValueError(f"language_model works with the builtin backend only, not with backend={name!r}")
    if name == "ctcdecode" and not _ctcdecode.is_installed():
        raise ValueError("backend 'ctcdecode' needs the package of that name, which is not installed; use 'builtin'")
    return best_path.search if name == "greedy" else _ctcdecode.search


def _weights(model: LanguageModel, alpha: float, beta: float, blank: int, classes: int) -> NGramTable:
    if not isinstance(model, LanguageModel):
        raise ValueError(f"language_model must be an NGramModel or an NGramTable, not {type(model).__name__}")
    weight, bonus = real_number(alpha, "alpha", 0.0, MAX_ALPHA), real_number(beta, "beta", -MAX_BETA, MAX_BETA)
    table = model.weighted(weight, bonus, blank)
    if table.classes != classes:
        raise ValueError(f"language_model is made for {table.classes} classes, log_probs has {classes}")
    return table


def _each(
    utterances: list[tuple[str, FrameArray]],
    backend: Backend,
    options: Options,
    workers: int,
    progress: Callable[[float], bool] | None,
) -> list[list[Hypothesis]]:
    """Decode utterances at once, the longest first so that no thread is left with one at the end."""
    done = [0.0] * len(utterances)
    total = sum(len(frames) for _, frames in utterances)

    def run(index: int) -> list[Hypothesis]:
        name, frames = utterances[index]
        if len(frames) == 0:
            return [Hypothesis(_NOTHING, 0.0, _NOTHING)]

        def report(part: float) -> None:
            done[index] = part * len(frames)
            if progress is not None and not progress(sum(done) / total):
                raise Cancelled

        return backend(Utterance(name, frames, options, report), options)

    if workers == 1 or len(utterances) == 1:
        return [run(index) for index in range(len(utterances))]
    order = sorted(range(len(utterances)), key=lambda i: -len(utterances[i][1]))
    with ThreadPoolExecutor(min(workers, len(utterances)), "decode") as pool:
        started = {i: pool.submit(run, i) for i in order}
        return [started[i].result() for i in range(len(utterances))]
