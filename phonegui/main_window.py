"""The window: puts timeline, panels and actions together and connects them to the session."""

from __future__ import annotations

import html
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QSizePolicy, QStackedWidget

from model.audio import Audio
from model.checkpoint import CheckpointHeader
from phonegui import theme
from phonegui.actions import install_actions
from phonegui.comparison_desk import ComparisonDesk
from phonegui.corpus_work import corpus_name
from phonegui.desk import Desk
from phonegui.dialogs import checkpoint_summary, show_about
from phonegui.documents import Documents
from phonegui.evaluation_desk import EvaluationDesk
from phonegui.exports import Exports
from phonegui.go_to import GoTo
from phonegui.layout import add_bottom_dock, add_dock, add_toolbar, menu_of, scrolling, show_icons
from phonegui.opening import Opener
from phonegui.panels.decoding import DecodingPanel
from phonegui.panels.elided_label import ElidedLabel
from phonegui.panels.empty_state import EmptyState
from phonegui.panels.frame_table import FrameTable
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.progress import ProgressStrip
from phonegui.panels.recent_menu import RecentMenu
from phonegui.panels.recordings import RecordingsPanel
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.shortcut_sheet import ShortcutSheet
from phonegui.shortcuts import Shortcuts
from phonegui.showing import Showing
from phonegui.sound_desk import SoundDesk, interrupted_sentence
from phonegui.training_desk import TrainingDesk
from phonegui.view_menu import ViewMenu
from phonegui.views.commands import ViewCommands
from phonegui.views.timeline import TimelineView
from phonegui.window_memory import remember_decoding, remember_window, restore_decoding, restore_window
from phonegui.workers import leave_all

_LEAST_TIMELINE = 160  # with less than all rows need, they scroll


class MainWindow(QMainWindow):
    """The workbench."""

    def __init__(self, settings: Remembered | None = None) -> None:
        super().__init__()
        self.settings = settings or Remembered()
        self.session = Session(self)
        self.documents = Documents(self.session, self)
        self.patience: float | None = None  # seconds that closing waits for the workers; None waits for their end
        self._header: CheckpointHeader | None = None
        self.setWindowTitle("phonegui")
        self.setAcceptDrops(True)
        self.timeline = TimelineView(self)
        self.empty_state = EmptyState(self)
        self.message_bar = MessageBar(self)
        self.recordings = RecordingsPanel(self)
        self.decoding = DecodingPanel(self)
        self.progress = ProgressStrip(self)
        self.hover = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.hover.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.checkpoint_label = ElidedLabel()
        self.checkpoint_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bar, settings = self.message_bar, self.settings
        self.opener = Opener(self.session, self.documents, settings, self.recordings, bar, self)
        self.desk = Desk(self, self.session, self.documents, self.opener, self.timeline, bar, settings)
        self.view_commands = ViewCommands(self.timeline, self)
        self.sound = SoundDesk(self, self.session, self.timeline, self.settings)
        self.exports = Exports(self.session, self.timeline, self.settings, self)
        self.training = TrainingDesk(self.session, self.settings, self)
        corpora, playback = self.desk.library, self.sound.playback
        self.evaluation = EvaluationDesk(
            self.session, self.decoding, corpora, self.documents, self.timeline, playback, self
        )
        corpora.corpora.opened.connect(lambda corpus: self.training.offer_corpus(str(corpus.path)))
        self.comparison = ComparisonDesk(self.session, self.timeline, self.settings, self)
        targets = (self.opener, self.view_commands, self.sound.playback, self.sound.recording, self.exports)
        self.go_to = GoTo(self.timeline, playback, self)
        targets += (self.go_to, *self.desk.targets, self.training, self.evaluation, self.comparison)
        self.actions_by_name = install_actions(self, *targets)
        self.view_commands.adopt(self.actions_by_name, self.settings)
        self.comparison.adopt(self.actions_by_name)
        self.recent_menu = RecentMenu(self.settings, self)
        menu_of(self, "&File").insertMenu(self.actions_by_name["open_sample"], self.recent_menu)
        add_toolbar(self, self.actions_by_name, self.sound.adopt(self.actions_by_name), self.checkpoint_label)
        self._make_centre()
        self.view_menu = ViewMenu(self, self.timeline, self.settings)
        self._make_docks()
        self.shortcuts = Shortcuts(self.actions_by_name, self.settings, self)
        self.hover.setFont(theme.text_font(self.hover.font()))
        self.hover.setContentsMargins(8, 0, 8, 0)
        self.statusBar().addWidget(self.hover, 1)
        self.statusBar().addPermanentWidget(self.progress)
        self._connect()
        self._restore()
        self._apply_theme()
        self.desk.start()
        self.training.offer_resume()

    # -- commands of the action table

    def quit_program(self) -> None:
        """Close the window."""
        self.close()

    def copy_transcript(self) -> None:
        """Copy the transcript in the spelling shown."""
        text = self.decoding.spelled()
        if text:
            QGuiApplication.clipboard().setText(text)
            self.statusBar().showMessage("Transcript copied", 3000)

    def wider_beam(self) -> None:
        """Keep more prefixes."""
        self.decoding.step(1)

    def narrower_beam(self) -> None:
        """Keep fewer prefixes."""
        self.decoding.step(-1)

    def reset_decoding(self) -> None:
        """Decode as at the first start."""
        self.decoding.reset()

    def show_shortcuts(self) -> None:
        """Show every shortcut, and let others be chosen."""
        ShortcutSheet(self.shortcuts, self).open()

    def show_about(self) -> None:
        """Show versions and the checkpoint."""
        show_about(self, self.session.checkpoint, self._header)

    # -- what the session tells

    def _on_audio(self, audio: Audio, path: str) -> None:
        self.timeline.clear()
        self.decoding.clear()
        self.timeline.waveform.note = "" if len(audio.samples) else "No sound: features alone were opened"
        self.timeline.set_audio(audio.samples, audio.sample_rate)
        self.timeline.fit()
        self.centre.setCurrentWidget(self.stage)
        source = self.session.shown_source
        listed = source is None or source.utterance is None
        if listed:
            self.recordings.add(path)
        self.recordings.mark(path)
        if listed and not self.opener.is_sample(path):
            self.settings.add_recent(path)

    def _on_documents(self) -> None:
        self.setWindowTitle(self.desk.title())
        self.setWindowModified(self.documents.current is not None and self.documents.current.modified)

    def _on_document(self) -> None:
        self._on_documents()
        if self.documents.current is None:
            self.timeline.clear()
            self.decoding.clear()
            self.sound.playback.clear()
            self.recordings.mark("")
            self.centre.setCurrentWidget(self.empty_state)

    def _on_checkpoint(self, header: CheckpointHeader, path: str, device: str) -> None:
        self._header = header
        self.settings.checkpoint = "" if path == self.session.bundled_checkpoint else path
        self.checkpoint_label.setText(f"{checkpoint_summary(header, path)}  ·  {device.upper()}")
        self.checkpoint_label.setToolTip(html.escape(path))
        if self.session.document is None:
            self.desk.tell(f"{header.title or Path(path).stem} hears what you open next.")

    def _on_failed(self, sentence: str) -> None:
        self.message_bar.show_error(sentence)

    def _on_recording(self) -> None:
        self.setWindowTitle("Recording")
        self.timeline.clear()
        self.decoding.clear()
        self.message_bar.clear()
        self.centre.setCurrentWidget(self.stage)

    def _on_interrupted(self, path: str) -> None:
        self.recordings.add(path)
        self.message_bar.show_error(interrupted_sentence(path))

    # -- putting together

    def _connect(self) -> None:
        session = self.session
        session.audio_ready.connect(self._on_audio)
        self.showing = Showing(session, self.timeline, self.decoding, self)
        self.showing.warned.connect(self._on_failed)
        session.checkpoint_changed.connect(self._on_checkpoint)
        session.failed.connect(self._on_failed)
        session.warned.connect(self._on_failed)
        self.documents.changed.connect(self._on_documents)
        self.documents.current_changed.connect(self._on_document)
        session.progressed.connect(self.progress.report)
        session.idle.connect(self.progress.finish)
        self.progress.cancelled.connect(session.cancel)
        self.recordings.chosen.connect(self.opener.look_at)
        self.recent_menu.chosen.connect(self.opener.open_path)
        self.empty_state.open_clicked.connect(self.opener.open_files)
        self.empty_state.sample_clicked.connect(self.opener.open_sample)
        self.empty_state.corpus_clicked.connect(self.desk.library.open_corpus)
        self.desk.library.corpora.opened.connect(lambda corpus: self.empty_state.invite(corpus_name(corpus.path)))
        self.timeline.hovered.connect(self._on_hover)
        self.sound.failed.connect(self._on_failed)
        self.comparison.failed.connect(self._on_failed)
        self.exports.told.connect(self.desk.tell)
        self.exports.failed.connect(self._on_failed)
        self.sound.told.connect(self.desk.tell)
        self.go_to.told.connect(self.desk.tell)
        self.sound.recording.begun.connect(self.comparison.pause)
        self.sound.recorded.connect(self.opener.open_path)
        self.sound.found.connect(self._on_interrupted)
        self.sound.recording.begun.connect(self._on_recording)
        self.sound.recording.grown.connect(lambda it: self.decoding.show_result(it.decoded, len(it.heard.log_probs)))

    def _on_hover(self, time: float) -> None:
        self.hover.setText(self.timeline.hover_text(time))

    def _make_centre(self) -> None:
        self.centre = QStackedWidget()
        self.centre.addWidget(self.empty_state)
        self.stage = scrolling(self.timeline)
        self.stage.setMinimumHeight(_LEAST_TIMELINE)
        self.centre.addWidget(self.stage)
        bars = (self.training.question, self.message_bar, self.sound.recording.strip, self.comparison.strip)
        self.setCentralWidget(self.desk.put_above(self.centre, *bars))

    def _make_docks(self) -> None:
        view = menu_of(self, "&View")
        self.frame_table = FrameTable(self.timeline, self)
        for name, panel, area in (
            ("Recordings", self.recordings, Qt.DockWidgetArea.LeftDockWidgetArea),
            ("Decoding", self.decoding, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            dock = add_dock(self, name, panel, area)
            view.addAction(dock.toggleViewAction())
            if panel is self.recordings:
                view.addAction(self.desk.adopt(self.actions_by_name, dock).toggleViewAction())
        view.addAction(add_bottom_dock(self, "Frames", self.frame_table).toggleViewAction())
        view.addAction(self.training.adopt(self.actions_by_name).toggleViewAction())
        view.addAction(self.evaluation.adopt().toggleViewAction())

    # -- remembered state and theme

    def _restore(self) -> None:
        restore_window(self, self.settings)
        self.view_menu.restore()
        restore_decoding(self.decoding, self.settings)

    def _remember(self) -> None:
        remember_window(self, self.settings)
        self.view_menu.remember()
        remember_decoding(self.decoding, self.settings)

    def _apply_theme(self) -> None:
        colors = theme.current_theme(self.palette())
        show_icons(self.actions_by_name, colors)
        self.timeline.apply_theme(colors)
        self.message_bar.apply_theme(colors)
        self.desk.apply_theme(colors)
        self.sound.apply_theme(colors)
        self.training.apply_theme(colors)
        self.evaluation.apply_theme(colors)
        self.comparison.apply_theme(colors)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system from light to dark and back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "progress"):
            self._apply_theme()
        if event.type() == QEvent.Type.ThemeChange:
            app = QApplication.instance()
            if isinstance(app, QApplication):
                theme.apply(app, theme.current_theme())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the arrangement and end the workers; where work or edits would be lost, ask or finish it first."""
        if not all(part.may_close(self.quit_program) for part in (self.training, self.desk.keeper, self.exports)):
            event.ignore()
            return
        self._remember()
        self.hide()  # the workers may take a moment to see that they are to end
        leave_all(self, self.patience)
        self.training.close()
        self.evaluation.close()
        self.comparison.close()
        self.exports.close()
        self.sound.close()
        self.desk.end()
        self.session.close()
        super().closeEvent(event)

    # -- drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped files."""
        event.acceptProposedAction()
        self.opener.open_several([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
