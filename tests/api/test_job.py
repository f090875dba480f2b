"""`job/<kind>/...`: jobs of each kind are created, shown, changed and deleted, by one door each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.models import AuditEntry
from dags.models import Job
from jobs.doors import KINDS
from jobs.models import Connector
from jobs.serializers import SHARED, TIMES
from tests import factories
from tests.access.worlds import new_job

pytestmark = pytest.mark.django_db

SENT_AS_JSON = [kind for kind in KINDS if kind != "upload"]
SECRET = "hunter2-of-the-crm"


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture
def project() -> Any:
    return factories.project()


def create(client, kind: str, of: Any, **fields: Any) -> Any:
    return client.post(f"/scheduler/job/{kind}/create/", {**new_job(kind, of), **fields})


def path(job: dict[str, Any]) -> str:
    return f"/scheduler/job/{job['kind']}/{job['id']}/"


@pytest.mark.parametrize("kind", SENT_AS_JSON)
def test_a_job_is_created_shown_changed_and_deleted(client, kind, project) -> None:
    answer = create(client, kind, project, description=" as written ", is_scheduled=True)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert list(shown)[: len(SHARED)] == SHARED
    assert shown.keys() >= {*TIMES}
    assert (shown["kind"], shown["project"], shown["state"], shown["latest_run"]) == (kind, project.pk, "update", None)
    assert (shown["description"], shown["is_scheduled"]) == (" as written ", True)
    sent = new_job(kind, project)
    assert {name: shown[name] for name in sent} == sent
    assert client.get(path(shown)).json() == shown
    for method in (client.patch, client.post):
        changed = method(path(shown), {"name": f"renamed by {method.__name__}"})
        assert (changed.status_code, changed.json()["name"]) == (200, f"renamed by {method.__name__}")
    assert client.put(path(shown), {**sent, "name": "put"}).json()["name"] == "put"
    assert client.get(f"/scheduler/job/{kind}/list/").json()[0]["name"] == "put"
    assert client.delete(path(shown)).status_code == 204
    assert client.get(path(shown)).status_code == 404
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", SENT_AS_JSON)
def test_what_is_shown_can_be_sent_back(client, kind, project) -> None:
    shown = create(client, kind, project).json()
    again = client.put(path(shown), shown)
    assert again.status_code == 200, again.content
    assert {**again.json(), "changed_at": None} == {**shown, "changed_at": None}


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_of_another_kind_does_not_exist(client, kind) -> None:
    job = factories.job_of(kind)
    for other in KINDS.keys() - {kind}:
        for method in (client.get, client.patch, client.delete):
            assert method(f"/scheduler/job/{other}/{job.pk}/").status_code == 404


@pytest.mark.parametrize("kind", SENT_AS_JSON)
def test_all_that_can_be_set_is_in_the_contract(client, kind, project) -> None:
    """A field that is added to a model and not to its serializer could be set by nobody."""
    own = {field.name for field in KINDS[kind]._meta.concrete_fields if field.editable and not field.primary_key}
    assert own - create(client, kind, project).json().keys() == ({"secret"} if kind in {"connector", "api"} else set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_takes_as_many_queries_for_many_as_for_one(client, kind, django_assert_num_queries) -> None:
    for count in (1, 7):
        while Job.objects.count() < count:
            factories.job(factories.run({"a": "SUCCESS"}), "a", job=factories.job_of(kind))
        with django_assert_num_queries(2):  # the token, and the jobs with their runs
            assert len(client.get(f"/scheduler/job/{kind}/list/").json()) == count


# --- What is refused ---


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("sheet", {"name": ""}, "name"),
        ("sheet", {"name": 1}, "name"),
        ("sheet", {"sauce": "x"}, "sauce"),
        ("sheet", {"project": 10**9}, "project"),
        ("sheet", {"format": "pdf"}, "format"),
        ("sheet", {"table": "Robert'); DROP TABLE"}, "table"),
        ("sheet", {"is_scheduled": "yes"}, "is_scheduled"),
        ("workflow", {"sql": None}, "sql"),
        ("workflow", {"sql": "DROP TABLE orders"}, "sql"),
        ("connector", {"headers": []}, "headers"),
        ("connector", {"poll_interval": 0}, "poll_interval"),
        ("connector", {"auth": "guess"}, "auth"),
        ("connector", {"tables": "contacts"}, "tables"),
        ("api", {"max_pages": 0}, "max_pages"),
        ("api", {"method": "TRACE"}, "method"),
        ("api", {"timeout": "60"}, "timeout"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(client, project, kind, fields, field) -> None:
    answer = create(client, kind, project, **fields)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", SENT_AS_JSON)
def test_what_is_needed_is_asked_for(client, kind) -> None:
    answer = client.post(f"/scheduler/job/{kind}/create/", {})
    assert answer.status_code == 400
    assert "name" in answer.json()


def test_a_name_is_given_once_in_a_project(client, project) -> None:
    first = create(client, "sheet", project).json()
    answer = create(client, "workflow", project, name=first["name"])
    assert (answer.status_code, list(answer.json())) == (400, ["name"])
    assert create(client, "workflow", factories.project(), name=first["name"]).status_code == 201


def test_a_job_stays_in_its_project(client, project) -> None:
    job = create(client, "sheet", project).json()
    answer = client.patch(path(job), {"project": factories.project().pk})
    assert (answer.status_code, list(answer.json())) == (400, ["project"])


def test_a_state_is_nobodys_to_set(client, project) -> None:
    job = create(client, "sheet", project, state="done", latest_run=None).json()
    assert job["state"] == "update"
    assert client.patch(path(job), {"state": "done", "kind": "upload"}).json()["state"] == "update"


def test_a_job_that_a_graph_names_stays(client, project) -> None:
    job = create(client, "sheet", project).json()
    task = {"name": "load", "driver": "job", "configs": {"job": job["id"]}}
    graph = client.post("/scheduler/dag/create/", {"name": "nightly", "project": project.pk, "tasks": [task]}).json()
    answer = client.delete(path(job))
    assert (answer.status_code, answer.json()["code"]) == (409, "job_in_use")
    assert answer.json()["graphs"] == [graph["graph_id"]]
    assert "nightly" in answer.json()["detail"]
    client.delete(f"/scheduler/dag/{graph['graph_id']}/")
    assert client.delete(path(job)).status_code == 204


# --- Once, and written down ---


def test_a_repeated_request_makes_one_job(client, project) -> None:
    sent = new_job("sheet", project)
    first, again = (client.post("/scheduler/job/sheet/create/", sent, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert Job.objects.count() == 1


def test_deeds_are_written_down_without_what_may_be_secret(client, project) -> None:
    job = create(client, "connector", project, secret=SECRET, auth="bearer", url=f"https://crm.example/{SECRET}").json()
    client.patch(path(job), {"secret": f"{SECRET}!", "timeout": 30})
    client.delete(path(job))
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [entry.action for entry in entries] == ["job.create", "job.update", "job.delete"]
    assert {(entry.object_id, entry.project_id) for entry in entries} == {(job["id"], project.pk)}
    assert entries[1].facts["timeout"] == [60, 30]
    assert SECRET not in json.dumps([entry.facts for entry in entries])


# --- Secrets ---


@pytest.mark.parametrize("kind", ["connector", "api"])
def test_a_secret_is_taken_and_never_shown(client, project, kind) -> None:
    answer = create(client, kind, project, auth="bearer", secret=SECRET)
    assert answer.status_code == 201, answer.content
    job = answer.json()
    assert job["has_secret"] is True
    assert "secret" not in job
    for shown in (client.get(path(job)), client.patch(path(job), {"timeout": 5}), client.get(f"/scheduler/job/{kind}/list/")):
        assert SECRET not in shown.content.decode()
    assert KINDS[kind]._default_manager.get().secret.open() == SECRET  # type: ignore[attr-defined]


def test_a_secret_stays_until_it_is_taken_away(client, project) -> None:
    job = create(client, "connector", project, auth="bearer", secret=SECRET).json()
    assert client.patch(path(job), {"name": "renamed"}).json()["has_secret"] is True
    assert client.patch(path(job), {"secret": "", "auth": "none"}).json()["has_secret"] is False
    assert not Connector.objects.get().secret
