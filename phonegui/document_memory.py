"""What is remembered of documents: the part shown and selected in each, and at the end of the program all of them."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from phonegui.documents import Documents
from phonegui.settings import Remembered
from phonegui.sources import Source

if TYPE_CHECKING:
    from phonegui.session import Session
    from phonegui.views.timeline import TimelineView

_MOST = 50
Span = tuple[float, float] | None


class ViewMemory(QObject):
    """Shows a document's part and selection again when it comes back on the screen.

    Made after all else that listens to the session, so that what is restored is not reset.
    """

    def __init__(self, documents: Documents, session: Session, timeline: TimelineView) -> None:
        super().__init__(timeline)
        self._documents, self._timeline = documents, timeline
        self._waiting: tuple[Span, Span] = (None, None)
        timeline.range_changed.connect(self._note_range)
        timeline.selection_changed.connect(self._note_selection)
        session.audio_ready.connect(self._restore)
        session.features_ready.connect(self._restore_late)
        session.heard_ready.connect(self._restore_late)

    def about_to_change(self) -> None:
        """Keep what is remembered of the document that comes next from the changes that its coming makes."""
        current = self._documents.current
        self._waiting = (current.shown, current.selected) if current is not None else (None, None)

    def _restore(self) -> None:
        shown, selected = self._waiting
        if self._timeline.time_range.duration > 0:
            self._waiting = (None, None)
            self._apply(shown, selected)

    def _restore_late(self) -> None:
        # Features without sound: only now is there a duration.
        if self._waiting != (None, None):
            self._restore()

    def _apply(self, shown: Span, selected: Span) -> None:
        if shown is not None:
            self._timeline.show_range(*shown)
        self._timeline.history.clear()
        if selected is not None:
            self._timeline.selection.select(*selected)

    def _note_range(self, start: float, end: float) -> None:
        current = self._documents.current
        if current is not None and end > start and self._waiting == (None, None):
            whole = start <= 0.0 and end >= self._timeline.time_range.duration
            current.shown = None if whole else (start, end)

    def _note_selection(self, selected: Span) -> None:
        current = self._documents.current
        if current is not None and self._waiting == (None, None):
            current.selected = selected


def remember(documents: Documents, settings: Remembered) -> None:
    """Remember which files are open, which of them is on the screen, and what each shows."""
    kept = [item for item in documents if item.source.is_file][:_MOST]
    current = documents.current
    value = {
        "files": [
            {"path": item.source.path, "shown": item.shown, "selected": item.selected, "preview": item.preview}
            for item in kept
        ],
        "current": kept.index(current) if current in kept else 0,
    }
    settings.set("documents", json.dumps(value))


def restore(documents: Documents, settings: Remembered) -> tuple[int, list[str]]:
    """Give the remembered files their tabs; every value is checked, for the file may be old or damaged.

    Returns
    -------
    current
        Place of the tab to show, -1 when none came back.
    missing
        Files that are gone.
    """
    value = settings.json("documents")
    files = value.get("files") if isinstance(value, dict) else None
    missing: list[str] = []
    places: dict[int, int] = {}
    for number, item in enumerate(files[:_MOST] if isinstance(files, list) else ()):
        path = item.get("path") if isinstance(item, dict) else None
        if not isinstance(path, str) or not Path(path).is_absolute():
            continue
        if not _exists(path):
            missing.append(path)
            continue
        document = documents.add(Source(path))
        document.shown, document.selected = span(item.get("shown")), span(item.get("selected"))
        document.preview = item.get("preview") is True
        places[number] = documents.index(document)
    wanted = value.get("current") if isinstance(value, dict) else 0
    first = next(iter(places.values()), -1)
    return places.get(wanted, first) if isinstance(wanted, int) else first, missing


def span(value: Any) -> Span:
    """Return a remembered stretch of time, None where it is none."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in value):
        return None
    return (float(value[0]), float(value[1])) if 0 <= value[0] < value[1] else None


def _exists(path: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return Path(path).exists()
    return False
