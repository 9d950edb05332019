from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from model.comparison import compare
from model.config import DecodingConfig
from model.errors import UserError
from model.report import Findings, json_report
from model.report_figures import bars_figure, nice_ticks
from model.report_page import html_report, probability, write_report
from model.scored import CorpusScore
from model.sweeps import ALPHAS, BETAS, WIDTHS, SweepPoint
from tests.model.helpers import assert_one_sentence
from tests.model.scored_helpers import scored
from tests.model.test_scored import random_rows

VOID = {"meta", "br"}


class Checker(HTMLParser):
    """Notes tags, attributes that load something, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onclick", "xlink:href"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert not re.search(r"url\(|@import|nan\b", page)
    return checker


@pytest.fixture(scope="module")
def score() -> CorpusScore:
    return scored(*random_rows(60), speakers=tuple("abcdef"[k % 6] for k in range(60)))


def full(score: CorpusScore) -> Findings:
    widths = tuple(SweepPoint(w, 0.0, 1.5, 0.3 - 0.01 * k, 9.0, 1.0 + k) for k, w in enumerate(WIDTHS))
    grid = [(0.0, 0.0), *((a, b) for a in ALPHAS for b in BETAS)]
    weights = tuple(SweepPoint(10, a, b, 0.2 + (a - 0.4) ** 2 + 0.01 * abs(b - 1), 8.0, 4.0) for a, b in grid)
    other = dataclasses.replace(score, settings=DecodingConfig(beam_width=77))
    return Findings(score, compare(score, other), widths, weights)


def test_the_page_needs_nothing_else_and_has_every_part(score: CorpusScore):
    page = html_report(full(score))
    checker = check(page)
    headings = ("Comparison", "Decoder", "Confusions", "Length and speaker", "Worst utterances")
    assert all(heading in checker.text for heading in headings)
    assert page.count("<svg") == 4
    assert {"table", "figure", "h1"} <= checker.seen
    assert f"{100 * score.evaluation.phone_error_rate:.1f}\N{NO-BREAK SPACE}%" in page
    assert "width 77" in page


def test_every_phoneme_has_its_precision_and_recall(score: CorpusScore):
    page, value = html_report(full(score)), json_report(full(score))
    for item in value["phonemes"]:
        recall, precision = 100 * item["correct"] / item["said"], 100 * item["correct"] / item["heard"]
        assert (100 * item["recall"], 100 * item["precision"]) == pytest.approx((recall, precision))
        cells = (item["symbol"], str(item["said"]), f"{recall:.1f}", f"{precision:.1f}")
        assert re.search("</td><td>".join(rf"{re.escape(cell)}" for cell in cells), page)


def test_numbers_are_set_as_in_print(score: CorpusScore):
    worse = dataclasses.replace(score, utterances=tuple(reversed(score.utterances)))
    page = html_report(dataclasses.replace(full(score), comparison=compare(worse, score)))
    # Minus signs are as long as plus signs, and a number stays beside its per cent sign.
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", page)
    assert any("−" in cell for cell in cells) and not any(re.search(r"(^|\s)-\d", cell) for cell in cells)
    assert f"{100 * score.evaluation.phone_error_rate:.1f} %" not in page


def test_what_was_not_asked_for_is_not_there(score: CorpusScore):
    page = html_report(Findings(score))
    check(page)
    assert "Comparison" not in page and "Decoder" not in page
    assert {"widths", "lm_map", "comparison"}.isdisjoint(json_report(Findings(score)))


def test_names_from_files_are_text_and_never_markup(score: CorpusScore):
    evil = "<script>alert('x')</script>&\"'"
    item = score.utterances[0]
    named = dataclasses.replace(item, utterance=dataclasses.replace(item.utterance, name=evil, speaker=evil))
    hostile = dataclasses.replace(
        score, corpus=evil, checkpoint=evil, problems=(evil,), utterances=(named, *score.utterances[1:])
    )
    page = html_report(full(hostile))
    assert "script" not in check(page).seen
    assert "<script" not in page and "&lt;script" in page


@pytest.mark.parametrize("rows", [(("T", "T"),), (("SIL", "SIL"),), (("T", ""),)])
def test_a_corpus_of_almost_nothing_has_a_report(rows: tuple[tuple[str, str], ...], tmp_path: Path):
    page, data = write_report(tmp_path, Findings(scored(*rows)))
    check(page.read_text(encoding="utf-8"))
    json.loads(data.read_text(encoding="utf-8"))


def test_json_is_strict_and_says_the_same(score: CorpusScore, tmp_path: Path):
    page, data = write_report(tmp_path / "new" / "folder", full(score))
    value = json.loads(data.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))
    assert page.exists()
    counts = value["confusions"]["counts"]
    wrong = sum(n for i, row in enumerate(counts) for j, n in enumerate(row) if i != j)
    assert wrong == score.counts.errors == sum(u["substitutions"] + u["deletions"] + u["insertions"]
                                               for u in value["utterances"])  # fmt: skip
    assert len(counts) == len(value["confusions"]["symbols"]) == len(value["phonemes"]) + 1
    assert [point["beam_width"] for point in value["widths"]] == list(WIDTHS)
    assert len(value["lm_map"]) == len(ALPHAS) * len(BETAS) + 1
    assert value["utterances"][3]["reference"] == score.table.decode(score.utterances[3].reference)


def test_a_folder_that_cannot_be_written_is_named(score: CorpusScore, tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError) as caught:
        write_report(tmp_path / "taken", Findings(score))
    assert_one_sentence(caught.value, tmp_path / "taken" / "report.html")


def test_ticks_are_round_few_and_hold_the_values():
    for low, high in ((0.0, 1.0), (27.27, 27.64), (3.0, 3.0), (0.0, 0.0), (1e-9, 2e-9), (5.0, 1234.0)):
        ticks = nice_ticks(low, high)
        assert ticks[0] <= low + 1e-9 and ticks[-1] >= high - 1e-9
        assert 2 <= len(ticks) <= 7
        steps = {round(b - a, 12) for a, b in pairwise(ticks)}
        assert all(step > 0 for step in steps)


def test_probabilities_are_printed_as_in_papers():
    assert [probability(p) for p in (0.0, 0.0004, 0.0312, 1.0)] == ["< 0.001", "< 0.001", "0.031", "1.000"]


def test_one_utterance_is_not_called_several():
    figure = bars_figure(scored(("T", "T")).by_length, unit="length")
    assert "1 utterance<" in figure and "1 utterances" not in figure
