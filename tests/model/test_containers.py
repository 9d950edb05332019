from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.containers import missing_bytes
from tests.model.helpers import tone

FORMATS = {"a.wav": {}, "a.aiff": {}, "a.au": {}, "a.ogg": {}, "a.opus": {"format": "OGG", "subtype": "OPUS"}}


@pytest.mark.parametrize("name", FORMATS)
def test_every_cut_is_noticed_and_nothing_else(tmp_path: Path, name: str):
    path = tmp_path / name
    sound = tone(440.0, 4.0) + 0.05 * np.random.default_rng(0).standard_normal(64000).astype(np.float32)
    soundfile.write(path, sound, 16000, **FORMATS[name])
    whole = path.read_bytes()
    assert missing_bytes(path) == 0
    path.write_bytes(whole + b"TAG something appended")
    assert missing_bytes(path) == 0
    for part in (0.2, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * part)])
        assert missing_bytes(path) > 0


@pytest.mark.parametrize("note", [b"even", b"odd"])
def test_other_chunks_are_passed_over(tmp_path: Path, note: bytes):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(440.0, 1.0), 16000)
    whole = path.read_bytes()
    chunk = b"note" + len(note).to_bytes(4, "little") + note + bytes(len(note) % 2)
    path.write_bytes(whole[:12] + chunk + whole[12:])
    assert missing_bytes(path) == 0
    path.write_bytes(whole[:12] + chunk + whole[12:-8000])
    assert missing_bytes(path) > 0


@pytest.mark.parametrize("start", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"FORM\0", b".snd", b"OggS", b"OggS" * 9, b"ID3"])
def test_scraps_are_walked_to_their_end(tmp_path: Path, start: bytes):
    (tmp_path / "a").write_bytes(start)
    assert missing_bytes(tmp_path / "a") >= 0
