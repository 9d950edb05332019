from __future__ import annotations

import dataclasses
import gc
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import model.kept_posteriors as module
from model import inference
from model.checkpoint import CheckpointHeader, save_checkpoint
from model.corpus import Corpus, FeatureCache
from model.errors import Cancelled, UserError
from model.inference import posteriors
from model.kept_posteriors import KeptPosteriors
from model.network import SpeechToPhoneme
from model.recognizer import Recognizer
from tests.model.helpers import assert_one_sentence, tiny_network


def make_recognizer(folder: Path, seed: int, name: str = "a.safetensors") -> Recognizer:
    torch.manual_seed(seed)
    header = CheckpointHeader(network=tiny_network())
    save_checkpoint(folder / name, SpeechToPhoneme(header.network).state_dict(), header)
    return Recognizer(folder / name)


@pytest.fixture
def recognizer(tmp_path: Path) -> Recognizer:
    return make_recognizer(tmp_path, 3)


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many utterances every run of the network reads."""
    runs: list[int] = []
    original = module.batch_posteriors

    def counted(network, items, **options):
        runs.append(len(items))
        return original(network, items, **options)

    monkeypatch.setattr(module, "batch_posteriors", counted)
    return runs


def test_they_are_the_networks_own_to_half_precision(
    recognizer: Recognizer, toy_corpus: Corpus, toy_features: FeatureCache
):
    kept = KeptPosteriors.open(recognizer, toy_corpus)
    assert len(kept) == 20 and kept.problems == ()
    for index in range(20):
        exact = posteriors(recognizer.network, toy_features[index])
        assert kept[index].dtype == np.float16 and kept[index].shape == exact.shape
        np.testing.assert_allclose(kept[index].astype(np.float32), exact, rtol=2e-3, atol=2e-3)
        assert kept.seconds(index) == pytest.approx(len(exact) * kept.step_seconds)


def test_the_network_runs_once(recognizer: Recognizer, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    runs = counting(monkeypatch)
    first = KeptPosteriors.open(recognizer, toy_corpus)
    again = KeptPosteriors.open(recognizer, toy_corpus)
    assert sum(runs) == 20
    assert first.network_seconds > 0 and again.network_seconds == 0
    assert np.array_equal(first[7], again[7])


def test_another_checkpoint_or_corpus_is_computed_anew(
    tmp_path: Path, recognizer: Recognizer, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    runs = counting(monkeypatch)
    first = KeptPosteriors.open(recognizer, toy_corpus)
    # The same file name with other weights in it.
    other = KeptPosteriors.open(make_recognizer(tmp_path, 4), toy_corpus)
    assert not np.array_equal(first[0], other[0])
    fewer = dataclasses.replace(toy_corpus, utterances=toy_corpus.utterances[:5])
    assert len(KeptPosteriors.open(recognizer, fewer)) == 5
    assert sum(runs) == 45


def test_another_precision_is_computed_anew_and_named(
    recognizer: Recognizer, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    exact = KeptPosteriors.open(recognizer, toy_corpus)
    runs = counting(monkeypatch)
    half = Recognizer(recognizer.path, precision="bfloat16")
    near = KeptPosteriors.open(half, toy_corpus)
    assert sum(runs) == len(toy_corpus)
    assert near.checkpoint == f"{exact.checkpoint} (bfloat16)"
    assert any(not np.array_equal(exact[i], near[i]) for i in range(len(exact)))
    assert np.array_equal(KeptPosteriors.open(recognizer, toy_corpus)[0], exact[0])


def test_what_was_computed_before_a_cancel_is_kept(
    recognizer: Recognizer, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inference, "_BATCH_UTTERANCES", 6)
    whole = KeptPosteriors.open(recognizer, toy_corpus, folder=Path(os.environ["PHONEGUI_CACHE"]) / "other")
    runs = counting(monkeypatch)
    with pytest.raises(Cancelled):
        KeptPosteriors.open(recognizer, toy_corpus, report=lambda name, done, _: name != "network" or done < 12)
    assert sum(runs) == 12
    resumed = KeptPosteriors.open(recognizer, toy_corpus)
    assert sum(runs) == 20
    assert all(np.array_equal(resumed[k], whole[k]) for k in range(20))


def test_damaged_files_are_computed_anew(recognizer: Recognizer, toy_corpus: Corpus, tmp_path: Path):
    whole = KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path)
    expected = [np.array(whole[k]) for k in range(20)]
    [place] = (tmp_path / "posteriors").iterdir()
    index = json.loads((place / "done.json").read_text())
    away = json.dumps({**index, "file": f"../{place.name}/{index['file']}"}).encode()
    for name, content in ((index["file"], b"\0" * 7), *(("done.json", text) for text in (b"{", b"[]", b"", away))):
        del whole
        (place / name).write_bytes(content)
        whole = KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path)
        assert all(np.array_equal(whole[k], expected[k]) for k in range(20))


def test_what_was_used_longest_ago_makes_room_and_what_is_open_stays(
    tmp_path: Path, recognizer: Recognizer, toy_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    old = KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path)
    monkeypatch.setenv("PHONEGUI_CACHE_LIMIT", "0")
    newer = KeptPosteriors.open(make_recognizer(tmp_path, 5), toy_corpus, folder=tmp_path)
    assert len(list((tmp_path / "posteriors").iterdir())) == 2
    del old
    gc.collect()
    KeptPosteriors.open(make_recognizer(tmp_path, 6), toy_corpus, folder=tmp_path)
    assert len(list((tmp_path / "posteriors").iterdir())) == 2
    assert np.isfinite(newer[0]).all()


def test_weights_that_replaced_those_in_memory_are_not_taken_for_them(
    tmp_path: Path, recognizer: Recognizer, toy_corpus: Corpus
):
    newer = make_recognizer(tmp_path, 4)  # in the same file, as a run in progress writes it
    old = KeptPosteriors.open(recognizer, toy_corpus)
    assert not np.array_equal(KeptPosteriors.open(newer, toy_corpus)[0], old[0])


def test_two_that_begin_at_once_do_not_spoil_each_other(
    recognizer: Recognizer, toy_corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inference, "_BATCH_UTTERANCES", 6)
    whole = KeptPosteriors.open(recognizer, toy_corpus)

    def meanwhile(name: str, done: int, _: int) -> bool:
        if name == "network" and done == 0:
            with pytest.raises(Cancelled):
                KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path, report=lambda _, done, __: done < 6)
        return True

    first = KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path, report=meanwhile)
    again = KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path)
    assert all(np.array_equal(first[k], whole[k]) and np.array_equal(again[k], whole[k]) for k in range(20))


def test_a_folder_that_cannot_be_written_is_named(recognizer: Recognizer, toy_corpus: Corpus, tmp_path: Path):
    FeatureCache.open(toy_corpus, recognizer.header.features, folder=None)
    (tmp_path / "posteriors").write_text("a file in the way")
    with pytest.raises(UserError) as caught:
        KeptPosteriors.open(recognizer, toy_corpus, folder=tmp_path)
    assert "posteriors" in str(caught.value)
    assert_one_sentence(caught.value, tmp_path)
