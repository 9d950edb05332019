import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt

from model.config import DecodingConfig
from model.decoding import Hypothesis
from model.phonemes import DEFAULT_TABLE
from model.transcript import Transcript
from phonegui.panels.decoding import N_BEST, DecodingPanel
from phonegui.panels.hypotheses import shares
from phonegui.pipeline import Decoded


@pytest.fixture
def panel(qtbot):
    panel = DecodingPanel()
    qtbot.addWidget(panel)
    panel.resize(336, 700)
    panel.show()
    return panel


def header(panel, column):
    return panel.table.horizontalHeaderItem(column)


def test_it_begins_with_the_settings_of_the_command_line(panel):
    assert panel.settings == dataclasses.replace(DecodingConfig(), n_best=N_BEST)
    assert not panel._reset.isEnabled()


def test_the_defaults_come_back_with_one_click_and_are_told_once(qtbot, panel):
    panel.set_beam_width(57)
    panel.set_language_model(0.5, -1.0)
    assert panel._reset.isEnabled()
    told = []
    panel.changed.connect(told.append)
    qtbot.mouseClick(panel._reset, Qt.MouseButton.LeftButton)
    assert told == [dataclasses.replace(DecodingConfig(), n_best=N_BEST)]
    assert (panel.number.value(), panel.weight_number.text(), panel.bonus.isEnabled()) == (10, "off", False)
    assert not panel._reset.isEnabled()


def decoded(alpha, beam_width=10):
    found = [Hypothesis(np.array([label]), -float(label), np.array([0])) for label in (1, 2)]
    return Decoded(
        settings=DecodingConfig(alpha=alpha, beam_width=beam_width),
        table=DEFAULT_TABLE,
        hypotheses=found,
        differences=["the transcript", "AA → AE"],
        transcript=Transcript((), (), "", -1.0),
        asked=None,
        placed=None,
        reference=None,
        error_rate=None,
        milliseconds=1.0,
        warning="",
    )


def test_scores_with_a_language_model_are_not_called_probabilities(panel):
    panel.show_result(decoded(0.0), 100)
    assert header(panel, 1).text() == "log p" and "probability" in header(panel, 1).toolTip()
    panel.show_result(decoded(0.5), 100)
    assert header(panel, 1).text() == "score" and "no probability" in header(panel, 1).toolTip()
    assert header(panel, 2).text() == "of list" and "not listed" in header(panel, 2).toolTip()
    panel.show_result(decoded(0.0), 100)
    assert header(panel, 1).text() == "log p"
    panel.show_result(decoded(0.0, beam_width=0), 100)
    assert header(panel, 1).text() == "log p" and "every frame" in header(panel, 1).toolTip()
    assert [panel.table.item(0, column).text() for column in range(4)] == ["1", "−1.00", "73 %", "the transcript"]


def test_shares_add_up_and_keep_their_ratio():
    parts = shares([-1000.0, -1000.0, -1002.0])
    assert sum(parts) == pytest.approx(1.0) and parts[0] == parts[1]
    assert parts[0] / parts[2] == pytest.approx(7.389, rel=1e-3)
