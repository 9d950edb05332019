from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from model import _edits_kernel
from model.long_edits import edit_path
from model.metrics import edit_distance


def pairs(seed: int) -> list[tuple[list[int], list[int]]]:
    """Return sequences of few and of many labels, alike and not."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(60):
        most = 42 if number % 2 else 4
        first = random.integers(1, most, random.integers(0, 300)).tolist()
        second = random.integers(1, most, random.integers(0, 300)).tolist()
        if number % 3 == 0:
            second = [
                int(random.integers(1, most)) if random.random() < 0.2 else label
                for label in first
                if random.random() < 0.9
            ]
        found.append((first, second))
    return [*found, ([], []), ([5], []), ([], [5] * 70), ([5] * 65, [5] * 64)]


def carried_out(path: np.ndarray, reference: list[int], hypothesis: list[int]) -> list[int]:
    result: list[int] = []
    place = 0
    for kind, i, j in path.tolist():
        assert place <= i
        result += reference[place:i]
        place = i if kind == 2 else i + 1
        result += [] if kind == 1 else [hypothesis[j]]
    return result + reference[place:]


@pytest.mark.parametrize("most_words", [1, 16, 1 << 20])
def test_edits_are_as_few_as_can_be_and_lead_to_the_hypothesis(most_words):
    for reference, hypothesis in pairs(most_words):
        path = edit_path(reference, hypothesis, most_words=most_words)

        assert len(path) == edit_distance(reference, hypothesis)
        assert carried_out(path, reference, hypothesis) == hypothesis


def test_an_hour_is_compared_while_other_threads_run(monkeypatch):
    random = np.random.default_rng(2)
    hour = random.integers(1, 42, 36_000).tolist()
    heard = [label for label in hour if random.random() < 0.95]
    edit_path(hour[:10], heard[:10])  # compiles
    # A starved machine may not come to let the other thread run in one comparison, but it does in one of many.
    assert any(beats_beside(hour, heard, monkeypatch) >= 5 for _ in range(20))


def beats_beside(reference: list[int], hypothesis: list[int], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often another thread came to run while the compiled part of a comparison did."""
    beats: list[None] = []
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(0.001):
            beats.append(None)

    during: list[int] = []

    def watched(*arguments: Any) -> Any:
        before = len(beats)
        found = kernel(*arguments)
        during.append(len(beats) - before)
        return found

    kernel = _edits_kernel.edit_path
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(_edits_kernel, "edit_path", watched)
            path = edit_path(reference, hypothesis)
    finally:
        ended.set()
        thread.join()
    assert len(path) == len(reference) - len(hypothesis)
    return during[0]
