"""A few dev utterances whose transcripts are watched while a network learns; kept in the run's folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model.errors import UserError
from model.files import write_text

if TYPE_CHECKING:
    import torch

    from model.corpus import FeatureCache

FILE_NAME = "transcripts.jsonl"
"""In a run's folder: a JSON object a line for each pinned utterance and epoch."""

MOST = 4
_LARGEST_FILE = 64 << 20


@dataclass(frozen=True)
class PinnedTranscript:
    """What an epoch's network heard in one utterance, greedily decoded: phonemes of reference and hypothesis."""

    epoch: int
    name: str
    seconds: float
    reference: tuple[str, ...]
    heard: tuple[str, ...]


def choose_pinned(features: FeatureCache, count: int = MOST) -> list[int]:
    """Return indices of labelled utterances, evenly spread from the shorter to the longer ones."""
    labelled = [index for index, utterance in enumerate(features.utterances) if utterance.labels]
    ordered = sorted(labelled, key=lambda index: (int(features.lengths[index]), index))
    places = np.linspace(0.0, 1.0, min(count, len(ordered)) + 2)[1:-1] * (len(ordered) - 1)
    return [ordered[place] for place in np.unique(np.rint(places).astype(int))]


def decode_pinned(
    checkpoint: str | Path,
    features: FeatureCache,
    pinned: Sequence[int],
    device: torch.device,
    stop: threading.Event,
) -> list[PinnedTranscript]:
    """Decode the pinned utterances with a checkpoint just saved; its history says of which epoch it is.

    Raises
    ------
    FileError
        The checkpoint cannot be read.
    Cancelled
        `stop` was set.
    """
    from model.checkpoint import load_checkpoint
    from model.decoding import greedy
    from model.inference import posteriors
    from model.interruption import Interruptible

    network, header = load_checkpoint(checkpoint)
    network.to(device)
    epoch = int(header.history[-1]["epoch"]) if header.history else 0
    transcripts = []
    for index in pinned:
        utterance = features.utterances[index]
        with Interruptible(stop):
            log_probs = posteriors(network, features[index])
        labels = greedy(log_probs).labels.tolist() if np.isfinite(log_probs).all() else []
        transcripts.append(
            PinnedTranscript(
                epoch=epoch,
                name=utterance.name,
                seconds=round(len(features[index]) * header.features.step_seconds, 2),
                reference=tuple(header.table.decode(utterance.labels or ())),
                heard=tuple(header.table.decode(labels)),
            )
        )
    return transcripts


def write_transcripts(folder: str | Path, transcripts: Sequence[PinnedTranscript]) -> None:
    """Write all transcripts of a run, whole or not at all."""
    lines = [
        json.dumps(
            {
                "epoch": item.epoch,
                "name": item.name,
                "seconds": item.seconds,
                "reference": " ".join(item.reference),
                "heard": " ".join(item.heard),
            }
        )
        for item in transcripts
    ]
    write_text(Path(folder) / FILE_NAME, "".join(f"{line}\n" for line in lines))


def read_transcripts(folder: str | Path) -> list[PinnedTranscript]:
    """Return the transcripts kept in a run's folder; lines that are none are passed over."""
    path = Path(folder) / FILE_NAME
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return []
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, ValueError):
        return []
    found = (_parsed(line) for line in lines)
    return [item for item in found if item is not None]


def _parsed(line: str) -> PinnedTranscript | None:
    try:
        value = json.loads(line)
        words = [value[name] for name in ("name", "reference", "heard")]
        if not all(isinstance(word, str) for word in words):
            return None
        name, reference, heard = words
        return PinnedTranscript(
            int(value["epoch"]), name, float(value["seconds"]), tuple(reference.split()), tuple(heard.split())
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, UserError):
        return None
