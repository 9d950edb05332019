"""How far the boundaries between phonemes lie from those of a forced alignment of words and phones.

``python -m tests.benchmarks.boundaries CORPUS TEXTGRIDS [--part NAME] [--utterances N]``: a manifest's recordings, and
a folder with ``ID.TextGrid`` (long form, a tier named phones). The reference's own phonemes are aligned to the bundled
checkpoint's posteriors; the spikes' middles, widened to phonemes as the window shows them, are compared with the tier.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from model.corpus import open_corpus
from model.recognizer import Recognizer
from model.transcript import align_reference
from phonegui.resources import default_checkpoint

_INTERVAL = re.compile(r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "([^"]*)"')


def phones(path: Path) -> list[tuple[float, float, str]]:
    """Return start, end in seconds and symbol of each phone of a TextGrid, silences left out."""
    text = path.read_text(encoding="utf-8")
    found = _INTERVAL.findall(text[text.index('name = "phones"') :])
    return [(float(a), float(b), symbol) for a, b, symbol in found if symbol.lower() not in {"", "sil", "sp", "spn"}]


def main() -> None:
    """Print the median distance and the share within 20 ms."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("textgrids", type=Path)
    parser.add_argument("--part")
    parser.add_argument("--checkpoint", default=str(default_checkpoint()))
    parser.add_argument("--utterances", type=int, default=100)
    options = parser.parse_args()
    corpus = open_corpus(options.corpus)
    corpus = corpus.part(options.part) if options.part else corpus
    recognizer = Recognizer(options.checkpoint)
    table = recognizer.header.table
    chosen = [u for u in corpus.utterances if (options.textgrids / f"{u.name}.TextGrid").exists()]
    distances: list[float] = []
    for utterance in chosen[:: max(1, len(chosen) // options.utterances)]:
        known = phones(options.textgrids / f"{utterance.name}.TextGrid")
        heard = recognizer.hear(utterance.path)
        times = {"step_seconds": heard.step_seconds, "seconds": heard.audio.seconds}
        placed = align_reference(heard.log_probs, table.encode([symbol for *_, symbol in known]), table, **times)
        for (_, end, _), (start, _, _), left in zip(known, known[1:], placed, strict=False):
            if start == end:  # boundaries with a pause beside them are matters of taste
                distances.append(abs(left.end - end))
    errors = np.array(distances)
    within = 100 * np.mean(errors < 0.0201)
    print(f"{len(errors)} boundaries: median {1000 * np.median(errors):.0f} ms, {within:.0f} % within 20 ms")


if __name__ == "__main__":
    main()
