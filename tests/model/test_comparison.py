from __future__ import annotations

import dataclasses
import json

import pytest

from model.comparison import compare, settings_text
from model.config import DecodingConfig
from model.errors import UserError
from tests.model.helpers import assert_one_sentence
from tests.model.scored_helpers import scored

FIRST = scored(("T AA T", "T AA T"), ("T AA T", "T"), ("D IY", "T AA"), speakers=("a", "a", "b"))
SECOND = scored(("T AA T", "T AA D"), ("T AA T", "T AA"), ("D IY", "T AA"), speakers=("a", "a", "b"))


def test_wins_ties_and_losses_are_counted_by_utterance():
    found = compare(FIRST, SECOND)
    assert (found.tally().wins, found.tally().ties, found.tally().losses) == (1, 1, 1)
    assert found.test.difference.value == 0.0
    assert found.test.p == 1.0


def test_turned_round_wins_are_losses():
    better, worse = scored(("T AA T", "T AA T")), scored(("T AA T", "T"))
    there, back = compare(worse, better), compare(better, worse)
    assert (there.tally().wins, back.tally().losses) == (1, 1)
    assert there.test.difference.value == -back.test.difference.value == pytest.approx(-2 / 3)


def test_only_utterances_with_the_same_reference_are_compared():
    other = scored(("T AA T", "T AA D"), ("D IY", "T AA"))
    assert len(compare(FIRST, other).pairs) == 1
    with pytest.raises(UserError) as caught:
        compare(FIRST, scored(("S", "S")))
    assert_one_sentence(caught.value)


def test_json_says_who_was_compared():
    second = dataclasses.replace(SECOND, settings=DecodingConfig(beam_width=50, alpha=0.5))
    value = json.loads(json.dumps(compare(FIRST, second).to_json()))
    assert value["second"]["beam_width"] == 50
    assert value["wins"] + value["ties"] + value["losses"] == value["utterances"] == 3
    assert settings_text(second) == "width 50, LM 0.5, bonus 1.5"
