"""The command line: the same engine as the window, without Qt."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

from model import __version__
from model.config import PRESETS, DecodingConfig, TrainingConfig, with_overrides
from model.errors import UserError
from model.inference import DEVICES

COMMANDS = ("transcribe", "train", "evaluate", "language-model", "convert", "info")


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one sentence and exit code 2."""

    def error(self, message: str) -> Any:
        self.exit(2, f"phonegui: {message} (see {self.prog} --help)\n")


def run_command(arguments: Sequence[str]) -> int:
    """Run a subcommand; return its exit status: 0, or 2 after one sentence on stderr."""
    from phonegui import commands

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may hold anything
    options = build_parser().parse_args(arguments)
    try:
        status: int = getattr(commands, options.command.replace("-", "_"))(options)
    except UserError as error:
        print(f"phonegui: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("phonegui: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, `head` for one, has seen enough
        sys.stderr.close()
        return 0
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = _Parser(
        prog="phonegui",
        description="Phoneme recognition workbench. Without a command: phonegui [FILE...] opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"phonegui {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_transcribe(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_language_model(commands)
    _add_convert(commands)
    _add_info(commands)
    return parser


def _add_transcribe(commands: Any) -> None:
    parser = commands.add_parser("transcribe", help="print the phonemes of recordings")
    parser.add_argument("files", nargs="+", metavar="FILE", help="wav, flac, mp3 or ogg; any rate and channels")
    _add_decoding(parser)
    _add_format(parser)


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="score a checkpoint against a corpus's references")
    parser.add_argument("corpus", metavar="CORPUS", help="audio manifest: tab-separated id, path, phones")
    parser.add_argument("--part", metavar="NAME", help="score the utterances of one sub-corpus (column corpus) alone")
    _add_decoding(parser)
    _add_format(parser)


def _add_train(commands: Any) -> None:
    parser = commands.add_parser("train", help="train a network")
    parser.add_argument("train", metavar="TRAIN", help="corpus to learn from")
    parser.add_argument("--dev", required=True, metavar="DEV", help="corpus scored after every epoch")
    parser.add_argument("--dev-part", metavar="NAME", help="score one sub-corpus of DEV (column corpus) alone")
    parser.add_argument("--out", required=True, metavar="RUN_DIR", help="folder of the run, made if missing")
    presets = "; ".join(f"{name}: {preset.help}" for name, preset in PRESETS.items())
    parser.add_argument("--preset", default="compact", choices=tuple(PRESETS), help=presets.replace("%", "%%"))
    fields = ", ".join(TrainingConfig.__dataclass_fields__)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"change a setting of the preset: {fields}, or a size of the network as network.FIELD",
    )
    parser.add_argument("--start-from", metavar="C", help="begin with a checkpoint's sizes and weights")
    parser.add_argument("--resume", action="store_true", help="go on with the run kept in RUN_DIR, with its settings")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--title", default="", help="name stored in the checkpoints")
    parser.add_argument("--notes", default="", help="words stored in the checkpoints: data, licences")


def _add_language_model(commands: Any) -> None:
    parser = commands.add_parser("language-model", help="train a phone n-gram model from a corpus's references")
    parser.add_argument("corpus", metavar="CORPUS", help="corpus with references")
    parser.add_argument("--out", required=True, metavar="ARPA", help="file to write")
    parser.add_argument("--order", type=int, default=4, choices=(1, 2, 3, 4), help="length of the n-grams (default: 4)")
    parser.add_argument("--test", metavar="CORPUS", help="corpus whose perplexity is printed")


def _add_convert(commands: Any) -> None:
    parser = commands.add_parser("convert", help="store a checkpoint anew: smaller, or with other words and scores")
    parser.add_argument("source", metavar="SOURCE", help="checkpoint of this program")
    parser.add_argument("target", metavar="TARGET", help="file to write")
    parser.add_argument("--half", action="store_true", help="store the weights as float16, half the size")
    parser.add_argument("--title", help="name stored in the checkpoint")
    parser.add_argument("--notes", help="words stored in the checkpoint: data, licences")
    parser.add_argument(
        "--score",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="store the JSON that evaluate printed under a name",
    )


def _add_info(commands: Any) -> None:
    parser = commands.add_parser("info", help="print versions, devices, and what the checkpoint is")
    parser.add_argument("--checkpoint", metavar="C", help="checkpoint (default: the bundled one)")
    _add_format(parser)


def _add_decoding(parser: argparse.ArgumentParser) -> None:
    for name, words in (("beam_width", "0 is greedy"), ("alpha", "--language-model"), ("beta", "")):
        item = DecodingConfig.__dataclass_fields__[name]
        help = f"{item.metadata['help']}{f' ({words})' if words else ''}; default: {item.default}"
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=_setting(name), default=item.default, metavar="N", help=help
        )
    parser.add_argument("--language-model", metavar="ARPA", help="phone n-gram model (default: the bundled one)")
    parser.add_argument("--checkpoint", metavar="C", help="checkpoint (default: the bundled one)")
    parser.add_argument("--device", default="auto", choices=DEVICES)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="text", choices=("text", "json"))


def _setting(name: str) -> Callable[[str], Any]:
    """Return the reader of one decoding setting, which refuses what is out of bounds."""

    def read(text: str) -> Any:
        try:
            return getattr(with_overrides(DecodingConfig(), {name: text}), name)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return read
