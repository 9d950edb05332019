"""The subcommands that export: a recording's timeline as a picture, without a window, and a part of its sound."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from pathlib import Path

from model.errors import FileError, UserError
from phonegui.targets import add_force, require_free, require_place

_LEAST, _MOST = (480, 240), (16000, 8000)  # as `phonegui.picture` has them, which loads Qt


def picture(options: argparse.Namespace) -> int:
    """Write a picture of what the window would show of a recording."""
    size = _size_of(options.size)
    if Path(options.out).suffix.lower() not in (".png", ".svg"):
        raise FileError(options.out, "has no suffix of a picture; name it .png or .svg")
    require_free([options.out], force=options.force)
    require_place(options.out)
    start, end = options.start or 0.0, options.end
    if start < 0 or (end is not None and end <= start):
        raise UserError("There is nothing to draw; --from must be 0 or more and lie before --to.")
    if not 1.0 <= options.scale <= 4.0:
        raise UserError(f"--scale must lie between 1 and 4, not {options.scale:g}.")
    from phonegui.decoding_options import recognizer_of, search_of
    from phonegui.feature_files import hear_source
    from phonegui.reference_files import known_beside
    from phonegui.sources import Source

    recognizer = recognizer_of(options)
    search = search_of(options, recognizer)
    source = Source(options.file)
    heard, doubt = hear_source(recognizer, source)
    reference, problem = None, ""
    if source.is_recording:
        reference, problem = known_beside(source.path, recognizer.header.table, heard.seconds)
    for sentence in filter(None, (doubt, problem)):
        print(f"phonegui: {sentence}", file=sys.stderr)
    part = _part_of(options, heard.seconds)
    transcript = recognizer.transcript(heard, search(heard.log_probs)[0])
    # Said before Qt is loaded: no screen is needed.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QSize
    from PySide6.QtWidgets import QApplication

    from phonegui.picture import THEMES, Canvas, Shown, kind_of, make_timeline, prepare, wait_until_ready, write_bytes

    app = QApplication.instance() or QApplication(["phonegui"])
    said = reference.phonemes if reference is not None else None
    shown = Shown(heard, transcript.phonemes, said, feature_kind=options.features)
    view = make_timeline(shown, THEMES[options.theme])
    try:
        prepare(view, QSize(*size), part)
        wait_until_ready(view)
        canvas = Canvas(view, kind_of(options.out), options.scale)
        for _ in canvas.steps():
            pass
        write_bytes(options.out, canvas.data())
    finally:
        view.deleteLater()
        app.processEvents()
    print(options.out)
    return 0


def cut(options: argparse.Namespace) -> int:
    """Write a part of a recording as a wav file."""
    from model.sound_cut import cut_sound

    if Path(options.out).suffix.lower() != ".wav":
        raise FileError(options.out, "must end in .wav; no other kind of sound is written")
    require_free([options.out], force=options.force)
    seconds = cut_sound(options.file, options.out, options.start or 0.0, options.end)
    print(f"{options.out}: {seconds:.3f} s")
    return 0


def add_cut(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand that cuts, with its options, to the command line's."""
    parser = commands.add_parser("cut", help="write a part of a recording as .wav, in its own rate and channels")
    parser.add_argument("file", metavar="FILE", help="wav, flac, mp3 or ogg")
    parser.add_argument("--out", required=True, metavar="WAV", help="file to write")
    parser.add_argument("--from", dest="start", type=_seconds, metavar="S", help="first second written (default: 0)")
    parser.add_argument("--to", dest="end", type=_seconds, metavar="S", help="last second written (default: all)")
    add_force(parser)


def add_picture(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add the subcommand's options to the command line's and return its parser."""
    parser = commands.add_parser("picture", help="draw what the window shows of a recording")
    parser.add_argument("file", metavar="FILE", help="wav, flac, mp3 or ogg; or .npy with features")
    parser.add_argument("--out", required=True, metavar="PICTURE", help="file to write: .png or .svg")
    parser.add_argument("--size", default="1600x900", metavar="WxH", help="size in pixels (default: 1600x900)")
    parser.add_argument("--scale", type=float, default=1.0, metavar="N", help="pixels of a .png in one of the size's")
    parser.add_argument("--from", dest="start", type=_seconds, metavar="S", help="first second shown (default: 0)")
    parser.add_argument("--to", dest="end", type=_seconds, metavar="S", help="last second shown (default: all)")
    parser.add_argument("--features", default="MFCC", choices=("MFCC", "log-mel"), help="what is drawn of the spectrum")
    parser.add_argument("--theme", default="light", choices=("light", "dark"))
    add_force(parser)
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"seconds are a number, not {text!r}")
    return value


def _size_of(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text.strip().lower())
    if match is None:
        raise UserError(f"--size takes a width and a height in pixels like 1600x900, not {text!r}.")
    width, height = int(match[1]), int(match[2])
    if not (_LEAST[0] <= width <= _MOST[0] and _LEAST[1] <= height <= _MOST[1]):
        raise UserError(
            f"A picture of {width}x{height} cannot be drawn; the width must lie between {_LEAST[0]} and {_MOST[0]}, "
            f"the height between {_LEAST[1]} and {_MOST[1]}."
        )
    return width, height


def _part_of(options: argparse.Namespace, seconds: float) -> tuple[float, float] | None:
    if options.start is None and options.end is None:
        return None
    start = 0.0 if options.start is None else options.start
    end = seconds if options.end is None else options.end
    if not 0.0 <= start < min(end, seconds):
        raise FileError(
            options.file,
            f"has nothing to draw from {start:g} to {end:g} s, for it lasts {seconds:.3f} s; change --from or --to",
        )
    return start, min(end, seconds)
