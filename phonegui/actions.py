"""One table of actions that makes menus, toolbar and the shortcut sheet."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow


@dataclass(frozen=True)
class ActionSpec:
    """An action: its name in code, where and how it shows, and the method of the window that carries it out.

    Attributes
    ----------
    name
        Name of the action and of the method that carries it out.
    menu, text
        Menu and entry, with mnemonics.
    shortcut
        Key sequence in Qt's portable spelling, empty for none.
    help
        One line for the status tip and the shortcut sheet.
    toolbar
        Shown in the toolbar too.
    """

    name: str
    menu: str
    text: str
    shortcut: str
    help: str
    toolbar: bool = False


ACTIONS = (
    ActionSpec("open_files", "&File", "&Open recording…", "Ctrl+O", "Open a wav, flac, mp3 or ogg recording", True),
    ActionSpec("open_sample", "&File", "Open &sample", "", "Open the bundled sample recording"),
    ActionSpec("open_checkpoint", "&File", "Open &checkpoint…", "Ctrl+K", "Choose the network that listens"),
    ActionSpec("use_bundled_checkpoint", "&File", "Use &bundled checkpoint", "", "Go back to the bundled network"),
    ActionSpec("quit_program", "&File", "&Quit", "Ctrl+Q", "Close the window"),
    ActionSpec("copy_transcript", "&Edit", "&Copy transcript", "Ctrl+Shift+C", "Copy the phonemes as text"),
    ActionSpec("zoom_in", "&View", "Zoom &in", "Ctrl+I", "Show half as long a stretch", True),
    ActionSpec("zoom_out", "&View", "Zoom &out", "Ctrl+U", "Show twice as long a stretch", True),
    ActionSpec("fit", "&View", "&Fit", "Ctrl+A", "Show the whole recording", True),
    ActionSpec("earlier", "&View", "&Earlier", "Alt+Left", "Move half a window towards the start"),
    ActionSpec("later", "&View", "&Later", "Alt+Right", "Move half a window towards the end"),
    ActionSpec("next_file", "&View", "&Next recording", "Ctrl+PgDown", "Open the next recording in the list"),
    ActionSpec("previous_file", "&View", "&Previous recording", "Ctrl+PgUp", "Open the previous recording in the list"),
    ActionSpec("wider_beam", "&Decode", "&Wider beam", "Ctrl+Up", "Keep more prefixes"),
    ActionSpec("narrower_beam", "&Decode", "&Narrower beam", "Ctrl+Down", "Keep fewer prefixes"),
    ActionSpec("show_shortcuts", "&Help", "Keyboard &shortcuts", "F1", "Show every shortcut"),
    ActionSpec("show_about", "&Help", "&About phonegui", "", "Show versions and the checkpoint"),
)


def install_actions(window: QMainWindow, *targets: QObject) -> dict[str, QAction]:
    """Make every action of the table, put it into the window's menus, and connect it to the method of its name.

    Parameters
    ----------
    window
        Has the menus, and the methods that none of the targets has.
    targets
        Objects whose methods carry out actions.
    """
    actions: dict[str, QAction] = {}
    menus = {}
    for spec in ACTIONS:
        if spec.menu not in menus:
            menus[spec.menu] = window.menuBar().addMenu(spec.menu)
        action = QAction(spec.text, window)
        action.setObjectName(spec.name)
        action.setStatusTip(spec.help)
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
        plain = spec.text.replace("&", "").rstrip("…")
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{plain} ({keys})" if keys else plain)
        target = next((item for item in targets if hasattr(item, spec.name)), window)
        action.triggered.connect(getattr(target, spec.name))
        menus[spec.menu].addAction(action)
        actions[spec.name] = action
    return actions


def shortcut_rows() -> list[tuple[str, str, str]]:
    """Return name, keys in the system's spelling, and help of every action that has a shortcut."""
    return [
        (
            spec.text.replace("&", "").rstrip("…"),
            QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText),
            spec.help,
        )
        for spec in ACTIONS
        if spec.shortcut
    ]
