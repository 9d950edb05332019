"""What can be exported of the open recording, and in which way it was last."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize

from model.errors import Cancelled, FileError
from model.export import Exported, exported
from phonegui.picture import LARGEST, SMALLEST
from phonegui.workers import Report

if TYPE_CHECKING:
    from phonegui.pipeline import Decoded, Document

FORMATS = {
    "png": ("Picture of pixels (PNG)", ".png"),
    "svg": ("Drawing (SVG)", ".svg"),
    "textgrid": ("TextGrid, for Praat", ".TextGrid"),
    "csv": ("Table (CSV)", ".csv"),
    "json": ("JSON", ".json"),
    "wav": ("Sound (WAV)", ".wav"),
}
"""Name in the dialog and suffix of each format."""

PICTURES, TEXTS = ("png", "svg"), ("textgrid", "csv", "json")
PARTS = {"all": "Whole recording", "window": "What the window shows", "selection": "Selection"}
THEMES = {"window": "As the window", "light": "Light", "dark": "Dark"}
SCALES = {1.0: "1 ×", 1.5: "1.5 ×", 2.0: "2 ×", 3.0: "3 ×", 4.0: "4 ×"}


@dataclass(frozen=True)
class Choice:
    """How to export.

    Attributes
    ----------
    format, part, theme
        Keys of `FORMATS`, `PARTS` and `THEMES`.
    width, height
        Size of a picture in logical pixels.
    scale
        Pixels of a png in a logical pixel, a key of `SCALES`.
    """

    format: str = "png"
    part: str = "window"
    theme: str = "window"
    width: int = 1600
    height: int = 900
    scale: float = 1.0

    @property
    def size(self) -> QSize:
        """Size of a picture in logical pixels."""
        return QSize(self.width, self.height)

    def to_json(self) -> str:
        """Return it as text, for `choice_from_json`."""
        return json.dumps(asdict(self))


def choice_from_json(value: Any) -> Choice:
    """Return a remembered choice; what is missing or out of bounds is as in the first one."""
    if not isinstance(value, dict):
        return Choice()
    allowed: dict[str, Callable[[Any], bool]] = {
        "format": lambda it: isinstance(it, str) and it in FORMATS,
        "part": lambda it: isinstance(it, str) and it in PARTS,
        "theme": lambda it: isinstance(it, str) and it in THEMES,
        "width": lambda it: type(it) is int and SMALLEST.width() <= it <= LARGEST.width(),
        "height": lambda it: type(it) is int and SMALLEST.height() <= it <= LARGEST.height(),
        "scale": lambda it: isinstance(it, float) and it in SCALES,
    }
    names = [item.name for item in fields(Choice)]
    return Choice(**{name: value[name] for name in names if name in value and allowed[name](value[name])})


def text_of(document: Document, result: Decoded, format: str) -> str:
    """Return the transcript of the open recording in one of `TEXTS`."""
    item = Exported(
        file=Path(document.path).name,
        seconds=document.heard.seconds,
        transcript=result.transcript,
        table=result.table,
        reference=result.reference or (),
    )
    return exported([item], format)


def name_of(document: Document, format: str, part: tuple[float, float] | None = None) -> str:
    """Return the name suggested for an export of the open recording, never the recording's own.

    Parameters
    ----------
    part
        Seconds that the file will hold, where the name is to tell.
    """
    stem, suffix = Path(document.source.title).stem, FORMATS[format][1]
    if part is not None:
        return f"{stem}_{part[0]:.3f}-{part[1]:.3f}{suffix}"
    own = Path(document.source.path).name.lower()
    return f"{stem}{suffix}" if f"{stem}{suffix}".lower() != own else f"{stem}_copy{suffix}"


@dataclass(frozen=True, eq=False)
class TextPreview:
    """The first `lines` of what would be written in one of `TEXTS`."""

    document: Document
    result: Decoded
    format: str
    lines: int


def read_ahead(request: TextPreview, _report: Report) -> Iterator[str]:
    """Yield the first lines, and how many more there are."""
    lines = text_of(request.document, request.result, request.format).splitlines()
    more = [f"… {len(lines) - request.lines:,} more lines"] if len(lines) > request.lines else []
    yield "\n".join(lines[: request.lines] + more)


@dataclass(frozen=True, eq=False)
class Writing:
    """A file being exported; `given_up` is set where it is no longer wanted."""

    path: str
    given_up: threading.Event = field(default_factory=threading.Event)


def write_part(source: str, writing: Writing, start: float, end: float | None) -> None:
    """Write a part of a recording as `cut_sound` does; raise FileError where it is given up."""
    from model.sound_cut import cut_sound

    try:
        cut_sound(source, writing.path, start, end, progress=lambda _: not writing.given_up.is_set())
    except Cancelled:
        raise FileError(writing.path, "was given up; nothing is written") from None
