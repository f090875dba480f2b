"""What a worker is told of its node: what cannot be meant is refused at its start, with a number and a hint."""

from __future__ import annotations

from typing import Any

import pytest

from scheduler.checks import node_is_told_well


def refusals(settings: Any, **told: Any) -> list[tuple[str, str]]:
    for name, value in {"NODE": "", "ROLES": [], "LABELS": {}, "NODE_IP": "", **told}.items():
        setattr(settings, name, value)
    found = node_is_told_well()
    assert all(one.hint for one in found)
    return [(str(one.id), str(one.obj)) for one in found]


@pytest.mark.parametrize("name", ["n1", "gpu-1", "7", "rack.3_b", "a" * 64])
def test_names_that_are_good(settings: Any, name: str) -> None:
    assert refusals(settings, NODE=name) == []


@pytest.mark.parametrize("name", ["N1", "-n", ".n", "n 1", "n,1", "n/1", "n\n", "ñ", "a" * 65, "list"])
def test_names_that_are_none(settings: Any, name: str) -> None:
    assert refusals(settings, NODE=name) == [("scheduler.E001", "CELERIAC_NODE")]


def test_roles_are_plain_words_each_refused_by_itself(settings: Any) -> None:
    assert refusals(settings, NODE="n1", ROLES=["any", "central", "loader", "database", "my-own"]) == []
    assert refusals(settings, NODE="n1", ROLES=["Loader", "two words", "fine"]) == [("scheduler.E002", "CELERIAC_ROLES")] * 2


def test_labels_are_plain_words(settings: Any) -> None:
    assert refusals(settings, NODE="n1", LABELS={"disk": "ssd", "example.org-zone": "eu/1:2", "empty": ""}) == []
    told = {"two words": "x", "disk": "big and slow", "fine": "yes"}
    assert refusals(settings, NODE="n1", LABELS=told) == [("scheduler.E003", "CELERIAC_LABELS")] * 2


def test_roles_and_labels_without_a_node_would_be_lost(settings: Any) -> None:
    assert refusals(settings, ROLES=["loader"]) == [("scheduler.E002", "CELERIAC_ROLES")]
    assert refusals(settings, LABELS={"disk": "ssd"}) == [("scheduler.E003", "CELERIAC_LABELS")]


@pytest.mark.parametrize("address", ["", "10.0.0.7", "127.0.0.1", "2001:db8::7"])
def test_addresses_that_are_good(settings: Any, address: str) -> None:
    assert refusals(settings, NODE="n1", NODE_IP=address) == []


@pytest.mark.parametrize("address", ["host", "10.0.0", "10.0.0.7/8", "0.0.0.0", "::", "224.0.0.1", "10.0.0.7:80"])
def test_addresses_at_which_nobody_is_reached(settings: Any, address: str) -> None:
    assert refusals(settings, NODE="n1", NODE_IP=address) == [("scheduler.E004", "CELERIAC_NODE_IP")]


def test_a_worker_of_no_node_needs_to_say_nothing(settings: Any) -> None:
    assert refusals(settings) == []
