import dataclasses
import json
import shlex

import pytest

from model.config import PRESETS, NetworkConfig, TrainingConfig
from model.errors import FileError
from model.inference import DEVICES
from model.training_main import request_of
from model.training_setup import overridden
from phonegui.cli import build_parser
from phonegui.training_plan import PLAN_NAME, TrainingPlan, next_run, read_plan, write_plan
from tests.model.helpers import assert_one_sentence


def plan_of(network=None, training=None, **changes):
    base = TrainingPlan(
        "/data/train set/a'b.tsv",
        '/data/$HOME "dev"',
        "/runs/compact-1",
        network or NetworkConfig(),
        training or TrainingConfig(),
    )
    return dataclasses.replace(base, **changes)


PLANS = [
    *(plan_of(preset.network, preset.training) for preset in PRESETS.values()),
    plan_of(NetworkConfig(hidden=77), TrainingConfig(learning_rate=1e-8, ema_decay=0.99999, sorted_first_epoch=False)),
    plan_of(PRESETS["published"].network, dataclasses.replace(PRESETS["published"].training, plateau_factor=0.1)),
    plan_of(dev_part="a part; rm -rf", device=DEVICES[1], tensorboard=True),
]


@pytest.mark.parametrize("plan", PLANS)
def test_the_command_does_the_same_run(plan):
    words = shlex.split(plan.command())
    assert words[0] == "phonegui"
    options = build_parser().parse_args(words[1:])
    request = request_of(options)
    preset = PRESETS[request.preset]
    assert overridden(preset.network, preset.training, request.set) == (plan.network, plan.training)
    assert (request.train, request.dev, request.out) == (plan.train, plan.dev, plan.out)
    assert (request.dev_part or "") == plan.dev_part
    assert options.device == plan.device
    assert options.tensorboard == plan.tensorboard
    assert not request.resume
    asked = dataclasses.asdict(plan.request())
    assert {name: list(v) if isinstance(v, tuple) else v for name, v in asked.items()} == dataclasses.asdict(request)


def test_a_preset_as_it_is_needs_no_changes():
    preset = PRESETS["recommended"]
    assert "--set" not in plan_of(preset.network, preset.training).command()
    assert "--preset recommended" in plan_of(preset.network, preset.training).command()


def test_resuming_takes_the_settings_of_the_run():
    words = shlex.split(plan_of(resume=True).command())
    assert "--resume" in words and "--preset" not in words and "--set" not in words


def test_a_plan_is_kept_in_its_folder_and_follows_it(tmp_path):
    plan = dataclasses.replace(PLANS[-1], out=str(tmp_path / "run"))
    write_plan(plan, "running")
    assert read_plan(plan.out) == (plan, "running")
    (tmp_path / "run").rename(tmp_path / "moved")
    assert read_plan(tmp_path / "moved")[0].out == str(tmp_path / "moved")


@pytest.mark.parametrize(
    ("name", "value"),
    [(None, None), ("format", 2), ("network", {"hidden": -1}), ("training", []), ("device", "tpu"), ("train", 7)],
)
def test_a_damaged_plan_is_one_sentence(tmp_path, name, value):
    plan = plan_of(out=str(tmp_path))
    write_plan(plan, "stopped")
    path = tmp_path / PLAN_NAME
    stored = json.loads(path.read_text())
    path.write_text("{" if name is None else json.dumps(stored | {name: value}))
    with pytest.raises(FileError) as caught:
        read_plan(tmp_path)
    assert_one_sentence(caught.value, path)


def test_a_new_run_gets_a_free_folder(tmp_path):
    assert next_run(tmp_path, "Quick look").name == "quick-look-1"
    (tmp_path / "quick-look-1").mkdir()
    assert next_run(tmp_path, "Quick look").name == "quick-look-2"
    assert next_run(tmp_path, "../x").parent == tmp_path
    assert next_run(tmp_path, "///").name == "run-1"
