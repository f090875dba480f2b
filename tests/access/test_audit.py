"""The audit trail: every deed and every refusal, with who and from where; nothing secret; never changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import InternalError, transaction

from api.models import AuditEntry
from runs.models import JobRun
from scheduler import engine, report_keys
from tests import factories
from tests.blueprints import task, whole

pytestmark = pytest.mark.django_db

LIST = "/scheduler/audit/list/"


@pytest.fixture
def project() -> Any:
    return factories.project()


@pytest.fixture
def client(project: Any) -> factories.Client:
    return factories.client(user=factories.member("admin", project, commands=True))


def last() -> AuditEntry:
    return AuditEntry.objects.latest("pk")


def test_it_tells_who_did_what_to_what_from_where(client, project) -> None:
    body, where = {"name": "orders", "project": project.pk}, {"REMOTE_ADDR": "192.0.2.9"}
    made = client.post("/scheduler/dag/create/", body, headers={"X-Request-ID": "abc-1"}, **where).json()
    entry = last()
    assert (entry.user, entry.user_name, entry.action) == (client.user, client.user.username, "dag.create")
    assert (entry.object_id, entry.label, entry.project_id) == (made["graph_id"], "orders", project.pk)
    assert (entry.address, entry.request_id) == ("192.0.2.9", "abc-1")
    assert entry.token == client.user.auth_token_set.get().pk
    assert entry.facts == {"name": "orders", "project": project.pk}


def test_every_deed_has_one_entry(client, project) -> None:
    def did(answer: Any) -> Any:
        assert answer.status_code < 300, answer.content
        return answer.json() if answer.content else None

    graph = did(client.post("/scheduler/dag/create/", whole("ab", project=project.pk)))
    a, b = (one["task_id"] for one in graph["tasks"])
    did(client.patch(f"/scheduler/dag/{graph['graph_id']}/", {"name": "renamed"}))
    more = did(client.post("/scheduler/task/create/", {**task("c"), "parent": graph["graph_id"]}))
    did(client.patch(f"/scheduler/task/{more['task_id']}/", {"retries": 2}))
    edge = did(client.post("/scheduler/edge/create/", {"task_from": a, "task_to": b}))
    did(client.put(f"/scheduler/edge/{edge['id']}/", {"task_from": a, "task_to": b, "condition": "done"}))
    run = did(client.post(f"/scheduler/dag/{graph['graph_id']}/execute/"))
    did(client.post("/scheduler/execution/key/", {"key": "default"}))
    did(client.post(f"/scheduler/execution/{run['graph_id']}/", {"note": "secret note"}))
    did(client.post(f"/scheduler/execution/{run['graph_id']}/cancel/"))
    did(client.delete(f"/scheduler/execution/{run['graph_id']}/"))
    did(client.delete(f"/scheduler/edge/{edge['id']}/"))
    did(client.delete(f"/scheduler/task/{b}/"))
    did(client.delete(f"/scheduler/dag/{graph['graph_id']}/"))
    member = did(client.post("/scheduler/member/create/", {"project": project.pk, "user": factories.member(None).username}))
    did(client.delete(f"/scheduler/member/{member['id']}/"))
    token = did(client.post("/scheduler/token/create/", {}))
    did(client.delete(f"/scheduler/token/{token['id']}/"))
    client.get(LIST)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "dag.create",
        "dag.update",
        "task.create",
        "task.update",
        "edge.create",
        "edge.update",
        "dag.execute",
        "dag.execute",
        "execution.update",
        "execution.cancel",
        "execution.delete",
        "edge.delete",
        "task.delete",
        "dag.delete",
        "member.create",
        "member.delete",
        "token.create",
        "token.delete",
    ]
    assert AuditEntry.objects.get(action="dag.update").facts == {"name": ["graph", "renamed"]}
    assert AuditEntry.objects.get(action="task.update").facts == {"retries": [0, 2]}
    assert set(AuditEntry.objects.exclude(action__startswith="token.").values_list("project", flat=True)) == {project.pk}


def test_what_may_be_secret_is_told_as_a_digest(client, project) -> None:
    secret = "hunter2-in-a-command"
    body = {"name": "x", "driver": "shell", "command": f"echo {secret}", "configs": {"env": {"PW": secret}}}
    graph = client.post("/scheduler/dag/create/", {"name": "g", "project": project.pk, "tasks": [body]}).json()
    where = f"/scheduler/task/{graph['tasks'][0]['task_id']}/"
    client.patch(where, {"command": f"echo {secret} again"})
    client.patch(where, {"command": f"echo {secret}"})
    client.patch(where, {"description": "x" * 500})
    there, back, long = AuditEntry.objects.filter(action="task.update").order_by("pk").values_list("facts", flat=True)
    assert there["command"] == back["command"][::-1]  # that it changed, and when back, can be seen
    assert long["description"][1].startswith("hmac:")
    assert secret not in json.dumps(list(AuditEntry.objects.values_list("facts", flat=True)))


def test_a_deed_that_fails_leaves_no_entry_and_a_failed_entry_no_deed(client, project, monkeypatch) -> None:
    client.post("/scheduler/dag/create/", {"name": "", "project": project.pk})
    client.post("/scheduler/dag/create/", {**whole("a", ["a>a"]), "project": project.pk})
    assert not AuditEntry.objects.exists()
    monkeypatch.setattr("api.audit.record", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False
    assert client.post("/scheduler/dag/create/", {"name": "x", "project": project.pk}).status_code == 500
    assert not project.graphs.exists()


def test_a_repeated_request_is_one_deed(client, project) -> None:
    for _ in range(3):
        client.post("/scheduler/dag/create/", {"name": "x", "project": project.pk}, headers={"Idempotency-Key": "k"})
    assert AuditEntry.objects.count() == 1


def test_a_report_has_an_entry_and_its_repetition_and_progress_have_none(client, project) -> None:
    run = factories.run({"a": "WAITING"}, of=factories.graph(project=project))
    where = f"/scheduler/execution/tasks/{factories.job(run, 'a').pk}/report/"
    assert client.post(where, {"progress": 0.5}).status_code == 200
    for _ in range(2):
        assert client.post(where, {"success": True, "result": "secret"}).status_code == 200
    assert AuditEntry.objects.count() == 1
    assert (last().action, last().facts) == ("task_run.report", {"success": True})


def test_a_report_by_one_time_key_has_an_entry_without_a_user(project) -> None:
    run = factories.run({"a": "RUNNING"}, of=factories.graph(project=project), entries={"a": {"driver": "offline"}})
    job = factories.job(run, "a")
    key = report_keys.issue(job.pk, job.attempt)
    answer = factories.nobody().post(f"/scheduler/execution/report/{key}/", {"success": True})
    assert answer.status_code == 200
    assert (last().action, last().user, last().project_id, last().object_id) == ("task_run.report", None, project.pk, job.pk)


@pytest.mark.parametrize("proof", ["Token wrong", "Token \xff", f"Token {'0' * 64}"])
def test_a_wrong_token_is_written_down_without_it(proof) -> None:
    factories.nobody().get("/scheduler/dag/list/", headers={"Authorization": proof})
    assert (last().action, last().user, last().facts) == ("refused.token", None, {"method": "GET", "route": "dag-list"})


def test_a_wrong_report_key_is_written_down_without_it() -> None:
    factories.nobody().post("/scheduler/execution/report/some-key/", {})
    assert (last().action, last().facts) == ("refused.report", {"method": "POST", "route": "report-one-time"})


def test_a_denial_is_written_down(project) -> None:
    client = factories.client(user=factories.member("viewer", project))
    client.delete(f"/scheduler/project/{project.pk}/")
    assert (last().action, last().user) == ("denied", client.user)
    factories.client(user=client.user, scopes=["run"]).get("/scheduler/dag/list/")
    assert AuditEntry.objects.filter(action="denied").count() == 2


def test_nobody_changes_it(client) -> None:
    factories.nobody().post("/scheduler/execution/report/x/", {})
    for change in (AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(action="nothing")):
        with pytest.raises(InternalError, match="append-only"), transaction.atomic():
            change()
    assert client.delete(f"/scheduler/audit/{last().pk}/").status_code == 404
    assert client.post(LIST, {}).status_code == 405


def test_it_outlives_those_it_tells_of(client, project) -> None:
    project_id = project.pk
    client.post("/scheduler/dag/create/", {"name": "x", "project": project_id})
    client.user.delete()
    project.delete()
    (row,) = factories.client().get(LIST).json()
    assert (row["user"], row["project"], row["action"]) == (client.user.username, project_id, "dag.create")


def test_admins_read_of_their_projects_and_superusers_all(client, project) -> None:
    other = factories.project()
    root = factories.client()
    for one in (project, other):
        root.post("/scheduler/dag/create/", {"name": "x", "project": one.pk})
    factories.nobody().post("/scheduler/execution/report/x/", {})
    assert [row["project"] for row in client.get(LIST).json()] == [project.pk]
    assert [row["project"] for row in root.get(LIST).json()] == [None, other.pk, project.pk]
    assert factories.client(user=factories.member("author", project)).get(LIST).json() == []


def test_it_is_narrowed_by_user_project_action_and_time(client, project) -> None:
    client.post("/scheduler/dag/create/", {"name": "x", "project": project.pk})
    factories.client().post("/scheduler/project/create/", {"name": "y"})
    root = factories.client()
    at = last().at.isoformat()
    for query, actions in (
        ({"user": client.user.username}, ["dag.create"]),
        ({"project": project.pk}, ["dag.create"]),
        ({"action": "project.create"}, ["project.create"]),
        ({"since": at}, ["project.create"]),
        ({"since": "2100-01-01T00:00:00Z"}, []),
        ({}, ["project.create", "dag.create"]),
    ):
        assert [row["action"] for row in root.get(LIST, query).json()] == actions, query
    assert root.get(LIST, {"since": "yesterday"}).status_code == 400


def test_a_cancel_by_the_engine_is_no_deed_of_anyone() -> None:
    run = factories.run({"a": "QUEUED"})
    engine.cancel([run.pk], cause="test")
    assert JobRun.objects.get().state == "CANCELLED"
    assert not AuditEntry.objects.exists()
