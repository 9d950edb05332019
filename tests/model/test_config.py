from __future__ import annotations

import dataclasses
import json

import pytest

from model.config import (
    PRESETS,
    DecodingConfig,
    FeatureConfig,
    NetworkConfig,
    TrainingConfig,
    dumps,
    from_json,
    parse_value,
    with_overrides,
)
from model.errors import UserError
from tests.model.helpers import assert_one_sentence

ALL = [FeatureConfig, NetworkConfig, TrainingConfig, DecodingConfig]


@pytest.mark.parametrize("kind", ALL)
def test_every_setting_describes_itself(kind: type):
    for item in dataclasses.fields(kind):
        assert item.metadata["help"]
        if item.type in ("int", "float"):
            assert item.metadata["minimum"] is not None
        if item.type == "str":
            assert item.default in item.metadata["choices"]


@pytest.mark.parametrize("kind", ALL)
def test_settings_survive_json(kind: type):
    settings = kind()
    assert from_json(kind, json.loads(dumps(settings.to_json()))) == settings


def numbers(kind: type) -> list[tuple[type, str, float]]:
    found = []
    for item in dataclasses.fields(kind):
        low, high = item.metadata["minimum"], item.metadata["maximum"]
        found += [(kind, item.name, low - 1)] if low is not None else []
        found += [(kind, item.name, high + 1)] if high is not None else []
    return found


@pytest.mark.parametrize(("kind", "name", "value"), [case for kind in ALL for case in numbers(kind)])
def test_numbers_beyond_their_bounds_are_refused(kind: type, name: str, value: float):
    with pytest.raises(UserError) as caught:
        kind(**{name: value})
    assert_one_sentence(caught.value, name)


@pytest.mark.parametrize(
    "value",
    ["512", 512.5, True, None, [512], 10**400, -(10**400), 10**5000, float("nan"), float("inf"), "9" * 10**6],
    ids=lambda value: type(value).__name__,
)
def test_a_whole_number_is_nothing_else(value: object):
    with pytest.raises(UserError) as caught:
        NetworkConfig(hidden=value)  # type: ignore[arg-type]
    assert_one_sentence(caught.value, "hidden")


@pytest.mark.parametrize(
    "value", ["0.2", True, None, 10**400, float("nan"), float("inf")], ids=lambda v: type(v).__name__
)
def test_a_number_is_nothing_else(value: object):
    with pytest.raises(UserError) as caught:
        NetworkConfig(dropout=value)  # type: ignore[arg-type]
    assert_one_sentence(caught.value, "dropout")


def test_a_whole_number_may_stand_for_a_number():
    config = NetworkConfig(dropout=0)
    assert config.dropout == 0.0
    assert isinstance(config.dropout, float)


@pytest.mark.parametrize("value", [None, [], "text", 3, {"hidden": 3, "nonsense": 1}, {"x" * 10**5: 1}])
def test_json_of_something_else_is_refused(value: object):
    with pytest.raises(UserError) as caught:
        from_json(NetworkConfig, value)
    assert_one_sentence(caught.value, "NetworkConfig")


def test_overrides_are_read_as_their_field_says():
    changed = with_overrides(
        TrainingConfig(), {"epochs": "3", "learning_rate": "1e-3", "sorted_first_epoch": "no", "schedule": "plateau"}
    )
    assert changed == TrainingConfig(epochs=3, learning_rate=1e-3, sorted_first_epoch=False, schedule="plateau")


@pytest.mark.parametrize(
    ("name", "text"),
    [("epochs", "3.5"), ("epochs", ""), ("epochs", "9" * 5000), ("epochs", "0"), ("learning_rate", "fast"),
     ("learning_rate", "1e999"), ("learning_rate", "nan"), ("sorted_first_epoch", "perhaps"), ("schedule", "none"),
     ("epoch", "3")],
)  # fmt: skip
def test_overrides_that_cannot_be_are_refused(name: str, text: str):
    with pytest.raises(UserError) as caught:
        with_overrides(TrainingConfig(), {name: text})
    assert name in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("ON", True), ("0", False), ("No", False)])
def test_truth_is_spelled_in_several_ways(text: str, value: bool):
    assert parse_value(bool, "flag", text) is value


def test_sizes_in_samples_follow_the_rate():
    recipe = FeatureConfig()
    assert (recipe.window_samples, recipe.hop_samples, recipe.fft_size) == (400, 160, 512)
    double = FeatureConfig(sample_rate=32000)
    assert (double.window_samples, double.hop_samples, double.fft_size) == (800, 320, 1024)
    exact = FeatureConfig(window_seconds=0.032)
    assert exact.fft_size == exact.window_samples == 512


@pytest.mark.parametrize(
    "changes",
    [
        {"low_frequency": 7600.0},
        {"low_frequency": 4500.0, "sample_rate": 8000},
        {"coefficients": 41},
    ],
)
def test_impossible_recipes_are_refused(changes: dict[str, float]):
    with pytest.raises(UserError) as caught:
        FeatureConfig(**changes)  # type: ignore[arg-type]
    assert_one_sentence(caught.value)


def test_a_recipe_nobody_knows_may_have_any_width():
    assert FeatureConfig(kind="unknown", coefficients=80).coefficients == 80


def test_the_published_preset_is_the_courses():
    preset = PRESETS["published"]
    assert preset.network == NetworkConfig()
    training = preset.training
    assert (training.optimizer, training.learning_rate, training.weight_decay) == ("adam", 5e-4, 5e-5)
    assert (training.epochs, training.batch_utterances, training.batch_frames) == (20, 64, 0)
    assert (training.schedule, training.plateau_factor, training.plateau_threshold) == ("plateau", 0.85, 0.5)
    assert training.clip_norm == 0
    assert training.warmup_fraction == 0
    assert training.ema_decay == 0
    changed = (training.time_masks, training.feature_masks, training.noise, training.speed_perturbation)
    assert not any(changed)


def test_presets_are_told_apart():
    assert len({preset.help for preset in PRESETS.values()}) == len(PRESETS)


def test_json_is_strict():
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps({"loss": float("nan")})
    assert json.loads(dumps({"name": "\udcff é"})) == {"name": "\udcff é"}
    assert dumps({"name": "\udcff é"}).isascii()
