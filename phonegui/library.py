"""The corpus panel at work: opening corpora, their utterances and the cache of what was computed from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from phonegui.corpus_session import CorpusSession
from phonegui.panels.corpus import CorpusPanel
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.submission import SubmissionDialog
from phonegui.settings import Remembered
from phonegui.workers import LatestWorker, Report

if TYPE_CHECKING:
    from model.corpus.base import Corpus
    from phonegui.documents import Documents
    from phonegui.session import Session

_CORPORA = "Corpora (*.tsv *.npy *.csv *.scp *.json);;All files (*)"


class Library(QObject):
    """Connects the corpus panel to what it shows, and carries out the actions on corpora.

    Parameters
    ----------
    session, documents
        What hears utterances, and what shows them.
    panel, messages, settings, window
        The panel, where sentences go, where folders are remembered, and the parent of dialogs.
    """

    corpus_shown = Signal()  # a corpus was opened: the panel wants to be seen
    told = Signal(str)  # a short note for the status bar

    def __init__(
        self,
        session: Session,
        documents: Documents,
        panel: CorpusPanel,
        messages: MessageBar,
        settings: Remembered,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.corpora = CorpusSession(session, self)
        self._session, self._documents, self._panel = session, documents, panel
        self._messages, self._settings, self._window = messages, settings, window
        self._cache = LatestWorker(_cache_work, "cache", self)
        self._clear_action: QAction | None = None
        self._submission: SubmissionDialog | None = None
        self._connect()

    # -- actions

    def open_corpus(self) -> None:
        """Ask for the file of a corpus and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open corpus", self._settings.folder, _CORPORA)
        if path:
            self.open_path(path)

    def open_corpus_folder(self) -> None:
        """Ask for the folder of a corpus and open it."""
        path = QFileDialog.getExistingDirectory(self._window, "Open the folder of a corpus", self._settings.folder)
        if path:
            self.open_path(path)

    def transcribe_all(self) -> None:
        """Transcribe the utterances listed that were not transcribed yet."""
        self.corpora.transcribe(self._panel.model.unheard)

    def clear_cache(self) -> None:
        """Delete what can be computed again."""
        self._cache.submit("clear")

    def write_submission(self) -> None:
        """Make a submission from the open corpus."""
        if self.corpora.corpus is None:
            self.told.emit("Open the test corpus first: File > Open corpus.")
            return
        if self._submission is not None and isValid(self._submission):
            self._submission.reject()
        dialog = SubmissionDialog(self._session, self.corpora.corpus, self._settings.folder, self._window)
        dialog.written.connect(lambda path: self.told.emit(f"Written: {path}"))
        self._submission = dialog
        dialog.show()

    def offer_clearing(self, action: QAction) -> None:
        """Have an action's text tell how large the cache is, measured whenever its menu is shown."""
        self._clear_action = action
        menu = next(item for item in action.associatedObjects() if hasattr(item, "aboutToShow"))
        menu.aboutToShow.connect(lambda: self._cache.submit("measure"))

    # -- opening

    def open_path(self, path: str) -> None:
        """Open a corpus; what is in the panel stays until it could be read."""
        self._messages.clear()
        place = Path(path).absolute()
        self._settings.folder = str(place.parent)
        self.corpora.open(place)

    def step(self, by: int) -> bool:
        """Show the next utterance of the table (1) or the one before (-1); return whether one of it is shown now."""
        if self.corpora.corpus is None or self.corpora.place_of(self._session.shown_source) is None:
            return False
        place = self._panel.neighbour(by)
        if place is not None:
            self._show(place)
        return True

    def close(self) -> None:
        """End the workers."""
        if self._submission is not None and isValid(self._submission):
            self._submission.end()
        self.corpora.close()
        self._cache.close()

    def _show(self, place: int) -> None:
        self._messages.clear()
        self._documents.open(self.corpora.source(place), preview=True)

    # -- what the panel and the workers tell

    def _connect(self) -> None:
        panel, corpora = self._panel, self.corpora
        panel.chosen.connect(self._show)
        panel.open_clicked.connect(self.open_corpus)
        panel.choice_made.connect(corpora.choose)
        panel.transcribe_clicked.connect(corpora.transcribe)
        panel.cancelled.connect(corpora.cancel)
        corpora.opened.connect(self._on_opened)
        corpora.heard.connect(panel.take)
        corpora.forgotten.connect(panel.forget_heard)
        corpora.progressed.connect(panel.progress.report)
        corpora.idle.connect(panel.finish)
        corpora.failed.connect(self._messages.show_error)
        self._documents.current_changed.connect(self._mark)
        self._cache.produced.connect(self._on_cache)
        self._cache.failed.connect(lambda _, sentence: self._messages.show_error(sentence))

    def _on_opened(self, corpus: Corpus) -> None:
        self._panel.show_corpus(corpus)
        self._settings.add_recent(str(corpus.path))
        self._settings.set("corpus", str(corpus.path))
        self._mark()
        self.corpus_shown.emit()

    def _mark(self) -> None:
        self._panel.mark(self.corpora.place_of(self._session.shown_source))

    def _on_cache(self, request: str, size: int) -> None:
        if self._clear_action is not None:
            self._clear_action.setText(f"C&lear feature cache ({size_text(size)})")
            self._clear_action.setEnabled(size > 0)
        if request == "clear":
            self.told.emit("The feature cache was cleared." if not size else _IN_USE)


_IN_USE = "The feature cache was cleared, except for what is open now."


def size_text(size: float) -> str:
    """Return a number of bytes for people: ``1.2 GB``."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _cache_work(request: str, report: Report) -> Iterator[int]:
    """Yield how large the cache is, once it was cleared where that is asked for."""
    from model.corpus.cache_folder import cache_size, clear_cache

    if request == "clear":
        clear_cache()
    yield cache_size()
