"""The command line: the same engine as the window, without Qt."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

from model import __version__
from model.config import DecodingConfig, with_overrides
from model.errors import UserError
from model.inference import DEVICES, INFERENCE_PRECISIONS
from model.training_main import add_arguments as add_training_arguments
from phonegui.export_command import add_cut, add_picture
from phonegui.targets import add_force

COMMANDS = (
    "transcribe",
    "train",
    "evaluate",
    "submit",
    "language-model",
    "convert",
    "info",
    "prepare",
    "cache",
    "picture",
    "cut",
)


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
    _add_decoding(add_picture(commands))
    add_cut(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_submit(commands)
    _add_language_model(commands)
    _add_convert(commands)
    _add_info(commands)
    _add_prepare(commands)
    _add_cache(commands)
    return parser


def _add_transcribe(commands: Any) -> None:
    parser = commands.add_parser("transcribe", help="print the phonemes of recordings")
    files = "wav, flac, mp3, ogg, aiff, au or w64, any rate and channels; or .npy with the features of one utterance"
    parser.add_argument("files", nargs="+", metavar="FILE", help=files)
    parser.add_argument("--format", default="text", choices=("text", "json", "csv", "textgrid"))
    parser.add_argument("--out", metavar="DIR", help="write a file for each recording into a folder, made if missing")
    add_force(parser)
    parser.add_argument("--overwrite", dest="force", action="store_true", help=argparse.SUPPRESS)  # its former name
    _add_decoding(parser)


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="score a checkpoint against a corpus's references")
    parser.add_argument("corpus", metavar="CORPUS", help="audio manifest, course files, Kaldi folder, ...")
    parser.add_argument("--part", metavar="NAME", help="score the utterances of one sub-corpus (column corpus) alone")
    _add_choose(parser)
    parser.add_argument("--report", metavar="DIR", help="write report.html and report.json into a folder")
    parser.add_argument("--compare", metavar="C", help="score another checkpoint too, and test the difference")
    parser.add_argument(
        "--compare-set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="compare with other decoding settings: beam_width, alpha, beta",
    )
    parser.add_argument("--widths", action="store_true", help="score beam widths from 1 to 200")
    parser.add_argument("--lm-map", action="store_true", help="score language model weights and insertion bonuses")
    add_force(parser)
    _add_decoding(parser)
    _add_format(parser)


def _add_submit(commands: Any) -> None:
    parser = commands.add_parser("submit", help="transcribe a test corpus and write its submission csv")
    parser.add_argument("corpus", metavar="TEST", help="corpus of any layout, e.g. test.npy")
    parser.add_argument("--out", required=True, metavar="CSV", help="file to write; a .json of its name says how")
    parser.add_argument(
        "--sample", metavar="CSV", help="the course's sample: its header, ids and number of rows are kept"
    )
    parser.add_argument("--part", metavar="NAME", help="take the utterances of one sub-corpus alone")
    _add_choose(parser)
    add_force(parser)
    _add_decoding(parser, beam_width=100)


def _add_train(commands: Any) -> None:
    parser = commands.add_parser("train", help="train a network")
    add_training_arguments(parser, DEVICES)


def _add_language_model(commands: Any) -> None:
    parser = commands.add_parser("language-model", help="train a phone n-gram model from a corpus's references")
    parser.add_argument("corpus", metavar="CORPUS", help="corpus with references")
    parser.add_argument("--out", required=True, metavar="ARPA", help="file to write")
    parser.add_argument("--order", type=int, default=4, choices=(1, 2, 3, 4), help="length of the n-grams (default: 4)")
    parser.add_argument("--test", metavar="CORPUS", help="corpus whose perplexity is printed")
    parser.add_argument(
        "--smoothing", default="kneser-ney", choices=("kneser-ney", "witten-bell"), help="(default: kneser-ney)"
    )
    parser.add_argument(
        "--text", action="append", default=[], metavar="TXT", help="mix in a written text; may be given again"
    )
    parser.add_argument("--dictionary", metavar="DICT", help="how the words of the texts are spoken, as CMUdict has it")
    parser.add_argument("--tune", metavar="CORPUS", help="corpus that decides how much each text is worth")
    parser.add_argument(
        "--entries", type=int, metavar="N", help="list at most N n-grams of two and more phones (default: all)"
    )
    _add_choose(parser)
    add_force(parser)


def _add_convert(commands: Any) -> None:
    parser = commands.add_parser(
        "convert", help="store a checkpoint anew: torch's as one of this program, smaller, ..."
    )
    parser.add_argument("source", metavar="SOURCE", help="checkpoint of this program, or a file of torch.save (.pt)")
    parser.add_argument("target", metavar="TARGET", help="file to write")
    parser.add_argument("--half", action="store_true", help="store the weights as float16, half the size")
    parser.add_argument("--symbols", metavar="TABLE", help="symbol table of the outputs: a name, or a JSON file")
    parser.add_argument(
        "--features",
        choices=("unknown", "mfcc"),
        help="how the features it was trained on were made: by nobody knows what recipe, or by phonegui's own",
    )
    parser.add_argument("--title", help="name stored in the checkpoint")
    parser.add_argument("--notes", help="words stored in the checkpoint: data, licences")
    parser.add_argument(
        "--score",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="store the JSON that evaluate printed under a name",
    )
    add_force(parser)


def _add_prepare(commands: Any) -> None:
    parser = commands.add_parser("prepare", help="write an audio corpus's features and labels in course layout")
    parser.add_argument("corpus", metavar="CORPUS", help="audio manifest, or another corpus of recordings")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write into, made if missing")
    parser.add_argument("--layout", default="course", choices=("course",), help="arrays as in fall 2020's files")
    parser.add_argument("--split", metavar="NAME", help="name of the files: train, dev, test (default: the corpus's)")
    parser.add_argument("--checkpoint", metavar="C", help="whose feature recipe to use (default: the bundled one)")
    _add_choose(parser)
    add_force(parser)


def _add_cache(commands: Any) -> None:
    parser = commands.add_parser("cache", help="print how much is kept that can be made again, or delete it")
    parser.add_argument("--clear", action="store_true", help="delete it")


def _add_choose(parser: argparse.ArgumentParser) -> None:
    names = "'label offset', 'symbol table', 'split', 'order'"
    parser.add_argument(
        "--choose",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"how to read the corpus where there is a choice: {names}",
    )


def _add_info(commands: Any) -> None:
    parser = commands.add_parser("info", help="print versions, devices, and what the checkpoint is")
    parser.add_argument("--checkpoint", metavar="C", help="checkpoint (default: the bundled one)")
    _add_format(parser)


def _add_decoding(parser: argparse.ArgumentParser, *, beam_width: int = DecodingConfig().beam_width) -> None:
    for name, words in (("beam_width", "0 is greedy"), ("alpha", "--language-model"), ("beta", "")):
        item = DecodingConfig.__dataclass_fields__[name]
        default = beam_width if name == "beam_width" else item.default
        help = f"{item.metadata['help']}{f' ({words})' if words else ''}; default: {default}"
        parser.add_argument(f"--{name.replace('_', '-')}", type=_setting(name), default=default, metavar="N", help=help)
    parser.add_argument("--language-model", metavar="ARPA", help="phone n-gram model (default: the bundled one)")
    parser.add_argument("--checkpoint", metavar="C", help="checkpoint (default: the bundled one)")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    words = "arithmetic of the network; bfloat16 is faster where the processor has it, and as good (default: float32)"
    parser.add_argument("--precision", default="float32", choices=INFERENCE_PRECISIONS, help=words)


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
