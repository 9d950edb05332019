import dataclasses
import shutil

import numpy as np
import pytest
import soundfile

from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import DecodingConfig
from model.decoding import _utterance
from model.phonemes import SymbolTable
from phonegui import decoding_work
from phonegui.pipeline import Reference
from phonegui.resources import default_checkpoint, default_language_model, sample_utterances
from phonegui.session import Session

PATIENCE = 60_000
SAMPLE = sample_utterances()[1]


@pytest.fixture
def session(qtbot):
    session = Session()
    session.bundled_checkpoint = str(default_checkpoint())
    session.language_model = str(default_language_model())
    session.set_checkpoint(session.bundled_checkpoint)
    session.shown = []
    session.audio_ready.connect(lambda _, path: session.shown.append(path))
    yield session
    session.close()


def opened(qtbot, session, path=SAMPLE.path):
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.open(path)


def settled(qtbot, session):
    qtbot.waitUntil(lambda: not session.busy, timeout=PATIENCE)
    qtbot.wait(50)


@pytest.fixture(scope="module")
def other_symbols(tmp_path_factory):
    """Return a checkpoint that gives every phoneme of the bundled one another name."""
    network, header = load_checkpoint(default_checkpoint())
    table = header.table
    moved = SymbolTable("moved", (" ", *table.symbols[2:], table.symbols[1]), table.letters)
    path = tmp_path_factory.mktemp("other") / "other.safetensors"
    save_checkpoint(path, network.state_dict(), dataclasses.replace(header, table=moved, title="moved"))
    return str(path)


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 16000 * 240), 16000)
    return path


def test_a_checkpoint_that_cannot_hear_the_recording_changes_nothing(qtbot, session, other_symbols, tmp_path):
    copy = tmp_path / "copy.flac"
    shutil.copy(SAMPLE.path, copy)
    opened(qtbot, session, copy)
    symbols = session.result.transcript.symbols
    missing = str(tmp_path / "missing.safetensors")
    with qtbot.waitSignal(session.failed, timeout=PATIENCE):
        session.set_checkpoint(missing)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_decoding(DecodingConfig(beam_width=11, n_best=10))
    assert session.result.transcript.symbols == symbols
    assert session.checkpoint == session.bundled_checkpoint


def test_another_checkpoint_hears_what_is_open_even_when_the_file_is_gone(qtbot, session, other_symbols, tmp_path):
    copy = tmp_path / "copy.flac"
    shutil.copy(SAMPLE.path, copy)
    opened(qtbot, session, copy)
    before = session.result
    copy.unlink()
    with qtbot.waitSignals([session.checkpoint_changed, session.decoded], timeout=PATIENCE):
        session.set_checkpoint(other_symbols)
    assert session.result.transcript.labels == before.transcript.labels
    assert session.result.table.name == "moved"
    assert session.result.transcript.symbols == session.result.table.decode(before.transcript.labels)
    assert session.shown == [str(copy)]  # the sound stays, and with it the zoom


def test_an_error_while_a_recording_is_half_shown_brings_the_open_one_back(qtbot, session, long, tmp_path):
    opened(qtbot, session)
    with qtbot.waitSignal(session.audio_ready, timeout=PATIENCE):
        session.open(long)
    with qtbot.waitSignals([session.failed, session.decoded], timeout=PATIENCE):
        session.open(tmp_path / "missing.wav")
    settled(qtbot, session)
    assert session.path == str(SAMPLE.path)
    assert session.shown[-1] == str(SAMPLE.path)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_decoding(DecodingConfig(beam_width=3, n_best=10))


def test_cancel_brings_the_open_one_back_and_ends_idle(qtbot, session, long):
    opened(qtbot, session)
    with qtbot.waitSignal(session.audio_ready, timeout=PATIENCE):
        session.open(long)
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.cancel()
    told = []
    session.progressed.connect(lambda *_: told.append("progress"))
    session.idle.connect(lambda: told.append("idle"))
    settled(qtbot, session)
    assert session.path == session.shown[-1] == str(SAMPLE.path)
    assert "progress" not in told[told.index("idle") :] if "idle" in told else not told


def test_a_long_decoding_tells_how_far_it_is_and_is_cancelled(qtbot, session, monkeypatch):
    monkeypatch.setattr(decoding_work, "LONG_FRAMES", 100)
    monkeypatch.setattr(_utterance, "BLOCK_FRAMES", 16)
    told = []
    # The session passes on only what is told in time.
    session._decoding.progressed.connect(lambda _, step, done: told.append(done) if step == "decoding" else None)
    opened(qtbot, session)
    assert len(told) > len(session.document.heard.log_probs) / 16
    assert told == sorted(told)
    assert told[-1] == 1.0
    before, decoded = session.result, []
    session.decoded.connect(decoded.append)
    session.set_decoding(DecodingConfig(beam_width=200, n_best=10))
    session.cancel()
    settled(qtbot, session)
    assert decoded == []
    assert session.result is before
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_decoding(DecodingConfig(beam_width=12, n_best=10))
    assert session.result.settings.beam_width == 12


def test_cancelling_a_change_of_checkpoint_cancels_it(qtbot, session, other_symbols):
    opened(qtbot, session)
    session.set_checkpoint(other_symbols)
    session.cancel()
    settled(qtbot, session)
    opened(qtbot, session, sample_utterances()[2].path)
    assert session.checkpoint == session.bundled_checkpoint


def test_a_damaged_remembered_checkpoint_gives_way_to_the_bundled_one(qtbot, session, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\0" * 64)
    session.set_checkpoint(str(bad))
    with qtbot.waitSignals([session.failed, session.decoded], timeout=PATIENCE):
        session.open(SAMPLE.path)
    assert session.checkpoint == session.bundled_checkpoint
    assert session.path == str(SAMPLE.path)


def test_a_language_model_of_other_symbols_is_left_out_with_a_sentence(qtbot, session, tmp_path):
    arpa = tmp_path / "words.arpa"
    arpa.write_text("\\data\\\nngram 1=2\n\n\\1-grams:\n-1.0\tHELLO\n-1.0\t</s>\n\n\\end\\\n")
    session.language_model = str(arpa)
    opened(qtbot, session)
    alone = session.result.hypotheses[0].log_prob
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_decoding(DecodingConfig(beam_width=10, n_best=10, alpha=0.5))
    assert "words.arpa" in session.result.warning
    assert session.result.hypotheses[0].log_prob == alone


def test_a_reference_in_other_symbols_is_not_scored(qtbot, session):
    other = SymbolTable("other", (" ", "AA", "IY"), (" ", "a", "i"))
    session.references[str(SAMPLE.path)] = Reference(other, (1, 2, 1))
    opened(qtbot, session)
    assert session.result.error_rate is None and session.result.reference is None


def test_opening_the_open_file_again_reads_it_anew(qtbot, session, tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).normal(size=16000), 16000)
    opened(qtbot, session, path)
    soundfile.write(path, 0.1 * np.random.default_rng(0).normal(size=32000), 16000)
    opened(qtbot, session, path)
    assert session.heard.audio.seconds == pytest.approx(2.0)


def test_a_checkpoint_chosen_with_nothing_open_is_read_and_told(qtbot, session, other_symbols):
    with qtbot.waitSignal(session.checkpoint_changed, timeout=PATIENCE) as told:
        session.use_checkpoint(other_symbols)
    assert told.args[0].title == "moved" and told.args[1] == session.checkpoint == other_symbols
    assert session.document is None
    opened(qtbot, session)
    assert session.document.recognizer.header.title == "moved"


def test_a_damaged_checkpoint_chosen_with_nothing_open_is_told_and_forgotten(qtbot, session, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\0" * 100)
    with qtbot.waitSignal(session.failed, timeout=PATIENCE) as told:
        session.use_checkpoint(str(bad))
    assert "bad.safetensors" in told.args[0]
    opened(qtbot, session)
    assert session.checkpoint == session.bundled_checkpoint


def test_a_recording_opened_while_a_checkpoint_is_read_is_heard_with_it(qtbot, session, other_symbols):
    session.use_checkpoint(other_symbols)
    opened(qtbot, session)
    assert session.checkpoint == other_symbols


def test_another_reference_is_compared_without_decoding_anew(qtbot, session):
    opened(qtbot, session)
    first = session.result
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_reference(session.path, Reference(first.table, first.transcript.labels))
    assert session.result.error_rate == 0.0
    assert session.result.hypotheses is first.hypotheses
    with qtbot.waitSignal(session.decoded, timeout=PATIENCE):
        session.set_decoding(DecodingConfig(beam_width=3, n_best=2))
    assert len(session.result.hypotheses) <= 2
