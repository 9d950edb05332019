"""The left column of the evaluation panel: what is scored, the button, and the numbers that stand first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from phonegui.evaluation_text import counted, distinct_names, headline, kinds, measured_with, time_left
from phonegui.theme import text_font

if TYPE_CHECKING:
    from model.corpus import Corpus
    from model.scored import CorpusScore

_WIDTH = 272
_ALL = "all parts"


class EvaluationControls(QScrollArea):
    """Corpus, run and cancel with progress and time left, scores, report."""

    corpus_chosen = Signal(object, str)  # Corpus, name of the part or empty
    open_clicked = Signal()  # a corpus is to be opened
    run_clicked = Signal()
    cancel_clicked = Signal()
    report_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._corpora: list[Corpus] = []
        self._names: list[str] = []
        self._running, self._step, self._began = False, "", 0.0
        self.corpus = QComboBox()
        self.corpus.setAccessibleName("Corpus to evaluate on")
        self.part = QComboBox()
        self.part.setAccessibleName("Part of the corpus")
        for box in (self.corpus, self.part):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.corpus.currentIndexChanged.connect(self._on_chosen)
        self.part.currentIndexChanged.connect(self._tell)
        self.open = QPushButton("Open…")
        self.open.setAccessibleName("Open a corpus to evaluate on")
        self.open.clicked.connect(self.open_clicked)
        self.run = QPushButton("Evaluate", enabled=False)
        self.run.setAccessibleName("Evaluate the corpus")
        self.run.clicked.connect(lambda: self.cancel_clicked.emit() if self._running else self.run_clicked.emit())
        self.report = QPushButton("Report…", enabled=False)
        self.report.setAccessibleName("Write a report")
        self.report.setToolTip("Write everything found as a page of HTML and as JSON into a folder")
        self.report.clicked.connect(self.report_clicked)
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress of the evaluation")
        self.note, self.status = _label(muted=True), _label(muted=True)
        self._values = [(_label(muted=True), _label(bold=True), _label(muted=True)) for _ in range(2)]
        self._kinds = _label()
        self._lay_out()
        self.show_score(None)

    # -- corpora

    def add_corpus(self, corpus: Corpus, name: str, *, choose: bool = True) -> None:
        """Offer a corpus under a name, in place of one that was read from the same path, and choose it.

        Parameters
        ----------
        choose
            False only adds it to the list, and what is chosen stays so.
        """
        at = next((k for k, other in enumerate(self._corpora) if other.path == corpus.path), len(self._corpora))
        self._corpora[at : at + 1], self._names[at : at + 1] = [corpus], [name]
        with QSignalBlocker(self.corpus):
            if at == self.corpus.count():
                self.corpus.addItem(name)
            shown = distinct_names(self._names, [other.path for other in self._corpora])
            for k, (text, other) in enumerate(zip(shown, self._corpora, strict=True)):
                self.corpus.setItemText(k, text)
                self.corpus.setItemData(k, str(other.path), Qt.ItemDataRole.ToolTipRole)
            if choose:
                self.corpus.setCurrentIndex(at)
        if choose:
            self._on_corpus()

    def show_note(self, sentence: str) -> None:
        """Show a sentence on a corpus that was opened, until one is chosen; nothing where it is empty."""
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def choose_again(self) -> None:
        """Tell what is chosen: it may have been read anew since it was told last."""
        if self._corpora:
            self._tell()

    def _on_chosen(self) -> None:
        self.show_note("")
        self._on_corpus()

    def _on_corpus(self) -> None:
        corpus = self._corpora[self.corpus.currentIndex()]
        self.corpus.setToolTip(str(corpus.path))
        parts = sorted({utterance.part for utterance in corpus.utterances if utterance.part})
        with QSignalBlocker(self.part):
            self.part.clear()
            self.part.addItems([_ALL, *parts])
        self.part.setVisible(len(parts) > 1)
        self._tell()

    def _tell(self) -> None:
        part = self.part.currentText()
        self.corpus_chosen.emit(self._corpora[self.corpus.currentIndex()], "" if part == _ALL else part)

    # -- running

    def set_ready(self, ready: bool) -> None:
        """Say whether there is anything to run."""
        self.run.setEnabled(ready)

    def set_running(self, running: bool) -> None:
        """Offer to cancel while it runs."""
        if running or self._step:
            self.show_message("")
        self._running = running
        self.run.setText("Cancel" if running else "Evaluate")
        self.bar.setValue(0)
        self.bar.setMaximum(1000)
        self.bar.setVisible(running)

    def show_progress(self, step: str, done: float) -> None:
        """Show a step, the part of it that is done, and how long it lasts on."""
        now = time.monotonic()
        kind = step.split(" ")[0]  # what follows may count
        if kind != self._step:
            self._step, self._began = kind, now
        self.bar.setMaximum(1000 if done > 0 else 0)
        self.bar.setValue(round(1000 * done))
        left = time_left(done, now - self._began)
        self.status.setText(f"{step}, {left}" if left else step)
        self.status.show()

    def show_message(self, sentence: str) -> None:
        """Show a sentence where the progress stands, until something else is shown there."""
        self._step = ""
        self.status.setText(sentence)
        self.status.setVisible(bool(sentence))

    def show_score(self, score: CorpusScore | None) -> None:
        """Show the numbers of a scored corpus, or what to do for some."""
        self.report.setEnabled(score is not None)
        rows = headline(score) if score is not None else [("", "", "")] * 2
        for labels, words in zip(self._values, rows, strict=True):
            for label, text in zip(labels, words, strict=True):
                label.setText(text)
                label.setVisible(bool(text))
        self._kinds.setText(f"{kinds(score)}\n{measured_with(score)}" if score is not None else "")
        self._kinds.setVisible(score is not None)
        if score is not None:
            left_out = len(score.problems)
            self.show_message(f"{counted(left_out, 'recording')} could not be read" if left_out else "")
            self.status.setToolTip("\n".join(score.problems[:20]))

    def _lay_out(self) -> None:
        chooser = QHBoxLayout()
        chooser.setSpacing(8)
        chooser.addWidget(self.corpus, 1)
        chooser.addWidget(self.open)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.report)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addLayout(chooser)
        column.addWidget(self.part)
        column.addWidget(self.note)
        column.addLayout(buttons)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        for labels in self._values:
            group = QVBoxLayout()
            group.setSpacing(0)
            for label in labels:
                group.addWidget(label)
            column.addLayout(group)
        column.addWidget(self._kinds)
        column.addStretch(1)
        self.part.hide()
        self.note.hide()
        self.bar.hide()
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedWidth(_WIDTH)


def _label(*, muted: bool = False, bold: bool = False) -> QLabel:
    label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    font = text_font(label.font())
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
        font.setPointSizeF(1.4 * font.pointSizeF())
    label.setFont(font)
    if muted:
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label
