import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from phonegui.save_path import ask_save_path


@pytest.fixture
def ask(qtbot, monkeypatch):
    """Return what asks, with answers given beforehand; the paths that the dialog began with are kept."""
    parent = QWidget()
    qtbot.addWidget(parent)

    def ask(*answers):
        left, ask.starts = list(answers), []

        def answer(_parent, _title, start, _kinds):
            ask.starts.append(start)
            return left.pop(0), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
        return ask_save_path(parent, "Save", "start.csv", "Tables (*.csv)", ".csv")

    return ask


def test_a_name_without_a_suffix_gets_one(ask, tmp_path):
    assert ask(str(tmp_path / "a")) == str(tmp_path / "a.csv")
    assert ask(str(tmp_path / "a.txt")) == str(tmp_path / "a.txt")
    assert ask("") == ""


def test_a_file_that_the_suffix_leads_to_is_asked_about(ask, tmp_path):
    (tmp_path / "a.csv").touch()
    assert ask(str(tmp_path / "a"), str(tmp_path / "a.csv")) == str(tmp_path / "a.csv")
    assert ask.starts == ["start.csv", str(tmp_path / "a.csv")]
    assert ask(str(tmp_path / "a"), "") == ""
    assert ask(str(tmp_path / "a"), str(tmp_path / "b")) == str(tmp_path / "b.csv")


def test_a_second_name_without_a_suffix_is_asked_about_as_well(ask, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").touch()
    assert ask(str(tmp_path / "a"), str(tmp_path / "b"), "") == ""
    assert ask.starts == ["start.csv", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    assert ask(str(tmp_path / "a"), str(tmp_path / "a"), str(tmp_path / "a.csv")) == str(tmp_path / "a.csv")
    assert ask(str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "c")) == str(tmp_path / "c.csv")
