"""The figures of a report, as SVG drawn here: black on white, for paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from model.confusion import Confusions
from model.phonemes import phoneme_class
from model.scored import GroupScore
from model.sweeps import SweepPoint, best

INK = "#1a1a1a"
FAINT = "#8a8a8a"
LINE = "#d8d8d8"
MARK = "#a8321e"
_KINDS = (("substitutions", "#3b3b3b"), ("deletions", "#8f8f8f"), ("insertions", "#cfcfcf"))


def svg(width: float, height: float, body: Sequence[str], *, label: str) -> str:
    """Return an SVG picture of drawn elements, with a name for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(label)}">{"".join(body)}</svg>'
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", color: str = INK, size: float = 11) -> str:
    """Return a line of text whose baseline is at `y`."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{color}" font-size="{size:g}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, *, color: str = INK, width: float = 1.0) -> str:
    """Return a straight line."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}" stroke-width="{width:g}" fill="none"/>'


def rectangle(x: float, y: float, width: float, height: float, fill: str, *, title: str = "", stroke: str = "") -> str:
    """Return a filled rectangle; browsers show its title under the pointer."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    edge = f' stroke="{stroke}" stroke-width="2"' if stroke else ""
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{edge}'
    return f"<rect {shape}>{inside}</rect>"


def grey(share: float) -> str:
    """Return a grey from white (0) to near black (1)."""
    level = round(255 - 225 * min(1.0, max(0.0, share)))
    return f"#{level:02x}{level:02x}{level:02x}"


def curve_figure(points: Sequence[SweepPoint]) -> str:
    """Return error rate, edit distance and decoding time over the beam width, one below the other, the best marked."""
    width, left, right = 560.0, 56.0, 16.0
    parts: list[str] = []
    logs = [math.log(max(1, point.beam_width)) for point in points]
    low, high = min(logs), max(max(logs), min(logs) + 1e-6)
    xs = [left + (value - low) / (high - low) * (width - left - right) for value in logs]
    rates = [100 * point.phone_error_rate for point in points]
    times = [point.milliseconds for point in points]
    marked = points.index(best(points))
    parts += _panel(xs, rates, 30, 130, width - right, left, "phone errors, %", marked)
    edits = [point.mean_levenshtein for point in points]
    parts += _panel(xs, edits, 206, 90, width - right, left, "mean Levenshtein distance", marked)
    parts += _panel(xs, times, 342, 80, width - right, left, "decoding, ms an utterance", None)
    parts += [text(x, 440, str(point.beam_width), anchor="middle") for x, point in zip(xs, points, strict=True)]
    parts += [text(0, 440, "width", color=FAINT)]
    return svg(width + 8, 446, parts, label="Phone error rate, edit distance and decoding time over the beam width")


def _panel(
    xs: Sequence[float],
    values: Sequence[float],
    top: float,
    height: float,
    right: float,
    left: float,
    title: str,
    marked: int | None,
) -> list[str]:
    ticks = nice_ticks(min(values), max(values))
    low, high = min(ticks[0], min(values)), max(ticks[-1], max(values))
    ys = [top + height - (value - low) / (high - low) * height for value in values]
    parts = [text(left, top - 18, title, color=FAINT)]
    digits = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
    for tick in ticks:
        y = top + height - (tick - low) / (high - low) * height
        parts += [line(left, y, right, y, color=LINE), text(left - 8, y + 4, f"{tick:.{digits}f}", anchor="end")]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    parts.append(f'<path d="M{path}" stroke="{INK}" stroke-width="1.5" fill="none"/>')
    for number, (x, y, value) in enumerate(zip(xs, ys, values, strict=True)):
        chosen = number == marked
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if chosen else 3}" fill="{MARK if chosen else INK}"/>'
        parts.append(dot)
        if chosen or number in (0, len(xs) - 1):
            anchor = "end" if number == len(xs) - 1 else "start" if number == 0 else "middle"
            words = text(x, y - 9, f"{value:.2f}", anchor=anchor, color=MARK if chosen else INK)
            # A white edge about the digits: a line may run behind them.
            parts.append(words.replace("<text ", '<text stroke="#fff" stroke-width="4" paint-order="stroke" ', 1))
    return parts


def nice_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Return round values, at most about so many, the first not above `low` and the last not below `high`."""
    span = max(high - low, 1e-9 * max(1.0, abs(high)), 1e-12)
    step = 10.0 ** math.floor(math.log10(span / most))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if span / (step * factor) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]


def map_figure(points: Sequence[SweepPoint]) -> str:
    """Return the phone error rate over weight (across) and bonus (up), in numbers and greys; the best is marked."""
    fused = [point for point in points if point.alpha > 0]
    alphas, betas = sorted({p.alpha for p in fused}), sorted({p.beta for p in fused}, reverse=True)
    cell, tall, left, top = 56.0, 28.0, 56.0, 28.0
    rates = [point.phone_error_rate for point in fused]
    low, high = min(rates), max(rates)
    winner = best(fused)
    parts = [text(left, 12, "phone errors, %; the darker, the fewer", color=FAINT)]
    for point in sorted(fused, key=lambda p: p is winner):
        x, y = left + alphas.index(point.alpha) * cell, top + betas.index(point.beta) * tall
        share = 0.75 * ((high - point.phone_error_rate) / (high - low)) ** 2 if high > low else 0.0
        edge = MARK if point is winner else ""
        parts.append(rectangle(x + 1, y + 1, cell - 2, tall - 2, grey(share), stroke=edge))
        ink = "#ffffff" if share > 0.45 else INK
        number = f"{100 * point.phone_error_rate:.1f}"
        parts.append(text(x + cell / 2, y + tall / 2 + 4, number, anchor="middle", color=ink))
    bottom = top + len(betas) * tall
    names = [f"{beta:g}".replace("-", "−") for beta in betas]
    parts += [text(left - 8, top + (k + 0.5) * tall + 4, words, anchor="end") for k, words in enumerate(names)]
    parts += [text(left + (k + 0.5) * cell, bottom + 16, f"{a:g}", anchor="middle") for k, a in enumerate(alphas)]
    middle = left + len(alphas) * cell / 2
    parts.append(text(middle, bottom + 36, "language model weight", anchor="middle", color=FAINT))
    turned = f'transform="rotate(-90 14 {(top + bottom) / 2:.1f})"'
    words = text(14, (top + bottom) / 2, "insertion bonus", anchor="middle", color=FAINT)
    parts.append(words.replace("<text ", f"<text {turned} ", 1))
    label = "Phone error rate over language model weight and insertion bonus"
    return svg(left + len(alphas) * cell + 16, bottom + 44, parts, label=label)


def matrix_figure(confusions: Confusions) -> str:
    """Return the confusion matrix: rows said, columns heard, the last of each for nothing; greys by part of the row."""
    labels = confusions.labels()
    cell, left, top = 14.0, 44.0, 44.0
    shown = [*labels, 0]
    size = cell * len(shown)
    parts: list[str] = []
    said = confusions.counts.sum(axis=1)
    names = {label: confusions.table.symbols[label] for label in labels} | {0: "–"}
    for i, row in enumerate(shown):
        parts.append(text(left - 6, top + (i + 0.75) * cell, names[row] if row else "+", anchor="end", size=9))
        x = left + (i + 0.7) * cell
        turned = f'<text transform="rotate(-90 {x:.1f} {top - 6:.1f})" '
        parts.append(text(x, top - 6, names[row], size=9).replace("<text ", turned, 1))
        for j, column in enumerate(shown):
            count = int(confusions.counts[row, column])
            if count:
                share = count / max(1, int(said[row]))
                words = f"{names[row] if row else 'nothing'} heard as {names[column] if column else 'nothing'}: {count}"
                # On the diagonal most is right: drawn outlined and paler, so that the errors stand out.
                fill = grey(0.15 * share) if row == column else grey(min(1.0, 3.0 * share) ** 0.7)
                parts.append(rectangle(left + j * cell, top + i * cell, cell, cell, fill, title=words))
    classes = [phoneme_class(names[label]) for label in labels]
    for k in range(len(shown) + 1):
        new = k in (0, len(labels), len(shown)) or classes[k] != classes[k - 1]
        color = FAINT if new else "#f0f0f0"
        edge = k * cell
        parts.append(line(left, top + edge, left + size, top + edge, color=color, width=0.75 if new else 0.5))
        parts.append(line(left + edge, top, left + edge, top + size, color=color, width=0.75 if new else 0.5))
    for k in range(len(labels)):
        x, y = left + k * cell, top + k * cell
        parts.append(f'<path d="M{x:.1f} {y:.1f}h{cell:g}v{cell:g}h-{cell:g}z" stroke="{FAINT}" fill="none"/>')
    parts.append(text(left + size / 2, 12, "heard (–: nothing)", anchor="middle", color=FAINT))
    return svg(left + size + 2, top + size + 2, parts, label="Confusion matrix: said against heard")


def bars_figure(groups: Sequence[GroupScore], *, unit: str) -> str:
    """Return the errors of groups as bars by kind, in per cent of their phonemes."""
    left, tall, scale_width, top = 120.0, 22.0, 320.0, 40.0
    most = max(100 * group.counts.errors / max(1, group.counts.reference_length) for group in groups)
    ticks = nice_ticks(0.0, most)
    high = ticks[-1]
    parts: list[str] = []
    at = left
    for name, fill in _KINDS:
        parts += [rectangle(at, 6, 10, 10, fill), text(at + 15, 15, name)]
        at += 110
    bottom = top + tall * len(groups)
    for tick in ticks:
        x = left + tick / high * scale_width
        parts += [line(x, top - 4, x, bottom, color=LINE), text(x, bottom + 16, f"{tick:g} %", anchor="middle")]
    for k, group in enumerate(groups):
        y, x = top + k * tall, left
        parts.append(text(left - 8, y + 15, group.name, anchor="end"))
        length = max(1, group.counts.reference_length)
        for name, fill in _KINDS:
            wide = 100 * getattr(group.counts, name) / length / high * scale_width
            parts.append(rectangle(x, y + 4, wide, tall - 8, fill))
            x += wide
        parts.append(text(x + 6, y + 15, f"{100 * group.counts.errors / length:.1f}"))
        noun = "utterance" if group.utterances == 1 else "utterances"
        parts.append(text(left + scale_width + 60, y + 15, f"{group.utterances} {noun}", color=FAINT))
    return svg(left + scale_width + 160, bottom + 24, parts, label=f"Phone errors by {unit}")
