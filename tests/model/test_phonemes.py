from __future__ import annotations

import itertools
import json

import pytest

from model.phonemes import (
    DEFAULT_TABLE,
    FALL_2022_TABLE,
    PHONEME_CLASSES,
    SPRING_2022_TABLE,
    TABLES,
    WSJ_TABLE,
    SymbolTable,
    ipa,
    normalize_symbol,
    phoneme_class,
)

COURSE_TABLE = """
1:SIL .   2:SPN !   3:AA a   4:AE A   5:AH h   6:AO o   7:AW w   8:AY y   9:B b   10:CH c  11:D d   12:DH D
13:EH e  14:ER r  15:EY E  16:F f   17:G g   18:H H   19:IH i  20:IY I  21:JH j  22:K k   23:L l   24:M m   25:N n
26:NG N  27:OW O  28:OY Y  29:P p   30:R R   31:S s   32:SH S  33:T t   34:TH T  35:UH u  36:UW U  37:V v   38:W W
39:Y ?   40:Z z   41:ZH Z
"""


def course_entries() -> list[tuple[int, str, str]]:
    fields = COURSE_TABLE.split()
    return [
        (int(number), symbol, letter)
        for (number, symbol), letter in zip((f.split(":") for f in fields[::2]), fields[1::2], strict=True)
    ]


def test_the_default_table_is_the_courses():
    assert len(DEFAULT_TABLE) == 42
    assert len(course_entries()) == 41
    for index, symbol, letter in course_entries():
        assert DEFAULT_TABLE.symbols[index] == symbol
        assert DEFAULT_TABLE.letters[index] == letter
        assert DEFAULT_TABLE.index(symbol) == index
    assert DEFAULT_TABLE.letters[0] == " "


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("HH", "H"),
        ("H", "H"),
        ("AH0", "AH"),
        ("aa1", "AA"),
        ("ER2", "ER"),
        (" s ", "S"),
        ("sil", "SIL"),
        ("[SIL]", "SIL"),
    ],
)
def test_arpabet_comes_in_as_dictionaries_write_it(written: str, symbol: str):
    assert normalize_symbol(written) == symbol
    assert DEFAULT_TABLE.decode(DEFAULT_TABLE.encode([written])) == [symbol]


def test_symbols_and_labels_round_trip():
    labels = list(range(1, 42))
    assert DEFAULT_TABLE.encode(DEFAULT_TABLE.decode(labels)) == labels
    assert DEFAULT_TABLE.encode(" ".join(DEFAULT_TABLE.decode(labels))) == labels


def test_every_phoneme_has_a_letter_of_its_own():
    labels = list(range(1, 42))
    letters = DEFAULT_TABLE.to_letters(labels)
    assert len(letters) == len(set(letters)) == 41


def test_na_is_two_phonemes():
    assert DEFAULT_TABLE.to_letters(DEFAULT_TABLE.encode("NG AE")) == "NA"


@pytest.mark.parametrize("wrong", ["QQ", "", " ", "7", "H1H", "x" * 10000])
def test_unknown_symbols_are_refused(wrong: str):
    with pytest.raises(ValueError, match="not a phoneme") as caught:
        DEFAULT_TABLE.encode([wrong])
    assert len(str(caught.value)) < 200


def test_a_tables_own_spelling_goes_first():
    with_hh = SymbolTable("later", (" ", "HH", "SIL"), (" ", "h", "-"))
    assert with_hh.encode("HH H hh1") == [1, 1, 1]
    both = SymbolTable("wsj", (" ", "AX", "AH", "AXR"), (" ", "x", "h", "r"))
    assert both.encode("AX AH AXR") == [1, 2, 3]


@pytest.mark.parametrize(
    ("symbols", "letters"),
    [
        ((" ", "A", "A"), (" ", "a", "b")),
        ((" ", "A", "B"), (" ", "a", "a")),
        ((" ", "A"), (" ", "a", "b")),
        ((" ", "A"), (" ", "ab")),
        ((" ", "A"), (" ", "")),
        ((" ", "A"), (" ", "\ud800")),
        ((" ", "A\n"), (" ", "a")),
        ((" ",), (" ",)),
    ],
)
def test_malformed_tables_are_refused(symbols: tuple[str, ...], letters: tuple[str, ...]):
    with pytest.raises(ValueError, match="symbol table"):
        SymbolTable("bad", symbols, letters)


def test_tables_survive_json():
    assert SymbolTable.from_json(json.loads(json.dumps(DEFAULT_TABLE.to_json()))) == DEFAULT_TABLE


@pytest.mark.parametrize(
    "value", [None, 3, [], {}, {"symbols": "AB", "letters": "ab"}, {"symbols": [1], "letters": ["a"]}]
)
def test_what_is_no_table_in_json_is_refused(value: object):
    with pytest.raises(ValueError, match="symbol table"):
        SymbolTable.from_json(value)


def test_every_phoneme_has_one_class_and_an_ipa_spelling():
    members = list(itertools.chain.from_iterable(PHONEME_CLASSES.values()))
    assert sorted(members) == sorted(DEFAULT_TABLE.symbols[1:])
    spellings = [ipa(symbol) for symbol in DEFAULT_TABLE.symbols[3:]]
    assert len(set(spellings)) == 39
    assert ipa("SH") == "ʃ"
    assert ipa("AY1") == "aɪ"
    assert ipa("SIL") == "SIL"
    assert phoneme_class("HH") == "fricative"
    assert phoneme_class(" ") == "blank"


def test_silence_and_noise_are_what_error_rates_leave_out():
    assert DEFAULT_TABLE.silent() == {1, 2}


def test_views_draw_every_class_once_and_the_blank_last():
    order = DEFAULT_TABLE.display_order()
    assert sorted(order) == list(range(42))
    assert order[-1] == 0
    names = [phoneme_class(DEFAULT_TABLE.symbols[i]) for i in order]
    assert [name for name, _ in itertools.groupby(names)] == [*PHONEME_CLASSES, "blank"]


def test_the_later_and_earlier_terms_have_tables_of_their_own():
    assert [len(table) for table in TABLES] == [42, 47, 41, 41]
    assert len({table.name for table in TABLES}) == len(TABLES)
    assert WSJ_TABLE.symbols[1:7] == ("+BREATH+", "+COUGH+", "+NOISE+", "+SMACK+", "+UH+", "+UM+")
    assert (WSJ_TABLE.index("UH"), WSJ_TABLE.index("+UH+")) == (40, 5)
    assert WSJ_TABLE.symbols[7:] == tuple(sorted(WSJ_TABLE.symbols[7:]))
    assert WSJ_TABLE.silent() == {1, 2, 3, 4, 5, 6, 37}
    assert "SPN" not in SPRING_2022_TABLE.symbols
    assert set(SPRING_2022_TABLE.symbols) == set(FALL_2022_TABLE.symbols)
    letters = dict(zip(FALL_2022_TABLE.symbols, FALL_2022_TABLE.letters, strict=True))
    assert (letters["SIL"], letters["AE"], letters["ER"], letters["R"]) == ("-", "@", "R", "r")
    assert FALL_2022_TABLE.encode("[SIL] HH H") == [1, 16, 16]
