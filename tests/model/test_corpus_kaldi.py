from __future__ import annotations

from pathlib import Path

import pytest

from model.corpus import open_corpus
from model.errors import FileError
from model.phonemes import DEFAULT_TABLE, SPRING_2022_TABLE
from tests.model.helpers import assert_one_sentence

SCP = "u1 /data/one recording.wav\nu2\twav/two.flac\n\n"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", "-").replace("_scp", ".scp")).write_text(content)
    return folder


def test_recordings_words_speakers_and_phonemes(tmp_path: Path):
    folder = write(
        tmp_path / "dev",
        wav_scp=SCP,
        text="u1 hello there\nu2 b\n",
        text__phone="u1 SIL_S HH_B AH0_I L_I OW1_E\n",
        utt2spk="u1 anna\nu2 ben\n",
    )
    for path in (folder, folder / "wav.scp"):
        corpus = open_corpus(path)
        first, second = corpus.utterances
        assert corpus.layout == "Kaldi data folder"
        assert corpus.recipe is None
        assert (first.name, first.path) == ("u1", Path("/data/one recording.wav"))
        assert (second.name, second.path) == ("u2", folder / "wav" / "two.flac")
        assert DEFAULT_TABLE.decode(first.labels or ()) == ["SIL", "H", "AH", "L", "OW"]
        assert second.labels is None
        assert [item.text for item in corpus.utterances] == ["hello there", "b"]
        assert [item.speaker for item in corpus.utterances] == ["anna", "ben"]
        assert first.part == "dev"


@pytest.mark.parametrize("name", ["phn", "text_phone", "phones"])
def test_phonemes_have_several_names(tmp_path: Path, name: str):
    folder = write(tmp_path, wav_scp=SCP)
    (folder / name).write_text("u2 K AE T\n")
    assert open_corpus(folder).utterances[1].labels == tuple(DEFAULT_TABLE.encode("K AE T"))


def test_a_text_of_phonemes_is_the_reference(tmp_path: Path):
    folder = write(tmp_path, wav_scp=SCP, text="u1 sil k ae t\nu2 SIL\n")
    corpus = open_corpus(folder, choose={"symbol table": "spring 2022"})
    assert corpus.table is SPRING_2022_TABLE
    assert corpus.utterances[0].labels == tuple(SPRING_2022_TABLE.encode("SIL K AE T"))
    assert corpus.utterances[0].text == ""


def test_recordings_are_looked_for_in_the_folders_above(tmp_path: Path):
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "two.flac").touch()
    folder = write(tmp_path / "data" / "dev", wav_scp=SCP)
    assert open_corpus(folder).utterances[1].path == tmp_path / "wav" / "two.flac"


def test_a_folder_of_splits(tmp_path: Path):
    for split in ("train", "dev"):
        write(tmp_path / split, wav_scp=SCP)
    assert open_corpus(tmp_path).path == tmp_path / "dev"
    assert open_corpus(tmp_path, split="train").path == tmp_path / "train"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"wav_scp": "u1 a.wav\nu2 sph2pipe -f wav a.sph |\n"}, "command in line 2"),
        ({"wav_scp": "u1 | cat a.wav\n"}, "command in line 1"),
        ({"wav_scp": "u1 raw.ark:1234\n"}, "part of an archive in line 1"),
        ({"wav_scp": "u1\n"}, "no recording for 'u1' in line 1"),
        ({"wav_scp": "u1 a.wav\nu1 b.wav\n"}, "'u1' again in line 2"),
        ({"wav_scp": "\n"}, "lists no recordings"),
        ({"wav_scp": "u1 a\0b.wav\n"}, "no file can have"),
        ({"wav_scp": SCP, "segments": "u1 r1 0 1\n"}, "cuts recordings"),
        ({"wav_scp": SCP, "phn": "u1 K QQ\n"}, "line 1: 'QQ'"),
    ],
)
def test_mistakes_give_one_sentence(tmp_path: Path, files: dict[str, str], words: str):
    folder = write(tmp_path, **files)
    with pytest.raises(FileError, match=words) as caught:
        open_corpus(folder)
    assert_one_sentence(caught.value, tmp_path)
