"""What the session finds, shown in the timeline and the decoding panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from phonegui.long_hearing import PartialHeard
from phonegui.panels.decoding import DecodingPanel
from phonegui.pipeline import Decoded, Features
from phonegui.session import Session
from phonegui.views.timeline import TimelineView

if TYPE_CHECKING:
    from model.recognizer import Heard
    from phonegui.pipeline import Reference


class Showing(QObject):
    """Connects a session with the widgets that show what it finds.

    Parameters
    ----------
    session
        What finds features, posteriors and phonemes.
    timeline, decoding
        What shows them.
    """

    warned = Signal(str)  # one sentence about what is shown

    def __init__(self, session: Session, timeline: TimelineView, decoding: DecodingPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._decoding = session, timeline, decoding
        session.features_ready.connect(self._on_features)
        session.heard_partly.connect(self._on_heard_partly)
        session.heard_ready.connect(self._on_heard)
        session.decoded.connect(self._on_decoded)
        decoding.changed.connect(session.set_decoding)
        timeline.range_changed.connect(self._on_range)

    def _on_features(self, features: Features) -> None:
        self._timeline.set_features(features.frames, features.hop_seconds)

    def _on_heard(self, heard: Heard) -> None:
        self._timeline.set_posteriors(heard.log_probs, heard.step_seconds, heard.table)

    def _on_heard_partly(self, heard: PartialHeard) -> None:
        self._timeline.set_posteriors(heard.log_probs, heard.step_seconds, heard.table, partly=True)

    def _on_range(self, start: float, end: float) -> None:
        # Where all is shown, reading begins at the beginning.
        whole = end - start >= self._timeline.time_range.duration
        self._session.looked_at = 0.0 if whole else 0.5 * (start + end)

    def _on_decoded(self, result: Decoded) -> None:
        if self._session.heard is None:
            return
        self._timeline.set_heard(result.transcript.phonemes)
        if _same(result.asked, self._session.reference):  # else it was edited meanwhile, and what is shown is newer
            self._timeline.set_reference(result.reference)
        self._timeline.set_hypotheses(result.hypotheses)
        self._decoding.show_result(result, len(self._session.heard.log_probs))
        if result.warning:
            self.warned.emit(result.warning)


def _same(one: Reference | None, other: Reference | None) -> bool:
    """Return whether two references are the same; those with times, which may be long, are compared as objects."""
    return one is other or (one is not None and one.phonemes is None and one == other)
