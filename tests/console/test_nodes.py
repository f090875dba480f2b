"""The nodes page: hosts, what they are, what they run, and the workers of none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.watching import crews
from runs.models import JobRun, Worker
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "nodes"}


def shown(client: Client, path: str = "/nodes/", **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def at_work(node: str, of: Any = None) -> JobRun:
    """Have a worker of the node run a task."""
    run = factories.run({f"task_on_{node}": "RUNNING"}, of=of)
    crew = Worker.objects.filter(node=node).first()
    JobRun.objects.filter(graph_run=run).update(claimed_by=crew and crew.pk)
    return JobRun.objects.get(graph_run=run)


def test_nodes_show_what_they_are_and_what_they_run(boss: Client) -> None:
    factories.node("n1", workers=2, slots=3, roles=["loader"], labels={"disk": "<b>ssd</b>"}, ip="10.0.0.7")
    factories.node("n2", workers=0, silent_for=7300)
    factories.worker("default", hostname="lonely-host")
    task = at_work("n1")
    waiting = factories.run({"held": "WAITING"})
    JobRun.objects.filter(graph_run=waiting).update(queue="node.n1")
    text = shown(boss)
    for part in ("n1", "loader", "disk=&lt;b&gt;ssd", "10.0.0.7", task.key, "held", "Gone since", "2 h ago", "lonely-host"):
        assert part in text, part
    assert "<dt>Slots</dt><dd>6</dd>" in text
    detail = shown(boss, "/nodes/n1/")
    assert task.key in detail
    assert "Of those that it shares with other workers, it runs:" in detail
    assert detail.count('<th scope="row">') == 2
    assert boss.get("/nodes/n3/").status_code == 404


def test_what_a_node_runs_is_told_to_those_whose_it_is(signed_in: Callable[..., Client]) -> None:
    factories.node("n1")
    factories.node("n2")
    theirs = at_work("n2")
    graph = factories.graph(name="my graph")
    at_work("n1", of=graph)
    holding = factories.run({"a": "RUNNING"}, placement={"srv": {"name": "n2"}})
    viewer = signed_in("viewer", graph.project)
    text = shown(viewer)
    assert "my graph" in text
    assert theirs.key not in text
    assert f"#{holding.pk}<" not in text
    assert f'Held by <a href="/runs/{holding.pk}">#{holding.pk}</a>.' in shown(signed_in("viewer", holding.project))
    assert theirs.key not in shown(viewer, "/nodes/n2/")
    stranger = signed_in(None)
    assert "You are a member of no project" in shown(stranger)
    assert stranger.get("/nodes/n1/").status_code == 404


def test_nodes_are_found_and_paged(boss: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(crews, "PAGE", 2)
    factories.node("a1", roles=["loader"], labels={"disk": "ssd"})
    factories.node("a2", labels={"disk": "hdd"})
    factories.node("b1", workers=0, silent_for=100)

    def names(asked: str) -> list[str]:
        return [row.node.name for row in boss.get(f"/nodes/?{asked}", headers=HTMX).context["page"].rows]

    assert (names(""), names("after=a2")) == (["a1", "a2"], ["b1"])
    for asked, found in [
        ("q=A", ["a1", "a2"]),
        ("state=gone", ["b1"]),
        ("role=loader", ["a1"]),
        ("label=disk", ["a1", "a2"]),
        ("label=disk=hdd", ["a2"]),
        ("q=zzz", []),
    ]:
        assert names(asked) == found, asked
    assert boss.get("/nodes/?state=odd").status_code == 400
    assert boss.get("/nodes/?q=%00").status_code == 400


@pytest.mark.parametrize("size", [5, 50])
def test_the_number_of_queries_does_not_grow(boss: Client, size: int) -> None:
    for number in range(size):
        factories.node(f"n{number}")
        at_work(f"n{number}")
        factories.worker("default")
    with CaptureQueriesContext(connection) as asked:
        text = shown(boss)
    assert text.count(">task_on_n") == size
    assert len(asked) == 8, [one["sql"][:90] for one in asked]
