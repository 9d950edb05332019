"""How posteriors are searched: the decoding settings and the language model, as one value that is passed around."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from model.config import DecodingConfig
from model.decoding import Hypothesis, NGramModel, decode, greedy
from model.errors import UserError
from model.phonemes import BLANK, SymbolTable


@dataclass(frozen=True)
class Search:
    """A decoder with its settings.

    Attributes
    ----------
    settings
        Beam width (0 takes the best class of each frame, without any model), number of hypotheses, weights.
    language_model
        Fused into the search where ``settings.alpha`` is not 0.
    """

    settings: DecodingConfig = field(default_factory=DecodingConfig)
    language_model: NGramModel | None = None

    def __call__(
        self, log_probs: npt.NDArray[Any], *, progress: Callable[[float], bool] | None = None
    ) -> list[Hypothesis]:
        """Return the hypotheses of one utterance (T, V), best first; `progress` as in `decode`."""
        return self.batch([log_probs], progress=progress)[0]

    def batch(
        self, log_probs: Sequence[npt.NDArray[Any]], *, progress: Callable[[float], bool] | None = None
    ) -> list[list[Hypothesis]]:
        """Return the hypotheses of several utterances (T_i, V), each best first; `progress` as in `decode`."""
        settings = self.settings
        if settings.beam_width == 0:
            return [[greedy(item, blank=BLANK)] for item in log_probs]
        fused = settings.alpha > 0
        if fused and self.language_model is None:
            raise UserError("A language model weight was given without a language model; name one, or set it to 0.")
        try:
            return decode(
                list(log_probs),
                beam_width=settings.beam_width,
                n_best=settings.n_best,
                blank=BLANK,
                language_model=self.language_model if fused else None,
                alpha=settings.alpha,
                beta=settings.beta if fused else 0.0,
                progress=progress,
            )
        except ValueError as error:
            raise UserError(f"The network's posteriors cannot be decoded: {error}.") from None


def read_language_model(path: str | Path, table: SymbolTable) -> NGramModel:
    """Read an ARPA file of a symbol table's phonemes; raise FileError when it is missing, damaged or of others."""
    return NGramModel.read_arpa(path, table.symbols, blank=BLANK)
