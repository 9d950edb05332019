"""Which key carries out which action: as the action table says, or as the user chose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from model.errors import UserError
from phonegui.actions import ACTIONS, ActionSpec
from phonegui.views.timeline_keys import TAKEN

if TYPE_CHECKING:
    from phonegui.settings import Remembered

_REMEMBERED = "shortcuts"
_LONGEST = 60
_PORTABLE, _NATIVE = QKeySequence.SequenceFormat.PortableText, QKeySequence.SequenceFormat.NativeText
_NO_TEXT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier


class Shortcuts(QObject):
    """Gives actions their keys, and remembers those that the user chose.

    Parameters
    ----------
    actions
        By name, with the keys that they have at first.
    settings
        Where chosen keys are remembered; what is damaged or taken twice there is left out.
    """

    changed = Signal()  # an action has another key

    def __init__(self, actions: Mapping[str, QAction], settings: Remembered, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._actions = {spec.name: actions[spec.name] for spec in ACTIONS if spec.name in actions}
        self._specs = {spec.name: spec for spec in ACTIONS}
        self._first = {name: list(action.shortcuts()) for name, action in self._actions.items()}
        self._chosen: dict[str, QKeySequence] = {}
        self._set(self._read())

    @property
    def names(self) -> list[str]:
        """Names of the actions in the order of the table."""
        return list(self._actions)

    def spec(self, name: str) -> ActionSpec:
        """Return the row of the action table."""
        return self._specs[name]

    def keys(self, name: str) -> list[QKeySequence]:
        """Return the keys of an action, the one that can be chosen first; none where it has none."""
        return list(self._actions[name].shortcuts())

    def is_chosen(self, name: str) -> bool:
        """Return whether an action has another key than at first."""
        return name in self._chosen

    def choose(self, name: str, keys: QKeySequence) -> None:
        """Give an action a key in place of those it has; an empty one takes them away.

        Raises
        ------
        UserError
            The key has another meaning, or would type a letter.
        """
        self._set(self._with(name, [] if keys.isEmpty() else [keys]))
        self._remember()

    def reset(self, name: str) -> None:
        """Give an action its first keys again; raise UserError where another action has one of them by now."""
        self._set(self._with(name, self._first[name]))
        self._remember()

    def reset_all(self) -> None:
        """Give every action its first keys again."""
        self._set({})
        self._remember()

    # -- checking

    def _with(self, name: str, keys: list[QKeySequence]) -> dict[str, QKeySequence]:
        """Return what is chosen when an action has these keys besides; raise UserError where it cannot have them."""
        chosen = {other: key for other, key in self._chosen.items() if other != name}
        if keys != self._first[name]:
            chosen[name] = keys[0] if keys else QKeySequence()
        for key in keys:
            problem = self._problem(name, key) or self._clash(name, key, chosen)
            if problem:
                raise UserError(problem)
        return chosen

    def _problem(self, name: str, key: QKeySequence) -> str:
        """Return why an action cannot have a key whatever others have, empty when it can."""
        portable, shown = key.toString(_PORTABLE), key.toString(_NATIVE)
        if key in self._first[name]:
            return ""
        if portable in TAKEN:
            return f"{shown} {TAKEN[portable]}; choose another key."
        press = key[0]
        if press.keyboardModifiers() == Qt.KeyboardModifier.AltModifier and _menu_of(press.key()):
            return f"{shown} opens the {_menu_of(press.key())} menu; choose another key."
        plain = not press.keyboardModifiers() & (_NO_TEXT | Qt.KeyboardModifier.AltModifier)
        if plain and int(Qt.Key.Key_Space) <= press.key().value < int(Qt.Key.Key_Escape):
            return f"{shown} types a character; choose it together with Ctrl or Alt."
        return ""

    def _clash(self, name: str, key: QKeySequence, chosen: Mapping[str, QKeySequence]) -> str:
        """Return which other action has a key, as a sentence; empty when none has."""
        for other in self._actions:
            if other != name and key in self._keys(other, chosen):
                shown, owner = key.toString(_NATIVE), self._specs[other].plain
                return f"{shown} is the key of “{owner}”; give that another key first, or choose another one here."
        return ""

    def _keys(self, name: str, chosen: Mapping[str, QKeySequence]) -> list[QKeySequence]:
        """Return the keys of an action under some choice."""
        if name not in chosen:
            return self._first[name]
        return [] if chosen[name].isEmpty() else [chosen[name]]

    # -- remembering

    def _read(self) -> dict[str, QKeySequence]:
        """Return the remembered keys that are keys and mean nothing else."""
        value = self._settings.json(_REMEMBERED)
        chosen: dict[str, QKeySequence] = {}
        for name, text in value.items() if isinstance(value, dict) else ():
            key = _key(text)
            if name in self._actions and key is not None and not (key.count() and self._problem(name, key)):
                chosen[name] = key
        # Of two that clash one goes; its first key may clash with a third, so all are looked at anew.
        while clashing := [name for name, key in chosen.items() if key.count() and self._clash(name, key, chosen)]:
            del chosen[clashing[-1]]
        return chosen

    def _remember(self) -> None:
        value = {name: key.toString(_PORTABLE) for name, key in self._chosen.items()}
        self._settings.set(_REMEMBERED, json.dumps(value))

    def _set(self, chosen: dict[str, QKeySequence]) -> None:
        self._chosen = chosen
        for name, action in self._actions.items():
            keys = self._keys(name, chosen)
            if keys != action.shortcuts():
                before = with_keys("", action)
                action.setShortcuts(keys)
                _rename(action, before, with_keys("", action))
        self.changed.emit()


def with_keys(text: str, action: QAction) -> str:
    """Return a text followed by an action's key in brackets, where it has one."""
    keys = action.shortcut().toString(_NATIVE)
    return f"{text} ({keys})" if keys else text


def _rename(action: QAction, before: str, after: str) -> None:
    """Put another key into the tool tip, and into the one that waits while a problem takes its place."""
    waiting = action.data()
    if isinstance(waiting, str) and waiting:
        action.setData(waiting.removesuffix(before) + after)
    if action.toolTip().endswith(before) and (before or action.toolTip() == _plain(action)):
        action.setToolTip(action.toolTip().removesuffix(before) + after)


def _plain(action: QAction) -> str:
    return next((spec.plain for spec in ACTIONS if spec.name == action.objectName()), "")


def _menu_of(key: Qt.Key) -> str:
    """Return the menu that Alt and a key open, empty when none."""
    for spec in ACTIONS:
        letter = spec.menu[spec.menu.index("&") + 1]
        if key.value == ord(letter.upper()):
            return spec.menu.replace("&", "")
    return ""


def _key(text: Any) -> QKeySequence | None:
    """Return a remembered key, an empty one for none, and None where it is no key."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    key = QKeySequence.fromString(text, _PORTABLE)
    known = key.count() == 1 and key[0].key() != Qt.Key.Key_unknown and bool(key.toString(_PORTABLE))
    return key if known or not text else None
