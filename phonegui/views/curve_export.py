"""Plots as files: PNG and SVG pictures, drawn as on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from model.errors import FileError
from model.files import atomic_path
from phonegui.theme import Theme
from phonegui.views.curves import Picture, paint_plot

SIZE = QSize(1200, 560)
_PIXELS = 2  # of the PNG for each of the layout's
_GAP = 12.0


def arranged(rect: QRectF, count: int) -> list[QRectF]:
    """Return places for plots: the first large at the left, the others in two rows beside it."""
    if count == 1:
        return [rect]
    columns = -(-(count - 1) // 2)
    unit = (rect.width() - _GAP * columns) / (columns + 1.25)
    places = [QRectF(rect.left(), rect.top(), 1.25 * unit, rect.height())]
    height = (rect.height() - _GAP) / 2
    for number in range(count - 1):
        row, column = divmod(number, columns)
        left = rect.left() + 1.25 * unit + _GAP + column * (unit + _GAP)
        places.append(QRectF(left, rect.top() + row * (height + _GAP), unit, height))
    return places


def write_picture(path: str | Path, pictures: Sequence[Picture], theme: Theme, font: QFont) -> None:
    """Write plots as the picture that the name's suffix asks for, ``.svg`` or else PNG, whole or not at all.

    Raises
    ------
    FileError
        The file cannot be written.
    """
    with atomic_path(path) as temporary:
        if str(path).lower().endswith(".svg"):
            device = QSvgGenerator()
            device.setFileName(str(temporary))
            device.setSize(SIZE)
            device.setViewBox(QRectF(0, 0, SIZE.width(), SIZE.height()))
            device.setTitle("Training curves")
            _paint(QPainter(device), pictures, theme, font)
            return
        image = QImage(SIZE * _PIXELS, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PIXELS)
        _paint(QPainter(image), pictures, theme, font)
        if not image.save(str(temporary), "PNG"):  # type: ignore[call-overload]
            raise FileError(path, "cannot be written; free space or choose another place")


def _paint(painter: QPainter, pictures: Sequence[Picture], theme: Theme, font: QFont) -> None:
    whole = QRectF(0, 0, SIZE.width(), SIZE.height())
    painter.fillRect(whole, Qt.GlobalColor.white)
    painter.fillRect(whole, theme.background)
    for place, picture in zip(arranged(whole.adjusted(8, 8, -8, -8), len(pictures)), pictures, strict=True):
        paint_plot(painter, place, picture, theme, font)
    painter.end()
