"""A graph's tasks and edges, checked as a whole."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.errors import Invalid
from dags.definitions import define, slug, unique_keys
from dags.errors import Cycle, InvalidGraph
from tests.blueprints import ADD, task


def edge(start, end, **fields):
    return {"task_from": start, "task_to": end, **fields}


@pytest.mark.parametrize(
    ("name", "key"),
    [("Test Task 1", "test_task_1"), ("  A--b!", "a_b"), ("Übung 任务", "übung_任务"), ("!!!", "task"), ("x" * 300, "x" * 200)],
)
def test_a_key_is_made_from_the_name(name, key) -> None:
    assert slug(name) == key


def test_keys_made_from_names_do_not_collide_with_each_other_or_with_given_ones() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "a"},
        {"name": "A"},
        {"name": "b", "key": "a_2"},
        {"name": "c", "key": None},
        {"name": "a", "key": ""},
    ]
    assert unique_keys(rows, taken=["a_3"]) == ["a", "a_4", "a_2", "c", "a_5"]


def test_a_long_key_made_unique_still_fits() -> None:
    keys = unique_keys([{"name": "x" * 300}] * 12)
    assert len(set(keys)) == 12
    assert max(map(len, keys)) == 200


def test_a_hundred_thousand_equal_names_are_no_trouble() -> None:
    begun = time.process_time()
    assert len(set(unique_keys([{"name": "same"}] * 100_000))) == 100_000
    assert time.process_time() - begun < 5


def test_edges_name_tasks_by_key_or_by_the_task_id_they_carry() -> None:
    made = define([task("a", task_id=7), task("b"), task("7")], [edge("a", "b"), edge(7, "7", condition="done")])
    assert made.edges == [(0, 1, "success"), (0, 2, "done")]
    assert [sorted(row) for row in made.tasks] == [["driver", "key", "name"]] * 3


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([edge("a", "b"), edge("a", "z")], "edges[1].task_to: no task 'z' in this graph"),
        ([edge(5, "b")], "edges[0].task_from: no task 5 in this graph"),
        ([edge("a", "a")], "edges[0].task_to: the task 'a' cannot wait for itself (self-edge)"),
        ([edge("a", "b"), edge("a", "b")], "edges[1].task_to: duplicate edge 'a' -> 'b'"),
    ],
)
def test_a_wrong_edge_is_named(edges, message) -> None:
    with pytest.raises(InvalidGraph) as caught:
        define([task("a"), task("b")], edges)
    assert caught.value.field == "edges"
    assert caught.value.messages == [message]


def test_a_cycle_is_refused_with_its_path() -> None:
    with pytest.raises(Cycle, match="c -> a -> b -> c") as caught:
        define([task("c"), task("a"), task("b"), task("d")], [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d")])
    assert caught.value.facts == {"cycle": ["c", "a", "b"]}


def test_every_wrong_task_is_named_but_not_thousands() -> None:
    rows = [task("good"), *(task(f"bad{number}", driver="python", command="os.system") for number in range(30))]
    with pytest.raises(Invalid) as caught:
        define(rows, [])
    assert caught.value.field == "tasks"
    assert caught.value.messages[0].startswith("tasks[1].command: Unknown callable 'os.system'")
    assert len(caught.value.messages) == 21
    assert caught.value.messages[-1] == "... and 10 more"


def test_a_key_that_occurs_twice_is_named() -> None:
    with pytest.raises(InvalidGraph, match="The key 'a' occurs twice"):
        define([task("a"), task("a")], [])


def test_a_registered_callable_is_accepted() -> None:
    assert define([task("a", driver="python", command=ADD)], []).tasks[0]["command"] == ADD
