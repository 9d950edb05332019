"""What the subcommands do. Each takes the parsed options, prints, and returns an exit status."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from tqdm import tqdm

from model import __version__
from model.config import DecodingConfig
from model.errors import FileError, UserError
from phonegui.progress_bars import Bars, quiet
from phonegui.resources import default_checkpoint, default_language_model


def transcribe(options: argparse.Namespace) -> int:
    """Print the phonemes of recordings; go on after a bad one and return 2 at the end."""
    recognizer = _recognizer(options)
    search = _search(options, recognizer)
    results: list[dict[str, Any]] = []
    failed = False
    bar = tqdm(total=len(options.files), unit="file", disable=quiet(), delay=1.0, file=sys.stderr)
    for number, path in enumerate(options.files):

        def progress(step: str, done: float, number: int = number) -> bool:
            bar.set_description(step, refresh=False)
            bar.update(round(number + {"reading": 0.1, "network": 0.1 + 0.9 * done}.get(step, 0.0), 3) - bar.n)
            return True

        try:
            heard = recognizer.hear(path, progress=progress)
            transcript = recognizer.transcript(heard, search(heard.log_probs)[0])
        except UserError as error:
            bar.clear()
            print(f"phonegui: {error}", file=sys.stderr)
            failed = True
            continue
        if options.format == "text":
            bar.clear()
            prefix = f"{path}: " if len(options.files) > 1 else ""
            print(prefix + " ".join(transcript.symbols), flush=True)
            continue
        results.append(
            {
                "file": path,
                "seconds": round(heard.audio.seconds, 6),
                "phonemes": transcript.symbols,
                "letters": transcript.letters,
                "start": [round(phoneme.start, 4) for phoneme in transcript.phonemes],
                "end": [round(phoneme.end, 4) for phoneme in transcript.phonemes],
                "score": transcript.log_prob,
            }
        )
    bar.close()
    if options.format == "json":
        print(json.dumps(results, indent=2, ensure_ascii=False))
    return 2 if failed else 0


def evaluate(options: argparse.Namespace) -> int:
    """Print the scores of a checkpoint on a corpus."""
    from model.corpus import open_corpus
    from model.evaluation import evaluate as score

    recognizer = _recognizer(options)
    corpus = open_corpus(options.corpus)
    if options.part:
        corpus = chosen_part(corpus, options.part)
    with Bars() as bars:
        result, problems = score(recognizer, corpus, _search(options, recognizer), report=bars.report)
    for problem in problems:
        print(f"phonegui: left out: {problem}", file=sys.stderr)
    if options.format == "json":
        print(json.dumps(result.to_json(), indent=2))
        return 0
    print(f"utterances        {result.utterances}")
    print(f"phone error rate  {100 * result.phone_error_rate:.2f} %")
    print(f"substitutions     {result.substitutions}")
    print(f"deletions         {result.deletions}")
    print(f"insertions        {result.insertions}")
    print(f"mean Levenshtein  {result.mean_levenshtein:.3f}")
    print(f"seconds           {result.seconds:.1f}")
    return 0


def language_model(options: argparse.Namespace) -> int:
    """Train a phone n-gram model and print its perplexity."""
    from model.corpus import open_corpus
    from model.decoding import NGramModel

    corpus = open_corpus(options.corpus)
    references = _references(corpus)
    tested = _references(open_corpus(options.test)) if options.test else None
    model = NGramModel.train(references, order=options.order, classes=len(corpus.table))
    model.write_arpa(options.out, corpus.table.symbols)
    perplexity = model.perplexity(references)
    print(f"{options.out}: order {options.order}, {len(references)} utterances, perplexity {perplexity:.2f}")
    if tested is not None:
        print(f"perplexity on {options.test}: {model.perplexity(tested):.2f}")
    return 0


def _references(corpus: Any) -> list[tuple[int, ...]]:
    references = [utterance.labels for utterance in corpus.utterances if utterance.labels]
    if not references:
        raise UserError(f"{corpus.path} has no reference phonemes; add a column named phones.")
    return references


def convert(options: argparse.Namespace) -> int:
    """Store a checkpoint anew."""
    from model.checkpoint import load_checkpoint, save_checkpoint

    network, header = load_checkpoint(options.source)
    changes: dict[str, Any] = {"scores": {**header.scores, **dict(_score(text) for text in options.score)}}
    changes |= {name: getattr(options, name) for name in ("title", "notes") if getattr(options, name) is not None}
    save_checkpoint(options.target, network.state_dict(), dataclasses.replace(header, **changes), half=options.half)
    print(f"{options.target}: {Path(options.target).stat().st_size / 1e6:.1f} MB")
    return 0


def _score(text: str) -> tuple[str, dict[str, Any]]:
    name, equals, path = text.partition("=")
    if not equals:
        raise UserError(f"--score takes NAME=FILE, not {text!r}.")
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(path, f"cannot be read as JSON ({error}); give what evaluate --format json printed") from None
    if not isinstance(value, dict) or not isinstance(value.get("phone_error_rate"), float):
        raise FileError(path, "holds no scores; give what evaluate --format json printed")
    return name, value


def train(options: argparse.Namespace) -> int:
    """Train a network."""
    from phonegui.train_command import train as run

    return run(options)


def info(options: argparse.Namespace) -> int:
    """Print versions, devices and the checkpoint's header."""
    import torch

    from model.checkpoint import read_header
    from model.network import SpeechToPhoneme, parameter_count

    path = Path(options.checkpoint) if options.checkpoint else default_checkpoint()
    header = read_header(path)
    with torch.device("meta"):
        parameters = parameter_count(SpeechToPhoneme(header.network))
    packages = ("torch", "numpy", "PySide6", "pyqtgraph", "librosa", "numba", "safetensors", "soundfile")
    devices = ["cpu", *(f"cuda: {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count()))]
    value = {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in packages},
        "devices": devices,
        "threads": torch.get_num_threads(),
        "checkpoint": {
            "file": str(path),
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "title": header.title,
            "notes": header.notes,
            "parameters": parameters,
            "epochs": len(header.history),
            "network": header.network.to_json(),
            "features": header.features.to_json(),
            "symbols": header.table.name,
            "scores": header.scores,
        },
    }
    if options.format == "json":
        print(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        _print_tree(value)
    return 0


def _print_tree(value: dict[str, Any], indent: int = 0) -> None:
    for name, item in value.items():
        if isinstance(item, dict):
            print(f"{' ' * indent}{name}")
            _print_tree(item, indent + 2)
        else:
            text = ", ".join(str(x) for x in item) if isinstance(item, list) else str(item)
            print(f"{' ' * indent}{name:<{22 - indent}} {text}".rstrip())


def _recognizer(options: argparse.Namespace) -> Any:
    from model.inference import choose_device
    from model.recognizer import Recognizer

    path = options.checkpoint or default_checkpoint()
    return Recognizer(path, device=choose_device(options.device))


def _search(options: argparse.Namespace, recognizer: Any) -> Any:
    from model.search import Search, read_language_model

    settings = DecodingConfig(beam_width=options.beam_width, alpha=options.alpha, beta=options.beta)
    if not settings.alpha:
        if options.language_model or options.beta != DecodingConfig().beta:
            raise UserError("--language-model and --beta act together with a weight; add --alpha, for example 0.5.")
        return Search(settings)
    if settings.beam_width == 0:
        raise UserError("Greedy decoding takes no language model; give a --beam-width above 0, or leave out --alpha.")
    path = options.language_model or default_language_model()
    return Search(settings, read_language_model(path, recognizer.header.table))


def chosen_part(corpus: Any, name: str) -> Any:
    """Return one sub-corpus; raise UserError naming those there are."""
    chosen = corpus.part(name)
    if not len(chosen):
        parts = ", ".join(sorted({utterance.part for utterance in corpus.utterances if utterance.part})) or "none"
        raise UserError(f"{corpus.path} has no sub-corpus named {name!r}; it has: {parts}.")
    return chosen
