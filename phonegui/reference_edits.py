"""The reference of a document while it is edited: its tier, and what can be undone."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from phonegui.editing import Change, Tier


class ReferenceEdits(QObject):
    """A tier with its history.

    Parameters
    ----------
    tier
        As it is saved, or as it was found.

    Attributes
    ----------
    first, tier
        As it was found, and as it is now.
    """

    changed = Signal()  # the tier is another
    modified_changed = Signal(bool)  # whether it differs from what is saved

    def __init__(self, tier: Tier, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tier = self.first = tier
        self.stack = QUndoStack(self)
        self._saved, self._was_modified = tier.intervals, False

    @property
    def modified(self) -> bool:
        """Whether it differs from what is saved; edits that lead back to that leave no difference."""
        return self.tier.intervals != self._saved

    def do(self, change: Change | None) -> bool:
        """Make a change that can be undone; return whether anything changed."""
        if change is None or change.empty:
            return False
        self.stack.push(_Command(self, change))
        return True

    def take(self, change: Change) -> None:
        """Apply a change to the tier."""
        self.tier = change.apply(self.tier)
        self.changed.emit()
        self._judge()

    def mark_saved(self) -> None:
        """Take it that the tier is saved as it is."""
        self._saved = self.tier.intervals
        self.stack.setClean()
        self._judge()

    def _judge(self) -> None:
        if self.modified != self._was_modified:
            self._was_modified = self.modified
            self.modified_changed.emit(self._was_modified)


class _Command(QUndoCommand):
    def __init__(self, edits: ReferenceEdits, change: Change) -> None:
        super().__init__(change.name)
        self._edits, self._change = edits, change

    def redo(self) -> None:
        self._edits.take(self._change)

    def undo(self) -> None:
        self._edits.take(self._change.inverse)
