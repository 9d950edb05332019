import pytest

from model.errors import FileError
from model.phonemes import DEFAULT_TABLE
from model.pronunciations import pronounced, read_dictionary, read_sentences

DICTIONARY = """;;; a remark
A  AH0
a(2) EY1
dog D AO1 G # an animal
dog's D AO1 G Z
THE DH AH0
barks B AA1 R K S
"""


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "words.dict"
    path.write_text(DICTIONARY, encoding="utf-8")
    return read_dictionary(path, DEFAULT_TABLE)


def test_the_first_pronunciation_counts(dictionary):
    assert dictionary["a"] == tuple(DEFAULT_TABLE.encode("AH"))
    assert dictionary["the"] == tuple(DEFAULT_TABLE.encode("DH AH"))
    assert sorted(dictionary) == ["a", "barks", "dog", "dog's", "the"]


def test_sentences_end_where_speech_pauses(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(
        "1. The dog barks;\nthe ‘Dog’s\ndog’ barks -- A dog\nbarks at 3 dogs. A dog\n\nbarks\nloud, loud: "
        "The DOG barks!",
        encoding="utf-8",
    )
    found = [" ".join(words) for words in read_sentences(path)]
    assert found == ["the dog barks", "the dog's dog barks", "barks loud loud"]


def test_a_sentence_with_an_unknown_word_is_left_out(tmp_path, dictionary):
    path = tmp_path / "text.txt"
    path.write_text("The dog barks. The cat barks. A dog barks.", encoding="utf-8")
    found = [" ".join(DEFAULT_TABLE.decode(labels)) for labels in pronounced(path, dictionary)]
    assert found == ["DH AH D AO G B AA R K S", "AH D AO G B AA R K S"]
    path.write_text("Le chien aboie toujours.", encoding="utf-8")
    with pytest.raises(FileError, match=r"text\.txt.*no sentence whose words are all in the dictionary"):
        pronounced(path, dictionary)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dog D QQ G\n", "line 1: 'QQ' is not a phoneme"),
        ("dog D AO G\ncat\n", "line 2: a word without phonemes"),
        (";;; nothing\n", "holds no word"),
    ],
)
def test_a_bad_dictionary_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "bad.dict"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=message):
        read_dictionary(path, DEFAULT_TABLE)
