"""The ctcdecode package (github.com/parlance/ctcdecode) as a backend, for those who have built it.

It hangs on a wrong number of classes and crashes on a beam width of 0, which `decode` has refused before. Its own
cutoffs do not do what they say, so ours are applied first. Where it finds fewer hypotheses than asked for, it fills up
with rows of score 0 or of the largest float. Its times are not increasing, so they come from forced alignment.
"""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np

from model.decoding._utterance import Options, Utterance, logarithms
from model.decoding.types import Hypothesis

_IMPOSSIBLE = -1e30
_NO_ROW = 1e29


def is_installed() -> bool:
    """Tell whether the package can be found; it is not imported for that."""
    return importlib.util.find_spec("ctcdecode") is not None


def search(utterance: Utterance, options: Options) -> list[Hypothesis]:
    """Return the hypotheses that ctcdecode finds in an utterance, best first."""
    torch, ctcdecode = importlib.import_module("torch"), importlib.import_module("ctcdecode")
    classes = utterance.frames.shape[1]
    decoder = ctcdecode.CTCBeamDecoder(
        [chr(0x100 + c) for c in range(classes)],
        cutoff_top_n=classes,
        cutoff_prob=1.0,
        beam_width=options.beam_width,
        num_processes=1,
        blank_id=options.blank,
        log_probs_input=True,
    )
    blocks = list(utterance.likely_blocks())
    offset = sum(log_scale for _, log_scale in blocks)
    logs = logarithms(np.concatenate([probs[:, :-1] for probs, _ in blocks]))
    given = np.maximum(logs, _IMPOSSIBLE).astype(np.float32)
    rows, scores, _, lengths = decoder.decode(torch.from_numpy(given[None]))
    hypotheses: list[Hypothesis] = []
    for rank, score in enumerate(scores[0].tolist()[: options.n_best]):
        if score > _NO_ROW or (rank > 0 and score <= 0.0):
            break
        labels = rows[0, rank, : int(lengths[0, rank])].numpy().astype(np.int32)
        hypotheses.append(Hypothesis(labels, offset - score, utterance.peak_frames(labels)))
    return hypotheses
