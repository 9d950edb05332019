"""The keyboard in the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from phonegui.views.timeline import TimelineView

_PAN_SHARE = 0.1
_PAGE_SHARE = 0.9
_SELECT_SHARE = 0.01
_ZOOM = 1.25

KEYS = (
    ("Left, Right", "Pan", "Move a tenth of the window"),
    ("Page up, Page down", "Page", "Move almost a window"),
    ("+, −", "Zoom", "About the pointer, or the middle"),
    ("Home, End", "Start, end", "Show the beginning or the end of the recording"),
    ("Shift+Left, Right", "Select", "Move the end of the selection by a hundredth of the window"),
    ("Ctrl+Shift+Left, Right", "Select", "Move the start of the selection"),
)
"""Keys that work while the timeline has the focus: keys, name, help."""

TAKEN = {
    **dict.fromkeys(("Left", "Right"), "pans the timeline"),
    **dict.fromkeys(("PgUp", "PgDown"), "turns the page in the timeline"),
    **dict.fromkeys(("+", "=", "-", "Shift++", "Shift+=", "Shift+-"), "zooms the timeline"),
    **dict.fromkeys(("Home", "End"), "goes to the start or the end of the timeline"),
    **dict.fromkeys(("Shift+Left", "Shift+Right", "Ctrl+Shift+Left", "Ctrl+Shift+Right"), "selects in the timeline"),
    **dict.fromkeys(("Return", "Enter"), "presses buttons, and corrects a phoneme in the timeline"),
    **dict.fromkeys(("Up", "Down"), "moves through lists and tables"),
    **dict.fromkeys(("Tab", "Shift+Tab"), "moves the keyboard focus"),
    **dict.fromkeys(("Space",), "presses buttons"),
    **dict.fromkeys(("Esc",), "stops playing, and leaves what is being done"),
    **dict.fromkeys(("Del", "Backspace"), "deletes in text"),
    **dict.fromkeys(("Ctrl+C", "Ctrl+X", "Ctrl+V"), "copies, cuts or pastes text"),
}
"""What keys that are no action's do, in Qt's portable spelling: they cannot be given to one."""

MOUSE = (
    ("Wheel, pinch", "Zoom", "At the pointer; sideways or with Shift, pan"),
    ("Drag", "Select", "On an edge of the selection, move it; in the time axis, pan"),
    ("Shift+drag, middle drag", "Pan", "Move through the recording"),
    ("Click", "Phoneme", "Select and play a phoneme, select a difference; elsewhere, select nothing"),
    ("Shift+click", "Extend", "Move the nearer edge of the selection here"),
    ("Double click", "Fit", "Show the whole recording"),
    ("Title", "Row", "Click folds, drag moves, right click opens the menu of the row"),
)
"""What the mouse does in the timeline: gesture, name, help."""

_NONE = Qt.KeyboardModifier.NoModifier
_SIDEWAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_PAGES = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


def press_key(view: TimelineView, event: QKeyEvent) -> bool:
    """Carry out what a key means in the timeline; return whether it means anything."""
    key, shown = event.key(), view.time_range
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    if key in _SIDEWAYS and modifiers == shift:
        _move_edge(view, _SIDEWAYS[key], start=False)
    elif key in _SIDEWAYS and modifiers == shift | control:
        _move_edge(view, _SIDEWAYS[key], start=True)
    elif key in _SIDEWAYS and not modifiers:
        shown.pan(_SIDEWAYS[key] * _PAN_SHARE * shown.span)
    elif key in _PAGES and not modifiers:
        shown.pan(_PAGES[key] * _PAGE_SHARE * shown.span)
    elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus) and modifiers in (shift, _NONE):
        view.zoom(1.0 / _ZOOM if key == Qt.Key.Key_Minus else _ZOOM)
    elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and not modifiers:
        shown.pan(-shown.duration if key == Qt.Key.Key_Home else shown.duration)
    else:
        return False
    return True


def _move_edge(view: TimelineView, direction: int, *, start: bool) -> None:
    """Move an edge of the selection; where nothing is selected, begin one in the middle of the window."""
    shown = view.time_range
    by = direction * _SELECT_SHARE * shown.span
    middle = 0.5 * (shown.start + shown.end)
    first, last = shown.selection.range or (middle, middle)
    if start:
        shown.selection.select(first + by, last)
    else:
        shown.selection.select(first, last + by)
    view.reveal(first + by if start else last + by)
