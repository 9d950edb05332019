import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from PySide6.QtGui import QImage

from model.textgrid import Interval, TextGrid, Tier, write_textgrid
from phonegui.resources import sample_utterances

SAMPLE = str(sample_utterances()[1].path)
ROOT = Path(__file__).parents[2]


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "phonegui", "picture", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), "QT_LOGGING_RULES": "*.debug=false"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_picture_is_drawn_without_a_screen(tmp_path):
    done = run(
        tmp_path, SAMPLE, "--out", "a.png", "--size", "800x600", "--scale", "1.5", "--theme", "dark", "--to", "1"
    )
    assert (done.returncode, done.stdout.strip()) == (0, "a.png"), done.stderr
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height()) == (1200, 900)
    assert image.pixelColor(0, 899).lightness() < 60


def test_the_reference_beside_the_recording_is_drawn(tmp_path):
    shutil.copy(SAMPLE, tmp_path / "take.flac")
    tier = Tier("phones", (Interval(0.5, 1.0, "ZH"), Interval(1.0, 2.0, "UH")))
    arguments = ("take.flac", "--out", "a.svg", "--size", "800x600", "--force")
    assert run(tmp_path, *arguments).returncode == 0
    alone = (tmp_path / "a.svg").read_text()
    write_textgrid(tmp_path / "take.TextGrid", TextGrid(0.0, 2.0, (tier,)))
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    drawn = (tmp_path / "a.svg").read_text()
    assert "REFERENCE" in drawn.upper() and drawn.count(">ZH<") > alone.count(">ZH<")
    (tmp_path / "take.TextGrid").write_text("my notes")
    done = run(tmp_path, *arguments)
    assert done.returncode == 0 and "take.TextGrid" in done.stderr and done.stderr.count("\n") == 1


def test_features_are_drawn_like_a_recording(tmp_path):
    import numpy as np

    np.save(tmp_path / "frames.npy", np.random.default_rng(0).normal(size=(120, 13)).astype(np.float32))
    done = run(tmp_path, "frames.npy", "--out", "a.svg", "--size", "800x600")
    assert (done.returncode, done.stdout.strip()) == (0, "a.svg"), done.stderr
    assert "does not say how its features were made" in done.stderr and done.stderr.count("\n") == 1
    assert "MFCC" in (tmp_path / "a.svg").read_text()
    done = run(tmp_path, SAMPLE, "--out", "b.svg", "--size", "800x600", "--features", "log-mel")
    assert done.returncode == 0 and "Log-mel" in (tmp_path / "b.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--out", "a.jpg"), "suffix"),
        (("--out", "a.png", "--size", "large"), "1600x900"),
        (("--out", "a.png", "--scale", "9"), "--scale"),
        (("--out", "a.png", "--theme", "pink"), "theme"),
        ((), "--out"),
    ],
)
def test_bad_options_are_met_by_a_sentence(capsys, arguments, word):
    from phonegui.__main__ import main

    try:
        status = main(["picture", SAMPLE, *arguments])
    except SystemExit as stop:
        status = stop.code
    error = capsys.readouterr().err
    assert status == 2 and word in error and error.count("\n") == 1


@pytest.mark.parametrize("part", [("--from", "100"), ("--from", "2", "--to", "1"), ("--from", "-1"), ("--to", "0")])
def test_a_part_that_is_not_there_is_named(capsys, tmp_path, part):
    from phonegui.__main__ import main

    assert main(["picture", SAMPLE, "--out", str(tmp_path / "a.png"), *part]) == 2
    error = capsys.readouterr().err
    assert "nothing to draw" in error and error.count("\n") == 1 and not list(tmp_path.iterdir())


def test_a_part_of_the_sound_is_cut_out_as_recorded(capsys, tmp_path):
    from phonegui.__main__ import main

    target = tmp_path / "part.wav"
    assert main(["cut", SAMPLE, "--out", str(target), "--from", "0.5", "--to", "1"]) == 0
    assert capsys.readouterr().out == f"{target}: 0.500 s\n"
    rate = soundfile.info(SAMPLE).samplerate
    whole, part = soundfile.read(SAMPLE, dtype="int16")[0], soundfile.read(target, dtype="int16")[0]
    assert (part == whole[round(0.5 * rate) : rate]).all() and len(part) == rate // 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((SAMPLE, "--out", "a.mp3"), "must end in .wav"),
        ((SAMPLE, "--out", "a.wav", "--from", "100"), "no sound from 100 s"),
        ((SAMPLE, "--out", "a.wav", "--from", "nan"), "nan"),
        ((SAMPLE, "--out", "a.wav", "--to", "inf"), "inf"),
        (("missing.wav", "--out", "a.wav"), "missing.wav"),
    ],
)
def test_what_cannot_be_cut_is_named(capsys, tmp_path, monkeypatch, arguments, word):
    from phonegui.__main__ import main

    monkeypatch.chdir(tmp_path)
    try:
        status = main(["cut", *arguments])
    except SystemExit as stop:
        status = stop.code
    error = capsys.readouterr().err
    assert status == 2 and word in error and error.count("\n") == 1 and not list(tmp_path.iterdir())
