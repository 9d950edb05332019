"""Corpora: one reader per layout, all giving the same `Corpus` of `Utterance`s."""

from model.corpus.base import Corpus, Utterance
from model.corpus.feature_cache import FeatureCache, default_cache_folder
from model.corpus.manifest import read_manifest

__all__ = ["Corpus", "FeatureCache", "Utterance", "default_cache_folder", "open_corpus", "read_manifest"]


def open_corpus(path: str) -> Corpus:
    """Return the corpus at a path, its layout detected; raise FileError when it is of no known layout."""
    return read_manifest(path)
