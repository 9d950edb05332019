"""Opening another reference for the recording on the screen, as an edit that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from model.errors import FileError
from phonegui import editing
from phonegui.editing import Interval, Tier
from phonegui.reference_book import ReferenceBook
from phonegui.reference_files import SUFFIX, intervals_of, read_reference
from phonegui.workers import LatestWorker, Report

if TYPE_CHECKING:
    from phonegui.pipeline import Document
    from phonegui.settings import Remembered

_KINDS = f"References (*{SUFFIX} *{SUFFIX.lower()} *.phn *.PHN *.phones *.txt *.lab);;All files (*)"
_RATE = 16000  # Hz, of sample numbers where there is no sound


@dataclass(frozen=True, eq=False)
class OpenRequest:
    """Read the reference of a document from a file."""

    path: str
    document: Document


class ReferenceOpener(QObject):
    """Asks for a file and takes its phonemes in place of the reference there is.

    Parameters
    ----------
    book, settings, window
        What the edit is made in, where files are looked for, and the parent of the dialog.
    """

    told = Signal(str)  # a short note for the status bar
    failed = Signal(str)  # one sentence

    def __init__(self, book: ReferenceBook, settings: Remembered, window: QWidget) -> None:
        super().__init__(window)
        self._book, self._settings, self._window = book, settings, window
        self._worker = LatestWorker(read_for_document, "reading a reference", self)
        self._worker.produced.connect(self._on_read)
        self._worker.failed.connect(lambda _, sentence: self.failed.emit(sentence))

    def open_reference(self) -> None:
        """Ask for a file with another reference of the recording on the screen."""
        if self._book.document() is None:
            self.told.emit("Open a recording first; a reference belongs to one.")
            return
        path, _ = QFileDialog.getOpenFileName(self._window, "Open reference", self._settings.folder, _KINDS)
        if path:
            self.open_path(path)

    def open_path(self, path: str) -> None:
        """Take the reference in a file."""
        document = self._book.document()
        if document is not None:
            self._worker.submit(OpenRequest(path, document))

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _on_read(self, request: OpenRequest, intervals: tuple[Interval, ...]) -> None:
        if self._book.document() is not request.document:
            return
        before = self._book.tier() or Tier((), request.document.heard.seconds)
        name = Path(request.path).name
        changed = self._book.do(editing.replace_all(before, intervals, "open a reference"))
        self.told.emit(f"Took the reference of {name}" if changed else f"{name} has the reference as it is.")


def read_for_document(request: OpenRequest, report: Report) -> Iterator[tuple[Interval, ...]]:
    """Yield the intervals in a file: a TextGrid, or a text of phonemes, which the network places where it has no times.

    Raises
    ------
    FileError
        The file cannot be read, or holds no phoneme that the recording has room for.
    """
    from model.corpus.recordings import read_phones
    from model.transcript import TimedPhoneme, align_reference

    report("reading the reference", 0.0)
    path, heard = request.path, request.document.heard
    table = request.document.recognizer.header.table
    if Path(path).suffix.lower() == SUFFIX.lower():
        tier = read_reference(path, table, heard.seconds).tier
        found = tier.intervals if tier is not None else ()
    else:
        labels, times = read_phones(path, table, heard.audio.source_rate if heard.audio is not None else _RATE)
        if times is None:
            timed = align_reference(
                heard.log_probs, labels, table, step_seconds=heard.step_seconds, seconds=heard.seconds
            )
        else:
            names = [table.symbols[label] for label in labels]
            timed = tuple(TimedPhoneme(name, *time, 1.0) for name, time in zip(names, times, strict=True))
        found = editing.tidy(intervals_of(timed), heard.seconds)
    if not found:
        raise FileError(path, "has no phoneme within this recording; choose the reference that belongs to it")
    yield found
