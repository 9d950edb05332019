"""Features to posteriors: device choice, batches, long recordings in overlapping chunks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.batching import length_buckets, pad
from model.errors import Cancelled, UserError

if TYPE_CHECKING:
    import torch

    from model.network import SpeechToPhoneme

LogProbs = npt.NDArray[np.float32]
Progress = Callable[[float], bool]

# Up to three minutes are heard in one piece. A longer recording goes in chunks of two minutes, which read 30 s more on
# either side, for LSTMs remember long. Of 20 minutes of speech, 0.04 % of the frames are then off by more than 0.001,
# and the transcript is that of one piece; chunks of 20 s with 2 s beside them took two thirds of the time: 15 %.
WHOLE_FRAMES = 18000
CHUNK_FRAMES = 12000
CONTEXT_FRAMES = 3000
CHUNKS_AT_ONCE = 3
_BATCH_ROWS = 40000
"""Most output frames of a batch of chunks, for the sake of memory."""

GLIMPSE_FRAMES = 2000
_GLIMPSE_CONTEXT = 200

DEVICES = ("auto", "cpu", "cuda")
INFERENCE_PRECISIONS = ("float32", "bfloat16")
"""Arithmetic that a network can hear in."""

_ASKING_SECONDS = 0.1
"""How often a batch asks whether to go on."""

# Corpora are scored and shown a batch at a time.
_BATCH_FRAMES = {"cpu": 4000}
_MOST_FRAMES = 24000
_BATCH_UTTERANCES = 64


def choose_device(name: str = "auto") -> torch.device:
    """Return the torch device of a name: ``auto`` takes CUDA where there is one.

    Raises
    ------
    UserError
        CUDA is asked for and there is none, or the name is unknown.
    """
    import torch

    if name not in DEVICES:
        raise UserError(f"There is no device named {name!r}; choose one of {', '.join(DEVICES)}.")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("CUDA was asked for, but torch finds no CUDA device; use --device cpu, or check the driver.")
    return torch.device(name)


def posteriors(network: SpeechToPhoneme, features: npt.NDArray[Any], *, progress: Progress | None = None) -> LogProbs:
    """Return the log-posteriors of one utterance.

    Parameters
    ----------
    network
        In evaluation mode, on any device.
    features
        Normalised frames of shape (T, coefficients).
    progress
        Called with the part done; the work is given up when it answers False.

    Returns
    -------
    ndarray of float32, shape (ceil(T / stride), classes)
        Natural logarithms; each row's exponentials sum to 1.

    Raises
    ------
    UserError
        The features have another number of coefficients than the network.
    Cancelled
        `progress` answered False.
    """
    check_width(network, features)
    if not len(features):
        return np.zeros((0, network.config.classes), np.float32)
    result: LogProbs = np.empty((-(-len(features) // network.config.time_stride), network.config.classes), np.float32)
    for row, block in posterior_blocks(network, features, progress=progress):
        result[row : row + len(block)] = block
    return result


def posterior_blocks(
    network: SpeechToPhoneme,
    features: npt.NDArray[Any],
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Iterator[tuple[int, LogProbs]]:
    """Yield the log-posteriors of one utterance in blocks, outwards from a frame; together those of `posteriors`.

    Parameters
    ----------
    network
        In evaluation mode, on any device.
    features
        Normalised frames of shape (T, coefficients), T at least 1.
    first
        The feature frame whose surroundings come first.
    progress
        Called with the part done after every block, and now and then in between with the same; the work is given up
        when it answers False, even in the midst of a batch.

    Yields
    ------
    row, block
        Log-posteriors (rows, classes) and the output row that they begin at. The first batch is of two blocks, so that
        something is there soon; later ones are larger, so that all is there soon.

    Raises
    ------
    Cancelled
        `progress` answered False.
    """
    stride = network.config.time_stride
    chunk = CHUNK_FRAMES - CHUNK_FRAMES % stride
    context = CONTEXT_FRAMES - CONTEXT_FRAMES % stride
    if len(features) <= WHOLE_FRAMES:
        chunk, context = WHOLE_FRAMES - WHOLE_FRAMES % stride + stride, 0
    starts = range(0, len(features), chunk)
    outwards = sorted(starts, key=lambda start: abs(start + chunk / 2 - first))
    at_once = max(1, min(CHUNKS_AT_ONCE, _BATCH_ROWS * stride // (chunk + 2 * context)))
    taken, done, rows = 0, 0, -(-len(features) // stride)
    while taken < len(outwards):
        batch = outwards[taken : taken + (at_once if taken else min(2, at_once))]
        taken += len(batch)
        before = [min(start, context) for start in batch]
        surrounded = [features[s - b : s + chunk + context] for s, b in zip(batch, before, strict=True)]
        pieces = _run(network, surrounded, None if progress is None else partial(progress, done / rows))
        for start, skip, piece in zip(batch, before, pieces, strict=True):
            block = piece[skip // stride :][: chunk // stride]
            yield start // stride, block
            done += len(block)
            if progress is not None and not progress(done / rows):
                raise Cancelled


def glimpse(
    network: SpeechToPhoneme, features: npt.NDArray[Any], frame: int, *, progress: Progress | None = None
) -> tuple[int, LogProbs]:
    """Return the log-posteriors of the 20 seconds about a frame, heard with little beside them: soon, but not exactly.

    Parameters
    ----------
    network, features, progress
        As of `posterior_blocks`.
    frame
        The feature frame in their middle, as far as the recording allows.

    Returns
    -------
    row, block
        Log-posteriors (rows, classes) and the output row that they begin at.
    """
    stride = network.config.time_stride
    begin = max(0, min(frame - GLIMPSE_FRAMES // 2, len(features) - GLIMPSE_FRAMES)) // stride
    before = min(begin, _GLIMPSE_CONTEXT // stride)
    piece = features[(begin - before) * stride : begin * stride + GLIMPSE_FRAMES + _GLIMPSE_CONTEXT]
    [block] = _run(network, [piece], None if progress is None else partial(progress, 0.0))
    return begin, block[before:][: -(-GLIMPSE_FRAMES // stride)]


def batches(network: SpeechToPhoneme, lengths: Sequence[int] | npt.NDArray[Any]) -> list[npt.NDArray[np.int64]]:
    """Return utterances of so many frames as batches of like length, small enough to show soon what comes of them."""
    most = _BATCH_FRAMES.get(next(network.parameters()).device.type, _MOST_FRAMES)
    return length_buckets(lengths, batch_frames=most, batch_utterances=_BATCH_UTTERANCES)


def batch_posteriors(
    network: SpeechToPhoneme,
    features: Sequence[npt.NDArray[Any]],
    *,
    batch_frames: int = 16000,
    progress: Progress | None = None,
) -> list[LogProbs]:
    """Return the log-posteriors of many utterances, batched by length; each as `posteriors` gives them.

    `progress` is called with the part done after every batch, and now and then in between; Cancelled is raised when it
    answers False, even in the midst of a batch.
    """
    for item in features:
        check_width(network, item)
    results: list[LogProbs | None] = [None] * len(features)
    lengths = [len(item) for item in features]
    done, total = 0, max(1, sum(lengths))
    for batch in length_buckets(lengths, batch_frames=batch_frames, batch_utterances=64):
        going_on = None if progress is None else partial(progress, done / total)
        if lengths[batch[-1]] > WHOLE_FRAMES or not lengths[batch[0]]:
            outputs = [posteriors(network, features[i], progress=_ignoring(going_on)) for i in batch]
        else:
            outputs = _run(network, [features[i] for i in batch], going_on)
        for index, output in zip(batch, outputs, strict=True):
            results[index] = output
        done += sum(lengths[i] for i in batch)
        if progress is not None and not progress(done / total):
            raise Cancelled
    return [result for result in results if result is not None]


def check_width(network: SpeechToPhoneme, features: npt.NDArray[Any]) -> None:
    """Raise UserError when features are not frames of the network's number of coefficients."""
    if features.ndim != 2 or features.shape[1] != network.config.features:
        width = "x".join(str(n) for n in features.shape)
        raise UserError(
            f"The features have the shape {width}, but the checkpoint reads frames of {network.config.features} "
            "coefficients; choose a checkpoint trained on such features."
        )


def _ignoring(going_on: Callable[[], bool] | None) -> Progress | None:
    return None if going_on is None else lambda _part: going_on()


def _run(
    network: SpeechToPhoneme, features: Sequence[npt.NDArray[Any]], going_on: Callable[[], bool] | None
) -> list[LogProbs]:
    """Return the log-posteriors of one batch; now and then, between two operations of torch, ask whether to go on."""
    import torch

    from model.interruption import Interruptible

    device = next(network.parameters()).device
    batch, lengths = pad(features)
    asked = time.monotonic()

    def stopped() -> bool:
        nonlocal asked
        if going_on is None or time.monotonic() - asked < _ASKING_SECONDS:
            return False
        asked = time.monotonic()
        return not going_on()

    arithmetic = network.arithmetic
    autocast = torch.autocast(device.type, arithmetic, enabled=arithmetic is not torch.float32)
    with torch.inference_mode(), autocast, Interruptible(stopped):
        log_probs, frames = network(batch.to(device), lengths)
    array = log_probs.float().cpu().numpy()
    return [np.ascontiguousarray(array[i, :n]) for i, n in enumerate(frames.tolist())]
