"""Corpora scored by hand: posteriors that spell a hypothesis, and the scores of such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.config import DecodingConfig
from model.corpus import Utterance
from model.decoding import Hypothesis
from model.kept_posteriors import KeptPosteriors
from model.phonemes import DEFAULT_TABLE
from model.scored import CorpusScore
from model.scored_utterance import score_utterance

STEP = 0.02


def scored(*rows: tuple[str, str], speakers: tuple[str, ...] = ()) -> CorpusScore:
    """Return the score of utterances given as reference and hypothesis, a phoneme every tenth of a second."""
    items = []
    for number, (reference, heard) in enumerate(rows):
        speaker = speakers[number] if speakers else ""
        said = tuple(DEFAULT_TABLE.encode(reference))
        utterance = Utterance(f"u{number}", Path(f"{number}.wav"), said, speaker=speaker)
        labels = np.array(DEFAULT_TABLE.encode(heard), np.int32)
        hypothesis = Hypothesis(labels, -1.0, 5 * np.arange(1, len(labels) + 1, dtype=np.int32))
        spans = (in_a_row(len(said)), in_a_row(len(labels)))
        items.append(score_utterance(utterance, hypothesis, silent=DEFAULT_TABLE.silent(), seconds=3.0, spans=spans))
    return CorpusScore("corpus", "checkpoint", DEFAULT_TABLE, DecodingConfig(), STEP, tuple(items), (), 1.0, 0.5)


def in_a_row(count: int) -> npt.NDArray[np.float32]:
    """Return spans of so many phonemes that follow each other, the first about a tenth of a second."""
    middles = 0.1 * np.arange(1, count + 1)
    return np.stack([middles - 0.05, middles + 0.05], axis=1).astype(np.float32)


def posteriors(labels: list[int], random: np.random.Generator, certainty: float = 2.0) -> npt.NDArray[np.float16]:
    """Return noisy log-posteriors in which labels stand out, each in two frames with blanks about it."""
    frames = random.normal(0.0, 1.0, (4 * len(labels) + 1, len(DEFAULT_TABLE)))
    frames[:, 0] += certainty
    for place, label in enumerate(labels):
        frames[4 * place + 1 : 4 * place + 3, label] += 2 * certainty
    frames -= np.log(np.exp(frames).sum(axis=1, keepdims=True))
    return frames.astype(np.float16)


def kept(references: list[list[int]], *, certainty: float = 2.0, seed: int = 0) -> KeptPosteriors:
    """Return posteriors of utterances with these references."""
    random = np.random.default_rng(seed)
    pieces = [posteriors(labels, random, certainty) for labels in references]
    utterances = tuple(Utterance(f"u{k}", Path(f"{k}.wav"), tuple(labels)) for k, labels in enumerate(references))
    starts = np.cumsum([0, *(len(piece) for piece in pieces)])
    return KeptPosteriors(
        "corpus", "checkpoint", DEFAULT_TABLE, STEP, utterances, (), 0.0, np.concatenate(pieces), starts
    )
