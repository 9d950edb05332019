"""The look that the tables of the window share."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView, QTableWidget

from phonegui.theme import text_font


def style_table(table: QTableWidget, name: str) -> None:
    """Give a table the look of the others."""
    table.setAccessibleName(name)
    table.setFont(text_font(table.font()))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setFrameShape(QTableWidget.Shape.NoFrame)
    table.horizontalHeader().setHighlightSections(False)
    table.setTabKeyNavigation(False)
