from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from model.audio import read_audio
from model.checkpoint import CheckpointHeader, save_checkpoint
from model.config import DecodingConfig, FeatureConfig
from model.corpus import Corpus
from model.errors import Cancelled, FileError
from model.features import compute_features
from model.inference import posteriors
from model.network import SpeechToPhoneme
from model.recognizer import Recognizer
from model.search import Search
from tests.model.helpers import tiny_network

RECIPE = FeatureConfig(sample_rate=8000, hop_seconds=0.0125, high_frequency=3800.0)


@pytest.fixture
def recognizer(tmp_path: Path) -> Recognizer:
    torch.manual_seed(3)
    header = CheckpointHeader(network=tiny_network(), features=RECIPE)
    network = SpeechToPhoneme(header.network)
    with torch.no_grad():
        network.output.weight *= 20  # so that it hears something
    save_checkpoint(tmp_path / "a.safetensors", network.state_dict(), header)
    return Recognizer(tmp_path / "a.safetensors")


def test_the_recipe_of_the_checkpoint_is_obeyed(recognizer: Recognizer, toy_corpus: Corpus):
    path = toy_corpus.utterances[0].path
    heard = recognizer.hear(path)
    audio = read_audio(path, sample_rate=8000)
    np.testing.assert_array_equal(heard.audio.samples, audio.samples)
    np.testing.assert_array_equal(heard.features, compute_features(audio.samples, RECIPE))
    np.testing.assert_array_equal(heard.log_probs, posteriors(recognizer.network, heard.features))
    assert heard.hop_seconds == 0.0125
    assert heard.step_seconds == recognizer.step_seconds == 0.025
    assert len(heard.log_probs) * heard.step_seconds == pytest.approx(heard.audio.seconds, abs=0.05)


def test_bfloat16_hears_nearly_the_same_and_gives_float32(recognizer: Recognizer, toy_corpus: Corpus):
    other = Recognizer(recognizer.path, precision="bfloat16")
    assert (recognizer.precision, other.precision) == ("float32", "bfloat16")
    exact, near = (item.hear(toy_corpus.utterances[0].path).log_probs for item in (recognizer, other))
    assert near.dtype == np.float32
    np.testing.assert_allclose(np.exp(near).sum(axis=1), 1, atol=1e-3)
    assert 0 < np.abs(np.exp(near) - np.exp(exact)).max() < 0.5
    assert np.abs(np.exp(near) - np.exp(exact)).mean() < 0.01
    assert all(weight.dtype == torch.float32 for weight in other.network.parameters())


def test_a_transcript_has_its_phonemes_in_time(recognizer: Recognizer, toy_corpus: Corpus):
    paths = [str(utterance.path) for utterance in toy_corpus.utterances[:3]]
    search = Search(DecodingConfig(beam_width=0))
    results = [
        (heard, recognizer.transcript(heard, search(heard.log_probs)[0])) for heard in map(recognizer.hear, paths)
    ]
    assert any(transcript.phonemes for _, transcript in results)
    for heard, transcript in results:
        table = recognizer.header.table
        assert transcript.symbols == table.decode(transcript.labels)
        assert transcript.letters == table.to_letters(transcript.labels)
        times = [time for phoneme in transcript.phonemes for time in (phoneme.start, phoneme.end)]
        assert times == sorted(times)
        assert not times or (times[0] >= 0 and times[-1] <= heard.audio.seconds)
        assert all(phoneme.start < phoneme.end for phoneme in transcript.phonemes)
        assert all(0 <= phoneme.confidence <= 1 for phoneme in transcript.phonemes)


def test_progress_names_the_steps_and_cancels(recognizer: Recognizer, toy_corpus: Corpus):
    path = toy_corpus.utterances[0].path
    steps: list[str] = []
    recognizer.hear(path, progress=lambda name, part: steps.append(name) or True)
    assert list(dict.fromkeys(steps)) == ["reading", "features", "network"]
    for last in ("reading", "features", "network"):
        with pytest.raises(Cancelled):
            recognizer.hear(path, progress=lambda name, part, last=last: name != last)


def test_what_cannot_be_read_is_told(recognizer: Recognizer, tmp_path: Path):
    with pytest.raises(FileError, match="does not exist"):
        recognizer.hear(tmp_path / "missing.wav")
    with pytest.raises(FileError, match="does not exist"):
        Recognizer(tmp_path / "missing.safetensors")
