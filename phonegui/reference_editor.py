"""Editing the reference of the document on the screen: the actions, the mouse and the line to type into."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from phonegui import editing
from phonegui.documents import Documents
from phonegui.editing import Change, Tier
from phonegui.reference_book import ReferenceBook
from phonegui.reference_files import intervals_of
from phonegui.symbol_edit import SymbolEdit
from phonegui.tier_editor import TierEditor

if TYPE_CHECKING:
    from phonegui.pipeline import Reference
    from phonegui.session import Session
    from phonegui.views.timeline import TimelineView

_NUDGE = 0.005
_MANY = 5000
_NONE_SELECTED = "Select a phoneme of the reference first: click it, or choose Next phoneme in the Reference menu."
_MENU = ("edit_phoneme", "split_phoneme", "merge_phonemes", "insert_phoneme", "delete_phoneme")


class ReferenceEditor(QObject):
    """Carries out the actions on the reference. The interval they act on is the one in the middle of the selection.

    Parameters
    ----------
    session, documents, timeline
        What compares the reference, which document is on the screen, and where it is drawn.
    """

    told = Signal(str)  # why an action did nothing, one sentence

    def __init__(self, session: Session, documents: Documents, timeline: TimelineView) -> None:
        super().__init__(timeline)
        self.book = ReferenceBook(session, documents, self)
        self.mouse = TierEditor(timeline.transcript)
        self._session, self._timeline = session, timeline
        self._line: SymbolEdit | None = None
        self._actions: dict[str, QAction] = {}
        timeline.installEventFilter(self)
        self.mouse.dragging.connect(self._preview)
        self.mouse.dragged.connect(self._do)
        self.mouse.edit_wanted.connect(self._edit)
        self.mouse.menu_wanted.connect(self._show_menu)
        self.book.changed.connect(self._on_changed)
        documents.current_changed.connect(lambda: self.mouse.set_tier(None))
        session.decoded.connect(self._on_decoded)

    def use_actions(self, actions: dict[str, QAction]) -> None:
        """Have the actions of undoing say what they would undo, and the menu of the mouse offer the others."""
        self._actions = actions
        keys = actions["start_reference"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        begin = f"{keys} or Reference" if keys else "Reference"
        self._timeline.transcript.hint = f"none yet: {begin} > Start from the transcript begins one"
        group = self.book.group
        for name, can, text in (
            ("undo", group.canUndoChanged, group.undoTextChanged),
            ("redo", group.canRedoChanged, group.redoTextChanged),
        ):
            action, plain = actions[name], actions[name].text()
            action.setEnabled(False)
            can.connect(action.setEnabled)
            text.connect(lambda what, action=action, plain=plain: action.setText(f"{plain}: {what}" if what else plain))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Correct the selected phoneme with Enter in the timeline."""
        pressed = watched is self._timeline and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent)
        if pressed and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[attr-defined]
            self.edit_phoneme()
            return True
        return False

    # -- actions

    def undo(self) -> None:
        """Take back the last edit."""
        self.book.group.undo()

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        self.book.group.redo()

    def start_reference(self) -> None:
        """Begin the reference with the phonemes heard."""
        result, document = self._session.result, self._session.document
        if result is None or document is None:
            self.told.emit("Nothing is transcribed yet.")
            return
        tier = self.book.tier() or Tier((), document.heard.seconds)
        heard = intervals_of(result.transcript.phonemes)
        change = editing.replace_all(tier, heard, "start from the transcript")
        if len(heard) <= _MANY:
            self._do(change)
            return

        def go_on() -> None:
            now = self.book.tier() or Tier((), document.heard.seconds)
            if self._session.document is document and now.intervals == tier.intervals:
                self._do(change)

        QTimer.singleShot(0, self, go_on)  # an hour's transcript: the window lives in between

    def edit_phoneme(self) -> None:
        """Correct the selected phoneme of the reference."""
        self._at_selection(lambda _, index: self._edit(index))

    def split_phoneme(self) -> None:
        """Cut the selected phoneme where the selection begins, or in the middle."""

        def act(tier: Tier, index: int) -> None:
            change = editing.split(tier, index, self._cut(tier, index))
            if change is None:
                self.told.emit("The phoneme is too short to be split.")
            self._do(change, index)

        self._at_selection(act)

    def merge_phonemes(self) -> None:
        """Join the selected phoneme with the next."""

        def act(tier: Tier, index: int) -> None:
            change = editing.merge(tier, index)
            if change is None:
                self.told.emit("There is no phoneme after this one to merge it with.")
            self._do(change, index)

        self._at_selection(act)

    def delete_phoneme(self) -> None:
        """Take the selected phoneme out."""
        self._at_selection(lambda tier, index: self._do(editing.delete(tier, index)))

    def insert_phoneme(self) -> None:
        """Put a phoneme where the selection is, in a gap."""
        document, selected = self._session.document, self._timeline.selection.range
        if document is None or selected is None:
            self.told.emit("Select a gap of the reference first.")
            return
        tier = self.book.tier() or Tier((), document.heard.seconds)
        table = document.recognizer.header.table
        change = editing.insert(tier, *selected, table.symbols[1])
        if change is None:
            self.told.emit("There is a phoneme already; select a gap of the reference, or split the phoneme.")
            return
        self._do(change, change.first)
        self._edit(change.first)

    def next_reference(self) -> None:
        """Select the next phoneme of the reference."""
        self._step(1)

    def previous_reference(self) -> None:
        """Select the phoneme of the reference before."""
        self._step(-1)

    def start_earlier(self) -> None:
        """Move the start of the selected phoneme 5 ms earlier."""
        self._nudge(editing.move_start, -_NUDGE)

    def start_later(self) -> None:
        """Move the start of the selected phoneme 5 ms later."""
        self._nudge(editing.move_start, _NUDGE)

    def end_earlier(self) -> None:
        """Move the end of the selected phoneme 5 ms earlier."""
        self._nudge(editing.move_end, -_NUDGE)

    def end_later(self) -> None:
        """Move the end of the selected phoneme 5 ms later."""
        self._nudge(editing.move_end, _NUDGE)

    # -- carrying them out

    def _at_selection(self, act: Callable[[Tier, int], object]) -> None:
        tier, index = self.book.tier(), self._index()
        if tier is None or index is None:
            self.told.emit(_NONE_SELECTED)
        else:
            act(tier, index)

    def _index(self) -> int | None:
        tier, selected = self.book.tier(), self._timeline.selection.range
        return tier.at(0.5 * (selected[0] + selected[1])) if tier is not None and selected is not None else None

    def _cut(self, tier: Tier, index: int) -> float:
        """Return where to split: where a selection within the phoneme begins, else its middle."""
        item, selected = tier.intervals[index], self._timeline.selection.range
        inside = selected is not None and item.start + editing.SHORTEST <= selected[0] <= item.end - editing.SHORTEST
        return selected[0] if inside and selected is not None else 0.5 * (item.start + item.end)

    def _nudge(self, move: Callable[[Tier, int, float], Change], by: float) -> None:
        def act(tier: Tier, index: int) -> None:
            item = tier.intervals[index]
            self._do(move(tier, index, (item.start if move is editing.move_start else item.end) + by), index)

        self._at_selection(act)

    def _step(self, by: int) -> None:
        tier = self.book.tier()
        if tier is None or not tier.intervals:
            self.told.emit("There is no reference; Reference > Start from the transcript makes one.")
            return
        index, selected = self._index(), self._timeline.selection.range
        if index is not None:
            index += by
        else:
            place = tier.after(selected[0] if selected is not None else self._timeline.visible_range()[0])
            index = place if by > 0 else place - 1
        self._select(min(max(index, 0), len(tier.intervals) - 1))

    def _select(self, index: int) -> None:
        tier = self.book.tier()
        if tier is not None and 0 <= index < len(tier.intervals):
            item = tier.intervals[index]
            self._timeline.selection.select(item.start, item.end)
            self._timeline.reveal(item.start)
            self._timeline.reveal(item.end)

    def _do(self, change: Change | None, select: int | None = None) -> None:
        """Make a change, and select the interval the next edit is likely to be about."""
        if change is not None and self.book.do(change) and select is not None:
            self._select(select)

    def _preview(self, change: Change) -> None:
        tier, document = self.book.tier(), self._session.document
        if tier is not None and document is not None:
            self._timeline.set_reference(self.book.reference_with(change.apply(tier)).phonemes)

    # -- typing a phoneme

    def _edit(self, index: int) -> None:
        tier, document = self.book.tier(), self.book.document()
        if tier is None or document is None:
            return
        self._select(index)
        table = document.recognizer.header.table
        line = SymbolEdit(sorted(table.symbols[1:]), self._timeline)
        line.chosen.connect(lambda text: self._typed(index, text))
        line.left.connect(self._timeline.setFocus)
        self._line = line
        box = self.mouse.box(index)
        box.moveTopLeft(self._timeline.transcript.mapTo(self._timeline, box.topLeft()))
        line.open(tier.intervals[index].symbol, box)

    def _typed(self, index: int, text: str) -> None:
        tier, document = self.book.tier(), self._session.document
        if tier is None or document is None or index >= len(tier.intervals):
            return
        table = document.recognizer.header.table
        try:
            symbol = table.symbols[table.index(text)]
        except ValueError as error:
            self.told.emit(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return
        self._do(editing.relabel(tier, index, symbol), index)

    def _show_menu(self, time: float, place: QPoint) -> None:
        tier = self.book.tier()
        if tier is None:
            return
        index, gap = tier.at(time), tier.gap(time)
        if index is not None:
            self._select(index)
        elif gap is not None:
            self._timeline.selection.select(*gap)
        menu = QMenu(self._timeline)
        for name in _MENU:
            action = self._actions.get(name)
            if action is not None and (name == "insert_phoneme") == (index is None):
                menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    # -- what the book and the session tell

    def _on_changed(self, tier: Tier, reference: Reference) -> None:
        self._timeline.set_reference(reference.phonemes or None)
        self.mouse.set_tier(tier)

    def _on_decoded(self, _result: object) -> None:
        self.mouse.set_tier(self.book.tier())
