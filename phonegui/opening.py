"""Everything that opens something: dialogs, drops, the list of recordings, samples and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from model.audio import AUDIO_SUFFIXES
from model.corpus.detection import kind_of
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE
from phonegui.document_memory import restore
from phonegui.documents import Documents
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.recordings import RecordingsPanel
from phonegui.pipeline import Reference
from phonegui.resources import default_checkpoint, default_language_model, sample_utterances
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.sources import FEATURE_SUFFIX, Source

_SUFFIXES = (*AUDIO_SUFFIXES, FEATURE_SUFFIX)
_RECORDINGS = "Recordings and features ({});;All files (*)".format(" ".join(f"*{s} *{s.upper()}" for s in _SUFFIXES))
CHECKPOINTS = "Checkpoints (*.safetensors *.pt *.pth *.tar *.bin);;All files (*)"
"""Filter of dialogs that ask for a checkpoint."""

if TYPE_CHECKING:
    from phonegui.library import Library


class Opener(QObject):
    """Carries out the actions of the file menu.

    Parameters
    ----------
    session, documents
        What hears, and what is told to open.
    settings, recordings, messages
        Where folders and checkpoints are remembered, the list kept up to date, and where sentences go.
    window
        Parent of the dialogs.
    """

    def __init__(
        self,
        session: Session,
        documents: Documents,
        settings: Remembered,
        recordings: RecordingsPanel,
        messages: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._documents, self._settings = session, documents, settings
        self._recordings, self._messages, self._window = recordings, messages, window
        self._library: Library | None = None
        self._samples: tuple[str, ...] = ()
        self._waiting: list[str] = []  # to be tried where those before them cannot be read
        session.audio_ready.connect(lambda *_: self._waiting.clear())
        session.failed.connect(self._try_next)
        session.refused.connect(lambda source, sentence: recordings.mark_bad(source.key, sentence))

    def use_library(self, library: Library) -> None:
        """Have corpora opened by the panel that shows them."""
        self._library = library

    def open_at_start(self, files: list[str]) -> None:
        """Open what was named at the start, else what was open at the end of the last session, else the sample."""
        self._use_bundled_language_model()
        self._use_checkpoint(self._settings.checkpoint)
        self._add_samples()
        if files:
            self.open_several(files)
        elif not self._restore():
            self.open_sample()

    def open_path(self, path: str, *, preview: bool = False) -> None:
        """Open a recording, features or a corpus; what is shown stays until it could be read.

        A preview gives way to the next recording that is merely looked at.
        """
        self._messages.clear()
        self._waiting.clear()
        path = str(Path(path).absolute())
        if self._library is not None and kind_of(path) == "corpus":
            self._library.open_path(path)
        else:
            self._documents.open(Source(path), preview=preview)

    def look_at(self, path: str) -> None:
        """Open a recording as a preview."""
        self.open_path(path, preview=True)

    def open_files(self) -> None:
        """Ask for recordings and open the first of them."""
        paths, _ = QFileDialog.getOpenFileNames(self._window, "Open recordings", self._settings.folder, _RECORDINGS)
        self.open_several(paths)

    def open_sample(self) -> None:
        """Open the bundled sample."""
        if self._samples:
            self.look_at(self._samples[0])

    def open_checkpoint(self) -> None:
        """Ask for a checkpoint and listen with it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open checkpoint", self._settings.folder, CHECKPOINTS)
        if path:
            self._messages.clear()
            self._session.use_checkpoint(path)

    def use_bundled_checkpoint(self) -> None:
        """Go back to the bundled checkpoint."""
        try:
            self._session.use_checkpoint(str(default_checkpoint()))
        except UserError as error:
            self._messages.show_error(str(error))

    def is_sample(self, path: str) -> bool:
        """Return whether a recording is one of the bundled samples."""
        return path in self._samples

    def next_file(self) -> None:
        """Open the next recording in the list, or the next utterance where one of the corpus is open."""
        self._open_neighbour(1)

    def previous_file(self) -> None:
        """Open the recording or utterance before."""
        self._open_neighbour(-1)

    def _open_neighbour(self, step: int) -> None:
        if self._library is not None and self._library.step(step):
            return
        path = self._recordings.neighbour(step)
        if path is not None:
            self.look_at(path)

    def open_several(self, paths: list[str]) -> None:
        """Open the first corpus among some paths, list the recordings, and open the first that can be read."""
        if not paths:
            return
        self._settings.folder = str(Path(paths[0]).absolute().parent)
        corpora = [path for path in paths if kind_of(path) == "corpus"]
        others = [path for path in paths if path not in corpora]
        for path in others:
            self._recordings.add(str(Path(path).absolute()))
        for path in [*corpora[:1], *others[:1]]:
            self.open_path(path)
        self._waiting.extend(others[1:])

    def _restore(self) -> bool:
        """Open what was open at the end of the last session; return whether there was anything."""
        corpus = self._settings.path("corpus")
        if corpus and self._library is not None:
            self._library.open_path(corpus)
        current, missing = restore(self._documents, self._settings)
        for document in self._documents:
            self._recordings.add(document.source.path)
        if current >= 0:
            self._documents.show(self._documents[current])
        if missing:
            names = ", ".join(Path(path).name for path in missing)
            self._messages.show_error(f"Of the last session, these are gone: {names}.")
        return current >= 0

    def _try_next(self, _sentence: str) -> None:
        if self._waiting and not self._session.opening:
            self._documents.open(Source(str(Path(self._waiting.pop(0)).absolute())))

    def _use_bundled_language_model(self) -> None:
        try:
            self._session.language_model = str(default_language_model())
        except UserError as error:
            self._messages.show_error(str(error))

    def _add_samples(self) -> None:
        try:
            utterances = sample_utterances()
        except UserError as error:
            self._messages.show_error(str(error))
            return
        for utterance in utterances:
            path = str(utterance.path.absolute())
            self._session.references[path] = Reference(DEFAULT_TABLE, utterance.labels or ())
            self._recordings.add(path, f"“{utterance.text}”, {utterance.seconds:.1f} s")
        self._samples = tuple(str(utterance.path.absolute()) for utterance in utterances)

    def _use_checkpoint(self, path: str) -> None:
        try:
            self._session.bundled_checkpoint = str(default_checkpoint())
        except UserError as error:
            self._messages.show_error(str(error))
            if not path:
                return
        self._session.set_checkpoint(path or self._session.bundled_checkpoint)
