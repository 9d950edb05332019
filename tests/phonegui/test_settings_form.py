import dataclasses
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox

from model.config import PRESETS, DecodingConfig, FeatureConfig, NetworkConfig, Settings, TrainingConfig, setting
from phonegui.settings_form import SettingsForm, title_of


@pytest.fixture
def form(qtbot):
    form = SettingsForm(TrainingConfig())
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_the_form_exactly(qtbot, name):
    for settings in (PRESETS[name].network, PRESETS[name].training):
        form = SettingsForm(type(settings)())
        qtbot.addWidget(form)
        form.set_values(settings)
        assert form.values == settings


@pytest.mark.parametrize("kind", [FeatureConfig, NetworkConfig, TrainingConfig, DecodingConfig])
def test_every_field_has_a_named_control_within_its_bounds(qtbot, kind):
    form = SettingsForm(kind())
    qtbot.addWidget(form)
    for item in dataclasses.fields(kind):
        control, meta = form.controls[item.name], item.metadata
        assert control.accessibleName() and meta["help"][1:] in control.accessibleDescription()
        if meta["choices"]:
            assert [control.itemText(i) for i in range(control.count())] == list(meta["choices"])
        for bound, end in ((meta["minimum"], "minimum"), (meta["maximum"], "maximum")):
            if bound is not None and not isinstance(control, QComboBox):
                assert getattr(control, end)() == pytest.approx(bound, abs=1e-12)


def test_extreme_values_are_kept(form):
    for name, value in (("learning_rate", 1e-8), ("ema_decay", 0.99999), ("plateau_factor", 0.85), ("epochs", 100000)):
        form.set_values(dataclasses.replace(TrainingConfig(), **{name: value}))
        assert getattr(form.values, name) == value


def test_typed_numbers_are_understood_as_on_the_command_line(qtbot, form):
    box = form.controls["learning_rate"]
    box.selectAll()
    qtbot.keyClicks(box, "3e-4")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert form.values.learning_rate == 3e-4


def test_a_change_is_marked_told_and_taken_back(qtbot, form):
    told = []
    form.changed.connect(told.append)
    form.controls["epochs"].setValue(7)
    assert told[-1].epochs == 7
    assert form.changed_fields() == ["epochs"]
    label, back = form._labels["epochs"], form._resets["epochs"]
    assert label.font().weight() == QFont.Weight.DemiBold and back.isVisible()
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    assert form.values == TrainingConfig() == told[-1]
    assert not form.changed_fields() and not back.isVisible()


def test_changes_are_against_the_defaults_given_last(form):
    published = PRESETS["published"].training
    form.set_defaults(published)
    assert form.values == published and not form.changed_fields()
    form.set_values(TrainingConfig())
    assert "optimizer" in form.changed_fields()


def test_hidden_fields_follow_what_is_shown(qtbot):
    form = SettingsForm(NetworkConfig(), hidden=("features", "classes"))
    qtbot.addWidget(form)
    assert "features" not in form.controls
    form.set_values(NetworkConfig(features=40, classes=47, hidden=8))
    assert form.values == NetworkConfig(features=40, classes=47, hidden=8)


def test_scrolling_past_a_number_does_not_change_it(form):
    box = form.controls["epochs"]
    box.clearFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert form.values == TrainingConfig()


def test_a_field_without_a_control_is_refused_by_name(qtbot):
    @dataclass(frozen=True)
    class Odd(Settings):
        word: str = setting("x", "any word")

    with pytest.raises(TypeError, match="word"):
        SettingsForm(Odd())


def test_titles_read_as_words():
    assert title_of("ema_decay") == "EMA decay"
    assert title_of("batch_frames") == "Batch frames"
