import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import FeatureConfig
from model.corpus.base import Corpus, Utterance
from model.features import mfcc
from model.phonemes import DEFAULT_TABLE
from model.recognizer import Recognizer
from phonegui.resources import default_checkpoint, sample_utterances
from phonegui.session import Session
from phonegui.sources import Source, source_of

PATIENCE = 60_000
SAMPLE = sample_utterances()[1]


@pytest.fixture
def session(qtbot):
    session = Session()
    session.bundled_checkpoint = str(default_checkpoint())
    session.set_checkpoint(session.bundled_checkpoint)
    yield session
    session.close()


@pytest.fixture(scope="module")
def matrix():
    recognizer = Recognizer(default_checkpoint())
    return mfcc(recognizer.read(SAMPLE.path).samples, recognizer.header.features)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Return the bundled checkpoint as if it was trained on a course's features."""
    network, header = load_checkpoint(default_checkpoint())
    path = tmp_path_factory.mktemp("foreign") / "foreign.safetensors"
    header = dataclasses.replace(header, features=FeatureConfig(kind="unknown", coefficients=13))
    save_checkpoint(path, network.state_dict(), header)
    return str(path)


def open_it(qtbot, session, source):
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.open(source)


def refusal(qtbot, session, source):
    with qtbot.waitSignal(session.failed, timeout=PATIENCE) as told:
        session.open(source)
    [sentence] = told.args
    assert "\n" not in sentence and sentence.endswith(".") and "unexpected" not in sentence
    return sentence


def test_keys_and_titles():
    utterance = Utterance("spk1-7", Path("/x/train.npy"), None, row=7)
    corpus = Corpus(Path("/x"), "arrays", DEFAULT_TABLE, (utterance,))
    source = source_of(corpus, utterance)
    assert (source.key, source.title, source.is_recording, source.is_file) == ("/x/train.npy#7", "spk1-7", False, False)
    plain = Source("/x/a.WAV")
    assert (plain.key, plain.title, plain.is_recording, plain.is_file) == ("/x/a.WAV", "a.WAV", True, True)


def test_a_feature_matrix_opens_like_a_recording(qtbot, session, matrix, tmp_path):
    open_it(qtbot, session, SAMPLE.path)
    symbols = session.result.transcript.symbols
    path = tmp_path / "matrix.npy"
    np.save(path, matrix)
    warned = []
    session.warned.connect(warned.append)
    open_it(qtbot, session, path)
    heard = session.heard
    assert len(heard.audio.samples) == 0
    assert heard.seconds == pytest.approx(len(matrix) * 0.01)
    assert session.result.transcript.symbols == symbols
    assert session.result.transcript.phonemes[-1].end <= heard.seconds
    assert len(warned) == 1 and "matrix.npy" in warned[0]


def test_a_matrix_of_another_width_is_refused_by_a_sentence(qtbot, session, tmp_path, matrix):
    path = tmp_path / "forty.npy"
    np.save(path, np.tile(matrix, (1, 4))[:, :40])
    sentence = refusal(qtbot, session, path)
    assert "40 coefficients" in sentence and "13" in sentence


def test_a_checkpoint_of_unknown_features_does_not_hear_recordings(qtbot, session, foreign, matrix, tmp_path):
    read = []
    session.audio_ready.connect(lambda *_: read.append(1))
    session.set_checkpoint(foreign)
    path = tmp_path / "matrix.npy"
    np.save(path, matrix)
    open_it(qtbot, session, path)
    read.clear()
    assert "recipe is not known" in refusal(qtbot, session, SAMPLE.path)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00\xff\xff", "object", "cube"])
def test_files_that_are_no_matrix_are_met_by_a_sentence(qtbot, session, tmp_path, content):
    path = tmp_path / "bad.npy"
    if content == "object":
        np.save(path, np.array([[1, 2], "x"], dtype=object))
    elif content == "cube":
        np.save(path, np.zeros((3, 4, 5)))
    else:
        path.write_bytes(content)
    assert "bad.npy" in refusal(qtbot, session, path)


def test_a_kept_document_is_shown_without_the_network(qtbot, session, monkeypatch, tmp_path):
    copy = tmp_path / "copy.flac"
    shutil.copy(SAMPLE.path, copy)
    open_it(qtbot, session, SAMPLE.path)
    first, symbols = session.document, session.result.transcript.symbols
    open_it(qtbot, session, sample_utterances()[2].path)
    monkeypatch.setattr(Recognizer, "posteriors", None)  # would raise
    with qtbot.waitSignals([session.audio_ready, session.features_ready, session.decoded], timeout=PATIENCE):
        session.show(first)
    assert session.document is first and session.result.transcript.symbols == symbols


def test_a_reference_beside_the_recording_is_taken(qtbot, session, tmp_path):
    from phonegui.editing import Interval, Tier
    from phonegui.reference_files import write_reference

    copy = tmp_path / "copy.flac"
    shutil.copy(SAMPLE.path, copy)
    tier = Tier((Interval(0.1, 0.5, "AA"), Interval(0.5, 0.7, "B")), SAMPLE.seconds)
    write_reference(tmp_path / "copy.TextGrid", tier)
    open_it(qtbot, session, copy)
    assert [(item.symbol, item.start, item.end) for item in session.result.reference] == [
        ("AA", 0.1, 0.5),
        ("B", 0.5, 0.7),
    ]
    assert session.result.error_rate > 0
