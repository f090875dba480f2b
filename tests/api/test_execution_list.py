"""GET execution/list/."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from dags.models import Graph
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/scheduler/execution/list/"
KEYS = [
    *("graph_id", "name", "dag", "status", "state", "launch_time", "started_at", "completed_at"),
    *("success_count", "fail_count", "task_count", "trigger", "project", "reason"),
]


@pytest.fixture
def client():
    return factories.client()


def test_it_shows_each_execution_with_the_keys_of_the_contract(client):
    run = factories.run({"a": "SUCCESS", "b": "FAILED", "c": "SKIPPED"})
    [shown] = client.get(PATH).json()
    assert list(shown) == KEYS
    assert shown["graph_id"] == run.pk
    assert (shown["dag"], shown["project"], shown["name"]) == (run.graph_id, run.project_id, run.name)
    assert (shown["state"], shown["status"]) == ("FAILED", 3)
    assert (shown["success_count"], shown["fail_count"], shown["task_count"]) == (1, 1, 3)
    assert shown["launch_time"].endswith("Z")


def test_the_counts_of_an_unfinished_execution_are_counted(client):
    factories.run({"a": "SUCCESS", "b": "SUCCESS", "c": "FAILED", "d": "RUNNING", "e": "PENDING"})
    [shown] = client.get(PATH).json()
    assert (shown["state"], shown["success_count"], shown["fail_count"], shown["task_count"]) == ("RUNNING", 2, 1, 5)


def test_the_number_of_queries_does_not_depend_on_the_length(client, django_assert_num_queries):
    for _ in range(3):
        factories.run({"a": "SUCCESS"})
        factories.run({"a": "SUCCESS", "b": "RUNNING"})
    with django_assert_num_queries(3):  # the token, the runs, the counts of the unfinished ones
        assert len(client.get(PATH).json()) == 6


def test_it_is_newest_first_and_pages_by_the_link_header(client):
    runs = [factories.run().pk for _ in range(5)]
    seen: list[list[int]] = []
    path: str | None = f"{PATH}?limit=2"
    while path:
        answer = client.get(path)
        seen.append([shown["graph_id"] for shown in answer.json()])
        following = [part for part in answer.headers.get("Link", "").split(", ") if 'rel="next"' in part]
        path = following[0].split(">")[0].lstrip("<") if following else None
    assert seen == [[runs[4], runs[3]], [runs[2], runs[1]], [runs[0]]]


def test_it_filters_by_state_graph_project_key_time_and_name(client):
    graph = factories.graph(name="The Nightly Load", execution_key="nightly")
    wanted = factories.run({"a": "FAILED"}, of=graph)
    old = factories.run({"a": "SUCCESS"})
    GraphRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    yesterday = (timezone.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    for query in (
        "state=FAILED",
        f"graph={graph.pk}",
        f"project={graph.project_id}",
        "key=nightly",
        f"since={yesterday}",
        "search=nightly",
    ):
        assert [shown["graph_id"] for shown in client.get(f"{PATH}?{query}").json()] == [wanted.pk], query
    assert len(client.get(f"{PATH}?state=FAILED&state=SUCCESS").json()) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=BROKEN", "state"),
        ("graph=abc", "graph"),
        ("graph=99999999999999999999", "graph"),
        ("project=1.5", "project"),
        ("key=%00", "key"),
        ("since=yesterday", "since"),
    ],
)
def test_a_bad_filter_is_refused_by_name(client, query, field):
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "cD0tMQ==", "cD0xJTAw"])  # x, p=abc, p=-1, p=1 and a NUL
def test_a_forged_cursor_is_not_found(client, cursor):
    assert client.get(f"{PATH}?cursor={cursor}").status_code == 404


def test_a_token_of_a_project_sees_only_its_executions():
    mine = factories.run()
    factories.run()
    client = factories.client(project=mine.project)
    assert [shown["graph_id"] for shown in client.get(PATH).json()] == [mine.pk]


def test_it_asks_for_a_token_and_the_scope_read():
    assert factories.client(scopes=["run"]).get(PATH).status_code == 403
    anonymous = APIClient()
    assert anonymous.get(PATH).status_code == 401


def test_an_execution_outlives_its_graph(client):
    run = factories.run()
    Graph.objects.all().delete()
    [shown] = client.get(PATH).json()
    assert (shown["graph_id"], shown["dag"]) == (run.pk, None)
