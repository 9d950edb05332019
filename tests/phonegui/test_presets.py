import json
from dataclasses import replace

import pytest

from model.config import PRESETS, Preset
from model.errors import FileError, UserError
from phonegui.presets import TITLES, UserPresets, built_in
from tests.model.helpers import assert_one_sentence

MINE = Preset("", replace(PRESETS["quick"].network, hidden=33), replace(PRESETS["quick"].training, epochs=3))


@pytest.fixture
def presets(tmp_path):
    return UserPresets(tmp_path / "deep" / "presets.json")


def test_what_is_saved_is_read_back(presets):
    assert presets.read() == ({}, [])
    presets.save("Zebra", MINE)
    presets.save("  ape ü ", replace(MINE, help="mine"))
    found, problems = presets.read()
    assert list(found) == ["ape ü", "Zebra"] and not problems
    assert found["Zebra"] == MINE and found["ape ü"].help == "mine"
    presets.delete("Zebra")
    presets.delete("never there")
    assert list(presets.read()[0]) == ["ape ü"]


def test_every_built_in_preset_has_a_title():
    assert set(TITLES) == set(PRESETS)
    assert built_in()["Published recipe"] is PRESETS["published"]


@pytest.mark.parametrize("name", ["", "  ", "a" * 61, "a\nb", "compact", "Quick Look"])
def test_a_name_that_cannot_be_is_refused(presets, name):
    with pytest.raises(UserError) as caught:
        presets.save(name, MINE)
    assert str(caught.value).endswith(".")
    assert not presets.path.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 9, "presets": {}}', '{"format": 1}', "[" * 100_000, "\x00"]
)
def test_a_damaged_file_is_named_and_never_overwritten(presets, text):
    presets.path.parent.mkdir()
    presets.path.write_text(text)
    found, problems = presets.read()
    assert found == {} and len(problems) == 1 and str(presets.path) in problems[0]
    with pytest.raises(FileError) as caught:
        presets.save("mine", MINE)
    assert_one_sentence(caught.value, presets.path)
    assert presets.path.read_text() == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("training", "epochs"), -1),
        (("training", "epochs"), "many"),
        (("network", "hidden"), 10**9),
        (("network", "from_the_future"), 1),
        (("training",), None),
        ((), 7),
    ],
)
def test_a_bad_preset_is_left_out_with_a_sentence_and_kept_in_the_file(presets, path, value):
    presets.save("bad", MINE)
    presets.save("good", MINE)
    whole = json.loads(presets.path.read_text())
    if path:
        entry = whole["presets"]["bad"]
        for part in path[:-1]:
            entry = entry[part]
        entry[path[-1]] = value
    else:
        whole["presets"]["bad"] = value
    presets.path.write_text(json.dumps(whole))
    found, problems = presets.read()
    assert list(found) == ["good"]
    assert len(problems) == 1 and "'bad'" in problems[0]
    presets.save("other", MINE)
    assert json.loads(presets.path.read_text())["presets"]["bad"] == whole["presets"]["bad"]
