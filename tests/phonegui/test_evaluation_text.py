from pathlib import Path

from model.config import DecodingConfig
from phonegui.comparing import settings_in_words
from phonegui.evaluation_text import counted, distinct_names, headline, kinds, measured_with, step_in_words, time_left
from tests.model.scored_helpers import scored


def test_the_headline_has_value_and_interval_of_both_scores():
    rate, distance = headline(scored(("T AA T", "T AA D"), ("SIL T", "T")))
    assert rate[1] == "25.00 %" and rate[2].endswith("2 utterances")
    assert distance[1] == "1.00"
    assert headline(scored(("T", "T")))[0][2].endswith("1 utterance")


def test_numbers_have_nouns_that_fit():
    assert [counted(n, "recording") for n in (0, 1, 1200)] == ["0 recordings", "1 recording", "1,200 recordings"]


def test_files_of_the_same_name_are_told_apart_by_no_more_folders_than_it_takes():
    paths = [Path("/a/x/dev.tsv"), Path("/b/x/dev.tsv"), Path("/b/y/dev.tsv"), Path("/b/y/test.tsv")]
    names = distinct_names([path.name for path in paths], paths)
    assert names == ["dev.tsv (a/x)", "dev.tsv (b/x)", "dev.tsv (y)", "test.tsv"]
    assert distinct_names([], []) == []


def test_a_minus_is_as_long_as_on_the_axes():
    settings = DecodingConfig(beam_width=10, alpha=0.5, beta=-0.5)
    assert settings_in_words(settings) == "width 10, LM 0.50, bonus −0.5"


def test_errors_are_told_by_kind():
    assert kinds(scored(("T AA T", "D AA T S"))).split("\n") == [
        "1 substituted",
        "0 deleted, 1 inserted",
        "of 3 phonemes",
    ]


def test_it_is_told_what_was_measured_with_and_how_many_are_heard():
    assert measured_with(scored(("T", "T"))).startswith("measured with ")
    assert step_in_words("network", 1200, 2703) == "hearing 1,200 of 2,703 utterances"
    assert step_in_words("decoding", 1, 2) == "decoding"


def test_time_left_is_told_once_it_is_known():
    assert time_left(0.0, 10.0) == "" and time_left(0.5, 0.2) == ""
    assert time_left(0.25, 10.0) == "30 s left"
    assert time_left(0.01, 10.0) == "16 min left"
    assert time_left(1.0, 10.0) == ""
