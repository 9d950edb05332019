"""Two checkpoints, or two ways of decoding, side by side over a corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from model.config import DecodingConfig
from phonegui.comparing import settings_in_words
from phonegui.panels.evaluation.tables import Column, RowsTable, signed
from phonegui.panels.icons import IconButton

if TYPE_CHECKING:
    from model.comparison import Comparison

_CHECKPOINTS = "Checkpoints (*.safetensors *.pt *.pth);;All files (*)"


class ComparisonTab(QWidget):
    """What to compare with, who wins and how surely, and the utterances that differ most."""

    asked = Signal(str, object)  # checkpoint (empty: the same), DecodingConfig
    cancelled = Signal()  # comparing is to be given up
    utterance_chosen = Signal(object)  # Utterance

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Comparison | None = None
        self._compared: tuple[str, str] | None = None  # checkpoint and settings of the other side of what was found
        self._running, self._remark = False, ""
        self._base = DecodingConfig()
        self.checkpoint = self._asked = ""
        self._name = QToolButton(text="the same checkpoint")
        self._name.setAccessibleName("Checkpoint to compare with")
        self._name.setToolTip("Choose another checkpoint to compare with")
        self._name.clicked.connect(self._choose)
        self.same = IconButton("close", "Compare with the same checkpoint again")
        self.same.setEnabled(False)
        self.same.setToolTip("The same checkpoint, in another setting")
        self.same.clicked.connect(lambda: self.set_checkpoint(""))
        self.width_box = QSpinBox(minimum=0, maximum=200, specialValueText="greedy")
        self.width_box.setAccessibleName("Beam width to compare with")
        self.alpha = QDoubleSpinBox(maximum=2.0, singleStep=0.05, specialValueText="off")
        self.alpha.setAccessibleName("Language model weight to compare with")
        self.beta = QDoubleSpinBox(minimum=-3.0, maximum=3.0, singleStep=0.1, decimals=1)
        self.beta.setAccessibleName("Insertion bonus to compare with")
        self.alpha.setToolTip("Greedy decoding takes no language model")
        for box in (self.width_box, self.alpha, self.beta):
            box.valueChanged.connect(self._on_box)
        self.button = QPushButton("Compare", enabled=False)
        self.button.clicked.connect(self._on_button)
        self.result = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = RowsTable(self._columns(), "Utterances, those that differ most first", "Enter opens the utterance")
        self.table.set_placeholder("Press Compare to list the utterances that differ most")
        self.table.sort_by(4, Qt.SortOrder.AscendingOrder)
        self.table.row_chosen.connect(lambda pair: self.utterance_chosen.emit(pair[0].utterance))
        self._lay_out()
        self._on_box()
        self.show_comparison(None)

    def set_settings(self, settings: DecodingConfig) -> None:
        """Offer to compare with greedy decoding, or where that is used, with a beam."""
        self._base = settings
        if self._found is None:
            self.width_box.setValue(100 if settings.beam_width == 0 else 0)
            self.beta.setValue(settings.beta)

    def set_checkpoint(self, path: str) -> None:
        """Compare with a checkpoint, the same where the path is empty."""
        self.checkpoint = path
        words = Path(path).name if path else "the same checkpoint"
        self._name.setText(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, 150))
        self.same.setEnabled(bool(path))
        self._on_box()

    def set_ready(self, ready: bool) -> None:
        """Say whether there is a score to compare with."""
        self.button.setEnabled(ready)

    def set_running(self, running: bool) -> None:
        """Offer to cancel while the other side is scored."""
        self._running = running
        self.button.setText("Cancel" if running else "Compare")

    def show_progress(self, step: str, done: float) -> None:
        """Show how far the other side is."""
        self.result.setText(f"{step}: {100 * done:.0f} %")

    def show_comparison(self, found: Comparison | None) -> None:
        """Show a comparison, or nothing."""
        self._found, self._remark = found, ""
        self._compared = (self._asked, settings_in_words(found.second.settings)) if found is not None else None
        self.table.set_rows(found.pairs if found is not None else [])
        self._show_result()

    def tell_cancelled(self) -> None:
        """Say that comparing was given up; what was compared before stays."""
        self._remark = "Cancelled."
        self._show_result()

    def _show_result(self) -> None:
        """Show what is known, muted where the boxes say something else than was compared."""
        found = self._found
        stale = found is not None and self._compared != (self.checkpoint, settings_in_words(self._chosen()))
        remark = self._remark or ("Compared before something else was chosen:" if stale else "")
        self.result.setText("\n".join(filter(None, (remark, _words(found) if found is not None else ""))))
        self.result.setForegroundRole(QPalette.ColorRole.PlaceholderText if stale else QPalette.ColorRole.WindowText)

    def _on_box(self) -> None:
        self.alpha.setEnabled(self.width_box.value() > 0)
        self.beta.setEnabled(self.alpha.isEnabled() and self.alpha.value() > 0)
        if not self._running:  # how far it is stands there then
            self._remark = ""
            self._show_result()

    def _chosen(self) -> DecodingConfig:
        return replace(
            self._base,
            beam_width=self.width_box.value(),
            alpha=round(self.alpha.value(), 2) if self.width_box.value() else 0.0,
            beta=round(self.beta.value(), 1),
        )

    def _on_button(self) -> None:
        if self._running:
            self.cancelled.emit()
            return
        self._asked = self.checkpoint
        self.asked.emit(self.checkpoint, self._chosen())

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Compare with checkpoint", self.checkpoint, _CHECKPOINTS)
        if path:
            self.set_checkpoint(path)

    def _columns(self) -> list[Column]:
        def apart(pair: Any) -> int:
            return int(pair[1].counts.errors - pair[0].counts.errors)

        return [
            Column("id", lambda pair: pair[0].utterance.name, None, "1272-128104-00000", words=True),
            Column("what the other hears instead", self._difference, words=True, symbols=True),
            Column("this", lambda p: str(p[0].counts.errors), lambda p: p[0].counts.errors, "1000"),
            Column("other", lambda p: str(p[1].counts.errors), lambda p: p[1].counts.errors, "1000"),
            Column("other − this", lambda pair: signed(apart(pair)), apart, "+1000"),
        ]

    def _difference(self, pair: Any) -> str:
        from model.metrics import describe_edits

        if self._found is None:
            return ""
        return describe_edits(pair[0].hypothesis, pair[1].hypothesis, self._found.first.table)

    def _lay_out(self) -> None:
        name = QHBoxLayout()
        name.setSpacing(4)
        name.addWidget(self._name, 1)
        name.addWidget(self.same)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(4)
        for text, widget in (
            ("Compare with", name),
            ("Beam width", self.width_box),
            ("Language model", self.alpha),
            ("Insertion bonus", self.beta),
        ):
            form.addRow(text, widget)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(form)
        column.addWidget(self.button)
        column.addWidget(self.result)
        column.addStretch(1)
        left = QWidget()
        left.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        left.setFixedWidth(304)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(24)
        row.addWidget(left)
        row.addWidget(self.table, 1)


def _words(found: Comparison) -> str:
    """Return what was compared, who wins and how surely."""
    from model.report_page import probability

    tally, test, other = found.tally(), found.test, found.second
    apart = test.difference
    name = f"{other.checkpoint}, " if other.checkpoint != found.first.checkpoint else ""
    return (
        f"this: {settings_in_words(found.first.settings)}\nother: {name}{settings_in_words(other.settings)}\n"
        f"this {100 * found.first.counts.rate:.2f} %, other {100 * other.counts.rate:.2f} %\n"
        f"Levenshtein {found.first.mean_levenshtein.value:.2f}, other {other.mean_levenshtein.value:.2f}\n"
        f"difference {signed(100 * apart.value)} points "
        f"(95 %: {signed(100 * apart.low)} to {signed(100 * apart.high)})\n"
        f"other better on {tally.wins:,}, same on {tally.ties:,}, worse on {tally.losses:,}\n"
        f"p {probability(test.p)}, matched pairs of {found.resampled}s"
    )
