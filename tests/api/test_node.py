"""node/list/ and node/<name>/: what is known of nodes, to whom, and what they run."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from runs.models import Node
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/scheduler/node/list/"


def names(client: Any, **filters: Any) -> list[str]:
    answer = client.get(LIST, filters)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()]


def test_a_node_is_shown_with_its_facts() -> None:
    node = factories.node("n1", workers=2, roles=["loader"], labels={"disk": "ssd"}, ip="10.0.0.7", hostname="bench")
    (row,) = factories.client().get(LIST).json()
    started_at, heartbeat_at = row.pop("started_at"), row.pop("heartbeat_at")
    assert started_at and heartbeat_at == node.heartbeat_at.isoformat().replace("+00:00", "Z")
    assert row == {
        "name": "n1",
        "state": "idle",
        "roles": ["loader"],
        "labels": {"disk": "ssd"},
        "ip": "10.0.0.7",
        "hostname": "bench",
        "slots": 2,
        "worker_count": 2,
        "execution": None,
        "gone_since": None,
    }


def test_one_that_is_gone_tells_since_when() -> None:
    factories.node("n1", silent_for=settings.LEASE + 5)
    row = factories.client().get("/scheduler/node/n1/").json()
    assert (row["state"], row["slots"], row["workers"], row["started_at"]) == ("gone", 0, [], None)
    assert row["gone_since"] == row["heartbeat_at"]


def test_the_list_is_filtered_by_state_role_label_and_text() -> None:
    client = factories.client()
    factories.node("n1", roles=["loader"], labels={"disk": "ssd", "zone": "eu"})
    factories.node("n2", roles=["database", "central"], labels={"disk": "hdd"}, hostname="other")
    factories.node("n3", workers=0)
    factories.job(factories.run({"a": "RUNNING"}), "a", queue="node.n2")
    assert names(client) == ["n3", "n2", "n1"]
    assert names(client, state="idle") == ["n1"]
    assert names(client, state=["running", "gone"]) == ["n3", "n2"]
    assert names(client, role="loader") == ["n1"]
    assert names(client, role="loader, central") == ["n2", "n1"]
    assert names(client, role="load") == []
    assert names(client, label="disk") == ["n2", "n1"]
    assert names(client, label="disk=ssd") == ["n1"]
    assert names(client, label="disk=ssd,zone=us") == names(client, label="disk=") == []
    assert names(client, search="oth") == ["n2"]
    assert names(client, search="n1") == ["n1"]


@pytest.mark.parametrize("filters", [{"state": "busy"}, {"state": ""}, {"label": "=ssd"}, {"label": "disk,"}, {"role": "\x00"}])
def test_a_filter_without_sense_is_refused_by_name(filters: dict[str, str]) -> None:
    answer = factories.client().get(LIST, filters)
    assert (answer.status_code, list(answer.json())) == (400, list(filters))


def test_the_list_is_paged_in_a_constant_number_of_queries(django_assert_max_num_queries: Any) -> None:
    client = factories.client()
    factories.node("n0")
    with django_assert_max_num_queries(10) as few:
        names(client)
    for number in range(1, 8):
        factories.node(f"n{number}", workers=2)
    with django_assert_max_num_queries(len(few)):
        assert len(names(client)) == 8
    page = client.get(LIST, {"limit": 3})
    seen = [row["name"] for row in page.json()]
    while 'rel="next"' in page.headers.get("Link", ""):
        page = client.get(next(part for part in page["Link"].split(", ") if "next" in part).split(">")[0].lstrip("<"))
        seen += [row["name"] for row in page.json()]
    assert seen == [f"n{number}" for number in reversed(range(8))]


def test_a_node_tells_of_its_workers_what_it_runs_and_what_has_ended() -> None:
    factories.node("n1", slots=3)
    factories.worker("default", silent_for=3_600, node="n1")
    run = factories.run({"old": "FAILED", "done": "SUCCESS", "now": "RUNNING", "later": "QUEUED", "served": "WAITING"})
    for key in ("old", "done", "later", "served"):
        factories.job(run, key, queue="node.n1")
    worker = factories.client().get("/scheduler/node/n1/").json()["workers"][0]
    factories.job(run, "now", claimed_by=worker["id"])
    told = factories.client().get("/scheduler/node/n1/").json()
    assert [(one["slots"], one["queues"]) for one in told["workers"]] == [(3, ["default", "node.n1"])]
    assert {task["key"] for task in told["tasks"]} == {"now", "served"}
    assert [(task["key"], task["state"]) for task in told["recent"]] == [("done", "SUCCESS"), ("old", "FAILED")]
    assert told["recent"][0]["execution"] == run.pk


def test_an_unknown_node_is_not_there() -> None:
    client = factories.client()
    for name in ("n1", "N1", "a%00b", "a" * 101, "..", "a%2Fb"):
        assert client.get(f"/scheduler/node/{name}/").status_code == 404, name


# --- Who sees what ---


def test_members_of_any_project_see_nodes_and_of_their_tasks_their_own() -> None:
    mine, other = factories.project(), factories.project()
    factories.node("n1")
    for project in (mine, other):
        run = factories.run({"now": "WAITING", "done": "SUCCESS"}, of=factories.graph(project=project))
        factories.job(run, "now", queue="node.n1")
        factories.job(run, "done", queue="node.n1")
    viewer = factories.client(user=factories.member("viewer", mine), project=mine)
    assert names(viewer) == ["n1"]
    told = viewer.get("/scheduler/node/n1/").json()
    assert (len(told["tasks"]), len(told["recent"])) == (1, 1)
    everything = factories.client().get("/scheduler/node/n1/").json()
    assert (len(everything["tasks"]), len(everything["recent"])) == (2, 2)


def test_which_execution_holds_a_node_is_told_to_who_may_see_it() -> None:
    mine, other = factories.project(), factories.project()
    factories.node("n1")
    placement = {"srv": {"name": "n1", "ip": None, "hostname": "host"}}
    run = factories.run({"a": "RUNNING"}, of=factories.graph(project=other), placement=placement)
    told = {
        project: factories.client(user=factories.member("viewer", project)).get("/scheduler/node/n1/").json()
        for project in (mine, other)
    }
    assert [(told[project]["state"], told[project]["execution"]) for project in (mine, other)] == [
        ("running", None),
        ("running", run.pk),
    ]


def test_who_is_a_member_of_nothing_sees_none() -> None:
    factories.node("n1")
    stranger = factories.client(user=factories.member(None))
    assert names(stranger) == []
    assert stranger.get("/scheduler/node/n1/").status_code == 404


def test_nobody_writes_a_node() -> None:
    factories.node("n1")
    client = factories.client()
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)("/scheduler/node/n1/", {}).status_code == 405, method
    assert Node.objects.count() == 1


# --- What waits for one ---


def test_work_for_a_node_that_is_gone_says_since_when() -> None:
    run = factories.run({"a": "QUEUED"})
    job = factories.job(run, "a", queue="node.n1")
    path, client = f"/scheduler/execution/tasks/{job.pk}/", factories.client()
    told = client.get(path).json()["waiting_for"]
    assert (told["code"], told["message"], told["gone_since"]) == ("node", "No node n1 is known.", None)
    node = factories.node("n1", silent_for=settings.LEASE + 5)
    told = client.get(path).json()["waiting_for"]
    assert told["message"] == f"The node n1 is gone since {node.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC."
    assert (told["code"], told["node"], told["queue"]) == ("node", "n1", "node.n1")
    factories.worker("node.n1", node="n1")
    assert client.get(path).json()["waiting_for"]["code"] == "turn"
