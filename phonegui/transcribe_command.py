"""The subcommand that transcribes: recordings to phonemes with their times, printed or written."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from model.distributed import any_true, gather_in_order, rank, shard, world_size
from model.errors import FileError, UserError
from model.export import SUFFIXES, Exported, export, exported
from phonegui.decoding_options import recognizer_of, search_of
from phonegui.feature_files import hear_source
from phonegui.progress_bars import quiet
from phonegui.sources import Source
from phonegui.targets import require_free

if TYPE_CHECKING:
    from model.recognizer import Recognizer
    from model.search import Search


def transcribe(options: argparse.Namespace) -> int:
    """Transcribe recordings; go on after a bad one and return 2 at the end."""
    targets = _targets(options)
    any_true(False)  # all processes have looked at what is there before one of them writes
    recognizer = recognizer_of(options)
    search = search_of(options, recognizer)
    files, outcomes = shard(options.files), []
    bar = tqdm(total=len(files), unit="file", disable=quiet(), delay=1.0, file=sys.stderr)
    for number, path in enumerate(files):
        try:
            result = _heard(recognizer, search, path, number, bar)
            bar.clear()
            if path in targets:
                export(targets[path], options.format, result)
                outcome = _Outcome(str(targets[path]))
            elif options.format == "text":
                prefix = f"{path}: " if len(options.files) > 1 else ""
                outcome = _Outcome(prefix + " ".join(result.transcript.symbols))
            else:
                outcome = _Outcome(result=result)
        except UserError as error:
            bar.clear()
            outcome = _Outcome(problem=str(error))
        if world_size() == 1:
            outcome.print()
        outcomes.append(outcome)
    bar.close()
    return _finish(options, outcomes)


@dataclass(frozen=True)
class _Outcome:
    """What became of a file: a line to print, a transcript that is printed with the others, or a problem."""

    line: str = ""
    result: Exported | None = None
    problem: str = ""

    def print(self) -> None:
        if self.problem:
            print(f"phonegui: {self.problem}", file=sys.stderr)
        elif self.result is None:
            print(self.line, flush=True)


def _finish(options: argparse.Namespace, outcomes: list[_Outcome]) -> int:
    """Print, in the first process, what all have heard; return the exit status."""
    outcomes = gather_in_order(outcomes)
    if rank() > 0:
        return 0
    if world_size() > 1:
        for outcome in outcomes:
            outcome.print()
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    if options.format != "text" and not options.out and (results or options.format != "textgrid"):
        print(exported(results, options.format), end="")
    return 2 if any(outcome.problem for outcome in outcomes) else 0


def _targets(options: argparse.Namespace) -> dict[str, Path]:
    """Return the file to write for each recording, none without ``--out``; nothing there is written over."""
    if not options.out:
        if options.force:
            raise UserError("--force acts on the files that --out writes; add --out DIR.")
        if options.format == "textgrid" and len(options.files) > 1:
            raise UserError("A TextGrid holds one recording; add --out DIR to write a file for each.")
        return {}
    folder = Path(options.out)
    if folder.exists() and not folder.is_dir():
        raise FileError(folder, "is a file; name a folder to write into")
    targets: dict[str, Path] = {}
    for path in dict.fromkeys(options.files):
        target = folder / (Path(path).stem + SUFFIXES[options.format])
        if target in targets.values():
            raise UserError(f"Two recordings would be written to {target}; transcribe them into different folders.")
        targets[path] = target
    require_free(targets.values(), force=options.force)
    return targets


def _heard(recognizer: Recognizer, search: Search, path: str, number: int, bar: Any) -> Exported:
    def progress(step: str, done: float) -> bool:
        bar.set_description(step, refresh=False)
        bar.update(round(number + {"reading": 0.1, "network": 0.1 + 0.9 * done}.get(step, 0.0), 3) - bar.n)
        return True

    heard, doubt = hear_source(recognizer, Source(path), progress=progress)
    if doubt:
        bar.clear()
        print(f"phonegui: {doubt}", file=sys.stderr)
    transcript = recognizer.transcript(heard, search(heard.log_probs)[0])
    return Exported(path, heard.seconds, transcript, recognizer.header.table)
