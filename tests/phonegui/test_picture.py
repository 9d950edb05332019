import dataclasses
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter

from model.audio import Audio
from model.errors import UserError
from model.phonemes import DEFAULT_TABLE
from model.recognizer import Heard
from model.transcript import TimedPhoneme
from phonegui.picture import Canvas, Shown, kind_of, make_timeline, prepare
from phonegui.theme import DARK, LIGHT

SECONDS = 4.0
SIZE = QSize(900, 600)


@pytest.fixture(scope="module")
def shown():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, round(SECONDS * 16000)).astype(np.float32)
    log_probs = rng.normal(0, 3, (round(SECONDS * 50), len(DEFAULT_TABLE))).astype(np.float32)
    log_probs -= np.log(np.exp(log_probs).sum(axis=1, keepdims=True))
    features = rng.normal(size=(round(SECONDS * 100), 13)).astype(np.float32)
    heard = Heard(Audio(samples, 16000, 16000, 1), features, 0.01, log_probs, 0.02, DEFAULT_TABLE)
    phonemes = tuple(TimedPhoneme(name, n * 0.8, n * 0.8 + 0.7, 0.9) for n, name in enumerate(("AA", "S", "IY", "T")))
    return Shown(heard, phonemes)


def draw(shown, kind, *, ratio=1.0, part=None, theme=LIGHT, size=SIZE):
    view = make_timeline(shown, theme)
    prepare(view, size, part)
    canvas = Canvas(view, kind, ratio)
    assert sum(1 for _ in canvas.steps()) >= 5  # a window goes on between rows
    view.deleteLater()
    return canvas.data()


def image_of(data):
    image = QImage.fromData(data).convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def test_a_png_has_the_size_and_scale_asked_for(qtbot, shown):
    assert image_of(draw(shown, "png")).shape == (600, 900)
    assert image_of(draw(shown, "png", ratio=2.0)).shape == (1200, 1800)


def test_a_larger_scale_has_more_detail_rather_than_larger_pixels(qtbot, shown):
    large = image_of(draw(shown, "png", ratio=2.0)).astype(np.int64)
    # In a picture that was only blown up, every pixel would equal its right neighbour in each pair.
    assert (large[:, 0::2] != large[:, 1::2]).mean() > 0.01


def test_the_part_and_the_colours_change_the_picture(qtbot, shown):
    whole = image_of(draw(shown, "png"))
    part = image_of(draw(shown, "png", part=(1.0, 2.0)))
    dark = image_of(draw(shown, "png", theme=DARK))
    assert (whole != part).mean() > 0.05
    assert whole[-1, 0] & 0xFFFFFF == int(LIGHT.background[1:], 16)
    assert dark[-1, 0] & 0xFFFFFF == int(DARK.background[1:], 16)
    assert np.array_equal(whole, image_of(draw(shown, "png")))


def test_a_picture_has_the_features_and_the_contrast_of_the_window(qtbot, shown):
    view = make_timeline(dataclasses.replace(shown, feature_kind="log-mel", contrast=2.0), LIGHT)
    qtbot.waitUntil(lambda: not view.busy, timeout=120_000)
    assert view.feature_kind == "log-mel" and view.spectrogram.title == "Log-mel"
    assert view.spectrogram.contrast == 2.0
    view.deleteLater()


def test_an_svg_has_letters_as_letters(qtbot, shown):
    data = draw(shown, "svg")
    root = ElementTree.fromstring(data)
    assert root.get("viewBox") == "0 0 900 600"
    texts = {"".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Waveform", "Heard", "AA", "S", "IY", "T"} <= texts


@pytest.mark.parametrize("size", [QSize(100, 600), QSize(900, 50), QSize(20000, 600)])
def test_sizes_out_of_bounds_are_named(qtbot, shown, size):
    view = make_timeline(shown, LIGHT)
    with pytest.raises(UserError, match=f"{size.width()}x{size.height()}"):
        prepare(view, size, None)


def test_too_many_pixels_are_refused(qtbot, shown):
    view = make_timeline(shown, LIGHT)
    prepare(view, QSize(8000, 4000), None)
    with pytest.raises(UserError, match="too large"):
        Canvas(view, "png", 2.0)


def test_a_drawing_that_is_given_up_leaves_no_painter_behind(qtbot, shown):
    view = make_timeline(shown, LIGHT)
    prepare(view, SIZE, None)
    for kind in ("png", "svg"):
        steps = Canvas(view, kind).steps()
        next(steps)
        steps.close()


def test_kinds_go_by_the_suffix():
    assert kind_of("a/B.PNG") == "png" and kind_of("x.svg") == "svg"
    for name in ("x.jpg", "x", "png"):
        with pytest.raises(UserError, match="suffix"):
            kind_of(name)


def test_posteriors_drawn_class_by_class_are_those_drawn_at_once(qtbot, shown):
    view = make_timeline(shown, LIGHT)
    prepare(view, SIZE, None)
    row, images = view.posteriorgram, []
    for whole in (True, False):
        image = QImage(row.size(), QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        if whole:
            row.paint_plot(painter, row.plot_rect())
        else:
            assert sum(1 for _ in row.paint_in_steps(painter, row.plot_rect())) >= 5
        painter.end()
        images.append(image)
    assert images[0] == images[1]
    view.deleteLater()
