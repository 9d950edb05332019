"""Pictures of the timeline as files: drawn by the window's own rows, at any size, as pixels or as vectors."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QWidget

from model.errors import FileError, UserError
from model.files import atomic_path
from phonegui.theme import DARK, LIGHT, Theme, small_font
from phonegui.views.row import TimeRow
from phonegui.views.timeline import TimelineView

if TYPE_CHECKING:
    from model.recognizer import Heard
    from model.transcript import TimedPhoneme

THEMES = {"light": LIGHT, "dark": DARK}
SMALLEST, LARGEST = QSize(480, 240), QSize(16000, 8000)
"""Bounds of a picture's width and height in logical pixels."""

_MOST_PIXELS = 100_000_000
_SVG_RATIO = 2.0  # device pixels in a unit of the images inside a drawing


@dataclass(frozen=True, eq=False)
class Shown:
    """What a picture shows.

    Attributes
    ----------
    heard
        A recording, its features and posteriors.
    phonemes
        The phonemes heard.
    reference
        Those really said, None where they are not known.
    rival
        Name and phonemes of another transcript, None without one.
    layout
        Order, heights and folding of the rows, as a timeline saved them; empty for the first arrangement.
    feature_colors, posterior_colors
        Colour maps by name; empty for the first ones.
    feature_kind
        What the row of features shows, by name; empty for what the network reads.
    contrast
        Of the features, 1 for all their values.
    """

    heard: Heard
    phonemes: tuple[TimedPhoneme, ...]
    reference: tuple[TimedPhoneme, ...] | None = None
    rival: tuple[str, tuple[TimedPhoneme, ...]] | None = None
    layout: bytes = b""
    feature_colors: str = ""
    posterior_colors: str = ""
    feature_kind: str = ""
    contrast: float = 1.0


def make_timeline(shown: Shown, theme: Theme, parent: QWidget | None = None) -> TimelineView:
    """Return a timeline that never comes to the screen; `TimelineView.busy` tells when it can be drawn."""
    view = TimelineView(parent, theme=theme)
    view.setWindowFlag(Qt.WindowType.Window)
    heard = shown.heard
    if len(heard.audio.samples):
        view.set_audio(heard.audio.samples, heard.audio.sample_rate)
    if len(heard.features):
        view.set_features(heard.features, heard.hop_seconds)
    view.set_posteriors(heard.log_probs, heard.step_seconds, heard.table)
    view.set_heard(shown.phonemes)
    view.set_reference(shown.reference)
    if shown.rival is not None:
        view.set_rival(shown.rival[0])
        view.set_rival_heard(shown.rival[1])
    if shown.layout:
        view.restore_layout(QByteArray(shown.layout))
    if shown.reference is None:
        view.arrangement.set_shown("differences", False)
    if shown.feature_kind:
        view.set_feature_kind(shown.feature_kind)
    view.spectrogram.set_contrast(shown.contrast)
    if shown.feature_colors:
        view.set_feature_colors(shown.feature_colors)
    if shown.posterior_colors:
        view.set_posterior_colors(shown.posterior_colors)
    return view


def prepare(view: TimelineView, size: QSize, part: tuple[float, float] | None) -> None:
    """Lay a timeline out at a size in logical pixels and let it show a part in seconds, None for all.

    Raises
    ------
    UserError
        The size is out of bounds, or too small for the rows.
    """
    least = view.minimumSizeHint().expandedTo(SMALLEST)
    if size.expandedTo(least) != size or size.boundedTo(LARGEST) != size:
        raise UserError(
            f"A picture of {size.width()}x{size.height()} cannot be drawn; the width must lie between {least.width()} "
            f"and {LARGEST.width()}, the height between {least.height()} and {LARGEST.height()}."
        )
    view.resize(size)
    view.grab(QRect(0, 0, 1, 1))  # lays out and polishes what is never shown
    if part is None:
        view.fit()
    else:
        view.show_range(*part)


def wait_until_ready(view: TimelineView, *, seconds: float = 600.0) -> None:
    """Let events pass until all pictures are made; for the command line, never for the window."""
    end = time.monotonic() + seconds
    while view.busy and time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.002)


def paint(view: TimelineView, painter: QPainter, ratio: float, *, clips: bool) -> Generator[None, None, None]:
    """Draw a timeline row by row; each step is a row or a part of one, so that a window can go on between them.

    Parameters
    ----------
    ratio
        Device pixels in a logical pixel.
    clips
        Whether the painter can cut off what is drawn beyond a rectangle.
    """
    painter.fillRect(QRect(QPoint(0, 0), view.size()), QColor(view.theme.background))
    for row in (view.overview, *view.rows):
        if row.isVisibleTo(view):
            # Rows ask their widget for the resolution; this one is drawn elsewhere. What folds is no part of a picture.
            row.devicePixelRatioF = lambda: ratio  # type: ignore[method-assign]
            row.foldable = False
            row.paint_triangle = lambda *_: None  # type: ignore[method-assign]
            painter.save()
            painter.translate(row.mapTo(view, QPoint(0, 0)))
            yield from _paint_row(row, painter, clips=clips)
            painter.restore()
            yield


def _paint_row(row: TimeRow, painter: QPainter, *, clips: bool) -> Generator[None, None, None]:
    plot, font = row.plot_rect(), small_font(row.font())
    painter.setFont(font)
    if row.folded:
        row.paint_title(painter)
        return
    if clips:
        row.paint_margins(painter, plot)
        painter.setClipRect(plot)
        painter.setFont(font)
        row.paint_plot(painter, plot)
        return
    yield from row.paint_in_steps(painter, plot)
    # What reached beyond the plot is covered.
    for left, right in ((0, plot.left()), (plot.left() + plot.width(), row.width())):
        painter.fillRect(QRect(left, 0, right - left, row.height()), QColor(row.theme.background))
    painter.setFont(font)
    row.paint_margins(painter, plot)


class Canvas:
    """A picture being drawn: `steps` draws it, `data` is the file's content afterwards.

    Parameters
    ----------
    view
        A prepared timeline.
    kind
        ``"png"`` or ``"svg"``.
    ratio
        Pixels of a png in a logical pixel.

    Raises
    ------
    UserError
        The picture would be too large.
    """

    def __init__(self, view: TimelineView, kind: str, ratio: float = 1.0) -> None:
        self._view, self._kind, self._ratio = view, kind, ratio
        pixels = (view.size().toSizeF() * ratio).toSize()
        if kind == "png" and pixels.width() * pixels.height() > _MOST_PIXELS:
            raise UserError(
                f"A picture of {pixels.width()}x{pixels.height()} pixels is too large; choose a smaller size or scale."
            )
        self.image = QImage(pixels, QImage.Format.Format_RGB32) if kind == "png" else QImage()
        self._buffer = QBuffer()

    def steps(self) -> Generator[None, None, None]:
        """Draw, a row at each step."""
        if self._kind == "png":
            self.image.setDevicePixelRatio(self._ratio)
            painter = QPainter(self.image)
            try:
                yield from paint(self._view, painter, self._ratio, clips=True)
            finally:  # also when it is given up
                painter.end()
            return
        from PySide6.QtSvg import QSvgGenerator

        self._buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(self._buffer)
        generator.setSize(self._view.size())
        generator.setViewBox(self._view.rect())
        generator.setTitle("phonegui")
        generator.setResolution(self._view.logicalDpiX())  # otherwise letters have another size than on the screen
        painter = QPainter(generator)
        try:
            yield from paint(self._view, painter, _SVG_RATIO, clips=False)
        finally:
            painter.end()
            self._buffer.close()

    def data(self) -> bytes:
        """Return the content of the file; touches no widget, so that it can be called in any thread."""
        if self._kind == "svg":
            return bytes(self._buffer.data().data())
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QImageWriter(buffer, b"png")
        writer.setCompression(100)
        if not writer.write(self.image):
            raise UserError(f"The picture could not be made ({writer.errorString()}); choose a smaller size.")
        return bytes(buffer.data().data())


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file, whole or not at all; raise FileError where it cannot be written."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def kind_of(path: str | Path) -> str:
    """Return ``"png"`` or ``"svg"`` by the suffix; raise FileError on others."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".svg"):
        raise FileError(path, "has no suffix of a picture; name it .png or .svg")
    return suffix[1:]
