"""The action that exports what is seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from phonegui.export_dialog import ExportDialog
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView
from phonegui.writer import Writer


class Exports(QObject):
    """Carries out the action that exports.

    Parameters
    ----------
    session, timeline, settings
        What is open, how it is shown, what is remembered.
    window
        Parent of the dialog.
    """

    told = Signal(str)  # why there is nothing to export, or what became of an export; one sentence
    failed = Signal(str)  # why nothing was written, once the dialog was closed; one sentence

    def __init__(self, session: Session, timeline: TimelineView, settings: Remembered, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._timeline, self._settings, self._window = session, timeline, settings, window
        self.dialog: ExportDialog | None = None
        self._writer = Writer(self)
        self._older: list[ExportDialog] = []  # closed, and not done yet
        self._close: Callable[[], None] | None = None  # to be done when all is written

    @property
    def busy(self) -> bool:
        """Whether a file is being drawn or written."""
        return any(dialog.busy for dialog in self._dialogs())

    def export_view(self) -> None:
        """Choose how to export what is seen."""
        if self._session.document is None or self._session.result is None:
            self.told.emit("There is nothing to export yet: open a recording, and wait until it is transcribed.")
            return
        if self.dialog is not None:
            self.dialog.finish()
            self._older = [dialog for dialog in self._dialogs() if dialog.busy]
        self.dialog = ExportDialog(self._session, self._timeline, self._settings, self._writer, self._window)
        self.dialog.told.connect(self.told)
        self.dialog.failed.connect(self._on_failed)
        self.dialog.ended.connect(self._on_ended)
        self.dialog.open()

    def may_close(self, close: Callable[[], None]) -> bool:
        """Return whether the window may close now. What is being exported is finished first, and `close` called then.

        Asked once more meanwhile, it may: `close` gives the export up.
        """
        if not self.busy or self._close is not None:
            return True
        self._close = close
        self.told.emit("The export is finished first, then the window closes; close it again to give the export up.")
        return False

    def close(self) -> None:
        """Close the dialogs: drop what is being drawn or cut, and wait for the rest to be written."""
        for dialog in self._dialogs():
            dialog.give_up()
        self.dialog, self._older, self._close = None, [], None
        self._writer.close()

    def _dialogs(self) -> list[ExportDialog]:
        return [*self._older, *([self.dialog] if self.dialog is not None else [])]

    def _on_failed(self, sentence: str) -> None:
        self._close = None  # with the window the sentence would be gone
        self.failed.emit(sentence)

    def _on_ended(self) -> None:
        self._older = [dialog for dialog in self._older if dialog.busy]
        if self._close is not None and not self.busy:
            close, self._close = self._close, None
            close()
