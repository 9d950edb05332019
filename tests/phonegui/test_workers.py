import threading
import time

import pytest
from PySide6.QtCore import QObject

from model.errors import Cancelled, UserError
from phonegui import workers
from phonegui.workers import LatestWorker, any_running, leave_all


@pytest.fixture
def make():
    """Return a maker of workers that note what they give; all are closed at the end, whatever happens before."""
    made = []

    def worker(work, **keywords):
        worker = LatestWorker(work, "test", **keywords)
        worker.results = []
        worker.ended = []
        worker.produced.connect(lambda request, value: worker.results.append((request, value)))
        worker.finished_request.connect(worker.ended.append)
        made.append(worker)
        return worker

    yield worker
    for item in made:
        item.close()


def test_yields_every_value_of_a_request_in_order(qtbot, make):
    worker = make(lambda request, report: iter([request, request + 1]))
    with qtbot.waitSignal(worker.finished_request):
        worker.submit(5)
    assert worker.results == [(5, 5), (5, 6)]
    worker.close()


def test_works_off_the_gui_thread(qtbot, make):
    worker = make(lambda request, report: iter([threading.get_ident()]))
    with qtbot.waitSignal(worker.finished_request):
        worker.submit(1)
    assert worker.results[0][1] != threading.get_ident()
    worker.close()


def test_newest_request_wins(qtbot, make):
    started, gate = threading.Event(), threading.Event()

    def work(request, report):
        started.set()
        gate.wait(5)
        if not report("step", 0.5):
            raise Cancelled
        yield request

    worker = make(work)
    worker.submit("first")
    assert started.wait(5)
    worker.submit("second")
    worker.submit("third")
    gate.set()
    qtbot.waitUntil(lambda: "third" in worker.ended, timeout=5000)
    assert worker.results == [("third", "third")]
    assert worker.ended == ["first", "third"]


def test_without_interrupt_a_stream_of_requests_still_shows_results(qtbot, make):
    def work(request, report):
        time.sleep(0.02)
        yield request

    worker = make(work, interrupt=False)
    for width in range(40):
        worker.submit(width)
        qtbot.wait(5)
    qtbot.waitUntil(lambda: bool(worker.results) and worker.results[-1][1] == 39, timeout=5000)
    assert 3 < len(worker.results) < 40
    worker.close()


def test_without_interrupt_what_takes_long_gives_way(qtbot, make, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE_SECONDS", 0.05)
    started = threading.Event()

    def work(request, report):
        if request == "endless":
            started.set()
            while report("endless", 0.5):
                time.sleep(0.01)
            raise Cancelled
        yield request

    worker = make(work, interrupt=False)
    worker.submit("endless")
    assert started.wait(5)
    qtbot.wait(100)
    assert worker.ended == []
    worker.submit("newer")
    qtbot.waitUntil(lambda: "newer" in worker.ended, timeout=5000)
    assert worker.results == [("newer", "newer")]
    assert worker.ended == ["endless", "newer"]
    worker.close()


def test_user_errors_become_a_sentence_and_the_worker_lives_on(qtbot, make):
    def work(request, report):
        if request == "bad":
            raise UserError("This is wrong.")
        yield request

    worker = make(work)
    with qtbot.waitSignal(worker.failed) as caught:
        worker.submit("bad")
    assert caught.args == ["bad", "This is wrong."]
    with qtbot.waitSignal(worker.finished_request):
        worker.submit("good")
    worker.close()


def test_a_mistake_of_the_program_is_reported_and_traced(qtbot, make, capsys):
    def work(request, report):
        yield 1 / 0

    worker = make(work)
    with qtbot.waitSignal(worker.failed) as caught:
        worker.submit("x")
    assert "ZeroDivisionError" in caught.args[1]
    assert "ZeroDivisionError" in capsys.readouterr().err
    worker.close()


def test_cancel_drops_results(qtbot, make):
    started, gate = threading.Event(), threading.Event()

    def work(request, report):
        started.set()
        gate.wait(5)
        yield request

    worker = make(work)
    worker.submit("dropped")
    assert started.wait(5)
    worker.cancel()
    gate.set()
    worker.close()
    qtbot.wait(20)
    assert worker.results == []


def test_close_ends_an_idle_and_a_never_started_worker(qtbot, make):
    never, idle = (make(lambda request, report: iter([request])) for _ in range(2))
    with qtbot.waitSignal(idle.finished_request):
        idle.submit(1)
    for worker in (never, idle):
        worker.close()
        assert not worker.isRunning()


def test_closing_waits_for_what_cannot_be_broken_off_as_long_as_it_is_told(qtbot, make):
    owner, started, gate = QObject(), threading.Event(), threading.Event()

    def work(request, report):
        started.set()
        gate.wait(10)
        yield request

    workers = [make(work, parent=owner) for _ in range(3)]
    for worker in workers:
        worker.submit(1)
    assert started.wait(5)
    try:
        leave_all(owner, 0.1)
        began = time.monotonic()
        for worker in workers:
            worker.close()
        assert 0.05 < time.monotonic() - began < 2.0
        assert any_running(owner)
    finally:
        gate.set()
        leave_all(owner, None)
    for worker in workers:
        worker.close()
        assert worker.results == []
    assert not any_running(owner)
    for worker in workers:
        worker.setParent(None)
