from __future__ import annotations

import numpy as np
import pytest

from tests.fuzz import fuzz, mutated
from tests.fuzz_seeds import seeds

pytest.importorskip("resource")


def test_mutated_files_are_opened_or_refused(capsys):
    tally = fuzz(200, seed=7, workers=1)
    assert not tally.problems, "\n".join(tally.problems)
    assert tally.runs == 200
    assert len(tally.kinds) == len(seeds())
    assert 50 < tally.refused < 190  # neither are all files refused, nor do the changes leave them as they were


def test_a_run_can_be_made_again():
    contents = [item.content for item in seeds()]
    first, second = (mutated(contents[0], contents, np.random.default_rng([3, 4])) for _ in range(2))
    assert first == second != contents[0]
    assert mutated(b"", contents, np.random.default_rng([3, 5])) is not None
