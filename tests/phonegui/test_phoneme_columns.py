import numpy as np
import pytest

from model.phonemes import phoneme_class
from model.transcript import TimedPhoneme
from phonegui.phoneme_columns import CLASSES, PhonemeColumns, columns_of

SYMBOLS = ("AA", "B", "SH", "IY", "SIL", "nonsense")


def some(count, seed=0):
    random = np.random.default_rng(seed)
    edges = np.sort(random.uniform(0, 100, count + 1))
    names = random.choice(SYMBOLS, count)
    return tuple(
        TimedPhoneme(str(name), float(start), float(end), float(random.random()))
        for name, start, end in zip(names, edges[:-1], edges[1:], strict=True)
    )


def same(one, other):
    assert one.symbols == other.symbols
    for name in ("starts", "ends", "confidence", "classes", "middles"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_the_columns_are_the_fields():
    phonemes = some(50)
    columns = PhonemeColumns(phonemes)
    assert columns.symbols == [item.symbol for item in phonemes]
    assert columns.starts.tolist() == [item.start for item in phonemes]
    assert columns.ends.tolist() == [item.end for item in phonemes]
    assert columns.confidence.tolist() == [item.confidence for item in phonemes]
    assert [CLASSES[number] for number in columns.classes] == [phoneme_class(item.symbol) for item in phonemes]


@pytest.mark.parametrize("seed", range(40))
def test_edited_columns_are_those_made_anew(seed):
    random = np.random.default_rng(seed)
    before = some(int(random.integers(0, 12)), seed)
    first = int(random.integers(0, len(before) + 1))
    last = int(random.integers(first, len(before) + 1))
    after = (*before[:first], *some(int(random.integers(0, 4)), seed + 100), *before[last:])
    edited = PhonemeColumns(before).edited(after)
    assert edited.phonemes is after
    same(edited, PhonemeColumns(after))


def test_repeated_objects_are_not_taken_for_their_neighbours():
    one, other = some(2)
    for before, after in (((one, one), (one, one, one)), ((one, other, one), (one,)), ((one,), ()), ((), (one,))):
        same(PhonemeColumns(before).edited(after), PhonemeColumns(after))


def test_the_last_few_are_kept():
    transcripts = [some(300, seed) for seed in range(6)]
    made = [columns_of(item) for item in transcripts]
    assert all(columns_of(item) is columns for item, columns in zip(transcripts[-4:], made[-4:], strict=True))
    assert columns_of(transcripts[0]) is not made[0]
    # As long and alike, but not the same.
    other = (*transcripts[-1][:-1], some(1, 9)[0])
    same(columns_of(other), PhonemeColumns(other))


def test_what_was_edited_is_found_as_well():
    before = some(300)
    after = (*before[:100], *before[101:])
    made = columns_of(after, columns_of(before))
    same(made, PhonemeColumns(after))
    assert columns_of(after) is made
