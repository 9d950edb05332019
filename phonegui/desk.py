"""The documents and corpora of the window: its tabs, corpus panel, reference editor and questions, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from phonegui.document_memory import ViewMemory, remember
from phonegui.documents import Documents
from phonegui.keeper import Keeper
from phonegui.layout import add_dock
from phonegui.library import Library
from phonegui.panels.corpus import CorpusPanel
from phonegui.panels.document_tabs import DocumentTabs
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.question_bar import QuestionBar
from phonegui.reference_editor import ReferenceEditor
from phonegui.reference_opening import ReferenceOpener
from phonegui.theme import Theme

if TYPE_CHECKING:
    from phonegui.opening import Opener
    from phonegui.session import Session
    from phonegui.settings import Remembered
    from phonegui.views.timeline import TimelineView

_NOTE_MS = 5000
_REMEMBER_MS = 2000
_CORPUS_WIDTH = 400
_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea


class Desk(QObject):
    """What is open, and the widgets that show it.

    Parameters
    ----------
    window
        The main window; has a status bar, and gets a dock.
    session, documents, opener, timeline, messages, settings
        The window's own.
    """

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        documents: Documents,
        opener: Opener,
        timeline: TimelineView,
        messages: MessageBar,
        settings: Remembered,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._settings, self._timeline = window, session, settings, timeline
        self.documents = documents
        self.tabs = DocumentTabs(documents)
        self.question = QuestionBar()
        self.corpus = CorpusPanel()
        self.library = Library(session, documents, self.corpus, messages, settings, window)
        self.editor = ReferenceEditor(session, documents, timeline)
        self.keeper = Keeper(documents, self.editor.book, self.question, settings, window, opener.is_sample)
        self.references = ReferenceOpener(self.editor.book, settings, window)
        self.targets = (self.library, self.editor, self.references, self.keeper)
        self._dock: QDockWidget | None = None
        self._soon = QTimer(self, singleShot=True, interval=_REMEMBER_MS)
        opener.use_library(self.library)
        self.tabs.close_requested.connect(self.keeper.close)
        self.keeper.failed.connect(messages.show_error)
        self.references.failed.connect(messages.show_error)
        self.library.corpus_shown.connect(self.show_corpus)
        for source in self.targets:
            source.told.connect(self.tell)

    def adopt(self, actions: dict[str, QAction], beside: QDockWidget) -> QDockWidget:
        """Dock the corpus panel in a tab of another dock, and take the actions that tell what they would do."""
        window = self._window
        self._dock = add_dock(window, "Corpus", self.corpus, _LEFT)
        window.setTabPosition(_LEFT, QTabWidget.TabPosition.North)
        window.tabifyDockWidget(beside, self._dock)
        beside.raise_()
        self.editor.use_actions(actions)
        self.library.offer_clearing(actions["clear_cache"])
        for name, keys in (("next_document", "Ctrl+Tab"), ("previous_document", "Ctrl+Shift+Tab")):
            actions[name].setShortcuts([actions[name].shortcut(), QKeySequence(keys)])
        return self._dock

    def put_above(self, centre: QWidget, *bars: QWidget) -> QWidget:
        """Return the centre of the window with some bars, questions and tabs above it."""
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for bar in (*bars, self.question, self.tabs):
            column.addWidget(bar)
        column.addWidget(centre, 1)
        return holder

    def start(self) -> None:
        """Begin to restore what a document showed, and offer edits that were not saved; after all else is connected."""
        self._memory = ViewMemory(self.documents, self._session, self._timeline)
        self.documents.current_changed.connect(self._memory.about_to_change)
        # Now and then, for a program that is killed remembers nothing at its end.
        self._soon.timeout.connect(lambda: remember(self.documents, self._settings))
        self.documents.changed.connect(self._soon.start)
        self.documents.current_changed.connect(self._soon.start)
        self.keeper.offer_recovery()

    def end(self) -> None:
        """Remember what is open, and end the workers."""
        self._soon.stop()
        remember(self.documents, self._settings)
        self.keeper.end()
        self.references.close()
        self.library.close()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.question.apply_theme(theme)

    def title(self) -> str:
        """Return the window's title, with Qt's mark for what is not saved."""
        current = self.documents.current
        return f"{current.source.title}[*]" if current is not None else "phonegui"

    def show_corpus(self) -> None:
        """Bring the corpus panel to the front, wide enough to be read."""
        if self._dock is not None:
            self._dock.show()
            self._dock.raise_()
            width = min(_CORPUS_WIDTH, self._window.width() // 4)
            if self._dock.width() < width:
                self._window.resizeDocks([self._dock], [width], Qt.Orientation.Horizontal)

    def tell(self, sentence: str) -> None:
        """Show a short note in the status bar."""
        self._window.statusBar().showMessage(sentence, _NOTE_MS)
