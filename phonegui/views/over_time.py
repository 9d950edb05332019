"""Where times lie in a widget over the shared time range, between margins that are the same in all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from phonegui.views.margins import Margins, margins
from phonegui.views.time_range import TimeRange, tick_step, tick_times


class OverTime(QWidget):
    """Base of widgets over a time range.

    Parameters
    ----------
    time_range
        The shown part of the recording, shared by all of them.
    """

    def __init__(self, time_range: TimeRange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.time_range = time_range
        self.measure_margins()

    def measure_margins(self) -> None:
        """Measure the margins anew, in another font."""
        self._margins = margins(self.font())

    @property
    def margins(self) -> Margins:
        """Room beside the picture."""
        return self._margins

    def plot_rect(self) -> QRect:
        """Return where the picture lies, in logical pixels of this widget."""
        width = self.width() - self._margins.left - self._margins.right
        return QRect(self._margins.left, 0, max(1, width), self.height())

    def x_of(self, seconds: float) -> float:
        """Return the horizontal place of a time, in logical pixels."""
        plot = self.plot_rect()
        span = self.time_range.span or 1.0
        return plot.left() + (seconds - self.time_range.start) / span * plot.width()

    def time_at(self, x: float) -> float:
        """Return the time in seconds at a horizontal place; the inverse of `x_of`."""
        plot = self.plot_rect()
        return self.time_range.start + (x - plot.left()) / plot.width() * self.time_range.span

    def column_edges(self, columns: int) -> npt.NDArray[np.float64]:
        """Return the times in seconds at the edges of `columns` columns of the picture, shape (columns + 1,)."""
        return self.time_range.edges(columns)

    def places_of(self, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the horizontal places of times; `x_of` for many."""
        plot = self.plot_rect()
        scale = plot.width() / (self.time_range.span or 1.0)
        places: npt.NDArray[np.float64] = plot.left() + (seconds - self.time_range.start) * scale
        return places

    def tick_times(self) -> list[float]:
        """Return the times of the labelled ticks."""
        if self.time_range.span <= 0:
            return []
        step = tick_step(self.time_range.span, self.plot_rect().width())
        return tick_times(self.time_range.start, self.time_range.end, step)

    def in_plot(self, x: float) -> bool:
        """Return whether a horizontal place lies in the picture, and there is one."""
        plot = self.plot_rect()
        return self.time_range.span > 0 and plot.left() <= x <= plot.left() + plot.width()
