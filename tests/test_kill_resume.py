from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import model


def test_runs_killed_at_random_moments_resume_identically():
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill_resume", "--runs", "3"],
        cwd=Path(model.__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "two unbroken runs differ in nothing" in done.stdout
    found = re.search(r"(\d+) of 3 runs resumed identically after (\d+) kills", done.stdout)
    assert found and found[1] == "3"
