"""The sheet of shortcuts, made from the action table: look keys up, and choose others."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from model.errors import UserError
from phonegui.panels.icons import without_icons
from phonegui.panels.room import resize_within_screen
from phonegui.shortcuts import Shortcuts
from phonegui.views.timeline_keys import KEYS, MOUSE

_NAME = Qt.ItemDataRole.UserRole
_NATIVE = QKeySequence.SequenceFormat.NativeText
_ACTION, _KEYS, _HELP = range(3)
_ROW = 24
_HINT = "Choose an action, then press its new key in the field; Backspace there takes the key away."


class KeyEdit(QKeySequenceEdit):
    """Takes one key; Backspace and Delete take it away, Esc leaves without a change."""

    left = Signal()  # nothing is to be changed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaximumSequenceLength(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep the keys that edit from being taken."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and not event.modifiers():
            self.clear()
            self.editingFinished.emit()
        else:
            super().keyPressEvent(event)


class ShortcutSheet(QDialog):
    """Every key, the actions' to be chosen anew; does not block the window.

    Parameters
    ----------
    shortcuts
        What is shown and changed.
    """

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self._items: dict[str, QTreeWidgetItem] = {}
        self._make_controls()
        self._lay_out()
        self._fill()
        self.find.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(lambda *_: self._show_current())
        self.tree.itemActivated.connect(lambda *_: self.edit.setFocus())
        self.edit.editingFinished.connect(self._choose)
        self.edit.left.connect(self._leave)
        self.reset_button.clicked.connect(self._reset)
        self.reset_all_button.clicked.connect(self._reset_all)
        shortcuts.changed.connect(self._refresh)
        self._refresh()
        self._show_current()
        self.find.setFocus()

    @property
    def current(self) -> str:
        """Name of the action whose key can be chosen, empty when none is selected."""
        item = self.tree.currentItem()
        return str(item.data(_ACTION, _NAME) or "") if item is not None else ""

    def select(self, name: str) -> None:
        """Select an action."""
        self.tree.setCurrentItem(self._items[name])

    def _make_controls(self) -> None:
        self.find = QLineEdit(placeholderText="Find an action or a key", clearButtonEnabled=True)
        self.find.setAccessibleName("Find an action or a key")
        self.tree = QTreeWidget(columnCount=3, rootIsDecorated=False, indentation=16)
        self.tree.setHeaderLabels(["Action", "Keys", "What it does"])
        self.tree.setAccessibleName("Shortcuts")
        self.tree.setAccessibleDescription("Actions with their keys; Enter goes to the field for another key")
        self.tree.setUniformRowHeights(True)
        self.tree.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.label = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.edit = KeyEdit()
        self.edit.setAccessibleName("New key")
        self.edit.setFixedWidth(200)
        self.label.setBuddy(self.edit)
        self.reset_button = QPushButton("Reset", autoDefault=False)
        self.reset_button.setAccessibleName("Reset the key of the selected action")
        self.note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.note.setAccessibleName("Outcome")
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing())
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.reset_all_button = self._buttons.addButton("Reset all", QDialogButtonBox.ButtonRole.ResetRole)
        for button in self._buttons.buttons():
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)  # Enter in the field and in the list means something else
        without_icons(self._buttons)
        self._buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.label, 1)
        row.addWidget(self.edit)
        row.addWidget(self.reset_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(8)
        column.addWidget(self.find)
        column.addWidget(self.tree, 1)
        column.addSpacing(8)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self._buttons)
        resize_within_screen(self, 800, 680)

    def _fill(self) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        for name in self._shortcuts.names:
            spec = self._shortcuts.spec(name)
            menu = spec.menu.replace("&", "")
            if menu not in groups:
                groups[menu] = self._group(menu)
            item = QTreeWidgetItem(groups[menu], [spec.plain, "", spec.help])
            item.setData(_ACTION, _NAME, name)
            item.setToolTip(_HELP, spec.help)
            self._items[name] = item
        for title, rows in (("In the timeline", KEYS), ("With the mouse, in the timeline", MOUSE)):
            group = self._group(title)
            for keys, name, help in rows:
                QTreeWidgetItem(group, [name, keys, help])
        self.tree.expandAll()
        header = self.tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setStretchLastSection(True)
        self.tree.setColumnWidth(_ACTION, 200)
        self.tree.setColumnWidth(_KEYS, 192)

    def _group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [title])
        group.setSizeHint(_ACTION, QSize(0, _ROW))  # all rows have the height of the first
        group.setFirstColumnSpanned(True)
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFont(_ACTION, _weighted(self.font(), chosen=True))
        return group

    # -- what is shown

    def _refresh(self) -> None:
        """Show the keys as they are now, chosen ones in bold."""
        for name, item in self._items.items():
            item.setText(_KEYS, ", ".join(key.toString(_NATIVE) for key in self._shortcuts.keys(name)))
            item.setFont(_KEYS, _weighted(self.font(), chosen=self._shortcuts.is_chosen(name)))
        self.reset_all_button.setEnabled(any(map(self._shortcuts.is_chosen, self._items)))

    def _show_current(self, sentence: str = "", *, refused: bool = False) -> None:
        """Show the key of the selected action in the field, and a sentence below it."""
        name = self.current
        keys = self._shortcuts.keys(name) if name else []
        with QSignalBlocker(self.edit):
            self.edit.setKeySequence(keys[0] if keys else QKeySequence())
        self.edit.setEnabled(bool(name))
        self.reset_button.setEnabled(bool(name) and self._shortcuts.is_chosen(name))
        fixed = self.tree.currentItem() is not None and not name
        self.label.setText(self._shortcuts.spec(name).plain if name else "")
        self.note.setForegroundRole(QPalette.ColorRole.WindowText if refused else QPalette.ColorRole.PlaceholderText)
        self.note.setText(sentence or ("These keys cannot be changed." if fixed else _HINT))

    def _filter(self, text: str) -> None:
        """Leave only rows that hold a text, and the groups that have any."""
        wanted = text.strip().casefold()
        for number in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(number)
            rows = [group.child(place) for place in range(group.childCount())]
            for row in rows:
                words = " ".join(row.text(column) for column in range(3)).casefold()
                row.setHidden(wanted not in words)
            group.setHidden(all(row.isHidden() for row in rows))

    # -- what is chosen

    def _choose(self) -> None:
        name, key = self.current, self.edit.keySequence()
        before = self._shortcuts.keys(name) if name else []
        if not name or (key == before[0] if before else key.isEmpty()):
            return
        try:
            self._shortcuts.choose(name, key)
        except UserError as error:
            self._show_current(str(error), refused=True)
            return
        shown = key.toString(_NATIVE)
        plain = self._shortcuts.spec(name).plain
        self._show_current(f"“{plain}” has the key {shown} now." if shown else f"“{plain}” has no key now.")

    def _leave(self) -> None:
        self._show_current()
        self.tree.setFocus()

    def _reset(self) -> None:
        try:
            self._shortcuts.reset(self.current)
        except UserError as error:
            self._show_current(str(error), refused=True)
            return
        self._show_current("The key is as it was at first.")

    def _reset_all(self) -> None:
        self._shortcuts.reset_all()
        self._show_current("All keys are as they were at first.")

    def event(self, event: QEvent) -> bool:
        """Keep Enter in the field to find from closing the sheet."""
        enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.type() == QEvent.Type.KeyPress and self.find.hasFocus():
            self.tree.setFocus()
            return True
        return super().event(event)


def _weighted(font: QFont, *, chosen: bool) -> QFont:
    result = QFont(font)
    result.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
    return result
