from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import CheckpointHeader, save_checkpoint
from model.config import DecodingConfig, FeatureConfig
from model.corpus import Corpus, Utterance
from model.decoding import decode
from model.errors import Cancelled, FileError, UserError
from model.features import normalize
from model.inference import posteriors
from model.network import SpeechToPhoneme
from model.phonemes import DEFAULT_TABLE, FALL_2022_TABLE, SPRING_2022_TABLE, WSJ_TABLE
from model.recognizer import Recognizer
from model.search import Search
from model.submission import check, predict, term_header
from model.submission_files import Row, Submission, read_rows, require_writable, write
from tests.model.helpers import assert_one_sentence, tiny_network

COUNT = 7
SEARCH = Search(DecodingConfig(beam_width=4))


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    torch.manual_seed(0)
    header = CheckpointHeader(network=tiny_network(), features=FeatureConfig(kind="unknown"), title="tiny")
    path = tmp_path_factory.mktemp("checkpoint") / "a.safetensors"
    state = SpeechToPhoneme(header.network).state_dict()
    state["output.weight"] *= 40  # an untrained network hears the same everywhere
    save_checkpoint(path, state, header)
    return Recognizer(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Return a test corpus of feature files of different lengths."""
    random = np.random.default_rng(0)
    utterances = []
    for number in range(COUNT):
        path = tmp_path / f"u{number}.npy"
        np.save(path, random.standard_normal((90 - 10 * number, 13)).astype(np.float32))
        utterances.append(Utterance(f"u{number}", path, None))
    recipe = FeatureConfig(kind="unknown")
    return Corpus(tmp_path / "test", "course files", DEFAULT_TABLE, tuple(utterances), recipe=recipe)


def expected(recognizer: Recognizer, corpus: Corpus) -> list[str]:
    found = []
    for utterance in corpus.utterances:
        log_probs = posteriors(recognizer.network, normalize(np.load(utterance.path)))
        found.append(DEFAULT_TABLE.to_letters(decode([log_probs], beam_width=4, blank=0)[0][0].labels.tolist()))
    return found


def sample(folder: Path, *lines: str) -> Path:
    path = folder / "sample.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rows_are_the_letters_of_each_utterance_in_corpus_order(recognizer: Recognizer, corpus: Corpus):
    submission = predict(recognizer, corpus, SEARCH)
    assert submission.header == ("id", "label")
    assert [row.id for row in submission.rows] == [str(number) for number in range(COUNT)]
    assert [row.name for row in submission.rows] == [utterance.name for utterance in corpus.utterances]
    assert [row.letters for row in submission.rows] == expected(recognizer, corpus)
    assert len({row.letters for row in submission.rows}) > 1
    assert submission.text(2).count("\n") == 3


def test_the_samples_header_ids_and_order_are_kept(recognizer: Recognizer, corpus: Corpus, tmp_path: Path):
    letters = expected(recognizer, corpus)
    from_one = sample(tmp_path, "Id,Predicted", *(f"{number},x" for number in range(1, COUNT + 1)))
    submission = predict(recognizer, corpus, SEARCH, sample=from_one)
    assert submission.header == ("Id", "Predicted")
    assert [(row.id, row.letters) for row in submission.rows] == [(str(i + 1), letters[i]) for i in range(COUNT)]
    order = [3, 0, 6, 1, 2, 5, 4]
    turned = sample(tmp_path, "id,label", *(f"{number},x" for number in order))
    submission = predict(recognizer, corpus, SEARCH, sample=turned)
    assert [(row.id, row.letters) for row in submission.rows] == [(str(i), letters[i]) for i in order]
    named = sample(tmp_path, "name,label", *(f"u{number},x" for number in order))
    submission = predict(recognizer, corpus, SEARCH, sample=named)
    assert [(row.id, row.letters) for row in submission.rows] == [(f"u{i}", letters[i]) for i in order]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([f"{number},x" for number in range(COUNT - 1)], "for 6 utterances"),
        ([f"{number},x" for number in range(COUNT + 1)], "for 8 utterances"),
        ([f"{2 * number},x" for number in range(COUNT)], "neither consecutive"),
        ([f"v{number},x" for number in range(COUNT)], "neither consecutive"),
    ],
)
def test_a_sample_of_another_test_set_is_told_before_anything_runs(
    recognizer: Recognizer, corpus: Corpus, tmp_path: Path, rows: list[str], words: str
):
    steps: list[str] = []
    with pytest.raises(UserError, match=words) as caught:
        predict(recognizer, corpus, SEARCH, sample=sample(tmp_path, "id,label", *rows),
                report=lambda *step: bool(steps.append(step[0])) or True)  # fmt: skip
    assert_one_sentence(caught.value, corpus.path, tmp_path / "sample.csv")
    assert not steps


def test_features_of_another_width_are_told(recognizer: Recognizer, corpus: Corpus):
    other = replace(corpus, recipe=FeatureConfig(kind="unknown", coefficients=15))
    with pytest.raises(UserError, match="15 coefficients"):
        predict(recognizer, other, SEARCH)
    with pytest.raises(UserError, match="recordings"):
        predict(recognizer, replace(corpus, recipe=None), SEARCH)


def test_what_cannot_be_read_and_what_stays_empty_is_listed(recognizer: Recognizer, corpus: Corpus):
    corpus.utterances[2].path.write_bytes(b"no features")
    submission = predict(recognizer, corpus, SEARCH)
    assert submission.rows[2] == Row("2", "", "u2")
    assert len(submission.rows) == COUNT
    assert any("(id 2)" in warning and "empty" in warning for warning in submission.warnings)
    assert any("u2.npy" in warning for warning in submission.warnings)
    assert all(warning.endswith(".") for warning in submission.warnings)


def test_letters_of_another_term_are_told(recognizer: Recognizer, corpus: Corpus):
    assert predict(recognizer, corpus, SEARCH).warnings == ()
    (warning,) = predict(recognizer, replace(corpus, table=SPRING_2022_TABLE), SEARCH).warnings
    assert SPRING_2022_TABLE.name in warning and DEFAULT_TABLE.name in warning
    assert warning.endswith(".") and warning.count(". ") == 0


def test_it_is_written_whole_with_its_origin_beside_it(recognizer: Recognizer, corpus: Corpus, tmp_path: Path):
    submission = predict(recognizer, corpus, SEARCH)
    path = tmp_path / "out" / "submission.csv"
    write(path, submission)
    assert path.read_text() == submission.text()
    origin = json.loads((tmp_path / "out" / "submission.json").read_text())
    assert origin["program"].startswith("phonegui ")
    assert origin["checkpoint"]["sha256"] == hashlib.sha256(recognizer.path.read_bytes()).hexdigest()
    assert origin["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert origin["decoding"]["beam_width"] == 4
    assert origin["language_model"] is None
    assert (origin["rows"], origin["empty"]) == (COUNT, [row.id for row in submission.rows if not row.letters])
    write(path, submission)  # its own files may be replaced


def test_nothing_of_the_users_is_replaced(recognizer: Recognizer, corpus: Corpus, tmp_path: Path):
    submission = predict(recognizer, corpus, SEARCH)
    (tmp_path / "a.json").write_text('{"mine": 1}')
    with pytest.raises(FileError, match="says nothing of a submission"):
        write(tmp_path / "a.csv", submission)
    assert not (tmp_path / "a.csv").exists()
    path = sample(tmp_path, "id,label", "0,x")
    with pytest.raises(FileError, match="sample itself"):
        require_writable(path, path)
    with pytest.raises(FileError, match="folder"):
        require_writable(tmp_path)
    for name in ("test.npy", "a.json", "submission"):  # a corpus named in the place of the csv stays
        with pytest.raises(FileError, match=r"name it \.csv"):
            require_writable(tmp_path / name)


def test_letters_that_look_like_something_else_come_back_as_text(tmp_path: Path):
    rows = tuple(
        Row(str(i), text, "") for i, text in enumerate(["NA", "nan", "None", "", "?", "!.", "null", "a,b", 'q"'])
    )
    write(tmp_path / "a.csv", Submission(("id", "label"), rows, (), {"program": "phonegui"}))
    header, found = read_rows(tmp_path / "a.csv")
    assert header == ("id", "label")
    assert found == [(row.id, row.letters) for row in rows]
    with open(tmp_path / "a.csv", newline="") as file:
        assert [tuple(line) for line in csv.reader(file)][1:] == found


def test_letters_of_no_table_are_refused():
    def of(*letters: str) -> Submission:
        return Submission(("id", "label"), tuple(Row(str(i), text, "") for i, text in enumerate(letters)), (), {})

    check(of("aAh", "", ".!"), DEFAULT_TABLE)
    for wrong in ("a-", " ", "ä"):
        with pytest.raises(UserError, match="no letter"):
            check(of("a", wrong), DEFAULT_TABLE)
    with pytest.raises(UserError, match="twice"):
        check(Submission(("id", "label"), (Row("0", "a", ""), Row("0", "a", "")), (), {}), DEFAULT_TABLE)


def test_terms_have_their_own_headers():
    assert term_header(DEFAULT_TABLE, 13) == term_header(DEFAULT_TABLE, 40) == ("id", "label")
    assert term_header(WSJ_TABLE, 40) == ("Id", "Predicted")
    assert term_header(SPRING_2022_TABLE, 13) == ("id", "predictions")
    assert term_header(FALL_2022_TABLE, 15) == term_header(FALL_2022_TABLE, 28) == ("index", "label")
    assert term_header(FALL_2022_TABLE, 27) == ("id", "predictions")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no rows"),
        (b"id,label\n", "no rows"),
        (b"id,label\n0,a,b\n", "line 2"),
        (b"id,label\n0,a\n1\n", "line 3"),
        (b"id,label\n0,a\n0,b\n", "again in line 3"),
        (b'id,label\n0,"a\n', "line"),
        (b"id,label\n0,\xff\n", "UTF-8"),
        (b"id,label\n0," + b"a" * 200_000, "line"),
    ],
)
def test_samples_that_are_none_are_refused(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "sample.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=words) as caught:
        read_rows(path)
    assert_one_sentence(caught.value, path)


def test_it_can_be_cancelled_at_every_step(recognizer: Recognizer, corpus: Corpus):
    seen: list[str] = []
    predict(recognizer, corpus, SEARCH, report=lambda name, *_: bool(seen.append(name)) or True)
    assert "network and decoding" in seen
    with pytest.raises(Cancelled):
        predict(recognizer, corpus, SEARCH, report=lambda name, *_: name != "network and decoding")


def test_an_empty_corpus_is_told(recognizer: Recognizer, corpus: Corpus):
    with pytest.raises(UserError, match="no utterances"):
        predict(recognizer, replace(corpus, utterances=()), SEARCH)
