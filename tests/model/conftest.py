from __future__ import annotations

import pytest

from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, read_manifest
from tests.model.helpers import write_toy_corpus


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the features of tests out of the user's cache."""
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return read_manifest(write_toy_corpus(tmp_path_factory.mktemp("toy"), count=20, seed=1))


@pytest.fixture(scope="session")
def toy_features(toy_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> FeatureCache:
    return FeatureCache.open(toy_corpus, FeatureConfig(), folder=tmp_path_factory.mktemp("features"))
