"""An export under way: drawn between the events of the window where it is a picture, and written by a thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from phonegui.drawing import Drawing
from phonegui.exporting import Choice, Writing
from phonegui.picture import Canvas, Shown, write_bytes
from phonegui.session import Session
from phonegui.theme import Theme
from phonegui.views.timeline import TimelineView
from phonegui.writer import Job, Writer


class ExportWork(QObject):
    """Carries out one export at a time, and knows what became of it.

    Parameters
    ----------
    drawing
        What draws pictures; while `draws`, nothing else is to be drawn with it.
    writer
        What writes the files; it is not closed with this.
    """

    drawn = Signal()  # the picture is drawn, and on its way to the file
    ended = Signal(bool, str)  # whether the file is written, one sentence

    def __init__(self, drawing: Drawing, writer: Writer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drawing, self._writer = drawing, writer
        self._writing: Writing | None = None
        self.draws = False
        drawing.failed.connect(self._on_drawing_failed)
        writer.written.connect(self._on_written)
        writer.failed.connect(self._on_failed)

    @property
    def path(self) -> str:
        """Path of the file being drawn or written, empty without one."""
        return self._writing.path if self._writing is not None else ""

    def draw(self, path: str, choice: Choice, part: tuple[float, float] | None, theme: Theme) -> None:
        """Draw a picture of some seconds, None for all, and write it."""
        self._writing, self.draws = Writing(path), True
        self._drawing.draw(choice.format, choice.size, choice.scale, part, theme, self._write_picture)

    def write(self, path: str, write: Callable[[Writing], None]) -> None:
        """Write a file in the writer's thread."""
        self._writing = writing = Writing(path)
        self._writer.submit(Job(lambda: write(writing), writing))

    def give_up(self) -> None:
        """Drop a picture still being drawn and sound still being cut, without a trace.

        What is small and waits to be written, the writer writes when it is closed.
        """
        if self._writing is not None:
            self._writing.given_up.set()
        self._writing, self.draws = None, False

    def _write_picture(self, canvas: Canvas) -> None:
        self.draws = False
        self.write(self.path, lambda writing: write_bytes(writing.path, canvas.data()))
        self.drawn.emit()

    def _on_drawing_failed(self, sentence: str) -> None:
        if self.draws:
            self.draws = False
            self._end(False, sentence)

    def _on_written(self, purpose: object) -> None:
        if purpose is self._writing and self._writing is not None:
            self._end(True, f"Saved as {self.path}")

    def _on_failed(self, purpose: object, sentence: str) -> None:
        if purpose is self._writing and self._writing is not None:
            self._end(False, sentence)

    def _end(self, written: bool, sentence: str) -> None:
        self._writing = None
        self.ended.emit(written, sentence)


def shown_of(session: Session, timeline: TimelineView) -> Shown:
    """Return what a timeline shows of the open recording; raise ValueError where there is nothing yet."""
    if session.document is None or session.result is None:
        raise ValueError("there is nothing to show")
    rival = timeline.rival
    return Shown(
        heard=session.document.heard,
        phonemes=session.result.transcript.phonemes,
        reference=session.result.reference,
        rival=None if rival.heard is None else (rival.name, tuple(rival.heard)),
        layout=bytes(timeline.save_layout().data()),
        feature_colors=timeline.spectrogram.color_map,
        posterior_colors=timeline.posteriorgram.color_map,
        feature_kind=timeline.feature_kind,
        contrast=timeline.spectrogram.contrast,
    )
