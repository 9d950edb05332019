"""Keeps what was edited: saving references, autosave and recovery, and asking before edits are let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from phonegui.documents import Documents, OpenDocument
from phonegui.editing import Tier
from phonegui.panels.question_bar import QuestionBar
from phonegui.recovery import Recovered, read_recoveries, remove_recovery, write_recovery
from phonegui.reference_book import ReferenceBook
from phonegui.reference_files import SUFFIX, beside, write_reference
from phonegui.save_path import ask_save_path
from phonegui.sources import Source
from phonegui.writer import Job, Writer

if TYPE_CHECKING:
    from phonegui.settings import Remembered

_AUTOSAVE_MS = 3000
_SETTLE_SECONDS = 0.5


@dataclass(frozen=True, eq=False)
class _Saving:
    """A reference on its way to a file, and what to do once it is there."""

    document: OpenDocument
    path: Path
    tier: Tier
    then: Callable[[], None] | None


@dataclass(frozen=True, eq=False)
class _Keeping:
    """Edits of a recording on their way into the program's folder."""

    key: str


class Keeper(QObject):
    """Writes references, and closes documents without losing any.

    Parameters
    ----------
    documents, book
        What is open, and the edits in it.
    question, settings, window
        Where questions are asked, where the program's own folder is, and the parent of dialogs.
    is_bundled
        Whether a recording came with the program, so that nothing is to be written beside it.
    """

    told = Signal(str)  # a short note for the status bar
    failed = Signal(str)  # one sentence

    def __init__(
        self,
        documents: Documents,
        book: ReferenceBook,
        question: QuestionBar,
        settings: Remembered,
        window: QWidget,
        is_bundled: Callable[[str], bool],
    ) -> None:
        super().__init__(window)
        self._documents, self._book, self._question = documents, book, question
        self._settings, self._window, self._is_bundled = settings, window, is_bundled
        self._folder = settings.folder_of_program / "recovery"
        self._unkept: set[str] = set()
        self._unkeepable: set[str] = set()  # whose edits could not be kept when that was tried last
        self._told_to_close = False
        self._writer = Writer(self)
        self._writer.written.connect(self._on_written)
        self._writer.failed.connect(self._on_failed)
        self._timer = QTimer(self, singleShot=True, interval=_AUTOSAVE_MS)
        self._timer.timeout.connect(self.keep_edits)
        book.edited.connect(self._on_edited)

    # -- actions

    def save_reference(self) -> None:
        """Save the reference beside the recording."""
        document = self._documents.current
        if document is not None:
            self._save(document)

    def save_reference_as(self) -> None:
        """Ask where to save the reference."""
        document = self._documents.current
        if document is not None:
            self._save(document, ask=True)

    def close_document(self) -> None:
        """Close the document on the screen."""
        if self._documents.current is not None:
            self.close(self._documents.current)

    def next_document(self) -> None:
        """Show the next document."""
        self._documents.step(1)

    def previous_document(self) -> None:
        """Show the document before."""
        self._documents.step(-1)

    # -- closing

    def close(self, document: OpenDocument) -> None:
        """Close a document; where it has edits that are not saved, ask first."""
        if not document.modified:
            self._drop(document)
            return
        self._question.ask(
            f"The reference of {document.source.title} has edits that are not saved.",
            {
                "Save": lambda: self._save(document, then=lambda: self._drop(document)),
                "Discard": lambda: self._drop(document),
                "Keep open": lambda: None,
            },
        )

    def may_close(self, close: Callable[[], None]) -> bool:
        """Return whether the window may close now; where edits would be lost with it ask first, and close when told so.

        Edits in recordings are no such, as long as they can be kept for the next start.
        """
        if self._told_to_close:
            return True
        self.keep_edits()
        if self._writer.settle(_SETTLE_SECONDS):
            QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall)  # what the writer told
        modified = [item for item in self._documents if item.modified]
        sentences = {
            "Edits that are not saved are kept for the next start in files alone, not in these utterances": [
                item.source.title for item in modified if not item.source.is_file
            ],
            "Edits that are not saved could not be kept for the next start; closing loses those of": [
                item.source.title for item in modified if item.source.is_file and item.source.key in self._unkeepable
            ],
        }
        told = [f"{words}: {_listed(names)}." for words, names in sentences.items() if names]
        if not told:
            return True
        self._question.ask(
            " ".join(told),
            {"Go on editing": lambda: None, "Close without saving": lambda: self._close_anyway(close)},
        )
        return False

    def _close_anyway(self, close: Callable[[], None]) -> None:
        self._told_to_close = True
        close()

    def end(self) -> None:
        """Keep what is not saved for the next start, and end the thread."""
        self._timer.stop()
        self.keep_edits()
        self._writer.close()

    def _drop(self, document: OpenDocument) -> None:
        if document in list(self._documents):
            self._forget_recovery(document.source.key)
            self._documents.close(document)
            self._book.forget(document)

    # -- saving

    def _save(self, document: OpenDocument, *, ask: bool = False, then: Callable[[], None] | None = None) -> None:
        edits = self._book.edits_of(document)
        tier = edits.tier if edits is not None else self._book.tier() if document is self._documents.current else None
        if tier is None or not tier.intervals:
            self.told.emit("There is no reference to save.")
            return
        place = beside(document.source.path)
        if ask or not document.source.is_recording or self._is_bundled(document.source.path):
            start = Path(self._settings.folder) / f"{Path(document.source.title).stem}{SUFFIX}"
            chosen = ask_save_path(self._window, "Save the reference", str(start), f"TextGrid (*{SUFFIX})", SUFFIX)
            if not chosen:
                return
            place = Path(chosen)
        elif self._book.is_saved(document) and place.is_file():
            self.told.emit(f"There is nothing to save: {place.name} has the reference as it is.")
            return
        saving = _Saving(document, place, tier, then)
        self._writer.submit(Job(lambda: write_reference(place, tier), saving))

    def _on_written(self, purpose: object) -> None:
        if isinstance(purpose, _Saving):
            self._book.mark_saved(purpose.document, purpose.tier)
            self.told.emit(f"Saved {purpose.path}")
            if purpose.then is not None:
                purpose.then()
        elif isinstance(purpose, _Keeping):
            self._unkeepable.discard(purpose.key)

    def _on_failed(self, purpose: object, sentence: str) -> None:
        if isinstance(purpose, _Keeping):  # tried again with the next edit, and before the window closes
            self._unkept.add(purpose.key)
            self._unkeepable.add(purpose.key)
        self.failed.emit(sentence)

    # -- autosave and recovery

    def keep_edits(self) -> None:
        """Write the edits that are not saved into the program's folder."""
        for document in self._documents:
            key = document.source.key
            edits = self._book.edits_of(document)
            if key not in self._unkept or edits is None or not document.modified or not document.source.is_file:
                continue
            self._unkept.discard(key)
            tier, path = edits.tier, document.source.path
            job = Job(lambda path=path, tier=tier: write_recovery(self._folder, path, tier), _Keeping(key))
            self._writer.submit(job)

    def offer_recovery(self) -> None:
        """Ask what to do with the edits that were not saved when the program ended last."""
        found = read_recoveries(self._folder)
        if not found:
            return
        names = _listed([Path(item.path).name for item in found])
        what = "the reference" if len(found) == 1 else f"{len(found)} references"
        self._question.ask(
            f"Edits of {what} were not saved when phonegui ended last: {names}.",
            {"Restore": lambda: self._recover(found), "Discard": lambda: self._discard(found)},
        )

    def _recover(self, found: list[Recovered]) -> None:
        missing = [item for item in found if not Path(item.path).exists()]
        present = [item for item in found if item not in missing]
        for item in present:
            self._documents.add(Source(item.path))
            self._book.recover(item.path, item.tier)
        if present:
            self._documents.open(Source(present[0].path))
        if missing:
            names = ", ".join(Path(item.path).name for item in missing)
            self.failed.emit(f"The edits of {names} are kept until the recording is back; it was moved or deleted.")

    def _discard(self, found: list[Recovered]) -> None:
        for item in found:
            self._forget_recovery(item.path)

    def _on_edited(self, document: OpenDocument) -> None:
        key = document.source.key
        if not document.modified:
            self._forget_recovery(key)
            return
        self._unkept.add(key)
        if not self._timer.isActive():
            self._timer.start()

    def _forget_recovery(self, key: str) -> None:
        self._unkept.discard(key)
        self._unkeepable.discard(key)
        self._writer.submit(Job(lambda: remove_recovery(self._folder, key)))


def _listed(names: list[str]) -> str:
    """Return the first names, for a sentence."""
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
