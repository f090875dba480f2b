"""A plan as a graph: blocks one after the other, each after its time, each as data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dags.definitions import define
from scheduler.templating import templates
from schedules.policies import launching
from schedules.policies.asking import Asked
from schedules.policies.errors import Unplannable
from schedules.policies.plan import Block, Plan
from schedules.policies.writing import written

NOON = datetime(2022, 1, 1, 12, tzinfo=UTC)
NASTY = "{{ params.x }} {% if %} $(reboot) ';\n\"\\ \u00e9\U0001f600 }}"


def asked() -> Asked:
    policy: Any = SimpleNamespace(name="survey")
    return Asked(t0=NOON, t1=NOON + timedelta(hours=2), policy=policy)


def graph(*names: str, details: Any = None, **how: Any) -> dict[str, Any]:
    blocks = [
        Block(
            name=name,
            start=NOON + timedelta(hours=place),
            end=NOON + timedelta(hours=place + 1),
            kind="scan",
            commands=(f"scan({name!r})", "rest()"),
            details=details or {},
        )
        for place, name in enumerate(names)
    ]
    planned = written(Plan(blocks=blocks, preamble=("import telescope",)), picture=False)
    return launching.graph(asked(), planned, {"project": None, **how})


def test_each_block_waits_for_its_time_and_for_the_end_of_the_one_before() -> None:
    made = graph("a", "b")
    assert made["name"] == "survey from 2022-01-01T12:00:00Z to 2022-01-01T14:00:00Z"
    assert [task["key"] for task in made["tasks"]] == ["wait_1", "block_1", "wait_2", "block_2"]
    assert [task["configs"] for task in made["tasks"][::2]] == [{"until": f"2022-01-01T{hour}:00:00Z"} for hour in (12, 13)]
    define(made["tasks"], made["edges"])
    assert made["edges"] == [
        {"task_from": "wait_1", "task_to": "block_1"},
        {"task_from": "block_1", "task_to": "wait_2", "condition": "done"},
        {"task_from": "wait_2", "task_to": "block_2"},
    ]


def test_a_process_gets_its_block_as_variables() -> None:
    task = graph("a", driver="shell", command='echo "$BLOCK_NAME"', queue="dome", timeout=60.0)["tasks"][1]
    assert (task["driver"], task["command"], task["queue"], task["timeout"]) == ("shell", 'echo "$BLOCK_NAME"', "dome", 60.0)
    assert task["configs"]["env"] == {
        "PLAN_PREAMBLE": "import telescope\n",
        "BLOCK_NAME": "a",
        "BLOCK_KIND": "scan",
        "BLOCK_START": "2022-01-01T12:00:00Z",
        "BLOCK_END": "2022-01-01T13:00:00Z",
        "BLOCK_COMMANDS": "scan('a')\nrest()\n",
        "BLOCK_DETAILS": "{}",
    }


def test_a_callable_gets_it_as_its_argument_and_another_system_as_a_body() -> None:
    (_, called), (_, posted) = (
        graph("a", driver=driver, command=command)["tasks"]
        for driver, command in (("python", "observatory.observe"), ("http", "https://dome.example/"))
    )
    block = called["configs"]["kwargs"]["block"]
    assert (block["name"], block["commands"], block["preamble"]) == ("a", ["scan('a')", "rest()"], ["import telescope"])
    assert posted["configs"] == {"method": "POST", "body": block}


def test_nothing_of_a_block_is_read_as_a_template_or_stands_in_a_command() -> None:
    for driver, command in (("exec", "true"), ("shell", "true"), ("python", "f"), ("http", "https://dome.example/")):
        task = graph(NASTY, details={"note": NASTY}, driver=driver, command=command)["tasks"][1]
        assert task["command"] == command
        rendered = templates.render(task["configs"], params={"x": "filled in"}, results={})
        assert NASTY in _texts(rendered)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value]


@given(st.text() | st.text(alphabet='{}%#"\\\n aéu'))
def test_a_literal_renders_as_what_it_stands_for(text: str) -> None:
    assert templates.render({"text": templates.literal(text)}, params={}, results={}) == {"text": text}


def test_a_plan_without_blocks_or_with_too_many_is_not_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unplannable, match="no blocks"):
        graph()
    monkeypatch.setattr(launching, "MAX_BLOCKS", 1)
    with pytest.raises(Unplannable, match="more than 1 blocks"):
        graph("a", "b")
