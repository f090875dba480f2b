"""Planning from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import done, refused
from tests.conftest import Service

RANGE = ("2022-01-01 12:00", "2022-01-01 12:00:03")
ONE = '{"parts": 1}'


def test_policies_are_listed_and_told_of(here: Service) -> None:
    assert "dummy  Sleeps of random lengths that add up to the range." in done("policy").lines
    assert done("policy", "--json").json[0]["name"] == "dummy"
    assert "defaults:\n  seed: null\n  parts: null\n" in done("policy", "dummy").out
    assert done("policy", "dummy", "--json").json["config_schema"]["title"] == "DummyConfig"


def test_a_plan_is_printed_or_written(here: Service) -> None:
    commands = "import time\ntime.sleep(3.00)\n"
    assert done("policy", "dummy", *RANGE, "--config", ONE).out == commands
    Path("config.yaml").write_text("parts: 1\n")
    said = done("policy", "dummy", *RANGE, "-c", "@config.yaml", "-o", "plan.py")
    assert (said.out, said.err.strip(), Path("plan.py").read_text()) == ("", "Wrote plan.py.", commands)
    told = done("policy", "dummy", *RANGE, "-c", ONE, "--json").json
    assert (told["commands"], len(told["blocks"])) == (commands, 1)


def test_a_preset_is_named_by_name_or_id(here: Service) -> None:
    made = here.client.post(
        "/scheduler/preset/create/",
        json={
            "project": here.client.post("/scheduler/project/create/", json={"name": "dome"}).json()["id"],
            "policy": "dummy",
            "name": "one",
            "config": json.loads(ONE),
        },
    ).json()
    for preset in ("one", f"id:{made['id']}"):
        assert done("policy", "dummy", *RANGE, "--preset", preset).lines == ["import time", "time.sleep(3.00)"]


def test_a_plan_is_launched_and_watched(here: Service) -> None:
    said = done("policy", "dummy", "2022-01-01", "2022-01-01", "-c", ONE, "--launch", "--json")
    assert (said.json["state"], said.json["name"][:5]) == ("SUCCESS", "dummy")
    started = done("policy", "dummy", *RANGE, "--launch", "--driver", "offline", "--no-wait", "--json").json
    assert [task["driver"] for task in started["tasks"]][1::2] == ["offline"] * (len(started["tasks"]) // 2)
    done("cancel", "--run", started["graph_id"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("dummy", "2022-01-01"), "Say until when to plan"),
        (("dummy", "--launch"), "Say from when until when"),
        (("nothing",), "There is no policy 'nothing'"),
        (("nothing", *RANGE), "Invalid policy. Supported policies are: ['dummy'"),
        (("dummy", *RANGE, "-c", "{"), "--config cannot be read"),
        (("dummy", *RANGE, "-c", "@nowhere.yaml"), "--config cannot be read"),
        (("dummy", *RANGE, "-c", "[]"), "--config has to be an object"),
        (("dummy", *RANGE, "-c", '{"part": 1}'), "Invalid config: unknown key part"),
        (("dummy", *RANGE, "--queue", "dome"), "--queue is for a launch"),
        (("dummy", *RANGE, "--launch", "-o", "plan.py"), "A launch writes no file"),
        (("dummy", *RANGE, "-o", "plan.svg"), "Invalid format. The policy dummy draws no picture"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(here: Service, arguments: tuple[str, ...], told: str) -> None:
    assert refused("policy", *arguments).startswith(told)
