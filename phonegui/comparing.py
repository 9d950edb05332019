"""A second hearing of the open recording: by another checkpoint, with other settings, or both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model import timed_edits
from model.config import DecodingConfig
from model.errors import Cancelled, UserError
from phonegui.decoding_work import Decoding
from phonegui.pipeline import Decoded, DecodeRequest, Document, Hearing, HearRequest
from phonegui.workers import Report

if TYPE_CHECKING:
    from phonegui.pipeline import Reference


@dataclass(frozen=True)
class Rival:
    """What the open recording is compared with.

    Attributes
    ----------
    checkpoint
        Path of the checkpoint; empty for the one in use, whichever that is.
    settings
        How to decode; None for the settings in use, whichever those are.
    """

    checkpoint: str = ""
    settings: DecodingConfig | None = None

    def name(self, in_use: DecodingConfig) -> str:
        """Return in a few words which checkpoint and settings this is, given the settings in use."""
        settings = settings_in_words(self.settings or in_use)
        return f"{Path(self.checkpoint).name}, {settings}" if self.checkpoint else settings


def settings_in_words(settings: DecodingConfig) -> str:
    """Return decoding settings in a few words: ``greedy``, or ``width 10, LM 0.50, bonus 1.5``."""
    if settings.beam_width == 0:
        return "greedy"
    words = f"width {settings.beam_width}"
    bonus = f"{settings.beta:.1f}".replace("-", "−")
    return f"{words}, LM {settings.alpha:.2f}, bonus {bonus}" if settings.alpha else words


@dataclass(frozen=True, eq=False)
class CompareRequest:
    """Hear a document as a rival does; settings, language model and reference are those to be used."""

    document: Document
    rival: Rival
    settings: DecodingConfig
    language_model: str
    device: str
    reference: Reference | None = None

    @property
    def checkpoint(self) -> str:
        """The rival's checkpoint, empty where the document was heard with that one."""
        used = self.document.recognizer.path
        return "" if not self.rival.checkpoint or Path(self.rival.checkpoint) == used else self.rival.checkpoint

    def needs_same_network(self, other: CompareRequest) -> bool:
        """Return whether both start from the same posteriors, so that only the decoding differs."""
        return self.document is other.document and self.checkpoint == other.checkpoint


@dataclass(frozen=True)
class Rest:
    """Let go of the network and of what it heard: nothing is compared any more."""


class Comparing:
    """The road from a document to its rival's transcript; keeps the rival's network and what it heard."""

    def __init__(self) -> None:
        self._begin()

    def __call__(self, request: CompareRequest | Rest, report: Report) -> Iterator[Decoded]:
        """Yield the `Decoded`; nothing when resting."""
        if isinstance(request, Rest):
            self._begin()
            return
        document = self._heard(request, report) if request.checkpoint else request.document
        decode = DecodeRequest(document, request.settings, request.language_model, request.reference)
        timed_edits.warm_up()  # the window sets the two transcripts against each other
        yield from self._decoding(decode, report)

    def _begin(self) -> None:
        self._hearing, self._decoding = Hearing(), Decoding()
        self._kept: tuple[Document, str, Document] | None = None

    def _heard(self, request: CompareRequest, report: Report) -> Document:
        """Return the document as the rival's network hears it; the network runs once for each."""
        document, checkpoint = request.document, request.checkpoint
        if self._kept is not None and self._kept[0] is document and self._kept[1] == checkpoint:
            return self._kept[2]
        self._require_same_symbols(document, checkpoint)
        audio = document.heard.audio if document.source.is_recording else None
        heard = None
        for part in self._hearing(HearRequest(document.source, checkpoint, request.device, audio), report):
            if isinstance(part, Document):
                heard = part
            elif not report("listening", 0.0):
                raise Cancelled
        if heard is None:
            raise Cancelled
        self._kept = (document, checkpoint, heard)
        return heard

    def _require_same_symbols(self, document: Document, checkpoint: str) -> None:
        from model.checkpoint import read_header

        ours, theirs = document.recognizer.header.table, read_header(checkpoint).table
        if ours.symbols != theirs.symbols:
            raise UserError(
                f"{checkpoint} hears other phonemes ({theirs.name}) than the checkpoint in use ({ours.name}), so the "
                "two cannot be compared; choose a checkpoint with the same symbols."
            )
