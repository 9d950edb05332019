"""Scores of a run on its dev corpus: greedily after every epoch, with a beam at the end.

They report as they go, hold while the run is paused, and stop within a batch.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import torch

from model.checkpoint import load_checkpoint
from model.config import DecodingConfig, TrainingConfig
from model.corpus import FeatureCache
from model.distributed import any_true, world_size
from model.errors import Cancelled, FileError
from model.interruption import Interruptible
from model.network import SpeechToPhoneme
from model.phonemes import SymbolTable
from model.run_keeper import RunKeeper
from model.scoring import Decode, Score, scoring
from model.training_events import Control, Event, Notice, Phase, Scored


class DevScorer:
    """Scores networks on the dev utterances of a run.

    Parameters
    ----------
    features
        The dev corpus.
    table
        Says what silence is.
    config
        How many utterances, and the beam at the end.
    control
        Scoring is given up when this asks to stop.
    """

    def __init__(self, features: FeatureCache, table: SymbolTable, config: TrainingConfig, control: Control) -> None:
        self.features, self._table, self.control = features, table, control
        self._beam_width = config.final_beam_width
        count = len(features)
        wanted = min(count, config.dev_utterances or count)
        self.chosen: list[int] = np.unique(np.linspace(0, count - 1, wanted).astype(int)).tolist()

    def score(
        self,
        phase: str,
        network: SpeechToPhoneme,
        decode: Decode | None = None,
        *,
        stop: threading.Event | None = None,
    ) -> Generator[Event, None, Score | None]:
        """Score a network, reporting as it goes; the iterator's value is None when it is to stop.

        Parameters
        ----------
        phase
            What the reports call it.
        decode
            How posteriors become labels; greedily by default.
        stop
            Gives up the scoring, in place of the run's own.
        """
        stop = stop or self.control.stop
        yield Phase(phase)
        steps = scoring(network.eval(), self.features, self.chosen, self._table, decode=decode)
        alone = world_size() == 1  # other processes would wait for one that gave up
        while True:
            if alone:
                self.control.wait_while_paused(stop)
            try:
                with Interruptible(stop) if alone else contextlib.nullcontext():
                    step = next(steps)
            except Cancelled:
                return None
            if isinstance(step, Score):
                return step
            yield Phase(phase, *step)
            if alone and stop.is_set():
                return None

    def score_best(self, keeper: RunKeeper, device: torch.device) -> Generator[Event, None, bool]:
        """Score the best checkpoint with a beam and record it there; the value is False when the run is to stop."""
        name = f"dev, beam {self._beam_width}"
        if not self._beam_width:
            return True
        any_true(False)  # wait until the first process has written it
        try:
            network, header = load_checkpoint(keeper.folder.best)
        except FileError as error:
            yield Notice(f"{error} So it is not scored with a beam.")
            return True
        if name in header.scores:
            return True
        score = yield from self.score(name, network.to(device), _beam(self._beam_width))
        if score is None:
            return False
        scores = rounded(score)
        scored = replace(header, scores={**header.scores, name: scores})
        yield from keeper.save_best(network.state_dict(), scored)
        yield Scored(name, scores)
        return True


def rounded(score: Score) -> dict[str, float]:
    """Return a score as it stands in tables and headers."""
    return {
        "loss": round(score.loss, 5),
        "phone_error_rate": round(score.counts.rate, 5),
        "levenshtein": round(score.mean_levenshtein, 4),
    }


def _beam(width: int) -> Decode:
    from model.search import Search

    search = Search(DecodingConfig(beam_width=width))
    return lambda log_probs: [hypotheses[0].labels.tolist() for hypotheses in search.batch(log_probs)]
