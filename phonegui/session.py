"""The open recording, its checkpoint and its hypotheses; knows no widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model.config import DecodingConfig
from phonegui.pipeline import Decoded, DecodeRequest, Decoding, Document, Features, Hearing, HearRequest, WarmUp
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from model.recognizer import Heard
    from phonegui.pipeline import Reference


class Session(QObject):
    """What is open, and the workers that compute it.

    A new recording is shown piece by piece as it is computed. It takes the place of the open one only when it is whole:
    after an error or a cancel, what was open is shown again as it was.
    """

    audio_ready = Signal(object, str)  # Audio and path: the recording was read, the rest follows
    features_ready = Signal(object)  # Features
    heard_ready = Signal(object)  # Heard: posteriors are there
    decoded = Signal(object)  # Decoded
    checkpoint_changed = Signal(object, str, str)  # CheckpointHeader, path, and the kind of device it runs on
    progressed = Signal(str, float)  # name of the step, part done
    idle = Signal()  # nothing is being computed
    failed = Signal(str)  # one sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.result: Decoded | None = None
        self.decoding = DecodingConfig(n_best=10)
        self.language_model = ""
        self.checkpoint = ""
        self.bundled_checkpoint = ""
        self.device = "auto"
        self.references: dict[str, Reference] = {}
        self._wanted_checkpoint = ""
        self._opening: HearRequest | None = None
        self._shown = False  # parts of the recording being opened are on the screen
        self._hearing = LatestWorker(Hearing(), "hearing", self)
        self._decoding = LatestWorker(Decoding(), "decoding", self, interrupt=False)
        for worker in (self._hearing, self._decoding):
            worker.failed.connect(self._on_failed)
            worker.progressed.connect(self._on_progress)
            worker.finished_request.connect(self._on_finished)
        self._hearing.produced.connect(self._on_heard_part)
        self._decoding.produced.connect(self._on_decoded)

    @property
    def path(self) -> str:
        """Path of the open recording, empty without one."""
        return self.document.path if self.document is not None else ""

    @property
    def heard(self) -> Heard | None:
        """What was heard in the open recording."""
        return self.document.heard if self.document is not None else None

    @property
    def opening(self) -> bool:
        """Whether a recording is being opened."""
        return self._opening is not None

    @property
    def busy(self) -> bool:
        """Whether anything is being computed."""
        return self._hearing.busy or self._decoding.busy

    def open(self, path: str | Path) -> None:
        """Open a recording; what was opening before is dropped."""
        # Another checkpoint hears the sound that is there; otherwise the file is read anew, for it may have changed.
        again = str(path) == self.path and self._wanted_checkpoint != self.checkpoint
        audio = self.heard.audio if again and self.heard is not None else None
        self._opening = HearRequest(str(path), self._wanted_checkpoint, self.device, audio)
        self._hearing.submit(self._opening)

    def set_checkpoint(self, path: str) -> None:
        """Use another checkpoint, and hear the open recording again; one that cannot be read changes nothing."""
        self._wanted_checkpoint = path
        if self._opening is not None:
            self.open(self._opening.path)
        elif self.path:
            self.open(self.path)

    def set_decoding(self, settings: DecodingConfig) -> None:
        """Decode in another way. The network does not run again."""
        self.decoding = settings
        self._decode()

    def cancel(self) -> None:
        """Give up what is being opened, and show again what was open."""
        self._hearing.cancel()
        self._give_up()
        self.idle.emit()

    def close(self) -> None:
        """End the workers; waits for what they do at the moment."""
        self._opening = None
        self._hearing.close()
        self._decoding.close()

    def _decode(self) -> None:
        if self.document is not None and not self._shown:
            reference = self.references.get(self.document.path)
            self._decoding.submit(DecodeRequest(self.document, self.decoding, self.language_model, reference))

    def _give_up(self) -> None:
        """Forget the recording being opened; where parts of it are shown, show the open one again."""
        self._opening = None
        self._wanted_checkpoint = self.checkpoint or self.bundled_checkpoint
        if not self._shown:
            return
        self._shown = False
        if self.document is not None:
            heard = self.document.heard
            self.audio_ready.emit(heard.audio, self.document.path)
            self.features_ready.emit(Features(heard.features, heard.hop_seconds))
            self.heard_ready.emit(heard)
            self._decode()

    def _on_heard_part(self, request: HearRequest, value: Any) -> None:
        if request is not self._opening:
            return
        if isinstance(value, Document):
            self._take(request, value)
        elif isinstance(value, Features):
            self._shown = True
            self.features_ready.emit(value)
        else:
            self._shown = True
            self.audio_ready.emit(value, request.path)
            # While features and posteriors are computed outside the interpreter's lock.
            self._decoding.submit(WarmUp())

    def _take(self, request: HearRequest, document: Document) -> None:
        self._opening, self._shown = None, False
        self.document, self.result = document, None
        if request.checkpoint != self.checkpoint:
            self.checkpoint = request.checkpoint
            self.checkpoint_changed.emit(document.recognizer.header, request.checkpoint, document.recognizer.device)
        self.heard_ready.emit(document.heard)
        self._decode()

    def _on_decoded(self, request: DecodeRequest, value: Decoded) -> None:
        if request.document is self.document and not self._shown:
            self.result = value
            self.decoded.emit(value)

    def _on_progress(self, request: object, step: str, done: float) -> None:
        if request is self._opening or (self._decoding.busy and not isinstance(request, HearRequest)):
            self.progressed.emit(step, done)

    def _on_finished(self, _request: object) -> None:
        if not self.busy:
            self.idle.emit()

    def _on_failed(self, request: object, sentence: str) -> None:
        if isinstance(request, HearRequest):
            if request is not self._opening:
                return
            self._give_up()
            if not self.checkpoint and request.checkpoint != self.bundled_checkpoint:
                # The remembered checkpoint may be to blame: nothing is open yet, so try the bundled one.
                self.open(request.path)
        self.failed.emit(sentence)
        self._on_finished(request)
