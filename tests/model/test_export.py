from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from model.decoding import decode
from model.errors import FileError, UserError
from model.export import SUFFIXES, Exported, export, exported, to_json, to_textgrid
from model.phonemes import DEFAULT_TABLE
from model.textgrid import read_textgrid
from model.transcript import TimedPhoneme, Transcript, align_reference, time_hypothesis

PHONEMES = (TimedPhoneme("DH", 0.1, 0.25, 0.9), TimedPhoneme("AH", 0.25, 0.4, 0.5))
LABELS = tuple(DEFAULT_TABLE.encode("DH AH"))
HEARD = Transcript(PHONEMES, LABELS, DEFAULT_TABLE.to_letters(LABELS), -1.5)
ITEM = Exported("a.wav", 1.0, HEARD, DEFAULT_TABLE)
BOTH = Exported("a.wav", 1.0, HEARD, DEFAULT_TABLE, (TimedPhoneme("IY", 0.0, 1.0, 0.25),))


def test_text_is_the_phonemes():
    assert exported([ITEM, BOTH], "text") == "DH AH\nDH AH\n"


def test_json_holds_times_and_the_reference_where_there_is_one():
    [value, both] = json.loads(exported([ITEM, BOTH], "json"))
    assert value == to_json(ITEM)
    assert (value["phonemes"], value["letters"]) == (["DH", "AH"], "Dh")
    assert (value["start"], value["end"], value["seconds"]) == ([0.1, 0.25], [0.25, 0.4], 1.0)
    assert "reference" not in value
    assert both["reference"] == {"phonemes": ["IY"], "start": [0.0], "end": [1.0]}


def test_csv_has_a_line_for_each_phoneme():
    item = Exported('a "b", c.wav', 1.0, HEARD, DEFAULT_TABLE, BOTH.reference)
    rows = list(csv.DictReader(io.StringIO(exported([item], "csv"))))
    assert [(row["tier"], row["phoneme"], row["letter"], float(row["start"])) for row in rows] == [
        ("heard", "DH", "D", 0.1),
        ("heard", "AH", "h", 0.25),
        ("reference", "IY", "I", 0.0),
    ]
    assert {row["file"] for row in rows} == {item.file}
    assert float(rows[0]["confidence"]) == 0.9


def test_a_textgrid_has_a_tier_for_each_and_no_gaps(tmp_path: Path):
    export(tmp_path / "a.TextGrid", "textgrid", BOTH)
    grid = read_textgrid(tmp_path / "a.TextGrid")
    assert [tier.name for tier in grid.tiers] == ["heard", "reference"]
    assert [interval.text for interval in grid.tiers[0].intervals] == ["", "DH", "AH", ""]
    for tier in grid.tiers:
        assert (tier.intervals[0].start, tier.intervals[-1].end) == (0.0, 1.0)
    assert [tier.name for tier in to_textgrid(ITEM).tiers] == ["heard"]


def test_a_textgrid_holds_one_recording():
    with pytest.raises(UserError, match="--out"):
        exported([ITEM, ITEM], "textgrid")


@pytest.mark.parametrize("stride", [1, 2])
def test_whatever_is_heard_makes_a_textgrid(stride: int):
    """Praat's rules hold at the ends of the recording and where every frame is another phoneme."""
    random = np.random.default_rng(5)
    for frames in (*range(1, 12), 40):
        logits = random.standard_normal((frames, 42)) * 8
        logits[:, 0] -= 20
        log_probs = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
        hypothesis = decode([log_probs], beam_width=8, blank=0)[0][0]
        # Frames lie on the first sample of each step: the recording ends within the last.
        for seconds in ((frames - 1) * 0.01 * stride + 0.0001, frames * 0.01 * stride):
            times = {"step_seconds": 0.01 * stride, "seconds": seconds}
            heard = time_hypothesis(log_probs, hypothesis, DEFAULT_TABLE, **times)
            reference = align_reference(log_probs, heard.labels, DEFAULT_TABLE, **times)
            text = exported([Exported("a", seconds, heard, DEFAULT_TABLE, reference)], "textgrid")
            assert text.count('"IntervalTier"') == (2 if reference else 1)


def test_names_that_no_text_spells_are_written(tmp_path: Path):
    for format, suffix in SUFFIXES.items():
        path = tmp_path / f"a{suffix}"
        export(path, format, Exported("\udcff.wav", 1.0, HEARD, DEFAULT_TABLE))
        assert path.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written"):
        export(tmp_path / "file" / "a.json", "json", ITEM)
