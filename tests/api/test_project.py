"""`project/...`: what owns graphs."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from dags.models import Graph, Project
from runs.models import GraphRun
from tests import factories

pytestmark = pytest.mark.django_db

CREATE = "/scheduler/project/create/"


@pytest.fixture
def client() -> APIClient:
    return factories.client()


def test_a_project_is_created_shown_changed_and_deleted(client) -> None:
    created = client.post(CREATE, {"name": "p"})
    assert created.status_code == 201
    shown = created.json()
    assert list(shown) == ["id", "name", "description", "daily_at", "timezone", "state", "created_at"]
    assert (shown["name"], shown["description"], shown["state"]) == ("p", "", None)
    assert (shown["daily_at"], shown["timezone"]) == ("00:00", "UTC")
    assert shown["created_at"].endswith("Z")
    path = f"/scheduler/project/{shown['id']}/"
    assert client.get(path).json() == shown
    assert client.post(path, {"description": "d"}).json() == {**shown, "description": "d"}
    assert client.put(path, shown).json() == shown
    assert client.get("/scheduler/project/list/").json() == [shown]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_name_is_taken_once(client) -> None:
    client.post(CREATE, {"name": "p"})
    answer = client.post(CREATE, {"name": "p"})
    assert (answer.status_code, list(answer.json())) == (400, ["name"])
    other = client.post(CREATE, {"name": "q"}).json()
    assert client.patch(f"/scheduler/project/{other['id']}/", {"name": "p"}).status_code == 400


def test_its_state_is_not_the_clients_to_set(client) -> None:
    shown = client.post(CREATE, {"name": "p", "state": "SUCCESS"}).json()
    assert shown["state"] is None


def test_a_project_goes_with_its_graphs_and_finished_runs(client) -> None:
    project = factories.project()
    factories.run({"a": "SUCCESS"}, of=factories.graph(project=project))
    assert client.delete(f"/scheduler/project/{project.pk}/").status_code == 204
    assert (Graph.objects.count(), GraphRun.objects.count()) == (0, 0)


def test_a_project_with_an_unfinished_run_stays(client) -> None:
    run = factories.run({"a": "RUNNING"})
    answer = client.delete(f"/scheduler/project/{run.project_id}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "project_busy")
    assert Project.objects.filter(pk=run.project_id).exists()


def test_projects_are_found(client) -> None:
    factories.project("north")
    factories.project("south")
    assert [row["name"] for row in client.get("/scheduler/project/list/?search=nor").json()] == ["north"]
    assert [row["name"] for row in client.get("/scheduler/project/list/?name=south").json()] == ["south"]
