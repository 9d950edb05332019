"""The documents that are open at the same time, one of them shown; knows no widget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from phonegui import phoneme_columns
from phonegui.sources import Source

if TYPE_CHECKING:
    from phonegui.pipeline import Document
    from phonegui.session import Session

_MOST_KEPT = 8
_MOST_BYTES = 512 << 20
"""What hidden documents may hold in memory; beyond that the one seen longest ago is computed anew when it is shown."""


@dataclass(eq=False)
class OpenDocument:
    """A document in a tab.

    Attributes
    ----------
    source
        Where it comes from.
    preview
        Whether it gives way to the next document that is merely looked at.
    heard
        What was heard in it, while it is kept.
    whole
        Whether it could be opened at all.
    shown, selected
        Seconds shown and selected when it was left.
    modified
        Whether it has edits that are not saved.
    """

    source: Source
    preview: bool = False
    heard: Document | None = None
    whole: bool = False
    shown: tuple[float, float] | None = None
    selected: tuple[float, float] | None = None
    modified: bool = False


class Documents(QObject):
    """Documents in the order of their tabs; the session computes the current one.

    Parameters
    ----------
    session
        Opens what is not kept, and tells what is on the screen.
    """

    changed = Signal()  # documents came, went, moved or are called otherwise
    current_changed = Signal()  # another document is on the screen, or none any more

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._open: list[OpenDocument] = []
        self._seen: list[OpenDocument] = []  # longest ago first
        self._previewed = ""  # key of what is opened as a preview
        self.current: OpenDocument | None = None
        session.audio_ready.connect(self._on_shown)
        session.heard_ready.connect(self._on_heard)

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def __iter__(self) -> Iterator[OpenDocument]:
        """Iterate in the order of the tabs."""
        return iter(self._open)

    def __getitem__(self, index: int) -> OpenDocument:
        """Return the document in a tab."""
        return self._open[index]

    def index(self, document: OpenDocument) -> int:
        """Return a document's place."""
        return self._open.index(document)

    def find(self, key: str) -> OpenDocument | None:
        """Return the document of a source's key, None where it is not open."""
        return next((item for item in self._open if item.source.key == key), None)

    # -- opening and closing

    def open(self, source: Source, *, preview: bool = False) -> None:
        """Show a source: in the tab it has, or in a new one; a preview takes the place of the preview before.

        The document on the screen is read anew, for its file may have changed.
        """
        known = self.find(source.key)
        if known is not None and not preview:
            self.keep(known)
        if known is not None and known is not self.current:
            self.show(known)
            return
        self._previewed = source.key if preview else ""
        self._session.open(source)

    def add(self, source: Source) -> OpenDocument:
        """Give a source a tab without opening it as yet."""
        found = self.find(source.key)
        if found is None:
            found = OpenDocument(source)
            self._open.append(found)
            self.changed.emit()
        return found

    def show(self, document: OpenDocument) -> None:
        """Put a document on the screen, as it was left."""
        if document is self.current and not self._session.opening:
            return
        if document.heard is not None:
            self._session.show(document.heard)
        else:
            self._session.open(document.source)

    def step(self, by: int) -> None:
        """Show the next document (1) or the one before (-1), round and round."""
        if self._open:
            place = self._open.index(self.current) if self.current in self._open else 0
            self.show(self._open[(place + by) % len(self._open)])

    def keep(self, document: OpenDocument) -> None:
        """Have a preview stay."""
        if document.preview:
            document.preview = False
            self.changed.emit()

    def close(self, document: OpenDocument) -> None:
        """Close a document; where it is on the screen, its neighbour is shown."""
        place = self._open.index(document)
        was_current = document is self.current
        self._forget(document)
        phoneme_columns.forget()
        self.changed.emit()
        if not was_current:
            return
        self.current = None
        if self._open:
            self.show(self._open[min(place, len(self._open) - 1)])
        else:
            self._session.forget()
        if self.current is None:
            self.current_changed.emit()

    def move(self, start: int, end: int) -> None:
        """Move a document to another place."""
        self._open.insert(end, self._open.pop(start))
        self.changed.emit()

    def set_modified(self, document: OpenDocument, modified: bool) -> None:
        """Note whether a document has edits that are not saved; one that has stays."""
        if document.modified != modified:
            document.modified = modified
            document.preview = document.preview and not modified
            self.changed.emit()

    # -- what the session tells

    def _on_shown(self, _audio: object, key: str) -> None:
        source = self._session.shown_source
        if source is None:
            return
        document = self.find(key)
        if document is None:
            document = OpenDocument(source, key == self._previewed)
            self._place(document)
        document.source = source
        self.current = document
        # What turned out to be unreadable half-way has no tab once something else is shown.
        for other in [item for item in self._open if not item.whole and item.heard is None and item is not document]:
            if other.shown is None and other in self._seen:
                self._forget(other)
        self._note_seen(document)
        self.changed.emit()
        self.current_changed.emit()

    def _on_heard(self, _heard: object) -> None:
        document = self._session.document
        if document is not None and self.current is not None and document.path == self.current.source.key:
            self.current.heard, self.current.whole = document, True
            self._trim()

    def _place(self, document: OpenDocument) -> None:
        """Put a new document in the place of the preview, or after the current one."""
        old = next((item for item in self._open if item.preview), None) if document.preview else None
        if old is not None:
            place = self._open.index(old)
            self._forget(old)
        else:
            place = self._open.index(self.current) + 1 if self.current in self._open else len(self._open)
        self._open.insert(place, document)

    def _forget(self, document: OpenDocument) -> None:
        self._open.remove(document)
        if document in self._seen:
            self._seen.remove(document)

    def _note_seen(self, document: OpenDocument) -> None:
        if document in self._seen:
            self._seen.remove(document)
        self._seen.append(document)

    def _trim(self) -> None:
        """Let go of what was heard in documents seen long ago."""
        count = size = 0
        for document in reversed(self._seen[:-1]):
            if document.heard is None:
                continue
            count, size = count + 1, size + _bytes(document.heard)
            if count > _MOST_KEPT or size > _MOST_BYTES:
                document.heard = None


def _bytes(document: Document) -> int:
    heard = document.heard
    return int(heard.audio.samples.nbytes + heard.features.nbytes + heard.log_probs.nbytes)
