"""CTC decoding: prefix beam search, best path, forced alignment, and phone n-gram language models.

Importing this package is quick: numba, which compiles the kernels, is imported at their first use, or by `warm_up`.
"""

from __future__ import annotations

from model.decoding.alignment import align
from model.decoding.decoder import backends, decode, greedy, warm_up
from model.decoding.language_model import LanguageModel, NGramTable
from model.decoding.ngram import NGramModel
from model.decoding.types import Alignment, Hypothesis

__all__ = [
    "Alignment",
    "Hypothesis",
    "LanguageModel",
    "NGramModel",
    "NGramTable",
    "align",
    "backends",
    "decode",
    "greedy",
    "warm_up",
]
