"""What the decoding options that subcommands share stand for: a recognizer and a search."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from model.config import DecodingConfig
from model.errors import UserError
from phonegui.resources import default_checkpoint, default_language_model

if TYPE_CHECKING:
    from model.recognizer import Recognizer
    from model.search import Search


def recognizer_of(options: argparse.Namespace) -> Recognizer:
    """Return the recognizer of ``--checkpoint``, ``--device`` and ``--precision``; raise UserError without one."""
    from model.inference import choose_device
    from model.recognizer import Recognizer

    path = options.checkpoint or default_checkpoint()
    return Recognizer(path, device=choose_device(options.device), precision=options.precision)


def search_of(options: argparse.Namespace, recognizer: Recognizer) -> Search:
    """Return the search that a subcommand's decoding options ask for.

    Raises
    ------
    UserError
        The options contradict each other, or the language model cannot be read.
    """
    from model.search import Search, read_language_model

    settings = DecodingConfig(beam_width=options.beam_width, alpha=options.alpha, beta=options.beta)
    if not settings.alpha:
        if options.language_model or options.beta != DecodingConfig().beta:
            raise UserError("--language-model and --beta act together with a weight; add --alpha, for example 0.5.")
        return Search(settings)
    if settings.beam_width == 0:
        raise UserError("Greedy decoding takes no language model; give a --beam-width above 0, or leave out --alpha.")
    path = options.language_model or default_language_model()
    return Search(settings, read_language_model(path, recognizer.header.table))
