from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import model

MODULES = sorted(found.name for found in pkgutil.walk_packages(model.__path__, "model."))

ALL_ALONE = """
import importlib, sys
for name in {names}:
    for loaded in [n for n in sys.modules if n == "model" or n.startswith("model.")]:
        del sys.modules[loaded]
    importlib.import_module(name)
    forbidden = {{n.split(".")[0] for n in sys.modules}} & {{"PySide6", "PyQt6", "shiboken6", "pyqtgraph", "phonegui"}}
    assert not forbidden, f"{{name}} imports {{forbidden}}"
"""

WITHOUT = """
import sys
import {name}
loaded = {{n.split(".")[0] for n in sys.modules}} & {forbidden}
assert not loaded, f"{name} imports {{loaded}}"
"""


def run_fresh(code: str) -> None:
    root = Path(model.__file__).parent.parent
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_module_of_the_engine_brings_a_window_along():
    assert "model.training" in MODULES
    assert "model.corpus.manifest" in MODULES
    run_fresh(ALL_ALONE.format(names=MODULES))


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        ("model.phonemes", {"torch", "numpy", "librosa", "numba"}),
        ("model.config", {"torch", "numpy", "librosa", "numba"}),
        ("model.metrics", {"torch", "numpy", "librosa", "numba"}),
        ("model.decoding", {"torch", "librosa", "numba"}),
        ("model.audio", {"torch", "librosa", "numba", "soundfile", "soxr"}),
        ("model.features", {"torch", "librosa", "numba"}),
        ("model.corpus", {"torch", "librosa", "numba", "soundfile"}),
        ("model.checkpoint", {"torch", "librosa", "numba"}),
        ("model.inference", {"torch", "librosa", "numba"}),
        ("model.training", {"librosa", "numba", "soundfile"}),
    ],
)
def test_slow_libraries_wait_until_they_are_needed(name: str, forbidden: set[str]):
    run_fresh(WITHOUT.format(name=name, forbidden=forbidden))
