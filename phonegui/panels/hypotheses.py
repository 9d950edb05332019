"""The table of the best hypotheses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from phonegui.panels.symbol_delegate import SymbolDelegate
from phonegui.panels.table_style import style_table

if TYPE_CHECKING:
    from phonegui.pipeline import Decoded

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ALIGNMENTS = (_RIGHT, _RIGHT, _RIGHT, _LEFT)
_SCORE, _SHARE = 1, 2
_GREEDY, _BEAM, _FUSED = "greedy", "beam", "fused"
_PROBABILITY = "Natural logarithm of the probability that the network gives to "
_SCORES = {
    _GREEDY: ("log p", f"{_PROBABILITY}the likeliest class of every frame"),
    _BEAM: ("log p", f"{_PROBABILITY}these phonemes, summed over the alignments in the beam"),
    _FUSED: (
        "score",
        "What the beam ranks by: the network's log p, the language model's log p times its weight, and the insertion "
        "bonus for every phoneme; no probability",
    ),
}
"""Name and help of the second column by what the hypotheses were found with."""

_OF_LIST = "Share within this list{}; what is not listed does not count"


class HypothesesTable(QTableWidget):
    """Lists hypotheses, best first, with their score and how each differs from the first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self.setHorizontalHeaderLabels(["#", "log p", "of list", "against the first"])
        for column, alignment in enumerate(_ALIGNMENTS):
            self.horizontalHeaderItem(column).setTextAlignment(alignment)
        style_table(self, "Best hypotheses")
        self.setItemDelegateForColumn(3, SymbolDelegate(self))
        header = self.horizontalHeader()
        # Widths that fit any content: measuring every cell at every step of a slider would cost more than decoding.
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, widest in enumerate(("100", "−1000.00", "share 0")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(widest) + 16)
        header.setStretchLastSection(True)
        self._kind = ""
        self._name_columns(_BEAM)

    def show_result(self, result: Decoded) -> None:
        """List what a decoding found."""
        self.setUpdatesEnabled(False)
        settings = result.settings
        self._name_columns(_FUSED if settings.alpha > 0 else _BEAM if settings.beam_width else _GREEDY)
        self.setRowCount(len(result.hypotheses))
        parts = shares([hypothesis.log_prob for hypothesis in result.hypotheses])
        for row, (hypothesis, part) in enumerate(zip(result.hypotheses, parts, strict=True)):
            cells = (
                str(row + 1),
                f"{hypothesis.log_prob:.2f}".replace("-", "−"),
                f"{100 * part:.0f} %",
                result.differences[row],
            )
            for column, text in enumerate(cells):
                item = self.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    item.setTextAlignment(_ALIGNMENTS[column])
                    self.setItem(row, column, item)
                item.setText(text)
        self.setUpdatesEnabled(True)

    def _name_columns(self, kind: str) -> None:
        """Call the scores what they are: with a language model they are no probabilities."""
        if kind == self._kind:
            return
        self._kind = kind
        name, help = _SCORES[kind]
        share = _OF_LIST.format(", scores taken for logarithms of probabilities" if kind == _FUSED else "")
        self.horizontalHeaderItem(_SCORE).setText(name)
        self.horizontalHeaderItem(_SCORE).setToolTip(help)
        self.horizontalHeaderItem(_SHARE).setToolTip(share)
        self.setAccessibleDescription(f"{help}. {share}. Then the differences to the first.")


def shares(log_probs: Sequence[float]) -> list[float]:
    """Return what part of the probability of all listed hypotheses each has."""
    parts = [math.exp(log_prob - max(log_probs)) for log_prob in log_probs]
    return [part / sum(parts) for part in parts]
