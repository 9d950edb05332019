"""The report of an evaluation: one page of HTML that needs nothing else, and the same in JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from pathlib import Path

from model import __version__
from model.comparison import Comparison, settings_text
from model.confusion import Confusions, error_name
from model.files import write_text
from model.metrics import describe_edits
from model.report import Findings, json_report
from model.report_figures import bars_figure, curve_figure, map_figure, matrix_figure
from model.scored import CorpusScore

_WORST = 20
_FREQUENT = 20
_SHORT = 28
_SPEAKERS = 40

_STYLE = """
@page { size: A4; margin: 20mm 18mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 48px 24px 64px; max-width: 720px; color: #1a1a1a; background: #fff;
  font: 15px/1.5 "Source Serif 4", "Libertinus Serif", Charter, Georgia, serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 26px; line-height: 1.2; font-weight: 600; margin: 0 0 4px; }
h2 { font-size: 17px; font-weight: 600; margin: 40px 0 8px; break-after: avoid; }
p { margin: 8px 0; }
.by { color: #5c5c5c; margin: 0 0 32px; overflow-wrap: anywhere; }
.result { display: flex; gap: 48px; border-top: 1.5px solid #1a1a1a; border-bottom: 1.5px solid #1a1a1a;
  padding: 16px 0; margin: 0 0 8px; }
.result b { display: block; font-size: 28px; line-height: 1.2; font-weight: 600; }
.result span { color: #5c5c5c; font-size: 13px; }
figure { margin: 16px 0 24px; break-inside: avoid; }
figcaption, caption { color: #1a1a1a; font-size: 13px; text-align: left; margin: 8px 0; caption-side: top; }
svg { max-width: 100%; height: auto; font-family: "Source Sans 3", "Helvetica Neue", Arial, sans-serif;
  display: block; }
table { border-collapse: collapse; width: 100%; margin: 16px 0 24px; font-size: 13px; line-height: 1.35;
  border-bottom: 1.5px solid #1a1a1a; }
thead th { border-top: 1.5px solid #1a1a1a; border-bottom: 0.75px solid #1a1a1a; font-weight: 600; }
thead th, td.short { white-space: nowrap; }
caption { break-after: avoid; }
th, td { padding: 3px 8px; text-align: right; vertical-align: top; }
th:first-child, td:first-child { min-width: 128px; text-align: left; padding-left: 0; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
td.words, th.words { text-align: left; overflow-wrap: anywhere; }
tr { break-inside: avoid; }
.pair th:first-child, .pair td:first-child { min-width: 0; }
.pair { break-inside: avoid; display: grid; grid-template-columns: 1fr 1fr; gap: 40px; }
footer { color: #5c5c5c; font-size: 12px; margin-top: 48px; }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt; } table, figcaption, caption { font-size: 9pt; }
  h2 { margin-top: 28px; } }
"""


def report_files(folder: str | Path) -> tuple[Path, Path]:
    """Return the paths of a report's page and its data in a folder."""
    return Path(folder) / "report.html", Path(folder) / "report.json"


def write_report(folder: str | Path, findings: Findings) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.json`` into a folder, made if missing, and return their paths.

    Raises
    ------
    FileError
        The folder cannot be written.
    """
    page, data = report_files(folder)
    write_text(page, html_report(findings))
    write_text(data, json.dumps(json_report(findings), indent=1, allow_nan=False) + "\n")
    return page, data


def html_report(findings: Findings) -> str:
    """Return a report as one HTML page: figures inside, nothing loaded from elsewhere, all text escaped."""
    score = findings.score
    title = f"Phoneme recognition on {score.corpus}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="by">{escape(score.checkpoint)}, {escape(settings_text(score))}, {date.today().isoformat()}</p>',
        _headline(score),
        _comparison(findings.comparison),
        _decoder(findings),
        _confusions(score),
        _groups(score),
        _worst(score),
        _notes(score),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _headline(score: CorpusScore) -> str:
    found, counts = score.evaluation, score.counts
    low, high = found.phone_error_rate_interval
    first, last = found.mean_levenshtein_interval
    drawn = f"{found.groups} {found.resampled}s"
    kinds = f"{counts.substitutions:,} substituted, {counts.deletions:,} deleted, {counts.insertions:,} inserted"
    return (
        '<div class="result">'
        f"<div><b>{_percent(found.phone_error_rate)}</b><span>phone error rate<br>95 %: {_percent(low)} to "
        f"{_percent(high)}</span></div>"
        f"<div><b>{found.mean_levenshtein:.2f}</b><span>mean Levenshtein distance<br>95 %: {first:.2f} to "
        f"{last:.2f}</span></div>"
        f"<div><b>{found.utterances:,}</b><span>utterance{'' if found.utterances == 1 else 's'}<br>"
        f"{found.reference_phonemes:,} phonemes</span></div></div>"
        f"<p>Of {found.reference_phonemes:,} phonemes, {kinds}. The intervals are percentiles of a bootstrap over "
        f"{drawn}. Silence and spoken noise are left out of the rate and of all tables; the Levenshtein distance "
        "counts them.</p>"
    )


def _comparison(found: Comparison | None) -> str:
    if found is None:
        return ""
    tally, test, edits = found.tally(), found.test, found.levenshtein_test
    rows = [
        [name, settings_text(score), f"{100 * score.counts.rate:.2f}", f"{score.mean_levenshtein.value:.2f}"]
        for name, score in ((found.first.checkpoint, found.first), (found.second.checkpoint, found.second))
    ]
    apart, other = test.difference, edits.difference
    rows.append(["difference", "", _signed(100 * apart.value), _signed(other.value)])
    intervals = [f"{_signed(scale * it.low)} to {_signed(scale * it.high)}" for scale, it in ((100, apart), (1, other))]
    rows.append(["95 % interval", "", *intervals])
    rows.append(["p, matched pairs", "", probability(test.p), probability(edits.p)])
    words = (
        f"The second makes fewer errors on {tally.wins} of {len(found.pairs)} utterances, as many on {tally.ties}, "
        f"more on {tally.losses}. Intervals: bootstrap over {found.resampled}s in which both are given the same "
        f"samples; in {_percent(test.improvement)} of them the second makes fewer errors. p: matched-pairs test "
        f"over {found.resampled}s."
    )
    head = ("checkpoint", "settings", "phone errors, %", "Levenshtein")
    return f"<h2>Comparison</h2><p>{escape(words)}</p>" + _table(head, rows, "Both on the same utterances.", words=(1,))


def _decoder(findings: Findings) -> str:
    parts: list[str] = []
    if findings.widths:
        point = findings.widths[0]
        words = f"Phone error rate, mean Levenshtein distance and decoding time by beam width; {point.model_text}."
        parts.append(_figure(curve_figure(findings.widths), words))
    if findings.weights:
        alone = next((p for p in findings.weights if p.alpha == 0), None)
        point = findings.weights[0]
        words = "Phone error rate by weight and insertion bonus of the language model, on "
        words += f"{point.utterances} utterances spread over the corpus, beam width {point.beam_width}."
        if alone is not None:
            words += f" Without it: {_percent(alone.phone_error_rate)}."
        parts.append(_figure(map_figure(findings.weights), words))
    return "<h2>Decoder</h2>" + "".join(parts) if parts else ""


def _confusions(score: CorpusScore) -> str:
    confusions, names = Confusions(score), score.table.symbols
    total = max(1, score.counts.errors)
    rows = [
        [error_name(error, score.table), str(error.count), f"{100 * error.count / total:.1f}"]
        for error in confusions.errors[:_FREQUENT]
    ]
    phonemes = sorted(confusions.phonemes, key=lambda item: item.correct / max(1, item.said))
    each = [
        [names[item.label], str(item.said), _number(100 * item.recall), _number(100 * item.precision)]
        for item in phonemes
    ]
    caption = "Rows said, columns heard, by class; the darker, the larger a part of the row. What is right is outlined."
    return (
        "<h2>Confusions</h2>"
        + _figure(matrix_figure(confusions), caption)
        + _halves(("error", "times", "% of all"), rows, "Most frequent errors (− deleted, + inserted)")
        + _halves(("phoneme", "said", "recall, %", "precision, %"), each, "Phonemes, the lowest recall first")
    )


def _groups(score: CorpusScore) -> str:
    parts = [_figure(bars_figure(score.by_length, unit="length"), "Errors by the number of phonemes said.")]
    speakers = score.by_speaker
    if len(speakers) > 1:
        rows = [
            [group.name, str(group.utterances), _number(100 * group.counts.rate), f"{group.mean_levenshtein:.2f}"]
            for group in speakers[:_SPEAKERS]
        ]
        head = ("speaker", "utterances", "phone errors, %", "Levenshtein")
        more = f" The worst {_SPEAKERS} of {len(speakers)}." if len(speakers) > _SPEAKERS else ""
        parts.append(_table(head, rows, f"Errors by speaker.{more}"))
    return "<h2>Length and speaker</h2>" + "".join(parts)


def _worst(score: CorpusScore) -> str:
    items = sorted(score.utterances, key=lambda item: -item.counts.errors / max(1, item.counts.reference_length))
    rows = [
        [
            item.utterance.name,
            _number(100 * item.counts.rate),
            str(item.distance),
            describe_edits(item.reference, item.hypothesis, score.table, most=10),
        ]
        for item in items[:_WORST]
    ]
    head = ("utterance", "errors, %", "Levenshtein", "errors")
    return "<h2>Worst utterances</h2>" + _table(head, rows, "By errors per phoneme.", words=(3,))


def _notes(score: CorpusScore) -> str:
    left_out = "".join(f"<p>Left out: {escape(problem)}</p>" for problem in score.problems[:_WORST])
    return f"<footer>{left_out}<p>Made with phonegui {escape(__version__)}.</p></footer>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str, *, words: Sequence[int] = ()) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        marks = [' class="words"' if column in words else "" for column in range(len(row))]
        marks[0] = ' class="short"' if len(row[0]) <= _SHORT else ""
        return "".join(f"<{tag}{mark}>{escape(cell)}</{tag}>" for mark, cell in zip(marks, row, strict=True))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{cells('th', head)}</tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _halves(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a long, narrow table as two beside each other."""
    middle = (len(rows) + 1) // 2
    first, second = _table(head, rows[:middle], f"{caption}."), _table(head, rows[middle:], "Continued.")
    return f'<div class="pair"><div>{first}</div><div>{second}</div></div>'


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%" if math.isfinite(value) else "–"


def _number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "–"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if math.isfinite(value) else "–"


def probability(p: float) -> str:
    """Return a probability as papers print it."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
