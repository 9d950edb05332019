"""All views of one recording, one below the other over the same time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QByteArray, QEvent, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from model.phonemes import SymbolTable
from phonegui.theme import Theme, current_theme
from phonegui.views.hair_line import HairLine
from phonegui.views.posteriorgram import PosteriorgramView
from phonegui.views.row import GAP, TimeRow
from phonegui.views.row_splitter import RowSplitter
from phonegui.views.spectrogram import SpectrogramView
from phonegui.views.time_axis import TimeAxis
from phonegui.views.time_range import TimeRange
from phonegui.views.transcript import TranscriptView
from phonegui.views.waveform import WaveformView

if TYPE_CHECKING:
    # The decoders come along with it: not before they are needed.
    from model.transcript import TimedPhoneme

_HEIGHTS = (96, 120, 420, 50)


class TimelineView(QWidget):
    """Waveform, features, posteriors and transcript over one time axis.

    The wheel zooms about the pointer, dragging pans, a double click shows all. With the keyboard: arrows pan, plus and
    minus zoom, Home shows all.
    """

    hovered = Signal(float)  # time in seconds under the pointer, NaN when it left
    phoneme_clicked = Signal(int)  # index of the heard phoneme
    range_changed = Signal(float, float)  # shown start and end, s

    def __init__(self, parent: QWidget | None = None, *, theme: Theme | None = None) -> None:
        super().__init__(parent)
        self._follows_palette = theme is None
        self.theme = theme or current_theme(self.palette())
        self.time_range = TimeRange(self)
        self.waveform = WaveformView(self.time_range, self.theme)
        self.spectrogram = SpectrogramView(self.time_range, self.theme)
        self.posteriorgram = PosteriorgramView(self.time_range, self.theme)
        self.transcript = TranscriptView(self.time_range, self.theme)
        self.axis = TimeAxis(self.time_range, self.theme)
        self._splitter = RowSplitter(self.theme)
        self._pointer_x = math.nan
        self._lay_out()
        self._cursor_line = HairLine(self)
        self._play_line = HairLine(self)
        self._color_lines()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(
            "Waveform, features, posteriors and transcript over time. Arrows pan, plus and minus zoom, Home shows all."
        )

    @property
    def rows(self) -> tuple[TimeRow, ...]:
        """All rows from top to bottom, the time axis last."""
        return (self.waveform, self.spectrogram, self.posteriorgram, self.transcript, self.axis)

    def _lay_out(self) -> None:
        for row in self.rows[:-1]:
            self._splitter.addWidget(row)
            self._splitter.setStretchFactor(self._splitter.count() - 1, 1 if row is self.posteriorgram else 0)
        self._splitter.setSizes(list(_HEIGHTS))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.axis)

    def _connect(self) -> None:
        for row in self.rows:
            row.hovered.connect(self._on_hovered)
        self.transcript.phoneme_clicked.connect(self.phoneme_clicked)
        self.time_range.changed.connect(self._on_range_changed)

    # -- what is shown

    def set_audio(self, samples: npt.NDArray[np.float32], sample_rate: int) -> None:
        """Show the samples (n,) of the recording at a rate in Hz; they are kept, not copied."""
        self.waveform.set_samples(samples, sample_rate)
        self._measure()

    def set_features(self, features: npt.NDArray[np.floating], hop_seconds: float, *, unit: str = "σ") -> None:
        """Show features (T, coefficients); frame *t* is centred on ``t * hop_seconds``."""
        self.spectrogram.set_features(features, hop_seconds, unit=unit)
        self._measure()

    def set_posteriors(self, log_probs: npt.NDArray[np.floating], step_seconds: float, table: SymbolTable) -> None:
        """Show the logarithms of posteriors (T, V); frame *t* is centred on ``t * step_seconds``."""
        self.posteriorgram.set_posteriors(log_probs, step_seconds, table)
        self._measure()

    def set_heard(self, phonemes: Sequence[TimedPhoneme]) -> None:
        """Replace the phonemes heard; cheap enough for every step of a slider."""
        self.transcript.set_heard(phonemes)

    def set_reference(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the reference, at the times its phonemes carry; None where it is not known."""
        self.transcript.set_reference(phonemes)

    def clear(self) -> None:
        """Show nothing."""
        self.waveform.set_samples(None, 1)
        self.spectrogram.set_features(None, 1.0)
        self.posteriorgram.set_posteriors(None, 1.0, None)
        self.transcript.set_heard(())
        self.transcript.set_reference(None)
        self.set_playhead(None)
        self._measure()

    def set_feature_colors(self, name: str) -> None:
        """Draw features through another of `phonegui.theme.COLOR_MAPS`."""
        self.spectrogram.set_color_map(name)

    def set_posterior_colors(self, name: str) -> None:
        """Draw posteriors in other colours: one of `phonegui.views.posteriorgram.POSTERIOR_COLORS`."""
        self.posteriorgram.set_color_map(name)

    def hover_text(self, time: float) -> str:
        """Return the time and the likeliest phonemes there, for the status bar; empty for NaN."""
        return self.posteriorgram.hover_text(time)

    def _measure(self) -> None:
        # The recording is as long as its samples; features alone, as courses give them, end with their last frame.
        seconds = self.waveform.seconds or max(self.spectrogram.seconds, self.posteriorgram.seconds)
        self.time_range.set_duration(seconds)

    # -- what part is shown

    def show_range(self, start: float, end: float) -> None:
        """Show `start` to `end` seconds, moved and shortened to lie within the recording."""
        self.time_range.show(start, end)

    def fit(self) -> None:
        """Show all of the recording."""
        self.time_range.fit()

    def zoom(self, factor: float) -> None:
        """Divide the shown span by `factor` about the pointer, or about the middle when it is elsewhere."""
        middle = self._cursor_line.time
        if middle is None:
            middle = 0.5 * (self.time_range.start + self.time_range.end)
        self.time_range.zoom(factor, middle)

    def visible_range(self) -> tuple[float, float]:
        """Return the shown start and end in seconds; both 0 when there is no recording."""
        return self.time_range.start, self.time_range.end

    def set_playhead(self, time: float | None) -> None:
        """Mark the time that is being played; None removes the mark."""
        self._play_line.time = time
        self._place_lines()

    def save_layout(self) -> QByteArray:
        """Return the heights of the rows, for `restore_layout`."""
        return self._splitter.saveState()

    def restore_layout(self, state: QByteArray) -> bool:
        """Take heights from `save_layout`; return whether they could be read."""
        return self._splitter.restoreState(state)

    # -- theme

    def apply_theme(self, theme: Theme) -> None:
        """Draw in other colours from now on, whatever the palette says."""
        self._follows_palette = False
        self._recolor(theme)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette, until `apply_theme` says otherwise."""
        if event.type() == QEvent.Type.PaletteChange and self._follows_palette:
            theme = current_theme(self.palette())
            if theme != self.theme:
                self._recolor(theme)
        super().changeEvent(event)

    def _recolor(self, theme: Theme) -> None:
        self.theme = theme
        for row in self.rows:
            row.apply_theme(theme)
        self._splitter.apply_theme(theme)
        self._color_lines()
        self.update()

    def _color_lines(self) -> None:
        self._cursor_line.set_colors(self.theme.text, self.theme.background)
        self._play_line.set_colors(self.theme.accent, self.theme.background)

    # -- lines through all rows

    def _on_hovered(self, time: float) -> None:
        self._cursor_line.time = None if math.isnan(time) else time
        self._pointer_x = self.axis.x_of(time)
        self._place_lines()
        self.hovered.emit(time)

    def _on_range_changed(self, start: float, end: float) -> None:
        # Another time may have come under a pointer that rests.
        if self._cursor_line.time is not None:
            time = self.axis.time_at(self._pointer_x)
            if abs(time - self._cursor_line.time) > 1e-6:
                self._on_hovered(time)
        self._place_lines()
        self.range_changed.emit(start, end)

    def _place_lines(self) -> None:
        for line in (self._cursor_line, self._play_line):
            line.place(self.axis, self.time_range, QRect(0, GAP, self.width(), self.axis.y() - GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the gaps between the rows."""
        QPainter(self).fillRect(event.rect(), QColor(self.theme.background))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the lines at their times."""
        super().resizeEvent(event)
        self._place_lines()

    # -- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pan with arrows, zoom with plus and minus, show all with Home."""
        key, span = event.key(), self.time_range.span
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.time_range.pan(0.1 * span if key == Qt.Key.Key_Right else -0.1 * span)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1.0 / 1.25 if key == Qt.Key.Key_Minus else 1.25)
        elif key == Qt.Key.Key_Home:
            self.fit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus on the line of the time axis."""
        # A click needs no mark; who moves by keyboard must see where they are.
        self._show_focus(event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason))
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus left."""
        self._show_focus(False)
        super().focusOutEvent(event)

    def _show_focus(self, focused: bool) -> None:
        self.axis.focused = focused
        self.axis.refresh()
