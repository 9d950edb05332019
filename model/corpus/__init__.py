"""Corpora: one reader per layout, all giving the same `Corpus` of `Utterance`s."""

from model.corpus.base import Choice, Corpus, Utterance
from model.corpus.cache_folder import cache_size, clear_cache, default_cache_folder, trim_cache
from model.corpus.detection import Kind, describe, kind_of, open_corpus, parse_choices
from model.corpus.feature_cache import FeatureCache
from model.corpus.fit import require_features, require_fit
from model.corpus.manifest import read_manifest
from model.corpus.matrices import read_feature_matrix, utterance_features

__all__ = [
    "Choice",
    "Corpus",
    "FeatureCache",
    "Kind",
    "Utterance",
    "cache_size",
    "clear_cache",
    "default_cache_folder",
    "describe",
    "kind_of",
    "open_corpus",
    "parse_choices",
    "read_feature_matrix",
    "read_manifest",
    "require_features",
    "require_fit",
    "trim_cache",
    "utterance_features",
]
