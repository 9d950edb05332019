import numpy as np
import pytest

from model.errors import FileError
from model.phonemes import DEFAULT_TABLE
from model.textgrid import Interval as GridInterval
from model.textgrid import PointTier, TextGrid, read_textgrid, write_textgrid
from model.textgrid import Tier as GridTier
from phonegui.editing import Interval, Tier, relabel
from phonegui.reference_files import beside, known_beside, reference_of, write_reference

TIER = Tier((Interval(0.0, 0.5, "AA"), Interval(0.5, 0.7, "B"), Interval(0.9, 1.0, "IY")), 1.0)


def read(path, seconds=1.0):
    """Return the reference in a TextGrid, which must have one."""
    reference, problem = known_beside(str(path), DEFAULT_TABLE, seconds)
    assert reference is not None and problem == ""
    return reference


def test_what_is_saved_is_read_again(tmp_path):
    path = tmp_path / "a.TextGrid"
    write_reference(path, TIER)
    found = read(path)
    assert found.tier == TIER
    assert found.labels == tuple(DEFAULT_TABLE.encode("AA B IY"))
    assert [(item.symbol, item.start, item.end) for item in found.phonemes] == [
        ("AA", 0.0, 0.5),
        ("B", 0.5, 0.7),
        ("IY", 0.9, 1.0),
    ]


def test_other_tiers_of_the_file_stay(tmp_path):
    path = tmp_path / "a.TextGrid"
    words = GridTier("words", (GridInterval(0.0, 0.7, "a word"),))
    phones = GridTier("Phones", (GridInterval(0.0, 0.7, "T"),))
    write_textgrid(path, TextGrid(0.0, 1.2, (words, phones)))
    write_reference(path, TIER)
    grid = read_textgrid(path)
    assert [tier.name for tier in grid.tiers] == ["words", "Phones"]
    assert [item.text for item in grid.tiers[0].intervals if item.text] == ["a word"]
    assert [item.text for item in grid.tiers[1].intervals if item.text] == ["AA", "B", "IY"]
    assert grid.end == 1.2


@pytest.mark.parametrize(
    "names", [("segments", "phones"), ("MAU", "John - phonemes"), ("reference", "Phone", "phones")]
)
def test_the_tier_that_is_read_is_the_one_replaced(tmp_path, names):
    path = tmp_path / "a.TextGrid"
    tiers = tuple(GridTier(name, (GridInterval(0.0, 0.7, "S"),)) for name in names[:-1])
    clicks = PointTier("phones", ((0.25, "k"),))
    mine = GridTier(names[-1], (GridInterval(0.0, 0.7, "T"),))
    write_textgrid(path, TextGrid(0.0, 1.0, (clicks, *tiers, mine)))
    assert read(path).labels == tuple(DEFAULT_TABLE.encode("T"))
    write_reference(path, TIER)
    assert read(path).tier == TIER
    grid = read_textgrid(path)
    assert [tier.name for tier in grid.tiers] == ["phones", *names]
    assert grid.tiers[0] == clicks
    assert [[item.text for item in tier.intervals if item.text] for tier in grid.tiers[1:-1]] == [["S"]] * len(tiers)


def test_of_two_tiers_of_a_name_the_first_is_read_and_replaced(tmp_path):
    path = tmp_path / "a.TextGrid"
    twice = tuple(GridTier("phones", (GridInterval(0.0, 0.7, symbol),)) for symbol in ("T", "S"))
    write_textgrid(path, TextGrid(0.0, 1.0, twice))
    assert read(path).labels == tuple(DEFAULT_TABLE.encode("T"))
    write_reference(path, TIER)
    assert read(path).tier == TIER
    assert [item.text for item in read_textgrid(path).tiers[1].intervals if item.text] == ["S"]


def test_a_file_that_is_no_textgrid_is_not_overwritten(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text("my notes")
    with pytest.raises(FileError):
        write_reference(path, TIER)
    assert path.read_text() == "my notes"


def test_the_tier_of_phonemes_is_found_by_what_is_in_it(tmp_path):
    path = tmp_path / "a.TextGrid"
    words = GridTier("orthography", (GridInterval(0.0, 1.0, "hello"),))
    nameless = GridTier("Mary", (GridInterval(0.0, 0.5, "HH"), GridInterval(0.5, 1.0, "AH0")))
    write_textgrid(path, TextGrid(0.0, 1.0, (words, nameless)))
    assert read(path).labels == tuple(DEFAULT_TABLE.encode("H AH"))
    write_textgrid(path, TextGrid(0.0, 1.0, (words,)))
    reference, problem = known_beside(str(path), DEFAULT_TABLE, 1.0)
    assert reference is None and "no tier of phonemes" in problem


def test_labels_that_are_no_phonemes_stay_in_the_file_and_out_of_the_comparison(tmp_path):
    path = tmp_path / "a.TextGrid"
    phones = GridTier("phones", (GridInterval(0.0, 0.5, "AA"), GridInterval(0.5, 1.0, "laughs")))
    write_textgrid(path, TextGrid(0.0, 1.0, (phones,)))
    found = read(path)
    assert found.labels == (DEFAULT_TABLE.index("AA"),)
    write_reference(path, found.tier)
    assert [item.text for item in read_textgrid(path).tiers[0].intervals] == ["AA", "laughs"]


def test_a_textgrid_longer_than_the_recording_is_cut(tmp_path):
    path = tmp_path / "a.TextGrid"
    write_reference(path, TIER)
    assert read(path, 0.6).tier.intervals[-1] == Interval(0.5, 0.6, "B")


def test_what_lies_beside_a_recording(tmp_path):
    recording = str(tmp_path / "a.wav")
    assert beside(recording) == tmp_path / "a.TextGrid"
    assert known_beside(recording, DEFAULT_TABLE, 1.0) == (None, "")
    (tmp_path / "a.textgrid").write_text("nonsense")
    assert beside(recording).name == "a.textgrid"
    reference, sentence = known_beside(recording, DEFAULT_TABLE, 1.0)
    assert reference is None and "a.textgrid" in sentence
    write_reference(tmp_path / "b.TextGrid", TIER)
    assert known_beside(str(tmp_path / "b.flac"), DEFAULT_TABLE, 1.0)[0] == reference_of(TIER, DEFAULT_TABLE)


def test_point_tiers_of_the_file_stay(tmp_path):
    path = tmp_path / "a.TextGrid"
    clicks = PointTier("clicks", ((0.25, "k"), (0.75, 'a "loud" one')))
    words = GridTier("words", (GridInterval(0.0, 1.0, "a word"),))
    write_textgrid(path, TextGrid(0.0, 1.0, (words, clicks, GridTier("phones", ()))))
    write_reference(path, TIER)
    grid = read_textgrid(path)
    assert [tier.name for tier in grid.tiers] == ["words", "clicks", "phones"]
    assert grid.tiers[1] == clicks
    assert read(path).tier == TIER


def test_what_the_program_heard_itself_is_no_reference(tmp_path):
    heard = GridTier("heard", (GridInterval(0.0, 1.0, "AA"),))
    write_textgrid(tmp_path / "a.TextGrid", TextGrid(0.0, 1.0, (heard,)))
    assert known_beside(str(tmp_path / "a.wav"), DEFAULT_TABLE, 1.0) == (None, "")
    write_reference(tmp_path / "a.TextGrid", TIER)
    reference, problem = known_beside(str(tmp_path / "a.wav"), DEFAULT_TABLE, 1.0)
    assert reference.tier == TIER and problem == ""
    assert {tier.name for tier in read_textgrid(tmp_path / "a.TextGrid").tiers} == {"heard", "phones"}


def test_a_speaker_may_stand_before_the_name_of_the_tier(tmp_path):
    path = tmp_path / "a.TextGrid"
    words = GridTier("Mary - words", (GridInterval(0.0, 1.0, "a"),))
    phones = GridTier("Mary - phones", (GridInterval(0.0, 1.0, "AH0"),))
    write_textgrid(path, TextGrid(0.0, 1.0, (words, phones)))
    assert read(path).labels == tuple(DEFAULT_TABLE.encode("AH"))
    write_reference(path, TIER)
    assert [tier.name for tier in read_textgrid(path).tiers] == ["Mary - words", "Mary - phones"]


def test_after_an_edit_the_reference_is_what_it_would_be_made_anew():
    random = np.random.default_rng(4)
    symbols = ["AA", "B", "IY", "hh", "S1", "?"]  # the last is no phoneme of the table

    def some(count):
        return tuple(Interval(float(random.random()), 2.0, str(random.choice(symbols))) for _ in range(count))

    for number in range(300):
        before = Tier(some(random.integers(0, 12)), 3.0)
        first = random.integers(0, len(before.intervals) + 1)
        last = random.integers(first, len(before.intervals) + 1)
        edited = Tier((*before.intervals[:first], *some(number % 3), *before.intervals[last:]), 3.0)

        found = reference_of(edited, DEFAULT_TABLE, reference_of(before, DEFAULT_TABLE))

        assert found == reference_of(edited, DEFAULT_TABLE)


def test_an_edit_leaves_the_phonemes_of_an_hour_as_they_are():
    hour = Tier(tuple(Interval(0.1 * k, 0.1 * k + 0.1, "AA") for k in range(36_000)), 3600.0)
    before = reference_of(hour, DEFAULT_TABLE)

    after = reference_of(relabel(hour, 18_000, "B").apply(hour), DEFAULT_TABLE, before)

    changed = [
        k for k, (one, other) in enumerate(zip(before.phonemes, after.phonemes, strict=True)) if one is not other
    ]
    assert changed == [18_000]
