"""The submission dialog: choose, look at what would be written and at what the checks say, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from phonegui.panels.progress import ProgressStrip
from phonegui.panels.room import resize_within_screen
from phonegui.save_path import ask_save_path
from phonegui.submission_work import PredictRequest, WriteRequest, submission_work
from phonegui.workers import LatestWorker

if TYPE_CHECKING:
    from model.corpus.base import Corpus
    from model.submission_files import Row, Submission
    from phonegui.session import Session

_WIDEST = 200
_WIDTH = 100  # as of the command line: what is handed in may take longer than what is tried
_Index = QModelIndex | QPersistentModelIndex


class SubmissionDialog(QDialog):
    """Makes a submission from the open corpus.

    Parameters
    ----------
    session
        Whose checkpoint, decoding and language model are used.
    corpus
        The test corpus.
    folder
        Where file dialogs open.
    """

    written = Signal(str)  # path of the csv

    def __init__(self, session: Session, corpus: Corpus, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Write submission")
        self._session, self._corpus, self._folder = session, corpus, folder
        self._submission: Submission | None = None
        self._ending = False
        self._worker = LatestWorker(submission_work, "submission", self)
        self.sample = QLineEdit(placeholderText="None: the term's own header, ids from 0", clearButtonEnabled=True)
        self.sample.setAccessibleName("Sample csv of the course")
        self._browse = QPushButton("Choose…")
        self._browse.setAccessibleName("Choose the sample csv")
        self.width_box = QSpinBox(minimum=0, maximum=_WIDEST, specialValueText="greedy")
        self.width_box.setValue(_WIDTH)
        self.width_box.setAccessibleName("Beam width")
        self.compute = QPushButton("Preview")
        self.compute.setDefault(True)
        self.save = QPushButton("Write csv…", enabled=False)
        self.summary = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.summary.setAccessibleName("Checks")
        self.model = SubmissionTable(self)
        self.table = _table(self.model)
        self.progress = ProgressStrip()
        self._lay_out()
        self._connect()
        resize_within_screen(self, 720, 560)

    # -- what is done

    def preview(self) -> None:
        """Compute what would be written."""
        self._forget()
        settings = replace(self._session.decoding, beam_width=self.width_box.value(), n_best=1)
        self.summary.setText("Transcribing the corpus…")
        self.compute.setEnabled(False)
        self._worker.submit(
            PredictRequest(
                self._corpus,
                self.sample.text().strip(),
                self._session.checkpoint or self._session.bundled_checkpoint,
                self._session.device,
                settings,
                self._session.language_model,
            )
        )

    def write(self) -> None:
        """Ask for a file and write the submission that is shown."""
        if self._submission is None:
            return
        start = str(Path(self._folder) / "submission.csv")
        path = ask_save_path(self, "Write submission", start, "Submissions (*.csv)", ".csv")
        if path:
            self.save.setEnabled(False)
            self._worker.submit(WriteRequest(path, self._submission))

    def reject(self) -> None:
        """Close; what is running is given up, and the dialog goes for good once that has ended."""
        self._ending = True
        self._worker.cancel()
        super().reject()
        if not self._worker.busy:
            self.end()

    def end(self) -> None:
        """Close, and wait for what is running."""
        self._ending = True
        self._worker.close()
        self.progress.finish()
        self.hide()
        self.deleteLater()

    # -- what the worker tells

    def _on_produced(self, request: object, value: Any) -> None:
        if isinstance(request, WriteRequest):
            self.summary.setText(f"Written: {value}, and beside it a JSON that says how it was made.")
            self.written.emit(value)
            return
        self._submission = value
        self.model.set_rows(value.header, value.rows)
        self.save.setEnabled(True)
        self.save.setFocus()
        count = f"{len(value.rows):,} rows for {len(self._corpus):,} utterances"
        checks = [f"{count}, ids and letters checked. Columns: {value.header[0]}, {value.header[1]}.", *value.warnings]
        self.summary.setText("\n".join(checks))

    def _on_progress(self, _: object, step: str, done: float) -> None:
        if not self._ending:
            self.progress.report(step, done)

    def _on_failed(self, request: object, sentence: str) -> None:
        self.summary.setText(sentence)
        self.save.setEnabled(isinstance(request, WriteRequest))
        self._on_finished()

    def _on_finished(self, *_: object) -> None:
        if self._ending:
            self.end()
            return
        self.progress.finish()
        self.compute.setEnabled(True)
        if self._submission is None and self.summary.text().endswith("…"):
            self.summary.setText("Given up.")

    def _give_up(self) -> None:
        self._worker.cancel()
        self._on_finished()

    def _forget(self) -> None:
        """Empty the preview: it is no longer what would be written."""
        self._submission = None
        self.model.set_rows(("id", "label"), ())
        self.save.setEnabled(False)
        self.summary.setText(self._invitation())

    # -- putting together

    def _invitation(self) -> str:
        weight = self._session.decoding.alpha
        model = f"the language model at weight {weight:g}" if weight else "no language model"
        return f"Preview transcribes {len(self._corpus):,} utterances with {model}, as set in the decoding panel."

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        name = QLabel(str(self._corpus.path), textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        form.addRow("Corpus", name)
        sample = QHBoxLayout()
        sample.setSpacing(8)
        sample.addWidget(self.sample, 1)
        sample.addWidget(self._browse)
        label = QLabel("&Sample csv")
        label.setBuddy(self.sample)
        form.addRow(label, sample)
        width = QHBoxLayout()
        width.addWidget(self.width_box)
        width.addStretch(1)
        label = QLabel("&Beam width")
        label.setBuddy(self.width_box)
        form.addRow(label, width)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        close = QPushButton("Close", autoDefault=False)
        close.clicked.connect(self.reject)
        foot.addWidget(self.progress)
        foot.addStretch(1)
        for button in (close, self.compute, self.save):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(form)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self._forget()

    def _connect(self) -> None:
        self.compute.clicked.connect(self.preview)
        self.save.clicked.connect(self.write)
        self._browse.clicked.connect(self._choose_sample)
        self.sample.textChanged.connect(self._forget)
        self.width_box.valueChanged.connect(self._forget)
        self.progress.cancelled.connect(self._give_up)
        self._worker.produced.connect(self._on_produced)
        self._worker.failed.connect(self._on_failed)
        self._worker.finished_request.connect(self._on_finished)
        self._worker.progressed.connect(self._on_progress)

    def _choose_sample(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose the sample csv", self._folder, "csv (*.csv);;All files (*)")
        if path:
            self.sample.setText(path)


class SubmissionTable(QAbstractTableModel):
    """Rows of a submission: the two columns of the csv, and the utterance's name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._header: tuple[str, ...] = ("id", "label", "utterance")
        self._rows: tuple[Row, ...] = ()

    def set_rows(self, header: tuple[str, str], rows: tuple[Row, ...]) -> None:
        """Show these rows."""
        self.beginResetModel()
        self._header, self._rows = (*header, "utterance"), rows
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._header)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self._rows[index.row()]
        return (row.id, row.letters or "(empty)", row.name)[index.column()]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._header[section]
        return None


def _table(model: SubmissionTable) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName("Preview of the submission")
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.setColumnWidth(0, 80)
    table.setColumnWidth(1, 400)
    header.setStretchLastSection(True)
    return table
