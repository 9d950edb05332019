"""The rows of the timeline: made, laid out, arranged and coloured, with the lines that lie over all of them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from phonegui.theme import Theme, current_theme
from phonegui.views.arrangement import Arrangement
from phonegui.views.differences import DifferencesView
from phonegui.views.entropy import EntropyView
from phonegui.views.overlays import Overlays
from phonegui.views.overview import OverviewBar
from phonegui.views.posteriorgram import PosteriorgramView
from phonegui.views.ribbon import RibbonView
from phonegui.views.rival import RivalView
from phonegui.views.row import GAP, TimeRow
from phonegui.views.row_menu import RowMenu
from phonegui.views.row_splitter import RowSplitter
from phonegui.views.selection import Selection
from phonegui.views.spectrogram import SpectrogramView
from phonegui.views.time_axis import TimeAxis
from phonegui.views.time_range import TimeRange
from phonegui.views.transcript import TranscriptView
from phonegui.views.waveform import WaveformView

_HEIGHTS = {
    "waveform": 80,
    "features": 96,
    "posteriors": 360,
    "winners": 24,
    "entropy": 40,
    "transcript": 50,
    "differences": 24,
}
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class TimelineRows(QWidget):
    """Overview, rows and time axis one below the other, over a time range of their own.

    Parameters
    ----------
    theme
        Colours to begin and stay with; None follows the palette.
    """

    def __init__(self, parent: QWidget | None = None, *, theme: Theme | None = None) -> None:
        super().__init__(parent)
        self._follows_palette = theme is None
        self.theme = theme or current_theme(self.palette())
        self.time_range = TimeRange(self)
        self._make_rows()
        self._lay_out()
        self.overlays = Overlays(self, self.axis)
        self.overlays.set_theme(self.theme)
        self._splitter.splitterMoved.connect(self.place_lines)
        for name, row in (*self.arrangement.rows.items(), ("rival", self.rival)):
            row.customContextMenuRequested.connect(lambda place, name=name: self._show_menu(name, place))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _make_rows(self) -> None:
        self.overview = OverviewBar(self.time_range, self.theme)
        self.waveform = WaveformView(self.time_range, self.theme)
        self.spectrogram = SpectrogramView(self.time_range, self.theme)
        self.posteriorgram = PosteriorgramView(self.time_range, self.theme)
        self.ribbon = RibbonView(self.time_range, self.theme)
        self.entropy = EntropyView(self.time_range, self.theme)
        self.transcript = TranscriptView(self.time_range, self.theme)
        self.differences = DifferencesView(self.time_range, self.theme)
        self.axis = TimeAxis(self.time_range, self.theme)
        self.rival = RivalView(self.time_range, self.theme, self)
        self.rival.hide()

    def _lay_out(self) -> None:
        views = (
            self.waveform,
            self.spectrogram,
            self.posteriorgram,
            self.ribbon,
            self.entropy,
            self.transcript,
            self.differences,
        )
        self._splitter = RowSplitter(self.theme)
        self.arrangement = Arrangement(
            self._splitter, dict(zip(_HEIGHTS, views, strict=True)), _HEIGHTS, main="posteriors"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GAP, 0, 0)
        layout.setSpacing(GAP // 2)
        layout.addWidget(self.overview)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.axis)

    @property
    def rows(self) -> tuple[TimeRow, ...]:
        """All rows from top to bottom as they are arranged, the time axis last."""
        return (*(self.arrangement.rows[name] for name in self.arrangement.order), self.axis)

    @property
    def selection(self) -> Selection:
        """The selected part of the recording."""
        return self.time_range.selection

    # -- arrangement

    def save_layout(self) -> QByteArray:
        """Return order, heights, folding and visibility of the rows, for `restore_layout`."""
        return self.arrangement.save()

    def restore_layout(self, state: QByteArray) -> bool:
        """Take what `save_layout` returned; return whether it could be read."""
        return self.arrangement.restore(state)

    def _show_menu(self, name: str, place: QPoint) -> None:
        menu = RowMenu(self.arrangement, name, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.arrangement.rows[name].mapToGlobal(place))

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
        for row in {*self.rows, self.overview, self.rival}:
            row.apply_theme(theme)
        self._splitter.apply_theme(theme)
        self.overlays.set_theme(theme)
        self.update()

    # -- lines through all rows

    def place_lines(self) -> None:
        """Move the lines over all rows to their times."""
        self.overlays.place(QRect(0, self._splitter.y(), self.width(), self.axis.y() - self._splitter.y()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the gaps between the rows."""
        QPainter(self).fillRect(event.rect(), QColor(self.theme.background))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the lines at their times."""
        super().resizeEvent(event)
        self.place_lines()

    # -- focus

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus on the line of the time axis."""
        # A click needs no mark; who moves by keyboard must see where they are.
        self._show_focus(event.reason() in _BY_KEYBOARD)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus left."""
        self._show_focus(False)
        super().focusOutEvent(event)

    def _show_focus(self, focused: bool) -> None:
        self.axis.focused = focused
        self.axis.refresh()
