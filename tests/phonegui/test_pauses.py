from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from phonegui import pauses


class Engine(QObject):
    idle = Signal()


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


def test_no_garbage_is_collected_before_the_engine_is_there(bot):
    engine = Engine()

    pauses.begin(engine.idle)

    assert not gc.isenabled()
    engine.idle.emit()
    assert gc.isenabled()


def test_what_was_there_then_is_not_looked_at_again_but_what_comes_later_is(bot):
    engine = Engine()
    pauses.begin(engine.idle)
    engine.idle.emit()
    before = gc.get_freeze_count()

    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    engine.idle.emit()

    assert before > 0
    assert gc.get_freeze_count() <= before
    assert gc.collect() >= 1


def test_garbage_is_collected_where_the_engine_is_never_asked_for_too(qtbot):
    engine = Engine()

    pauses.begin(engine.idle, most_seconds=0.05)

    assert not gc.isenabled()
    qtbot.waitUntil(gc.isenabled)
    frozen = gc.get_freeze_count()
    assert frozen > 0
    later = [[number] for number in range(1000)]
    engine.idle.emit()
    assert gc.get_freeze_count() <= frozen and len(later) == 1000


def test_what_came_at_once_and_stays_is_not_looked_through(bot):
    engine = Engine()
    pauses.begin(engine.idle)
    engine.idle.emit()
    before = gc.get_freeze_count()
    many = [[number] for number in range(20_000)]
    pauses.keep(20)
    assert gc.get_freeze_count() <= before
    pauses.keep(len(many))
    assert gc.get_freeze_count() >= before + len(many)


def test_threads_take_turns_within_a_few_milliseconds(bot):
    engine = Engine()
    pauses.begin(engine.idle)

    assert sys.getswitchinterval() <= 0.002
    engine.idle.emit()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the process's map of memory")
def test_torch_and_llvm_find_their_libraries_loaded():
    code = (
        "from phonegui import pauses\n"
        "for name in ('torch', 'llvmlite'): pauses.load_libraries(name)\n"
        "import sys; assert not {'torch', 'llvmlite'} & set(sys.modules)\n"
        "maps = open('/proc/self/maps').read()\n"
        "assert 'libtorch_cpu' in maps and 'libllvmlite' in maps\n"
        "import torch, llvmlite.binding; print(int(torch.ones(3).sum()))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "3", done.stderr


def test_a_package_that_is_not_installed_is_left_to_import(monkeypatch):
    monkeypatch.setitem(pauses._LIBRARIES, "no_such_package", ("lib/none",))

    pauses.load_libraries("no_such_package")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere names of files are Unicode")
def test_a_library_in_a_folder_whose_name_is_not_utf8_is_left_to_import_where_it_is_none(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9.so"))
    path.write_bytes(b"no library")

    pauses._load(path)
