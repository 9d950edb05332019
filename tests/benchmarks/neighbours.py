"""Phone error rate and speed of this program beside recognisers that a package index has, on the same recordings.

``python -m tests.benchmarks.neighbours CORPUS [--part NAME] [--utterances 200]`` takes every recording through each
recogniser at the settings that serve it best (found on recordings other than those scored), and prints the phone error
rate and how many seconds of speech it takes in a second on one core. A neighbour that is not installed
(``pip install pocketsphinx``) is left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch

from model.audio import Audio, read_audio
from model.config import DecodingConfig
from model.corpus import Utterance, open_corpus
from model.metrics import ErrorCounts, error_counts
from model.phonemes import DEFAULT_TABLE
from model.recognizer import Recognizer
from model.search import Search, read_language_model
from phonegui.resources import default_checkpoint, default_language_model

Transcribe = Callable[[Audio], Sequence[int]]
RATE = 16000
TUNING_UTTERANCES = 12


def ours(*, with_model: bool) -> Transcribe:
    """Return this program's transcriber with the bundled checkpoint."""
    recognizer = Recognizer(default_checkpoint())
    table = recognizer.header.table
    settings = DecodingConfig(beam_width=100, alpha=0.5 if with_model else 0.0)
    search = Search(settings, read_language_model(default_language_model(), table) if with_model else None)

    def transcribe(audio: Audio) -> Sequence[int]:
        return search(recognizer.posteriors(recognizer.features(audio)))[0].labels

    return transcribe


def _sphinx(decoder: Any, phones: Callable[[Any], Iterable[str]]) -> Transcribe:
    def transcribe(audio: Audio) -> Sequence[int]:
        decoder.start_utt()
        decoder.process_raw((np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        return DEFAULT_TABLE.encode(" ".join(phones(decoder)))

    return transcribe


def sphinx_phones(**settings: float) -> Transcribe:
    """Return pocketsphinx's phone loop with its phone trigram.

    Its phones are those in context: the context-independent ones that it takes by default are ten times as fast, but
    make a third more errors.
    """
    from pocketsphinx import Decoder, get_model_path

    folder = get_model_path("en-us")
    decoder = Decoder(
        hmm=f"{folder}/en-us",
        allphone=f"{folder}/en-us-phone.lm.bin",
        allphone_ci=False,
        lm=None,
        dict=None,
        loglevel="FATAL",
        **settings,
    )
    known = set(DEFAULT_TABLE.symbols) - {"SIL", "SPN"}
    return _sphinx(decoder, lambda it: [segment.word for segment in it.seg() if segment.word in known])


def sphinx_words(**settings: float) -> Transcribe:
    """Return pocketsphinx's word recogniser, its words spelled by the pronunciations it chose."""
    from pocketsphinx import Decoder, get_model_path

    folder = get_model_path("en-us")
    decoder = Decoder(
        hmm=f"{folder}/en-us",
        lm=f"{folder}/en-us.lm.bin",
        dict=f"{folder}/cmudict-en-us.dict",
        loglevel="FATAL",
        **settings,
    )

    def phones(it: Any) -> Iterable[str]:
        words = [segment.word for segment in it.seg() if not segment.word.startswith(("<", "["))]
        return [phone for word in words for phone in (it.lookup_word(word) or "").split()]

    return _sphinx(decoder, phones)


def score(transcribe: Transcribe, spoken: Sequence[tuple[Utterance, Audio]]) -> tuple[float, float]:
    """Return the phone error rate and the seconds of speech to a second of processor time."""
    transcribe(spoken[0][1])  # what is loaded or compiled on first use is not its speed
    counts = ErrorCounts()
    began = time.process_time()
    for utterance, audio in spoken:
        counts += error_counts(utterance.labels or (), transcribe(audio), ignore=DEFAULT_TABLE.silent())
    seconds = sum(audio.seconds for _, audio in spoken)
    return counts.rate, seconds / (time.process_time() - began)


def best(make: Callable[..., Transcribe], choices: list[dict[str, float]], tuning: Any) -> tuple[Transcribe, str]:
    """Return the transcriber whose settings make the fewest errors on the tuning recordings, and the settings."""
    rates = [score(make(**choice), tuning)[0] for choice in choices]
    chosen = choices[int(np.argmin(rates))]
    return make(**chosen), " ".join(f"{name}={value:g}" for name, value in chosen.items())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", help="corpus with phones, of recordings")
    parser.add_argument("--part", help="one sub-corpus alone")
    parser.add_argument("--utterances", type=int, default=200, help="how many are scored, evenly spread (default: 200)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # as its neighbours
    corpus = open_corpus(options.corpus)
    corpus = corpus.part(options.part) if options.part else corpus
    places = np.unique(np.linspace(0, len(corpus) - 1, options.utterances).astype(int)).tolist()
    others = [i for i in range(len(corpus)) if i not in set(places)] or places
    tuned = [others[i] for i in np.unique(np.linspace(0, len(others) - 1, TUNING_UTTERANCES).astype(int))]
    spoken, tuning = (
        [(corpus.utterances[i], read_audio(corpus.utterances[i].path, sample_rate=RATE)) for i in chosen]
        for chosen in (places, tuned)
    )
    print(f"{len(spoken)} utterances, {sum(audio.seconds for _, audio in spoken) / 60:.1f} min")
    print(f"{'recogniser':<34}{'phone errors':>13}{'times real time':>17}  settings")
    for name, with_model in (("phonegui", False), ("phonegui, phone 4-gram", True)):
        _print(name, score(ours(with_model=with_model), spoken), "beam 100" + (", alpha 0.5" if with_model else ""))
    try:
        import pocketsphinx  # noqa: F401
    except ImportError:
        print("pocketsphinx is not installed and left out (pip install pocketsphinx)")
        return
    # With phones in context the beams decide between few errors and an end within the day; narrower ones make more.
    wide = {"beam": 1e-14, "pbeam": 1e-10}
    transcribe, settings = best(sphinx_phones, [{"lw": weight, **wide} for weight in (1.0, 2.0, 3.0)], tuning)
    _print("pocketsphinx allphone", score(transcribe, spoken), settings)
    wider = {"beam": 1e-60, "wbeam": 1e-40, "maxhmmpf": -1}
    transcribe, settings = best(sphinx_words, [{}, wider, {"lw": 8.0, **wider}, {"lw": 5.0, **wider}], tuning)
    _print("pocketsphinx words, dictionary", score(transcribe, spoken), settings or "its defaults")


def _print(name: str, result: tuple[float, float], settings: str) -> None:
    print(f"{name:<34}{100 * result[0]:>11.2f} %{result[1]:>17.1f}  {settings}", flush=True)


if __name__ == "__main__":
    main()
