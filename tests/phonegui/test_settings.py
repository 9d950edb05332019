from PySide6.QtCore import QByteArray, QSettings

from phonegui.settings import Remembered


def test_recent_files_newest_first_without_repeats(tmp_path):
    paths = [tmp_path / f"{i}.wav" for i in range(15)]
    for path in paths:
        path.touch()
        Remembered().add_recent(str(path))
    Remembered().add_recent(str(paths[7]))
    recent = Remembered().recent_files
    assert recent[0] == str(paths[7])
    assert recent.count(str(paths[7])) == 1
    assert len(recent) == 10
    Remembered().clear_recent()
    assert Remembered().recent_files == []


def test_one_recent_file_survives_the_ini_format(tmp_path):
    path = tmp_path / "one.wav"
    path.touch()
    Remembered().add_recent(str(path))
    Remembered()._store.sync()
    assert Remembered(QSettings()).recent_files == [str(path)]


def test_damaged_values_fall_back():
    store = QSettings()
    for name in ("recent_files", "folder", "checkpoint", "beam_width", "spelling", "geometry"):
        store.setValue(name, "\x00garbage/../{")
    settings = Remembered()
    assert settings.recent_files == []
    assert settings.checkpoint == ""
    assert settings.folder
    assert settings.number("beam_width", 10, 0, 200) == 10
    assert settings.text("spelling", "IPA", ("IPA", "Letters")) == "IPA"
    assert settings.data("geometry") == QByteArray()


def test_numbers_out_of_bounds_fall_back():
    settings = Remembered()
    settings.set("beam_width", 10**9)
    assert settings.number("beam_width", 10, 0, 200) == 10
    settings.set("beam_width", 33)
    assert settings.number("beam_width", 10, 0, 200) == 33
