from __future__ import annotations

import time
from pathlib import Path

import pytest

from model.errors import FileError, UserError
from model.textgrid import Interval, PointTier, TextGrid, Tier, read_textgrid, write_textgrid
from tests.model.helpers import assert_one_sentence

GRID = TextGrid(
    0.0,
    1.5,
    (
        Tier("heard", (Interval(0.1, 0.1 + 0.2, 'AA "x" é'), Interval(0.3, 1.0, "IY"))),
        Tier("nothing", ()),
        PointTier("clicks", ((0.25, 'a "k"'), (1.5, ""))),
    ),
)
WHOLE = TextGrid(
    0.0,
    1.5,
    (
        Tier(
            "heard",
            (Interval(0.0, 0.1, ""), Interval(0.1, 0.3, 'AA "x" é'), Interval(0.3, 1.0, "IY"), Interval(1.0, 1.5, "")),
        ),
        Tier("nothing", (Interval(0.0, 1.5, ""),)),
        PointTier("clicks", ((0.25, 'a "k"'), (1.5, ""))),
    ),
)

SHORT = '''"ooTextFile"
"TextGrid"
0
2
<exists>
2
"TextTier"
"clicks"
0
2
2
0.5
"a"
0.7
"b"
"IntervalTier"
"phones"
0
2
2
0
1.25
"AA1"
1.25
2
"he said ""oh"""
'''


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_what_is_written_comes_back_without_gaps(tmp_path: Path):
    write_textgrid(tmp_path / "a.TextGrid", GRID)
    assert read_textgrid(tmp_path / "a.TextGrid") == WHOLE


def test_praat_opens_it_and_its_own_files_are_read(tmp_path: Path):
    parselmouth = pytest.importorskip("parselmouth")
    call = parselmouth.praat.call
    write_textgrid(tmp_path / "a.TextGrid", GRID)
    opened = parselmouth.read(str(tmp_path / "a.TextGrid"))
    assert call(opened, "Get number of tiers") == 3
    assert call(opened, "Get number of points", 3) == 2
    assert call(opened, "Get number of intervals", 1) == 4
    assert call(opened, "Get label of interval", 1, 2) == 'AA "x" é'
    assert call(opened, "Get total duration") == 1.5
    for number, command in enumerate(("Save as text file...", "Save as short text file...")):
        path = tmp_path / f"{number}.TextGrid"
        call(opened, command, str(path))  # in UTF-16, for the é
        assert read_textgrid(path) == WHOLE


def test_the_short_form_is_read_with_its_points(tmp_path: Path):
    grid = read_textgrid(write(tmp_path / "a", SHORT))
    assert grid.tiers[0] == PointTier("clicks", ((0.5, "a"), (0.7, "b")))
    [tier] = grid.interval_tiers
    assert grid.tiers[1:] == (tier,)
    assert tier == Tier("phones", (Interval(0.0, 1.25, "AA1"), Interval(1.25, 2.0, 'he said "oh"')))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str):
    path = write(tmp_path / "a", SHORT.replace("AA1", "à"), encoding)
    assert read_textgrid(path).interval_tiers[0].intervals[0].text == "à"


@pytest.mark.parametrize("ending", ["\r\n", "\r", " ", "\n! a remark with 7\n"])
def test_only_tokens_count(tmp_path: Path, ending: str):
    plain = read_textgrid(write(tmp_path / "a", SHORT))
    assert read_textgrid(write(tmp_path / "b", SHORT.replace("\n", ending))) == plain


def test_a_grid_without_tiers(tmp_path: Path):
    write_textgrid(tmp_path / "a", TextGrid(0, 1, ()))
    assert read_textgrid(tmp_path / "a").tiers == ()
    assert read_textgrid(write(tmp_path / "b", '"ooTextFile" "TextGrid" 0 1 <absent>')).tiers == ()


MISTAKES = {
    "no TextGrid": ("hello, these are my notes", "is not a TextGrid|cut short"),
    "another object": ('"ooTextFile" "Sound" 0 1', "is not a TextGrid"),
    "empty": ("", "cut short"),
    "cut": (SHORT[:-30], "line|cut short"),
    "no number": (SHORT.replace("1.25", '"x"', 1), "line 22"),
    "no string": (SHORT.replace('"phones"', "7"), "line 17"),
    "turned": (SHORT.replace("1.25\n2", "1.25\n1"), "line 25"),
    "overlap": (SHORT.replace("1.25\n2", "1.1\n2"), "line 25"),
    "no class": (SHORT.replace("IntervalTier", "PitchTier"), "line 16"),
    "many": (SHORT.replace("<exists>\n2", "<exists>\n2e9"), "line 6"),
    "most": (SHORT.replace("<exists>\n2", "<exists>\n1e300"), "line 6"),
    "half": (SHORT.replace("<exists>\n2", "<exists>\n1.5"), "line 6"),
    "below zero": (SHORT.replace("<exists>\n2", "<exists>\n-1"), "line 6"),
    "infinite": (SHORT.replace("1.25", "1e999", 1), "line 22"),
    "never closed": (SHORT.rstrip()[:-1], "never closed"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_with_their_line(tmp_path: Path, case: str):
    text, words = MISTAKES[case]
    path = write(tmp_path / "a.TextGrid", text)
    with pytest.raises(FileError, match=words) as caught:
        read_textgrid(path)
    assert_one_sentence(caught.value, path)


def test_hostile_texts_take_no_time(tmp_path: Path):
    began = time.monotonic()
    start = '"ooTextFile" "TextGrid" 0 1 <exists> 1 "IntervalTier" '
    for text in ('"' * 2_000_001, start + '""' * 1_000_000, start + '"a" 0 1 3 ' + "!" * 1_000_000, "a" * 3_000_000):
        with pytest.raises(FileError):
            read_textgrid(write(tmp_path / "a", text))
    assert time.monotonic() - began < 3


def test_a_file_larger_than_any_is_not_read(tmp_path: Path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileError, match="too large"):
        read_textgrid(tmp_path / "a")


@pytest.mark.parametrize(
    "intervals",
    [
        (Interval(0.0, 0.6, "a"), Interval(0.5, 0.9, "b")),
        (Interval(0.5, 0.5, "a"),),
        (Interval(0.5, 1.6, "a"),),
        (Interval(-0.1, 0.5, "a"),),
        (Interval(float("nan"), 0.5, "a"),),
    ],
)
def test_what_praat_would_refuse_is_not_written(tmp_path: Path, intervals: tuple[Interval, ...]):
    with pytest.raises(UserError) as caught:
        write_textgrid(tmp_path / "a", TextGrid(0.0, 1.0, (Tier("t", intervals),)))
    assert str(caught.value).endswith(".")
    assert not list(tmp_path.iterdir())


def test_texts_that_no_file_can_spell_are_written_in_part(tmp_path: Path):
    write_textgrid(tmp_path / "a", TextGrid(0, 1, (Tier("\udcff", (Interval(0, 1, "a\nb\0c"),)),)))
    [tier] = read_textgrid(tmp_path / "a").tiers
    assert tier == Tier("?", (Interval(0.0, 1.0, "a b c"),))
