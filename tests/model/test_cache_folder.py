from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from model.config import FeatureConfig
from model.corpus import Corpus, FeatureCache, cache_size, clear_cache, default_cache_folder, read_manifest, trim_cache
from model.corpus.cache_folder import cache_limit
from model.errors import UserError
from tests.model.helpers import write_toy_corpus


def entry(name: str, size: int, age: float) -> Path:
    folder = default_cache_folder() / "features" / name
    folder.mkdir(parents=True)
    (folder / "frames.f32").write_bytes(bytes(size))
    os.utime(folder, (1e9 - age, 1e9 - age))
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_toy_corpus(tmp_path / "corpus", count=2, seed=2))


def test_size_counts_all_that_is_kept():
    assert cache_size() == 0
    entry("a", 1000, 0)
    note = default_cache_folder() / "corpora" / "b.json"
    note.parent.mkdir()
    note.write_bytes(bytes(234))
    (default_cache_folder() / "features" / "loose").write_bytes(bytes(10))
    assert cache_size() == 1244


def test_what_was_used_longest_ago_goes_first():
    oldest, newest, middle = entry("a", 1000, 300), entry("b", 1000, 100), entry("c", 1000, 200)
    assert trim_cache(limit=3000) == 0
    assert trim_cache(limit=2500) == 1000
    assert (oldest.exists(), middle.exists(), newest.exists()) == (False, True, True)
    assert trim_cache(limit=500) == 2000
    assert cache_size() == 0


def test_what_is_open_is_never_deleted(corpus: Corpus):
    cache = FeatureCache.open(corpus, FeatureConfig())
    folder = default_cache_folder() / "features" / cache.fingerprint
    os.utime(folder, (1.0, 1.0))
    young = entry("young", 1000, 0)
    trim_cache(limit=0)
    clear_cache()
    assert folder.exists()
    assert not young.exists()
    assert len(cache[1]) == cache.lengths[1]
    FeatureCache.open(corpus, FeatureConfig())  # and closed at once, while the first is still open
    gc.collect()
    assert clear_cache() == 0
    assert folder.exists()
    del cache
    gc.collect()
    assert clear_cache() > 0
    assert not folder.exists()


def test_use_makes_young(corpus: Corpus):
    fingerprint = FeatureCache.open(corpus, FeatureConfig()).fingerprint
    folder = default_cache_folder() / "features" / fingerprint
    os.utime(folder, (1.0, 1.0))
    FeatureCache.open(corpus, FeatureConfig())
    assert folder.stat().st_mtime > 1e9


def test_new_features_make_room_for_themselves(corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    old = entry("old", 100_000, 500)
    monkeypatch.setenv("PHONEGUI_CACHE_LIMIT", "0.00009")
    cache = FeatureCache.open(corpus, FeatureConfig())
    assert not old.exists()
    assert cache_size() <= 90_000
    assert len(cache) == 2


def test_clearing_tells_what_was_freed_and_leaves_other_files():
    entry("a", 1000, 0)
    other = default_cache_folder() / "settings.ini"
    other.write_text("kept")
    assert clear_cache() == 1000
    assert cache_size() == 0
    assert other.exists()
    assert clear_cache() == 0


def test_links_are_not_followed(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_bytes(bytes(5000))
    (default_cache_folder() / "features").mkdir(parents=True)
    (default_cache_folder() / "features" / "link").symlink_to(outside)
    assert cache_size() < 1000
    clear_cache()
    assert (outside / "mine").exists()


def test_the_limit_is_the_users(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PHONEGUI_CACHE_LIMIT", raising=False)
    assert cache_limit() == 20 * 10**9
    monkeypatch.setenv("PHONEGUI_CACHE_LIMIT", "1.5")
    assert cache_limit() == 1_500_000_000
    for wrong in ("much", "-1", "nan", "inf"):
        monkeypatch.setenv("PHONEGUI_CACHE_LIMIT", wrong)
        with pytest.raises(UserError, match="must be a number of gigabytes"):
            cache_limit()
