"""Configs of policies: typed, merged into a fresh copy, refused by name."""

from __future__ import annotations

import pytest
from pydantic import Field

from schedules.policies.configs import Config, defaults, merged
from schedules.policies.errors import InvalidConfig


class Sun(Config):
    min_angle: float = Field(default=6, ge=0, le=180)
    steps: int = 3


class Rules(Config):
    sun_avoidance: Sun = Field(default=Sun(), alias="sun-avoidance")
    drift: Sun | None = None


class Scan(Config):
    targets: list[str] = ["uranus", "saturn"]
    rules: Rules = Rules()


def test_what_is_not_told_keeps_its_default():
    config = merged(Scan, {"rules": {"sun-avoidance": {"min_angle": 10}}})
    assert (config.rules.sun_avoidance.min_angle, config.rules.sun_avoidance.steps) == (10, 3)
    assert config.targets == ["uranus", "saturn"]


def test_a_list_is_replaced_whole():
    assert merged(Scan, {"targets": ["moon"]}).targets == ["moon"]


def test_the_last_override_is_on_top():
    assert merged(Scan, {"rules": {"drift": {"steps": 1}}}, {"rules": {"drift": {"steps": 2}}}).rules.drift == Sun(steps=2)


def test_overriding_leaves_defaults_and_overrides_as_they_are():
    override = {"rules": {"sun-avoidance": {"min_angle": 10}}, "targets": ["moon"]}
    merged(Scan, override).targets.append("mars")
    assert override["targets"] == ["moon"]
    assert merged(Scan).targets == defaults(Scan)["targets"] == ["uranus", "saturn"]
    assert merged(Scan).rules.sun_avoidance.min_angle == 6


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ({"target": []}, "unknown key target"),
        ({"rules": {"sun-avoidance": {"angle": 1}}}, "unknown key rules.sun-avoidance.angle"),
        ({"rules": {"sun_avoidance": {}}}, "unknown key rules.sun_avoidance"),
        ({"rules": {"sun-avoidance": {"min_angle": -1}}}, "rules.sun-avoidance.min_angle: .*greater than or equal to 0"),
        ({"rules": {"sun-avoidance": None}}, "rules.sun-avoidance: "),
        ({"rules": []}, "rules: "),
        ({"targets": ["moon", 1]}, r"targets\[1\]: .*string"),
        ({"rules": {"drift": {"steps": "3"}}}, "rules.drift.steps: .*integer"),
        ({"rules": {"drift": {"steps": True}}}, "rules.drift.steps: .*integer"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(override, told):
    with pytest.raises(InvalidConfig, match=f"Invalid config: {told}"):
        merged(Scan, override)


def test_all_faults_are_told_at_once_up_to_a_bound():
    with pytest.raises(InvalidConfig, match=r"unknown key b; .*and 5 more$"):
        merged(Scan, {"b": 1, **{f"k{number}": 1 for number in range(14)}})
