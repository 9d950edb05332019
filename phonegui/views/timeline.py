"""All views of one recording, one below the other over the same time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from model.phonemes import SymbolTable
from phonegui.theme import Theme
from phonegui.views.competitors import describe_competitors
from phonegui.views.frames import Frames
from phonegui.views.rival import HEIGHT
from phonegui.views.timeline_data import TimelineData
from phonegui.views.timeline_keys import press_key
from phonegui.views.timeline_rows import TimelineRows
from phonegui.views.zoom_history import ZoomHistory

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.decoding import Hypothesis
    from model.transcript import TimedPhoneme


class TimelineView(TimelineRows):
    """Overview, waveform, features, posteriors and tiers over one time axis.

    The wheel zooms about the pointer, dragging selects, dragging with Shift or the middle button pans, a double click
    shows all; `phonegui.views.timeline_keys.KEYS` lists the keys. A click on a title folds the row.
    """

    hovered = Signal(float)  # time in seconds under the pointer, NaN when it left
    range_changed = Signal(float, float)  # shown start and end, s
    selection_changed = Signal(object)  # selected (start, end) in s, or None
    frames_changed = Signal()  # other posteriors, phonemes or hypotheses

    def __init__(self, parent: QWidget | None = None, *, theme: Theme | None = None) -> None:
        super().__init__(parent, theme=theme)
        self.history = ZoomHistory(self.time_range, self)
        self.follows_playhead = True
        self._data = TimelineData(self)
        self._hypotheses: Sequence[Hypothesis] = ()
        self._pointer_x = math.nan
        self._connect()
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(
            "Waveform, features, posteriors and tiers over time. Arrows pan, with Shift select; plus and minus zoom."
        )

    def _connect(self) -> None:
        for row in (*self.rows, self.overview):
            row.hovered.connect(self._on_hovered)
        self.rival.hovered.connect(self._on_hovered)
        for row in (*self.arrangement.rows.values(), self.rival):
            row.clicked.connect(self._on_clicked)
        self.transcript.more_about = self.competitors
        self.frames_changed.connect(self._hover_again)
        self.time_range.changed.connect(self._on_range_changed)
        self.selection.changed.connect(self._on_selected)

    # -- what is shown

    @property
    def busy(self) -> bool:
        """Whether pictures are still being made of what was set last."""
        return self._data.busy

    def set_audio(self, samples: npt.NDArray[np.float32], sample_rate: int) -> None:
        """Show the samples (n,) of the recording at a rate in Hz; they are kept, not copied."""
        self._data.set_audio(samples, sample_rate)

    def set_features(self, features: npt.NDArray[np.floating], hop_seconds: float, *, unit: str = "σ") -> None:
        """Show features (T, coefficients); frame *t* is centred on ``t * hop_seconds``."""
        self._data.set_features(features, hop_seconds, unit)

    def set_posteriors(
        self, log_probs: npt.NDArray[np.floating], step_seconds: float, table: SymbolTable, *, partly: bool = False
    ) -> None:
        """Show the logarithms of posteriors (T, V); frame *t* is centred on ``t * step_seconds``.

        Where they are there `partly`, minus infinity elsewhere, they are drawn when the picture before is finished.
        """
        self._data.set_posteriors(log_probs, step_seconds, table, partly=partly)
        self.frames_changed.emit()

    def set_heard(self, phonemes: Sequence[TimedPhoneme]) -> None:
        """Replace the phonemes heard; cheap enough for every step of a slider."""
        self._data.set_heard(phonemes)

    def set_reference(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the reference, at the times its phonemes carry; None where it is not known."""
        self._data.set_reference(phonemes)

    def set_rival(self, name: str) -> None:
        """Add the row of another transcript under a name; an empty one takes it out."""
        self.rival.set_name(name)
        if name:
            self.arrangement.add_guest("rival", self.rival, HEIGHT, after="transcript")
        else:
            self._data.set_rival(None)
            self.arrangement.remove_guest("rival")

    def set_rival_heard(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the phonemes of the other transcript; None while they are not known."""
        self._data.set_rival(phonemes)

    def set_hypotheses(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Replace what the competitors of a phoneme are taken from: hypotheses, the one heard first."""
        self._hypotheses = hypotheses
        self.frames_changed.emit()

    def clear(self) -> None:
        """Show nothing."""
        for row in self.rows:
            row.let_go()  # what was dragged there is gone
        self._hypotheses = ()
        self._data.clear()
        self.frames_changed.emit()
        self.set_playhead(None)
        self.history.clear()

    def set_feature_colors(self, name: str) -> None:
        """Draw features through another of `phonegui.theme.COLOR_MAPS`."""
        self.spectrogram.set_color_map(name)

    @property
    def feature_kind(self) -> str:
        """What the row of features shows, of `phonegui.views.spectrogram.FEATURE_KINDS`."""
        return self._data.feature_kind

    def set_feature_kind(self, kind: str) -> None:
        """Show one of `phonegui.views.spectrogram.FEATURE_KINDS`: what the network reads, or the spectrum."""
        self._data.set_feature_kind(kind)

    def set_posterior_colors(self, name: str) -> None:
        """Draw posteriors in other colours: one of `phonegui.views.posteriorgram.POSTERIOR_COLORS`."""
        self.posteriorgram.set_color_map(name)

    def hover_text(self, time: float) -> str:
        """Return the time and the likeliest phonemes there, for the status bar; empty for NaN."""
        return self.posteriorgram.hover_text(time)

    @property
    def frames(self) -> Frames | None:
        """The posteriors in words and numbers, None without any."""
        return self.posteriorgram.frames

    def competitors(self, index: int) -> list[str]:
        """Return in lines what else a heard phoneme might have been."""
        return describe_competitors(self.frames, self._hypotheses, index, self.transcript.heard[index])

    def selected_competitors(self) -> list[str]:
        """Return what else the heard phoneme that is selected might have been, nothing when none is."""
        index = self.transcript.index_of(self.selection.range)
        return [] if index is None else [f"{self.transcript.heard[index].symbol}", *self.competitors(index)]

    # -- what part is shown

    def show_range(self, start: float, end: float) -> None:
        """Show `start` to `end` seconds, moved and shortened to lie within the recording."""
        self.time_range.show(start, end)

    def fit(self) -> None:
        """Show all of the recording."""
        self.history.begin()
        self.time_range.fit()

    def zoom(self, factor: float) -> None:
        """Divide the shown span by `factor` about the pointer, or about the middle when it is elsewhere."""
        middle = self.overlays.cursor
        if middle is None:
            middle = 0.5 * (self.time_range.start + self.time_range.end)
        self.time_range.zoom(factor, middle)

    def reveal(self, time: float) -> None:
        """Move the shown part, as little as need be, until a time lies in it."""
        shown = self.time_range
        shown.pan(min(0.0, time - shown.start) + max(0.0, time - shown.end))

    def visible_range(self) -> tuple[float, float]:
        """Return the shown start and end in seconds; both 0 when there is no recording."""
        return self.time_range.start, self.time_range.end

    def set_playhead(self, time: float | None) -> None:
        """Mark the time that is being played; None removes the mark.

        The window follows by pages where `follows_playhead` is set, until somebody scrolls away from the mark.
        """
        before, self.overlays.playhead = self.overlays.playhead, time
        if self.follows_playhead and self._is_shown(before) and time is not None and not self._is_shown(time):
            self.history.paused = True
            self.time_range.pan(time - self.time_range.start)
            self.history.paused = False
        self.place_lines()

    def _is_shown(self, time: float | None) -> bool:
        return time is not None and self.time_range.start <= time <= self.time_range.end

    # -- selection

    def zoom_to_selection(self) -> None:
        """Show the selected stretch; nothing happens when there is none."""
        if self.selection.range is not None:
            self.history.begin()
            self.time_range.show(*self.selection.range)

    def step_phoneme(self, direction: int) -> None:
        """Select the next heard phoneme (1) or the one before (-1), counted from the selection or what is shown."""
        item = self.transcript.neighbour(self.selection.range or self.visible_range()[:1] * 2, direction)
        if item is not None:
            self.selection.select(item.start, item.end)
            self.reveal(item.start)
            self.reveal(item.end)

    def _on_clicked(self, time: float, y: float) -> None:
        item = None
        if self.sender() is self.transcript:
            item = self.transcript.phoneme_at(time, y)
        elif self.sender() is self.differences:
            item = self.differences.difference_at(time)
        elif self.sender() is self.rival:
            item = self.rival.item_at(time, y)
        if item is None:
            self.selection.clear()
        else:
            self.selection.select(item.start, item.end)

    def _on_selected(self, selected: tuple[float, float] | None) -> None:
        self.place_lines()
        self.selection_changed.emit(selected)

    # -- pointer

    def _on_hovered(self, time: float) -> None:
        self.overlays.cursor = None if math.isnan(time) else time
        self._pointer_x = self.axis.x_of(time)
        self.place_lines()
        self.hovered.emit(time)

    def _hover_again(self) -> None:
        """Tell what has come under a pointer that rests."""
        if self.overlays.cursor is not None:
            self.hovered.emit(self.overlays.cursor)

    def _on_range_changed(self, start: float, end: float) -> None:
        # Another time may have come under a pointer that rests.
        if self.overlays.cursor is not None:
            time = self.axis.time_at(self._pointer_x)
            if abs(time - self.overlays.cursor) > 1e-6:
                self._on_hovered(time)
        self.place_lines()
        self.range_changed.emit(start, end)

    # -- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, zoom and select."""
        if not press_key(self, event):
            super().keyPressEvent(event)
