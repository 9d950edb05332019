"""The open recording, its checkpoint and its hypotheses; knows no widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model.config import DecodingConfig
from phonegui import pauses
from phonegui.decoding_work import Decoding
from phonegui.long_hearing import PartialHeard
from phonegui.pipeline import (
    Decoded,
    DecodeRequest,
    Document,
    Features,
    Hearing,
    HearRequest,
    LoadRequest,
    WarmUp,
)
from phonegui.sources import Source
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from model.audio import Audio
    from model.recognizer import Heard, Recognizer
    from phonegui.pipeline import Reference


class Session(QObject):
    """What is open, and the workers that compute it.

    A new recording is shown piece by piece as it is computed. It takes the place of the open one only when it is whole:
    after an error or a cancel, what was open is shown again as it was.
    """

    audio_ready = Signal(object, str)  # Audio and path: the recording was read, the rest follows
    features_ready = Signal(object)  # Features
    heard_partly = Signal(object)  # PartialHeard: posteriors of a part of a long recording are there
    heard_ready = Signal(object)  # Heard: posteriors are there
    decoded = Signal(object)  # Decoded
    checkpoint_changed = Signal(object, str, str)  # CheckpointHeader, path, and the kind of device it runs on
    checkpoint_chosen = Signal(str)  # path of a checkpoint that will hear what is opened next; nothing is open now
    progressed = Signal(str, float)  # name of the step, part done
    idle = Signal()  # nothing is being computed
    failed = Signal(str)  # one sentence
    refused = Signal(object, str)  # Source that could not be opened, one sentence; before `failed`
    warned = Signal(str)  # one sentence about what was opened all the same

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.result: Decoded | None = None
        self.decoding = DecodingConfig(n_best=10)
        self.language_model = ""
        self.checkpoint = ""
        self.bundled_checkpoint = ""
        self.device = "auto"
        self.looked_at = 0.0  # second of the recording being opened that is of most interest
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
    def shown_source(self) -> Source | None:
        """Where what is on the screen comes from: what is being opened as soon as parts of it are shown."""
        if self._shown and self._opening is not None:
            return self._opening.source
        return self.document.source if self.document is not None else None

    @property
    def reference(self) -> Reference | None:
        """What is known to have been said in the open recording."""
        return None if self.document is None else self.references.get(self.document.path)

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

    def open(self, source: str | Path | Source) -> None:
        """Open a recording, a feature matrix or an utterance; what was opening before is dropped."""
        if not isinstance(source, Source):
            source = Source(str(source))
        # Another checkpoint hears the sound that is there; otherwise the file is read anew, for it may have changed.
        again = source.key == self.path and self._wanted_checkpoint != self.checkpoint
        self._hear(source, self.heard.audio if again and self.heard is not None else None)

    def show(self, document: Document) -> None:
        """Show again what was heard before; the network runs only where another checkpoint is in use by now."""
        if document.recognizer.path != Path(self._wanted_checkpoint):
            self._hear(document.source, document.heard.audio)
            self._shown = True
            self.audio_ready.emit(document.heard.audio, document.path)
            return
        self._hearing.cancel()
        self._opening, self._shown = None, False
        self.document, self.result = document, None
        self._show_document(document)
        self.idle.emit()

    def set_checkpoint(self, path: str) -> None:
        """Use another checkpoint, and hear the open recording again; one that cannot be read changes nothing."""
        self._wanted_checkpoint = path
        if self._opening is not None:
            self.open(self._opening.source)
        elif self.document is not None:
            self.open(self.document.source)
        else:
            self.checkpoint_chosen.emit(path)

    def use_checkpoint(self, path: str) -> None:
        """Use another checkpoint as `set_checkpoint` does; where nothing is open, read it now, to tell what it is."""
        self.set_checkpoint(path)
        if self._opening is None and self.document is None:
            self._hearing.submit(LoadRequest(path, self.device))

    def set_reference(self, path: str, reference: Reference | None) -> None:
        """Take what was said in a recording, None where that is no longer known, and compare anew."""
        if reference is None:
            self.references.pop(path, None)
        else:
            self.references[path] = reference
        if path == self.path:
            self._decode()

    def set_decoding(self, settings: DecodingConfig) -> None:
        """Decode in another way. The network does not run again."""
        self.decoding = settings
        self._decode()

    def cancel(self) -> None:
        """Give up what is being opened or decoded, and show again what was open."""
        self._hearing.cancel()
        self._decoding.cancel()
        self._give_up()
        self.idle.emit()

    def close(self) -> None:
        """End the workers; waits for what they do at the moment."""
        self._opening = None
        self._hearing.close()
        self._decoding.close()

    def forget(self) -> None:
        """Have nothing open."""
        self._hearing.cancel()
        self._decoding.cancel()
        self._opening, self._shown = None, False
        self.document, self.result = None, None
        self.idle.emit()

    def _hear(self, source: Source, audio: Audio | None) -> None:
        self._opening = HearRequest(source, self._wanted_checkpoint, self.device, audio, lambda: self.looked_at)
        self._hearing.submit(self._opening)

    def _decode(self) -> None:
        if self.document is not None and not self._shown:
            self._decoding.submit(DecodeRequest(self.document, self.decoding, self.language_model, self.reference))

    def _give_up(self) -> None:
        """Forget the recording being opened; where parts of it are shown, show the open one again."""
        self._opening = None
        self._wanted_checkpoint = self.checkpoint or self.bundled_checkpoint
        if not self._shown:
            return
        self._shown = False
        if self.document is not None:
            self._show_document(self.document)

    def _show_document(self, document: Document) -> None:
        heard = document.heard
        self.audio_ready.emit(heard.audio, document.path)
        self.features_ready.emit(Features(heard.features, heard.hop_seconds))
        self.heard_ready.emit(heard)
        self._decode()

    def _on_heard_part(self, request: HearRequest | LoadRequest, value: Any) -> None:
        if isinstance(request, LoadRequest):
            self._note_checkpoint(request.checkpoint, value)
            return
        if request is not self._opening:
            return
        if isinstance(value, Document):
            self._take(request, value)
        elif isinstance(value, Features):
            self._shown = True
            self.features_ready.emit(value)
        elif isinstance(value, PartialHeard):
            self.heard_partly.emit(value)
        else:
            self._shown = True
            self.audio_ready.emit(value, request.path)
            # While features and posteriors are computed outside the interpreter's lock.
            self._decoding.submit(WarmUp())

    def _take(self, request: HearRequest, document: Document) -> None:
        self._opening, self._shown = None, False
        self.document, self.result = document, None
        if document.reference is not None:
            self.references[document.path] = document.reference
        self._note_checkpoint(request.checkpoint, document.recognizer)
        self.heard_ready.emit(document.heard)
        if document.warning:
            self.warned.emit(document.warning)
        self._decode()

    def _note_checkpoint(self, path: str, recognizer: Recognizer) -> None:
        if path != self.checkpoint:
            self.checkpoint = path
            self.checkpoint_changed.emit(recognizer.header, path, recognizer.device)

    def _on_decoded(self, request: DecodeRequest, value: Decoded) -> None:
        if request.document is self.document and not self._shown:
            if self.result is None or value.transcript is not self.result.transcript:
                pauses.keep(len(value.transcript.phonemes))
            self.result = value
            self.decoded.emit(value)

    def _on_progress(self, request: object, step: str, done: float) -> None:
        if isinstance(request, HearRequest):
            wanted = request is self._opening
        else:
            wanted = self._decoding.busy or isinstance(request, LoadRequest)
        if wanted:
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
                self.open(request.source)
            elif request.checkpoint in (self.checkpoint, self.bundled_checkpoint):
                # With a checkpoint that has not heard anything yet, the file may be innocent.
                self.refused.emit(request.source, sentence)
        elif isinstance(request, LoadRequest):
            self._wanted_checkpoint = self.checkpoint or self.bundled_checkpoint
        self.failed.emit(sentence)
        self._on_finished(request)
