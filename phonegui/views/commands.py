"""What the actions of the View and Select menus do in the timeline."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from phonegui.settings import Remembered
from phonegui.views.timeline import TimelineView


class ViewCommands(QObject):
    """Carries out the actions that move through time and select.

    Parameters
    ----------
    timeline
        What is moved through.
    """

    def __init__(self, timeline: TimelineView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline

    def adopt(self, actions: dict[str, QAction], settings: Remembered) -> None:
        """Enable the actions that mean something at the moment, and check those that are on."""
        timeline, follow = self._timeline, actions["toggle_follow"]
        follow.setCheckable(True)
        timeline.follows_playhead = settings.number("follow_playhead", 1, 0, 1) == 1
        follow.setChecked(timeline.follows_playhead)
        follow.toggled.connect(lambda on: settings.set("follow_playhead", int(on)))

        def enable_ways(back: bool, forward: bool) -> None:
            actions["zoom_back"].setEnabled(back)
            actions["zoom_forward"].setEnabled(forward)

        def enable_selected(selected: object) -> None:
            actions["zoom_to_selection"].setEnabled(selected is not None)

        timeline.history.changed.connect(enable_ways)
        timeline.selection_changed.connect(enable_selected)
        enable_ways(False, False)
        enable_selected(None)

    def toggle_follow(self) -> None:
        """Let the window follow the playhead, or stay where it is."""
        self._timeline.follows_playhead = not self._timeline.follows_playhead

    def zoom_in(self) -> None:
        """Show half as long a stretch of time."""
        self._timeline.zoom(2.0)

    def zoom_out(self) -> None:
        """Show twice as long a stretch of time."""
        self._timeline.zoom(0.5)

    def zoom_to_selection(self) -> None:
        """Show the selected stretch."""
        self._timeline.zoom_to_selection()

    def fit(self) -> None:
        """Show the whole recording."""
        self._timeline.fit()

    def zoom_back(self) -> None:
        """Show what was shown before."""
        self._timeline.history.back()

    def zoom_forward(self) -> None:
        """Show again what was left by going back."""
        self._timeline.history.forward()

    def earlier(self) -> None:
        """Move half a window towards the start."""
        self._shift(-0.5)

    def later(self) -> None:
        """Move half a window towards the end."""
        self._shift(0.5)

    def clear_selection(self) -> None:
        """Select nothing."""
        self._timeline.selection.clear()

    def select_shown(self) -> None:
        """Select what the window shows."""
        self._timeline.selection.select(*self._timeline.visible_range())

    def next_phoneme(self) -> None:
        """Select the phoneme heard after the selection."""
        self._timeline.step_phoneme(1)

    def previous_phoneme(self) -> None:
        """Select the phoneme heard before the selection."""
        self._timeline.step_phoneme(-1)

    def _shift(self, windows: float) -> None:
        self._timeline.time_range.pan(windows * self._timeline.time_range.span)
