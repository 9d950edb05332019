from phonegui.evaluation_text import headline, kinds, measured_with, step_in_words, time_left
from tests.model.scored_helpers import scored


def test_the_headline_has_value_and_interval_of_both_scores():
    rate, distance = headline(scored(("T AA T", "T AA D"), ("SIL T", "T")))
    assert rate[1] == "25.00 %" and rate[2].endswith("2 utterances")
    assert distance[1] == "1.00"
    assert headline(scored(("T", "T")))[0][2].endswith("1 utterance")


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
