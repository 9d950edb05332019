from __future__ import annotations

from pathlib import Path

import pytest

from model.corpus import open_corpus, read_manifest
from model.errors import FileError
from model.phonemes import DEFAULT_TABLE, SymbolTable
from tests.model.helpers import assert_one_sentence

GOOD = (
    "id\tpath\tseconds\tphones\tother\ttext\tspeaker\tcorpus\n"
    "a1\twav/a1.flac\t1.5\tSIL HH AH0 L OW1 SIL\tx\thello\tanna\tdev\n"
    "\n"
    "a2\t/abs/a2.wav\t\t\t\t\t\ttest\n"
)


def write(folder: Path, content: str | bytes, name: str = "list.tsv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_good_manifest_gives_its_utterances(tmp_path: Path):
    corpus = read_manifest(write(tmp_path, GOOD))
    first, second = corpus.utterances
    assert len(corpus) == 2
    assert (first.name, first.path) == ("a1", tmp_path / "wav" / "a1.flac")
    assert DEFAULT_TABLE.decode(first.labels or ()) == ["SIL", "H", "AH", "L", "OW", "SIL"]
    assert (first.seconds, first.text, first.speaker, first.part) == (1.5, "hello", "anna", "dev")
    assert (second.path, second.labels, second.seconds) == (Path("/abs/a2.wav"), None, 0.0)
    assert corpus.table is DEFAULT_TABLE


def test_a_part_is_a_corpus(tmp_path: Path):
    corpus = read_manifest(write(tmp_path, GOOD))
    assert [utterance.name for utterance in corpus.part("test").utterances] == ["a2"]
    assert len(corpus.part("nothing")) == 0
    assert (corpus.name, corpus.part("test").name) == (corpus.path.name, f"{corpus.path.name}, test")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        GOOD.removesuffix("\n"),
        GOOD + "\n \n",
    ],
    ids=["byte order mark", "CRLF", "both", "no last line feed", "empty lines"],
)
def test_what_editors_do_to_a_manifest_does_not_matter(tmp_path: Path, content: str):
    assert read_manifest(write(tmp_path, content)).utterances == read_manifest(write(tmp_path, GOOD)).utterances


def test_columns_may_come_in_any_order(tmp_path: Path):
    (one,) = read_manifest(write(tmp_path, "phones\tpath\tid\nK AE T\ta.wav\tx\n")).utterances
    assert (one.name, one.path.name, one.labels) == ("x", "a.wav", tuple(DEFAULT_TABLE.encode("K AE T")))


def test_only_line_feeds_end_a_line(tmp_path: Path):
    (one,) = read_manifest(write(tmp_path, "id\tpath\ttext\nx\ta.wav\tone\u2028two\x0bthree\rfour\n")).utterances
    assert one.text == "one\u2028two\x0bthree\rfour"


def test_a_field_is_never_quoted(tmp_path: Path):
    (one,) = read_manifest(write(tmp_path, 'id\tpath\ttext\nx\ta.wav\t"oh\n')).utterances
    assert one.text == '"oh'


def test_another_table_may_be_given(tmp_path: Path):
    table = SymbolTable("two", (" ", "K", "T"), (" ", "k", "t"))
    path = write(tmp_path, "id\tpath\tphones\nx\ta.wav\tT K\n")
    assert read_manifest(path, table=table).utterances[0].labels == (2, 1)


BAD_CONTENTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "empty first line": ("\nid\tpath\n", "is empty"),
    "columns alone": ("id\tpath\tphones\n\n", "lists no recordings"),
    "no id": ("path\tphones\na.wav\tK\n", "no column named id "),
    "no path": ("id\tphones\nx\tK\n", "no column named path "),
    "commas": ("id,path,phones\nx,a.wav,K\n", "no column named id or path "),
    "a column twice": ("id\tpath\tid\nx\ta.wav\ty\n", "a column twice"),
    "too few fields": ("id\tpath\tphones\nx\ta.wav\tK\ny\tb.wav\n", "2 fields in line 3"),
    "too many fields": ("id\tpath\nx\ta.wav\tK\n", "3 fields in line 2"),
    "unknown phone": ("id\tpath\tphones\nx\ta.wav\tK\n\ny\tb.wav\tK QQ\n", "line 4: 'QQ'"),
    "long unknown phone": ("id\tpath\tphones\nx\ta.wav\t" + "Q" * 10**5 + "\n", "line 2"),
    "id twice": ("id\tpath\nx\ta.wav\ny\tb.wav\nx\tc.wav\n", "'x' again in line 4"),
    "no id in a line": ("id\tpath\n\ta.wav\n", "no id in line 2"),
    "no path in a line": ("id\tpath\nx\t \n", "no path in line 2"),
    "no duration": ("id\tpath\tseconds\nx\ta.wav\tlong\n", "line 2: 'long'"),
    "no such duration": ("id\tpath\tseconds\nx\ta.wav\tnan\n", "line 2: 'nan'"),
    "negative duration": ("id\tpath\tseconds\nx\ta.wav\t-1\n", "line 2: '-1'"),
    "not text": (bytes(range(256)) * 20, "not a text file"),
    "UTF-16": (GOOD.encode("utf-16"), "not a text file"),
    "zeros": (bytes(1000), "no column named"),
}


@pytest.mark.parametrize("case", BAD_CONTENTS)
def test_bad_manifests_give_one_clear_sentence(tmp_path: Path, case: str):
    content, words = BAD_CONTENTS[case]
    path = write(tmp_path, content)
    with pytest.raises(FileError, match=words) as caught:
        open_corpus(str(path))
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is a folder"),
        ("missing.tsv", "does not exist"),
        ("x" * 300, "cannot be read"),
        ("a\0b", "cannot be read"),
        ("list.tsv/inside", "cannot be read"),
    ],
)
def test_what_is_no_file_gives_one_clear_sentence(tmp_path: Path, name: str, words: str):
    write(tmp_path, GOOD)
    path = tmp_path / name
    with pytest.raises(FileError, match=words) as caught:
        read_manifest(path)
    assert_one_sentence(caught.value, path)
