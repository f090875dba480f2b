"""The format of job specs: both spellings say the same, and no document whatsoever is answered with anything but its faults."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dags.specs.document import Spec, Task
from dags.specs.faults import InvalidSpec
from dags.specs.parsing import parse
from dags.specs.planning import plan
from dags.specs.words import Action, StageType
from tests.unit.test_specs_faults import SPEC

WORDS = [name for part in (Spec, Task) for name in part.names()]
WORDS += [
    "name",
    "role",
    "labels",
    "selectors",
    "tasks",
    "stages",
    "k",
    "v",
    "command",
    "args",
    "image",
    "ports",
    "stage",
    "all",
]
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(["{{", "shell", "any"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=200)
@given(JSON)
def test_any_document_is_a_spec_or_has_faults(document: Any) -> None:
    try:
        plan(parse(document))
    except InvalidSpec as refused:
        assert all(error.keys() == {"path", "message"} for error in refused.facts["errors"])
        assert refused.facts["errors"]


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """Return a right spec in which one thing, anywhere, is something else."""

    def changed(value: Any, depth: int) -> Any:
        if depth == 0 or not isinstance(value, dict | list) or not value:
            return draw(JSON)
        if isinstance(value, list):
            place = draw(st.integers(0, len(value) - 1))
            return [changed(one, depth - 1) if number == place else one for number, one in enumerate(value)]
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: changed(value[key], depth - 1)}

    return changed(SPEC, draw(st.integers(1, 9)))


@settings(max_examples=200)
@given(nearly_right())
def test_a_document_with_one_thing_changed_is_a_spec_or_has_faults(document: Any) -> None:
    test_any_document_is_a_spec_or_has_faults.hypothesis.inner_test(document)  # type: ignore[attr-defined]


def one_stage(**stage: Any) -> dict[str, Any]:
    shell = {"name": "t", "driver": "shell", "shell": {"command": "true"}}
    return {
        "name": "job",
        "nodeAssignments": [{"name": "n"}],
        "pipelines": [{"name": "p", "stages": ["s"]}],
        "stages": [{"name": "s", "tasks": [shell], **stage}],
    }


@pytest.mark.parametrize(
    ("stage", "task"),
    [
        ({"type": "long running"}, {"longRunning": True}),
        ({"type": "longRunning"}, {"background": True}),
        ({"type": "LONG_RUNNING"}, {"long_running": True}),
        ({"background": True}, {"longRunning": True, "background": True}),
        ({"type": "Long-Running", "background": True}, {"background": True}),
    ],
)
def test_both_spellings_say_long_running(stage: dict[str, Any], task: dict[str, Any]) -> None:
    document = one_stage(**stage)
    document["stages"][0]["tasks"][0].update(task)
    (read,) = parse(document).stages
    assert (read.kind, read.tasks[0].is_long) == (StageType.LONG, True)


@pytest.mark.parametrize(
    "stage", [{}, {"type": "short running"}, {"type": "shortRunning"}, {"background": False}, {"type": None}]
)
def test_short_running_is_what_a_stage_is_unless_told(stage: dict[str, Any]) -> None:
    assert parse(one_stage(**stage)).stages[0].kind == StageType.SHORT


def test_words_are_read_in_any_case() -> None:
    document = one_stage()
    document["owner"] = {"type": "ORG"}
    document["nodeAssignments"][0]["role"] = "DataBase"
    document["stages"][0]["selectors"] = [{"role": "DATABASE"}]
    document["stages"][0]["tasks"] = [
        {"driver": "Docker", "docker": {"image": "x", "action": "START"}},
        {"driver": "SHELL", "shell": {"command": "true"}},
    ]
    spec = parse(document)
    assert spec.node_assignments[0].role == "database"
    assert spec.stages[0].tasks[0].docker is not None
    assert spec.stages[0].tasks[0].docker.action == Action.RUN


def test_names_may_be_written_with_underscores() -> None:
    document = one_stage()
    document["node_assignments"] = document.pop("nodeAssignments")
    document["stages"][0]["tasks"][0]["retry_delay"] = 2
    assert parse(document).stages[0].tasks[0].retry_delay == 2


def test_what_is_null_was_not_told() -> None:
    document = one_stage(selectors=None, pipelines=None)
    document["stages"][0]["tasks"][0].update(env=None, stopper=None, ready=None, timeout=None)
    assert parse(document) == parse(one_stage())


def test_whole_numbers_are_read_as_text_where_text_is_meant() -> None:
    document = one_stage()
    document["stages"][0]["tasks"][0]["env"] = [{"k": "PORT", "v": 9042}]
    assert parse(document).stages[0].tasks[0].env[0].v == "9042"


def test_a_stopper_needs_not_name_its_driver() -> None:
    document = one_stage(type="long running")
    document["stages"][0]["tasks"][0]["longRunning"] = True
    document["stages"].append({"name": "stop", "type": "stopper", "tasks": [{"stopper": {"stage": "s", "all": True}}]})
    document["pipelines"].append({"name": "q", "stages": ["stop"]})
    assert parse(document).stages[1].tasks[0].does == "stopper"
