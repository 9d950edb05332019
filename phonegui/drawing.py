"""Draws pictures of a timeline between the events of a window, a row at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator

from PySide6.QtCore import QObject, QSize, QTimer, Signal

from model.errors import UserError
from phonegui.picture import Canvas, Shown, make_timeline, prepare
from phonegui.theme import Theme
from phonegui.views.timeline import TimelineView

_LOOK_MS = 30


class Drawing(QObject):
    """One picture at a time; a newer one drops the older.

    Parameters
    ----------
    shown
        What the pictures show.
    """

    failed = Signal(str)  # one sentence: the picture cannot be drawn

    def __init__(self, shown: Shown, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self._view: TimelineView | None = None
        self._canvas: Canvas | None = None
        self._steps: Generator[None, None, None] | None = None
        self._then: Callable[[Canvas], None] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._step)

    def draw(
        self,
        kind: str,
        size: QSize,
        ratio: float,
        part: tuple[float, float] | None,
        theme: Theme,
        then: Callable[[Canvas], None],
    ) -> None:
        """Draw a picture and hand it to `then`.

        Parameters
        ----------
        kind
            ``"png"`` or ``"svg"``.
        size, ratio
            Size in logical pixels, and how many pixels of a png each has.
        part
            Seconds shown, None for all.
        """
        self.stop()
        try:
            if self._view is None:
                self._view = make_timeline(self._shown, theme)
            if self._view.theme is not theme:
                self._view.apply_theme(theme)
            prepare(self._view, size, part)
            self._canvas = Canvas(self._view, kind, ratio)
        except UserError as error:
            self.failed.emit(str(error))
            return
        self._steps, self._then = self._canvas.steps(), then
        self._timer.start(0)

    def stop(self) -> None:
        """Drop the picture being drawn."""
        self._timer.stop()
        if self._steps is not None:
            self._steps.close()  # ends the painter
        self._steps = None
        self._then = None

    def close(self) -> None:
        """Drop everything."""
        self.stop()
        if self._view is not None:
            self._view.deleteLater()
        self._view = None

    def _step(self) -> None:
        if self._view is not None and self._view.busy:
            self._timer.start(_LOOK_MS)
        elif self._steps is not None and next(self._steps, self) is not self:
            self._timer.start(0)
        elif self._then is not None and self._canvas is not None:
            self._then(self._canvas)
