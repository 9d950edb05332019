from __future__ import annotations

import json

import pytest

from phonegui.editing import Interval, Tier
from phonegui.recovery import read_recoveries, remove_recovery, write_recovery

PATH = '/somewhere/ü"]}.wav'


@pytest.mark.parametrize("count", [0, 1, 1000, 2500])
def test_what_is_kept_comes_back_whole(tmp_path, count):
    tier = Tier(tuple(Interval(k / 8, (k + 1) / 8, "AA" if k % 3 else '"]}') for k in range(count)), 1000.0)

    write_recovery(tmp_path, PATH, tier)

    [found] = read_recoveries(tmp_path)
    assert found.path == PATH
    assert found.tier == tier
    assert len(json.loads(found.file.read_text(encoding="utf-8"))["intervals"]) == count


def test_a_damaged_file_is_passed_over(tmp_path):
    write_recovery(tmp_path, PATH, Tier((Interval(0.0, 1.0, "AA"),), 1.0))
    (tmp_path / "other.json").write_text('{"format": 1, "intervals": [[0, 1', encoding="utf-8")

    assert [item.path for item in read_recoveries(tmp_path)] == [PATH]


def test_what_is_removed_does_not_come_back(tmp_path):
    write_recovery(tmp_path, PATH, Tier((), 1.0))
    remove_recovery(tmp_path, PATH)

    assert read_recoveries(tmp_path) == []
