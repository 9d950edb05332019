"""The action that exports what is seen."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from phonegui.export_dialog import ExportDialog
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView


class Exports(QObject):
    """Carries out the action that exports.

    Parameters
    ----------
    session, timeline, settings
        What is open, how it is shown, what is remembered.
    window
        Parent of the dialog.
    """

    told = Signal(str)  # why there is nothing to export, one sentence

    def __init__(self, session: Session, timeline: TimelineView, settings: Remembered, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._timeline, self._settings, self._window = session, timeline, settings, window
        self.dialog: ExportDialog | None = None

    def export_view(self) -> None:
        """Choose how to export what is seen."""
        if self._session.document is None or self._session.result is None:
            self.told.emit("There is nothing to export yet: open a recording, and wait until it is transcribed.")
            return
        self.close()
        self.dialog = ExportDialog(self._session, self._timeline, self._settings, self._window)
        self.dialog.open()

    def close(self) -> None:
        """Close the dialog and end its work."""
        if self.dialog is not None:
            self.dialog.finish()
        self.dialog = None
