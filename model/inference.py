"""Features to posteriors: device choice, batches, long recordings in overlapping chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

# Chunks of 40 s read 4 s more on either side: long past what the recurrent layers remember.
CHUNK_FRAMES = 4000
CONTEXT_FRAMES = 400

DEVICES = ("auto", "cpu", "cuda")


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
    stride = network.config.time_stride
    chunk = CHUNK_FRAMES - CHUNK_FRAMES % stride
    context = CONTEXT_FRAMES - CONTEXT_FRAMES % stride
    pieces: list[LogProbs] = []
    for start in range(0, len(features), chunk):
        first = max(0, start - context)
        piece = _run(network, [features[first : start + chunk + context]])[0]
        skip = (start - first) // stride
        pieces.append(piece[skip : skip + chunk // stride])
        if progress is not None and not progress(min(1.0, (start + chunk) / len(features))):
            raise Cancelled
    return np.concatenate(pieces)


def batch_posteriors(
    network: SpeechToPhoneme,
    features: Sequence[npt.NDArray[Any]],
    *,
    batch_frames: int = 16000,
    progress: Progress | None = None,
) -> list[LogProbs]:
    """Return the log-posteriors of many utterances, batched by length; each as `posteriors` gives them."""
    for item in features:
        check_width(network, item)
    results: list[LogProbs | None] = [None] * len(features)
    lengths = [len(item) for item in features]
    done, total = 0, max(1, sum(lengths))
    for batch in length_buckets(lengths, batch_frames=batch_frames, batch_utterances=64):
        if lengths[batch[-1]] > CHUNK_FRAMES or not lengths[batch[0]]:
            outputs = [posteriors(network, features[i]) for i in batch]
        else:
            outputs = _run(network, [features[i] for i in batch])
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


def _run(network: SpeechToPhoneme, features: Sequence[npt.NDArray[Any]]) -> list[LogProbs]:
    import torch

    device = next(network.parameters()).device
    batch, lengths = pad(features)
    with torch.inference_mode():
        log_probs, frames = network(batch.to(device), lengths)
    array = log_probs.float().cpu().numpy()
    return [np.ascontiguousarray(array[i, :n]) for i, n in enumerate(frames.tolist())]
