from dataclasses import replace

import pytest

from model.config import DecodingConfig
from model.recognizer import Recognizer
from phonegui.decoding_work import Decoding
from phonegui.pipeline import DecodeRequest, Document, Reference
from phonegui.reference_files import intervals_of
from phonegui.resources import default_checkpoint, sample_utterances
from phonegui.sources import Source

UTTERANCE = sample_utterances()[1]


def report(_step, _done):
    return True


@pytest.fixture(scope="module")
def document():
    recognizer = Recognizer(default_checkpoint())
    return Document(Source(str(UTTERANCE.path)), recognizer, recognizer.hear(UTTERANCE.path))


@pytest.fixture
def work():
    return Decoding()


def decode(work, document, reference=None, width=5):
    (result,) = work(DecodeRequest(document, DecodingConfig(beam_width=width), "", reference), report)
    return result


def test_without_a_reference_there_is_none_to_compare(work, document):
    result = decode(work, document)
    assert result.transcript.phonemes and result.settings.beam_width == 5
    assert (result.asked, result.placed, result.reference, result.error_rate) == (None, None, None, None)


def test_a_reference_without_times_is_placed_and_becomes_a_tier(work, document):
    reference = Reference(document.recognizer.header.table, UTTERANCE.labels)
    result = decode(work, document, reference)
    assert result.asked is reference
    symbols = [reference.table.symbols[label] for label in UTTERANCE.labels]
    assert [item.symbol for item in result.reference] == symbols
    assert [item.symbol for item in result.placed.tier.intervals] == symbols
    assert result.placed.labels == UTTERANCE.labels
    assert intervals_of(result.placed.phonemes) == list(result.placed.tier.intervals)
    assert 0 < result.error_rate < 0.5
    assert decode(work, document, reference, width=9).reference is result.reference  # not placed anew


def test_times_of_its_own_stay(work, document):
    placed = decode(work, document, Reference(document.recognizer.header.table, UTTERANCE.labels)).placed
    result = decode(work, document, placed)
    assert result.placed is placed and result.reference is placed.phonemes
    bare = replace(placed, tier=None)
    result = decode(work, document, bare)
    assert result.reference is placed.phonemes and result.placed.tier == placed.tier


def test_a_reference_of_another_table_or_too_long_has_no_place(work, document):
    table = document.recognizer.header.table
    other = replace(table, symbols=(*table.symbols[:-1], "XX"))
    reference = Reference(other, UTTERANCE.labels)
    result = decode(work, document, reference)
    assert result.asked is reference and result.placed is None and result.error_rate is None
    result = decode(work, document, Reference(table, UTTERANCE.labels * 100))
    assert result.placed is None and result.reference is None and result.error_rate > 0.9


def test_another_reference_leaves_what_was_found(work, document):
    first = decode(work, document)
    second = decode(work, document, Reference(document.recognizer.header.table, UTTERANCE.labels))
    assert second.transcript is first.transcript and second.hypotheses is first.hypotheses
    assert decode(work, document, width=6).transcript is not first.transcript
