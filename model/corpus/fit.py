"""Whether a checkpoint and a corpus go together, said before anything is computed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from model.config import FeatureConfig
from model.corpus.base import Corpus
from model.errors import UserError
from model.phonemes import SymbolTable

if TYPE_CHECKING:
    from model.checkpoint import CheckpointHeader


def require_fit(header: CheckpointHeader, corpus: Corpus) -> None:
    """Check that a checkpoint can be used on a corpus.

    Raises
    ------
    UserError
        They differ in features or, where the corpus has references, in symbols; says in what and what to do.
    """
    require_features(header.features, corpus)
    if any(utterance.labels for utterance in corpus.utterances):
        _require_table(header.table, corpus)


def require_features(recipe: FeatureConfig, corpus: Corpus) -> None:
    """Raise UserError unless a checkpoint of this feature recipe can read what a corpus holds."""
    held = corpus.recipe
    if held is None:
        if recipe.kind == "unknown":
            raise UserError(
                f"{corpus.path} holds recordings, but the checkpoint was trained on features whose recipe is not "
                "known; open a corpus of its own features, or choose a checkpoint trained on recordings."
            )
        return
    if held.coefficients != recipe.coefficients:
        raise UserError(
            f"{corpus.path} holds features of {held.coefficients} coefficients, but the checkpoint reads "
            f"{recipe.coefficients}; choose a checkpoint trained on such features."
        )
    if recipe.kind != held.kind:
        ours, theirs = _origin(held), _origin(recipe)
        raise UserError(
            f"{corpus.path} holds features {ours}, but the checkpoint was trained on features {theirs}; "
            "choose a checkpoint trained on features of the same kind."
        )
    if held.kind == "mfcc" and held != recipe:
        name = next(f.name for f in dataclasses.fields(held) if getattr(held, f.name) != getattr(recipe, f.name))
        raise UserError(
            f"{corpus.path} holds features made with {name}={getattr(held, name)}, but the checkpoint reads features "
            f"made with {name}={getattr(recipe, name)}; prepare the features again with this checkpoint."
        )


def _origin(recipe: FeatureConfig) -> str:
    return "whose recipe is not known" if recipe.kind == "unknown" else "that phonegui computed from recordings"


def _require_table(table: SymbolTable, corpus: Corpus) -> None:
    if table.symbols == corpus.table.symbols:
        return
    if len(table) != len(corpus.table):
        differ = f"{len(corpus.table)} symbols ({corpus.table.name}), but the checkpoint has {len(table)}"
    else:
        differ = f"the symbols in another order or under other names ({corpus.table.name}) than the checkpoint has"
    raise UserError(
        f"The references of {corpus.path} are written in {differ} ({table.name}); "
        "choose a checkpoint trained on the same table, or another symbol table for the corpus."
    )
