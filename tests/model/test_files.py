from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.errors import Cancelled, FileError, UserError, reason, shown
from model.files import atomic_path, file_size, require_other, write_text
from tests.model.helpers import assert_one_sentence


def test_a_file_appears_whole(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Cancelled, UserError])
def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path: Path, error: type[BaseException]):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(FileError, match="No space left") as caught, atomic_path(path):
        raise OSError(28, "No space left on device")
    assert_one_sentence(caught.value, path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("name", ["file/a.txt", "x" * 300, "a\0b", "folder"])
def test_places_that_cannot_be_written_are_refused(tmp_path: Path, name: str):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").touch()
    with pytest.raises(FileError, match="cannot be written") as caught:
        write_text(tmp_path / name, "text")
    assert_one_sentence(caught.value, tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_result_is_as_readable_as_any_file(tmp_path: Path):
    write_text(tmp_path / "a", "text")
    (tmp_path / "b").write_text("text")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_text_has_line_feeds_everywhere(tmp_path: Path):
    write_text(tmp_path / "a", "é\nʃ\n")
    assert (tmp_path / "a").read_bytes() == "é\nʃ\n".encode()


def test_only_ordinary_files_have_a_size(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"12345")
    assert file_size(tmp_path / "a", wanted="a list") == 5
    for name, words in (
        ("", "is a folder; choose a list inside it"),
        ("b", "does not exist"),
        ("a/b", "cannot be read"),
    ):
        with pytest.raises(FileError, match=words) as caught:
            file_size(tmp_path / name, wanted="a list")
        assert_one_sentence(caught.value, tmp_path / name)


def test_values_are_shown_short():
    assert shown("abc") == "'abc'"
    for value in ("x" * 10**6, 10**4000, 10**6000, list(range(10000))):
        assert len(shown(value)) <= 60


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("it broke.\nDo this:\n\tand that."), "it broke"),
        (RuntimeError("it broke. Please report"), "it broke"),
        (OSError(28, "No space left on device", "/a/b"), "No space left on device"),
        (ValueError(), "ValueError"),
        (ValueError(" \n "), "ValueError"),
    ],
)
def test_what_other_libraries_say_fits_into_a_sentence(error: Exception, said: str):
    assert reason(error) == said
    assert len(reason(RuntimeError("x" * 10000))) < 200


def test_a_write_protected_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "mine.TextGrid"
    path.write_text("old")
    path.chmod(0o444)
    # The superuser may write everywhere.
    monkeypatch.setattr("model.files.os.access", lambda file, mode: bool(file.stat().st_mode & 0o200))
    with pytest.raises(FileError, match="write-protected") as caught:
        write_text(path, "new")
    assert_one_sentence(caught.value, path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["mine.TextGrid"]


def test_a_file_to_read_is_no_place_to_write(tmp_path: Path):
    source, link = tmp_path / "a.pt", tmp_path / "link.pt"
    source.write_text("old")
    link.symlink_to(source)
    require_other(tmp_path / "b.pt", source, tmp_path / "missing.pt")
    for target in (source, link):
        with pytest.raises(FileError, match="name another file"):
            require_other(target, tmp_path / "missing.pt", source)
