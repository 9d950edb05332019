"""Export what is seen: pictures, transcripts and sound, with a preview."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from model.errors import FileError
from model.files import require_other
from phonegui.drawing import Drawing
from phonegui.export_work import ExportWork, shown_of
from phonegui.exporting import (
    FORMATS,
    PICTURES,
    TEXTS,
    TextPreview,
    choice_from_json,
    name_of,
    read_ahead,
    text_of,
    write_part,
)
from phonegui.panels.export_form import ExportForm
from phonegui.panels.export_preview import MOST_LINES, ExportPreview
from phonegui.panels.room import resize_within_screen
from phonegui.picture import THEMES, Canvas, write_bytes
from phonegui.save_path import ask_save_path
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.theme import Theme
from phonegui.views.timeline import TimelineView
from phonegui.workers import LatestWorker
from phonegui.writer import Writer

_SIZE = (880, 520)
_SOON_MS = 150
_REMEMBERED = "export"


class ExportDialog(QDialog):
    """What to export, how, and whereto; the preview follows every choice.

    It exports what was open when it came up, also where another recording is opened meanwhile.

    Parameters
    ----------
    session, timeline, settings
        What is open, how it is shown, what is remembered.
    writer
        What writes the files; it is not closed with the dialog.
    """

    told = Signal(str)  # what became of an export after the dialog was closed, one sentence
    failed = Signal(str)  # the same of one that failed
    ended = Signal()  # nothing is being exported any more

    def __init__(
        self, session: Session, timeline: TimelineView, settings: Remembered, writer: Writer, parent: QWidget
    ) -> None:
        super().__init__(parent)
        if session.document is None or session.result is None:
            raise ValueError("there is nothing to export")
        self._document, self._result = session.document, session.result
        self._settings = settings
        self._suggested = ""  # path that nobody changed
        self._agreed = ""  # path of a file that may be replaced
        self._window_theme = timeline.theme
        self._parts = {"all": None, "window": timeline.visible_range(), "selection": timeline.selection.range}
        self.drawing = Drawing(shown_of(session, timeline), self)
        self.drawing.failed.connect(self._say)
        self._work = ExportWork(self.drawing, writer, self)
        self._work.drawn.connect(self._on_drawn)
        self._work.ended.connect(self._on_ended)
        self._finished = False
        self._reader = LatestWorker(read_ahead, "reading ahead", self)
        self._reader.produced.connect(self._show_text)
        self._reader.failed.connect(lambda _, sentence: self._say(sentence))
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._preview)
        self.setWindowTitle("Export")
        self._make_controls()
        self._lay_out()
        self._show_remembered()
        self._connect()
        resize_within_screen(self, *_SIZE)
        self._soon.start()

    @property
    def busy(self) -> bool:
        """Whether a file is being drawn or written."""
        return self._work.path != ""

    # -- controls

    def _make_controls(self) -> None:
        sound = self._document.source.is_recording
        self.form = ExportForm(
            [name for name, part in self._parts.items() if name == "all" or part is not None],
            [name for name in FORMATS if name != "wav" or sound],
        )
        self.path = QLineEdit()
        self.path.setAccessibleName("File to write")
        self.browse = QPushButton("Browse…", autoDefault=False)
        self.export_button = QPushButton("Export", default=True)
        self.close_button = QPushButton("Close", autoDefault=False)
        self.note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.note.setAccessibleName("Outcome")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.preview = ExportPreview()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(24)
        top.addWidget(self.form, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.preview, 1)
        label = QLabel("F&ile")
        label.setBuddy(self.path)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(top, 1)
        column.addLayout(_row((label, 0), (self.path, 1), (self.browse, 0)))
        column.addLayout(_row((self.note, 1), (self.close_button, 0), (self.export_button, 0)))

    def _connect(self) -> None:
        self.form.changed.connect(self._rename)
        self.form.changed.connect(self._on_changed)
        self.path.textChanged.connect(self._on_path)
        self.browse.clicked.connect(self._browse)
        self.export_button.clicked.connect(self.export)
        self.close_button.clicked.connect(self.reject)

    def _show_remembered(self) -> None:
        choice = choice_from_json(self._settings.json(_REMEMBERED))
        if self._parts["selection"] is not None:
            choice = replace(choice, part="selection")
        elif choice.part == "selection":
            choice = replace(choice, part="window")
        self.form.show_choice(choice)
        folder = Path(self._settings.words("export_folder"))
        if not folder.is_absolute() or not folder.is_dir():
            folder = Path(self._settings.folder)
        self._suggest(folder)

    def _suggest(self, folder: Path) -> None:
        choice = self.form.choice
        part = self._parts[choice.part] if choice.format == "wav" else None
        self._suggested = str(folder / name_of(self._document, choice.format, part))
        self.path.setText(self._suggested)

    def _rename(self) -> None:
        """Have the name go with the choices: all of it where it was not changed, else the suffix."""
        path = Path(self.path.text())
        if self.path.text() == self._suggested:
            self._suggest(path.parent)
        elif path.suffix in {suffix for _, suffix in FORMATS.values()}:
            self.path.setText(str(path.with_suffix(FORMATS[self.form.choice.format][1])))

    def _on_path(self) -> None:
        self._say("")
        self._agreed = ""
        self._ask(False)

    def _ask(self, replace: bool) -> None:
        self.export_button.setText("Replace" if replace else "Export")

    def _on_changed(self) -> None:
        self._say("")
        self._soon.start()

    def _browse(self) -> None:
        name, suffix = FORMATS[self.form.choice.format]
        kinds = f"{name} (*{suffix});;All files (*)"
        path = ask_save_path(self, "Export as", self.path.text(), kinds, suffix)
        if path:
            self.path.setText(path)
            self._agreed = path  # the dialog asked

    def _say(self, words: str) -> None:
        self.note.setText(words)

    def _theme(self) -> Theme:
        return THEMES.get(self.form.choice.theme, self._window_theme)

    # -- preview

    def _preview(self) -> None:
        if self._work.draws:  # it would take the export's place; it follows
            return
        choice = self.form.choice
        if choice.format in PICTURES:
            ratio = self.preview.ratio(choice.size, choice.scale)
            part = self._parts[choice.part]
            self.drawing.draw("png", choice.size, ratio, part, self._theme(), self._show_picture)
        elif choice.format in TEXTS:
            self._reader.submit(TextPreview(self._document, self._result, choice.format, MOST_LINES))
        else:
            audio = self._document.heard.audio
            start, end = self._parts[choice.part] or (0.0, audio.seconds)
            channels = "one channel" if audio.source_channels == 1 else f"{audio.source_channels} channels"
            self.preview.show_text(f"{end - start:.3f} s\n{audio.source_rate:,} Hz, {channels}, as recorded")

    def _show_text(self, request: TextPreview, text: str) -> None:
        if request.format == self.form.choice.format:
            self.preview.show_text(text)

    def _show_picture(self, canvas: Canvas) -> None:
        self.preview.show_picture(canvas.image)

    # -- writing

    def export(self) -> None:
        """Write the file."""
        choice, path = self.form.choice, self.path.text().strip()
        if not path or not Path(path).is_absolute():
            self._say("Name the file to write, with its folder.")
            return
        try:
            require_other(path, self._document.source.path)
        except FileError:
            self._say(f"{Path(path).name} is the recording itself; choose another name.")
            return
        if os.path.lexists(path) and path != self._agreed:
            self._say(f"{Path(path).name} is there already; press Replace to write over it, or choose another name.")
            self._ask(True)
            self._agreed = path
            return
        self._ask(False)
        self._agreed = ""
        self._settings.set(_REMEMBERED, choice.to_json())
        self._settings.set("export_folder", str(Path(path).parent))
        self._say("")
        self.export_button.setEnabled(False)
        document, result = self._document, self._result
        part = self._parts[choice.part]
        if choice.format in PICTURES:
            self._soon.stop()
            self._work.draw(path, choice, part, self._theme())
        elif choice.format in TEXTS:
            self._work.write(path, lambda _: write_bytes(path, text_of(document, result, choice.format).encode()))
        else:
            self._work.write(path, lambda writing: write_part(document.source.path, writing, *(part or (0.0, None))))

    def _on_drawn(self) -> None:
        if self.isVisible():
            self._soon.start()  # the preview gave way

    def _on_ended(self, written: bool, sentence: str) -> None:
        self.export_button.setEnabled(True)
        self._say(sentence)
        if not self.isVisible():
            (self.told if written else self.failed).emit(sentence)
        if self._finished:
            self._dispose()
        self.ended.emit()

    # -- end

    def finish(self) -> None:
        """Close for good, once what is being exported is written."""
        self._finished = True
        self.hide()
        if not self.busy:
            self._dispose()

    def give_up(self) -> None:
        """Close for good now, and give up what is being exported, as `ExportWork.give_up` does."""
        self._work.give_up()
        self.hide()
        self._dispose()

    def _dispose(self) -> None:
        self._soon.stop()
        self.drawing.close()
        self._reader.close()
        self.deleteLater()

    def reject(self) -> None:
        """Close; what is being exported goes on."""
        self._soon.stop()
        if not self._work.draws:
            self.drawing.stop()
        if self.busy:
            self.told.emit(f"{Path(self._work.path).name} is still being exported.")
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close as `reject` does."""
        self.reject()
        event.accept()


def _row(*items: tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget, stretch in items:
        row.addWidget(widget, stretch)
    return row
