"""The references of the open documents: as they were found, and as they are edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup

from phonegui import editing
from phonegui.documents import Documents, OpenDocument
from phonegui.editing import Change, Tier
from phonegui.reference_edits import ReferenceEdits
from phonegui.reference_files import reference_of

if TYPE_CHECKING:
    from phonegui.pipeline import Document, Reference
    from phonegui.session import Session


class ReferenceBook(QObject):
    """Knows what was edited in each document, and what of it can be undone; has the session compare what is edited.

    Parameters
    ----------
    session, documents
        What compares the reference, and which document is on the screen.
    """

    edited = Signal(object)  # OpenDocument whose reference is another now, or is saved
    changed = Signal(object, object)  # Tier and Reference that the one on the screen became by an edit

    def __init__(self, session: Session, documents: Documents, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.group = QUndoGroup(self)
        self._session, self._documents = session, documents
        self._edits: dict[str, ReferenceEdits] = {}
        self._bases: dict[str, Reference | None] = {}  # as they were found, or saved
        self._recovered: dict[str, Tier] = {}
        documents.current_changed.connect(self._on_current)
        session.heard_ready.connect(self._on_heard)
        session.decoded.connect(lambda _: self._take_up())

    def tier(self) -> Tier | None:
        """Return the reference of the document on the screen, None without one."""
        document, result = self._session.document, self._session.result
        if document is None or self._documents.current is None:
            return None
        if document.path in self._edits:
            return self._edits[document.path].tier
        known = self._session.references.get(document.path)
        if known is not None and known.tier is not None:
            return known.tier
        return result.placed.tier if result is not None and result.placed is not None else None

    def edits_of(self, document: OpenDocument) -> ReferenceEdits | None:
        """Return the edits of a document, None where there are none."""
        return self._edits.get(document.source.key)

    def is_saved(self, document: OpenDocument) -> bool:
        """Return whether the reference of a document is in a file as it is."""
        key = document.source.key
        edits = self._edits.get(key)
        found = self._session.references.get(key) if edits is None else self._bases[key]
        return not (edits is not None and edits.modified) and found is not None and found.tier is not None

    def do(self, change: Change) -> bool:
        """Make a change in the document on the screen; return whether anything changed."""
        current, document = self._documents.current, self.document()
        if current is None or document is None:
            return False
        edits = self.edits_of(current) or self._begin(current, document)
        return edits.do(change)

    def reference_with(self, tier: Tier) -> Reference:
        """Return the reference of the document on the screen as it is with a tier that was edited from its own."""
        opened, result = self._session.document, self._session.result
        assert opened is not None
        before = self._session.reference
        if (before is None or before.tier is None) and result is not None:
            before = result.placed  # nothing of it was edited as yet
        return reference_of(tier, opened.recognizer.header.table, before)

    def document(self) -> Document | None:
        """Return what edits are made in, None while the document on the screen is not all there."""
        document, current = self._session.document, self._documents.current
        whole = document is not None and current is not None and document.path == current.source.key
        return document if whole else None

    def forget(self, document: OpenDocument) -> None:
        """Let the edits of a document go, and take its reference as it was."""
        key = document.source.key
        edits = self._edits.pop(key, None)
        if edits is not None:
            self.group.removeStack(edits.stack)
            edits.deleteLater()
            self._session.set_reference(key, self._bases.pop(key))
            self._documents.set_modified(document, False)
            self.edited.emit(document)

    def mark_saved(self, document: OpenDocument, tier: Tier) -> None:
        """Take it that a tier of a document was saved."""
        edits = self.edits_of(document)
        if edits is not None and edits.tier == tier:
            self._bases[document.source.key] = self._session.references.get(document.source.key)
            edits.mark_saved()

    def recover(self, path: str, tier: Tier) -> None:
        """Take up edits from before, as soon as their recording is on the screen."""
        self._recovered[path] = tier
        self._take_up()

    def _begin(self, document: OpenDocument, opened: Document) -> ReferenceEdits:
        key = document.source.key
        edits = ReferenceEdits(self.tier() or Tier((), opened.heard.seconds), self)
        self._edits[key], self._bases[key] = edits, self._session.references.get(key)
        self.group.addStack(edits.stack)
        self.group.setActiveStack(edits.stack)
        edits.changed.connect(lambda: self._on_changed(document, edits))
        edits.modified_changed.connect(lambda modified: self._on_modified(document, modified))
        return edits

    def _on_changed(self, document: OpenDocument, edits: ReferenceEdits) -> None:
        opened = self._session.document
        if opened is None:
            return
        key, edited = document.source.key, self.reference_with(edits.tier)
        self.changed.emit(edits.tier, edited)
        known = edited if edits.tier.intervals else None
        self._session.set_reference(key, self._bases[key] if self._untouched(key) else known)
        self.edited.emit(document)

    def _untouched(self, key: str) -> bool:
        """Return whether all edits were taken back of a reference that has no times of its own: they are found anew."""
        edits, base = self._edits[key], self._bases[key]
        return edits.tier.intervals == edits.first.intervals and (base is None or base.tier is None)

    def _on_modified(self, document: OpenDocument, modified: bool) -> None:
        self._documents.set_modified(document, modified)
        self.edited.emit(document)

    def _on_current(self) -> None:
        current = self._documents.current
        edits = self.edits_of(current) if current is not None else None
        if edits is not None:
            self.group.setActiveStack(edits.stack)
        elif self.group.activeStack() is not None:
            self.group.activeStack().setActive(False)

    def _on_heard(self, _heard: object) -> None:
        """Before the decoding: edits go before what lies beside the recording, unless they are saved."""
        current, document = self._documents.current, self.document()
        edits = self.edits_of(current) if current is not None else None
        if edits is None or document is None or self._untouched(document.path):
            return
        if edits.tier.intervals:
            table, known = document.recognizer.header.table, self._session.references.get(document.path)
            self._session.references[document.path] = reference_of(edits.tier, table, known)

    def _take_up(self) -> None:
        current, document = self._documents.current, self.document()
        if current is None or document is None or self._session.result is None or document.path not in self._recovered:
            return
        tier = self._recovered.pop(document.path)
        base = self.tier() or Tier((), document.heard.seconds)
        change = editing.replace_all(base, tier.intervals, "take up recovered edits")
        if editing.alike(change.removed, change.added) or not self.do(change):
            self.edited.emit(current)  # they are in the file already: nothing is left to keep
