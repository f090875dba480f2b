"""Nodes, told in a terminal."""

from __future__ import annotations

from celeriac.cli.completing import node_names
from runs.models import Node
from tests import factories
from tests.cli.calling import done, refused
from tests.conftest import Service


def test_no_nodes(here: Service) -> None:
    assert done("node", "list", "--json").json == []
    assert "make worker NODE=n1" in done("node", "list").out


def test_nodes_are_listed_by_name_and_filtered(here: Service) -> None:
    factories.node("n2", roles=["loader"], labels={"disk": "ssd"}, ip="10.0.0.7", hostname="bench")
    gone = factories.node("n1", workers=0, silent_for=7_200)
    Node.objects.filter(pk=gone.pk).update(ip=None)
    first, second = done("node", "list").lines
    assert first.startswith("n1  gone  any role  no address (host)  since 20")
    assert second == "n2  idle  loader  disk=ssd  10.0.0.7 (bench)  1 worker, 1 slot"
    assert [node["name"] for node in done("node", "list", "--json", "--role", "loader,x", "--label", "disk=ssd").json] == ["n2"]
    assert [node["name"] for node in done("node", "list", "--json", "--state", "gone").json] == ["n1"]
    assert node_names("n") == ["n1", "n2"]


def test_a_node_is_shown_with_what_it_runs(here: Service) -> None:
    factories.node("n1")
    run = factories.run({"load": "WAITING", "fetch": "SUCCESS"})
    for key in ("load", "fetch"):
        factories.job(run, key, queue="node.n1")
    lines = done("node", "show", "n1").lines
    assert lines[1] == "  worker 1 on host, queues default, node.n1"
    assert lines[2].startswith(f"  runs `load` of execution {run.pk}") and lines[2].endswith("waiting")
    assert lines[3].startswith(f"  ended `fetch` of execution {run.pk} at 20") and lines[3].endswith("success")
    assert done("node", "show", "n1", "--json").json["tasks"][0]["key"] == "load"


def test_an_unknown_node_and_an_unknown_state_are_refused(here: Service) -> None:
    assert refused("node", "show", "n7") == "There is no node named `n7`."
    assert "busy" in refused("node", "list", "--state", "busy", code=2)
