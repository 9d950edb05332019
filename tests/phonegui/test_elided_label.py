from __future__ import annotations

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from phonegui.panels.elided_label import ElidedLabel

WORDS = "compact · 25.1 % phone errors (dev-clean, beam 10) · CPU"


def test_what_does_not_fit_is_shortened_and_told_by_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel(WORDS)
    qtbot.addWidget(label)
    label.resize(label.sizeHint())
    label.show()
    assert QLabel.text(label) == WORDS == label.text() and label.toolTip() == ""
    label.resize(label.sizeHint().width() // 2, label.height())
    assert QLabel.text(label).endswith("…") and WORDS.startswith(QLabel.text(label)[:-1])
    assert label.text() == WORDS == label.toolTip()
    assert QAccessible.queryAccessibleInterface(label).text(QAccessible.Text.Name) == WORDS
    assert label.minimumSizeHint().width() < 40


def test_a_tooltip_of_its_own_stays(qtbot: QtBot) -> None:
    label = ElidedLabel(WORDS)
    qtbot.addWidget(label)
    label.setToolTip("/a/path")
    label.resize(60, 20)
    assert label.toolTip() == "/a/path"
    label.setText("short")
    assert label.toolTip() == "/a/path"
