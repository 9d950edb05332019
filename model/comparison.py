"""Two checkpoints, or two ways of decoding, on the same utterances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from model.bootstrap import PairedTest, grouping, paired_test
from model.errors import UserError
from model.scored import CorpusScore
from model.scored_utterance import ScoredUtterance


@dataclass(frozen=True)
class Tally:
    """How often the second of two systems made fewer errors, as many, or more."""

    wins: int
    ties: int
    losses: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two scores of the same utterances.

    Attributes
    ----------
    first, second
        The scores as they were made, on the corpora as they are.
    pairs
        The utterances both have, in the first's order.
    """

    first: CorpusScore
    second: CorpusScore
    pairs: tuple[tuple[ScoredUtterance, ScoredUtterance], ...]

    @cached_property
    def test(self) -> PairedTest:
        """Difference of the phone error rates, second less first, and whether it is more than chance."""
        return self._test([(a.counts.errors, b.counts.errors, a.counts.reference_length) for a, b in self.pairs])

    @cached_property
    def levenshtein_test(self) -> PairedTest:
        """The same for the mean Levenshtein distance."""
        return self._test([(a.distance, b.distance, 1) for a, b in self.pairs])

    def _test(self, rows: list[tuple[int, int, int]]) -> PairedTest:
        groups, _ = grouping([a.utterance.speaker for a, _ in self.pairs])
        first, second, lengths = np.array(rows, np.int64).T
        return paired_test(first, second, lengths, groups)

    @property
    def resampled(self) -> str:
        """What the test draws and compares: ``"speaker"`` or ``"utterance"``."""
        return grouping([a.utterance.speaker for a, _ in self.pairs])[1]

    def tally(self) -> Tally:
        """Return on how many utterances the second makes fewer errors, as many, or more."""
        return _tally([(a.counts.errors, b.counts.errors) for a, b in self.pairs])

    def to_json(self) -> dict[str, Any]:
        """Return scores of both and the tests as a JSON object."""
        tally, test, edits = self.tally(), self.test, self.levenshtein_test
        return {
            "utterances": len(self.pairs),
            "first": _system(self.first),
            "second": _system(self.second),
            "wins": tally.wins,
            "ties": tally.ties,
            "losses": tally.losses,
            "resampled": self.resampled,
            "phone_error_rate_difference": test.difference.value,
            "phone_error_rate_difference_interval": [test.difference.low, test.difference.high],
            "probability_of_improvement": test.improvement,
            "p": test.p,
            "mean_levenshtein_difference": edits.difference.value,
            "mean_levenshtein_difference_interval": [edits.difference.low, edits.difference.high],
            "mean_levenshtein_p": edits.p,
        }


def compare(first: CorpusScore, second: CorpusScore) -> Comparison:
    """Set two scores against each other, utterance by utterance.

    Raises
    ------
    UserError
        They have no utterance with the same reference in common.
    """
    others = {item.utterance.name: item for item in second.utterances}
    pairs = tuple(
        (item, others[item.utterance.name])
        for item in first.utterances
        if item.utterance.name in others and others[item.utterance.name].reference == item.reference
    )
    if not pairs:
        raise UserError(f"{first.checkpoint} and {second.checkpoint} were scored on no utterance in common.")
    return Comparison(first, second, pairs)


def settings_text(score: CorpusScore) -> str:
    """Return in words how a corpus was decoded: ``width 100, LM 0.5, bonus 1.5``."""
    settings = score.settings
    width = "greedy" if settings.beam_width == 0 else f"width {settings.beam_width}"
    bonus = f"{settings.beta:g}".replace("-", "−")
    return f"{width}, LM {settings.alpha:g}, bonus {bonus}" if settings.alpha else f"{width}, no LM"


def _tally(pairs: list[tuple[int, int]]) -> Tally:
    wins, ties = sum(b < a for a, b in pairs), sum(a == b for a, b in pairs)
    return Tally(wins, ties, len(pairs) - wins - ties)


def _system(score: CorpusScore) -> dict[str, Any]:
    return {"checkpoint": score.checkpoint, **score.settings.to_json(), **score.evaluation.to_json()}
