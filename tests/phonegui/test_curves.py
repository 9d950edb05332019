import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QColor, QImage

from model.errors import FileError
from phonegui import theme
from phonegui.views.curve_export import SIZE, arranged, write_picture
from phonegui.views.curve_scale import Scale, duration, labels, thinned, time_ticks, trimmed_range, value_range, written
from phonegui.views.curves import Curve, CurvePlot, Mark, Picture, plot_frame, readout, x_scale


def falling(name="dev", count=20, **looks):
    return Curve(name, np.arange(1.0, count + 1), 2.0 ** -np.arange(count), **looks)


@pytest.fixture
def plot(qtbot):
    plot = CurvePlot("Loss")
    qtbot.addWidget(plot)
    plot.resize(400, 240)
    plot.show()
    return plot


def pixels(plot):
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()) & 0xFFFFFF


def count_color(plot, color):
    return int((pixels(plot) == (QColor(color).rgb() & 0xFFFFFF)).sum())


def test_a_curve_is_drawn_in_its_colour_and_falls(plot):
    before = count_color(plot, theme.LIGHT.accent)
    plot.show_curves([falling(color="accent", points=True)], axis="epoch", high_x=20.0)
    assert before == 0
    rows, columns = np.nonzero(pixels(plot) == (QColor(theme.LIGHT.accent).rgb() & 0xFFFFFF))
    left, right = rows[columns < 100].mean(), rows[columns > 300].mean()
    assert left < right - 50  # pixels count downwards


def test_nothing_and_only_nan_are_drawn_without_a_curve(plot):
    plot.show_curves([], axis="epoch", high_x=1.0)
    pixels(plot)
    nothing = Curve("dev", np.arange(5.0), np.full(5, np.nan), color="accent")
    for log in (False, True):
        plot.show_curves([nothing], axis="seconds", high_x=5.0, log=log, mark=Mark(1.0, np.nan, "best"))
        assert count_color(plot, theme.LIGHT.accent) == 0


def test_the_pointer_reads_off_values_at_its_place(qtbot, plot):
    plot.show_curves([falling(), falling("raw", ghost=True)], axis="epoch", high_x=20.0)
    told = []
    plot.pointed.connect(told.append)
    frame = plot_frame(plot.picture, QRectF(plot.rect()), plot.font())
    x = x_scale(plot.picture, frame).pixel(3.0)
    qtbot.mouseMove(plot, QPoint(round(x), 100))
    qtbot.waitUntil(lambda: bool(told))
    assert told[-1] == pytest.approx(3.0, abs=0.1)
    assert readout(plot.picture, told[-1]) == "dev 0.25"


def test_dark_and_light_differ(plot):
    plot.show_curves([falling(color="accent", points=True)], axis="epoch", high_x=20.0)
    plot.apply_theme(theme.DARK)
    assert count_color(plot, theme.LIGHT.accent) == 0
    assert count_color(plot, theme.DARK.accent) > 10


def test_a_long_run_is_thinned_to_the_picture_but_keeps_its_peaks():
    x = np.linspace(0.0, 300.0, 1_000_000)
    y = np.sin(x)
    y[123_456] = 50.0
    xs, ys, dense = thinned(x, y)
    assert dense and len(xs) <= 2 * 302
    assert ys.max() == 50.0 and ys.min() == pytest.approx(-1.0, abs=1e-3)
    assert (np.diff(xs) >= 0.0).all()
    short = thinned(np.arange(50.0), np.where(np.arange(50) == 7, np.nan, y[:50]))
    assert len(short[0]) == 49 and not short[2]


@pytest.mark.parametrize("high", [1e-9, 0.003, 1.0, 7.3, 99.0, 123456.0])
@pytest.mark.parametrize("log", [False, True])
def test_ticks_are_few_rise_and_lie_between_the_ends(high, log):
    low = high / 50 if log else 0.0
    for most in (2, 3, 5, 8):
        ticks = Scale(low, high, 0.0, 100.0, log).ticks(most)
        assert 1 <= len(ticks) <= 2 * most + 1
        assert ticks == sorted(ticks)
        assert low * 0.999 <= ticks[0] and ticks[-1] <= high * 1.001


def test_scales_go_both_ways():
    scale = Scale(0.0, 10.0, 50.0, 250.0)
    assert scale.value(scale.pixel(7.0)) == pytest.approx(7.0)
    log = Scale(0.01, 100.0, 200.0, 0.0, log=True)
    assert log.pixel(1.0) == pytest.approx(100.0)
    assert np.isnan(log.pixel(0.0))


def test_ranges_hold_all_lines_and_let_spikes_of_ghosts_go():
    low, high = value_range([np.array([1.0, np.nan, 3.0])], log=False)
    assert low <= 1.0 and high >= 3.0
    assert value_range([np.array([np.nan])], log=False) == (0.0, 1.0)
    raw = np.ones(1000)
    raw[5] = 1e6
    assert trimmed_range([raw], [np.array([0.5, 2.0])], log=False)[1] < 10
    low, high = value_range([np.array([0.0, 0.01, 1.0])], log=True)
    assert 0 < low <= 0.01 and high >= 1.0


@pytest.mark.parametrize("level", [100.0, 1.0, -3.0, 1e-4])
def test_a_level_line_stands_in_the_middle_of_a_wide_scale(level):
    low, high = value_range([np.full(4, level)], log=False)
    assert low < level < high
    assert (low + high) / 2 == pytest.approx(level) or low == 0.0
    assert high - low > 0.1 * abs(level)


def test_numbers_and_times_are_written_briefly():
    assert [written(v) for v in (0.0, 0.00213, 2e-5, 12.34, 250.0, 12345.0, float("nan"))] == [
        "0", "0.00213", "2e−5", "12.3", "250", "12,345", "–",
    ]  # fmt: skip
    assert [duration(s) for s in (12, 89, 600, 5400, 9000, 200000)] == [
        "12 s", "89 s", "10 min", "1 h 30 min", "2 h 30 min", "2 d 8 h",
    ]  # fmt: skip
    assert time_ticks(0, 7200, 4) == [0.0, 1800.0, 3600.0, 5400.0, 7200.0]


def test_pictures_are_written_whole(qapp, tmp_path):
    pictures = [Picture(f"plot {n}", curves=[falling(color="accent")], high_x=20.0) for n in range(5)]
    write_picture(tmp_path / "a.png", pictures, theme.LIGHT, qapp.font())
    image = QImage(str(tmp_path / "a.png"))
    assert image.size() == SIZE * 2
    write_picture(tmp_path / "a.svg", pictures, theme.DARK, qapp.font())
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag.endswith("svg")
    text = " ".join(root.itertext())
    assert all(f"plot {n}" in text for n in range(5))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "a.svg"]
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError):
        write_picture(tmp_path / "file" / "a.png", pictures, theme.LIGHT, qapp.font())


def test_arranged_plots_do_not_overlap():
    whole = QRectF(0, 0, 1200, 560)
    for count in (1, 2, 3, 5):
        places = arranged(whole, count)
        assert len(places) == count
        for i, place in enumerate(places):
            assert whole.adjusted(-1, -1, 1, 1).contains(place)
            assert not any(place.intersects(other) for other in places[i + 1 :])


def test_ticks_are_written_with_as_many_digits_as_tell_them_apart():
    assert labels([99.5, 100.0, 100.5]) == ["99.5", "100", "100.5"]
    assert labels([0.0, 5.0, 10.0]) == ["0", "5", "10"]
    assert labels([-0.0012, -0.0011]) == ["−0.0012", "−0.0011"]
    assert labels([1234.0, 1234.5]) == ["1,234", "1,234.5"]
