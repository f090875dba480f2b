"""Nodes: what their workers say of them, what they do, and when they are gone and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from runs.models import Node, Worker
from runs.nodes import NodeFacts
from scheduler import nodes, starts
from tests import factories

pytestmark = pytest.mark.django_db


@contextmanager
def worker_of(name: str, *, roles: Any = (), labels: Any = None, host: str = "here", ip: str = "10.0.0.7") -> Iterator[None]:
    """Be a worker of a node for a while; its row stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "NODE", name)
        patch.setattr(settings, "ROLES", list(roles))
        patch.setattr(settings, "LABELS", labels or {})
        patch.setattr(nodes, "me", nodes.Identity(boot_id=uuid4(), queues=(f"node.{name}", "default"), slots=2, ip=ip))
        patch.setattr("scheduler.nodes.socket.gethostname", lambda: host)
        yield


def known(name: str) -> NodeFacts:
    return {facts.name: facts for facts in nodes.known_nodes()}[name]


def silence(seconds: float) -> None:
    """Pretend that nobody has been heard of for a while."""
    Worker.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(seconds=seconds))
    Node.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(seconds=seconds))


def test_a_worker_that_arrives_makes_its_node_known() -> None:
    with worker_of("n1", roles=["loader"], labels={"disk": "ssd"}):
        starts.arrive()
        assert nodes.me.name == "n1@here"
    facts = known("n1")
    assert (facts.roles, facts.labels, facts.ip, facts.hostname) == (("loader",), {"disk": "ssd"}, "10.0.0.7", "here")
    assert (facts.state, facts.slots, facts.workers, facts.run, facts.gone_since) == ("idle", 2, 1, None, None)


def test_a_worker_without_a_node_makes_none_known() -> None:
    with worker_of(""):
        starts.arrive()
        assert nodes.me.name == "here"
        nodes.leave()
    assert nodes.known_nodes() == []


def test_several_workers_of_one_name_are_one_node_with_the_facts_of_all() -> None:
    with worker_of("n1", roles=["loader"], labels={"disk": "ssd", "zone": "a"}):
        starts.arrive()
    with worker_of("n1", roles=["database"], labels={"zone": "b"}):
        starts.arrive()
        facts = known("n1")
        assert (facts.roles, facts.labels) == (("database", "loader"), {"disk": "ssd", "zone": "b"})
        assert (facts.slots, facts.workers) == (4, 2)
        nodes.leave()
    facts = known("n1")
    assert (facts.roles, facts.labels, facts.workers) == (("loader",), {"disk": "ssd", "zone": "a"}, 1)


def test_another_host_that_names_the_same_node_is_noticed() -> None:
    with worker_of("n1", host="here"):
        starts.arrive()
        assert nodes.elsewhere() == []
    with worker_of("n1", host="there"):
        starts.arrive()
        assert nodes.elsewhere() == ["here"]


def test_a_node_is_gone_since_its_last_worker_left_and_is_still_known() -> None:
    with worker_of("n1", roles=["loader"]):
        starts.arrive()
        silence(5)
        before = known("n1").heartbeat_at
        nodes.leave()
    facts = known("n1")
    assert (facts.state, facts.roles, facts.slots, facts.workers, facts.started_at) == ("gone", ("loader",), 0, 0, None)
    assert facts.gone_since == facts.heartbeat_at > before


def test_a_node_is_gone_a_lease_after_its_worker_fell_silent_and_back_with_its_next_heartbeat() -> None:
    with worker_of("n1"):
        starts.arrive()
        silence(settings.LEASE - 1)
        assert known("n1").state == "idle"
        silence(2)
        assert (known("n1").state, known("n1").gone_since is not None) == ("gone", True)
        nodes.beat()
        assert (known("n1").state, known("n1").gone_since) == ("idle", None)


def test_one_that_comes_back_with_other_facts_has_these_alone() -> None:
    with worker_of("n1", roles=["loader"], labels={"disk": "ssd"}, ip="10.0.0.7"):
        starts.arrive()
        nodes.leave()
    with worker_of("n1", roles=["database"], ip="10.0.0.8"):
        starts.arrive()
    assert (known("n1").roles, known("n1").labels, known("n1").ip) == (("database",), {}, "10.0.0.8")


@pytest.mark.parametrize(
    ("queue", "state", "expected"),
    [
        ("node.n1", "RUNNING", "running"),
        ("node.n1", "QUEUED", "idle"),
        ("node.n1", "SUCCESS", "idle"),
        ("default", "RUNNING", "idle"),
        ("node.n11", "RUNNING", "idle"),
    ],
)
def test_a_node_is_running_while_it_runs_something_of_its_own_queue(queue: str, state: str, expected: str) -> None:
    factories.node("n1")
    factories.job(factories.run({"a": state}), "a", queue=queue)
    assert known("n1").state == expected


def test_a_node_is_running_while_a_placed_execution_holds_it() -> None:
    factories.node("n1")
    factories.node("n2")
    placed = {"srv": {"name": "n1", "ip": "10.0.0.7", "hostname": "host"}}
    ended = factories.run({"a": "SUCCESS"}, placement={"cli": placed["srv"] | {"name": "n2"}})
    run = factories.run({"a": "RUNNING"}, placement=placed)
    assert [(known(name).state, known(name).run) for name in ("n1", "n2")] == [("running", run.pk), ("idle", None)]
    assert ended.state == "SUCCESS"


def test_a_node_that_is_gone_runs_nothing() -> None:
    factories.node("n1", silent_for=settings.LEASE + 1)
    factories.job(factories.run({"a": "RUNNING"}), "a", queue="node.n1")
    assert known("n1").state == "gone"


def test_nodes_long_gone_are_forgotten_and_others_are_not() -> None:
    factories.node("old", workers=0, silent_for=settings.KEEP_NODES + 1)
    factories.node("young", workers=0, silent_for=settings.KEEP_NODES - 60)
    factories.node("here")
    nodes.forget(nodes.long_gone())
    assert [facts.name for facts in nodes.known_nodes()] == ["young", "here"]


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(django_assert_max_num_queries: Any) -> None:
    factories.node("n0")
    with django_assert_max_num_queries(10) as few:
        nodes.known_nodes()
    for number in range(1, 6):
        factories.node(f"n{number}", workers=2)
    with django_assert_max_num_queries(len(few)):
        nodes.known_nodes()


def test_a_node_comes_back_to_a_database_that_was_emptied() -> None:
    with worker_of("n1", roles=["loader"]):
        starts.arrive()
        Worker.objects.all().delete()
        Node.objects.all().delete()
        nodes.beat()
        assert known("n1").roles == ("loader",)


def test_a_heartbeat_is_by_the_databases_clock() -> None:
    with worker_of("n1"):
        starts.arrive()
    assert Node.objects.filter(heartbeat_at__lte=Now(), heartbeat_at__gt=Now() - timedelta(seconds=5)).exists()
