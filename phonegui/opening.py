"""Everything that opens something: dialogs, drops, the list of recordings, samples and checkpoints."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from model.audio import AUDIO_SUFFIXES
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE
from phonegui.panels.message_bar import MessageBar
from phonegui.panels.recordings import RecordingsPanel
from phonegui.pipeline import Reference
from phonegui.resources import default_checkpoint, default_language_model, sample_utterances
from phonegui.session import Session
from phonegui.settings import Remembered

_RECORDINGS = "Recordings ({});;All files (*)".format(" ".join(f"*{s} *{s.upper()}" for s in AUDIO_SUFFIXES))
_CHECKPOINTS = "Checkpoints (*.safetensors);;All files (*)"


class Opener(QObject):
    """Carries out the actions of the file menu.

    Parameters
    ----------
    session, settings, recordings, messages
        What is told to open, where folders and checkpoints are remembered, the list kept up to date, and where
        sentences go.
    window
        Parent of the dialogs.
    """

    def __init__(
        self,
        session: Session,
        settings: Remembered,
        recordings: RecordingsPanel,
        messages: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._settings = session, settings
        self._recordings, self._messages, self._window = recordings, messages, window
        self._samples: tuple[str, ...] = ()
        self._waiting: list[str] = []  # to be tried where those before them cannot be read
        session.audio_ready.connect(lambda *_: self._waiting.clear())
        session.failed.connect(self._try_next)

    def open_at_start(self, files: list[str]) -> None:
        """Open the recordings named at the start, or the bundled sample."""
        self._use_bundled_language_model()
        self._use_checkpoint(self._settings.checkpoint)
        self._add_samples()
        if files:
            self.open_several(files)
        else:
            self.open_sample()

    def open_path(self, path: str) -> None:
        """Open a recording; what is shown stays until it could be read."""
        self._messages.clear()
        self._waiting.clear()
        self._session.open(str(Path(path).absolute()))

    def open_files(self) -> None:
        """Ask for recordings and open the first of them."""
        paths, _ = QFileDialog.getOpenFileNames(self._window, "Open recordings", self._settings.folder, _RECORDINGS)
        self.open_several(paths)

    def open_sample(self) -> None:
        """Open the bundled sample."""
        if self._samples:
            self.open_path(self._samples[0])

    def open_checkpoint(self) -> None:
        """Ask for a checkpoint and listen with it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open checkpoint", self._settings.folder, _CHECKPOINTS)
        if path:
            self._messages.clear()
            self._use_checkpoint(path)

    def use_bundled_checkpoint(self) -> None:
        """Go back to the bundled checkpoint."""
        self._use_checkpoint("")

    def is_sample(self, path: str) -> bool:
        """Return whether a recording is one of the bundled samples."""
        return path in self._samples

    def next_file(self) -> None:
        """Open the next recording in the list."""
        self._open_neighbour(1)

    def previous_file(self) -> None:
        """Open the previous recording in the list."""
        self._open_neighbour(-1)

    def _open_neighbour(self, step: int) -> None:
        path = self._recordings.neighbour(step)
        if path is not None:
            self.open_path(path)

    def open_several(self, paths: list[str]) -> None:
        """List recordings and open the first of them that can be read."""
        if not paths:
            return
        self._settings.folder = str(Path(paths[0]).parent)
        for path in paths:
            self._recordings.add(str(Path(path).absolute()))
        self.open_path(paths[0])
        self._waiting.extend(paths[1:])

    def _try_next(self, _sentence: str) -> None:
        if self._waiting and not self._session.opening:
            self._session.open(str(Path(self._waiting.pop(0)).absolute()))

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
