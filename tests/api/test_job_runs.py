"""`job/.../run/` and `job/.../runs/`: a job on its own, and all its runs."""

from __future__ import annotations

import uuid

import pytest

from api.models import AuditEntry
from jobs.doors import KINDS
from runs.models import ExecutionGraph, GraphRun, JobRun
from scheduler import dispatch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[dispatch.Ring]:
    found: list[dispatch.Ring] = []
    monkeypatch.setattr(dispatch, "ring_on_commit", found.extend)
    return found


def run(client, job, body=None, **options):
    return client.post(f"/scheduler/job/{job.kind}/{job.pk}/run/", body, **options)


# --- On its own ---


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_run_on_its_own(client, kind, rings) -> None:
    job = factories.job_of(kind)
    answer = run(client, job, {"params": {"force": True}})
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    execution = GraphRun.objects.get()
    assert (shown["execution"], shown["parent"], shown["task_id"]) == (execution.pk, execution.pk, str(execution.task_id))
    assert (shown["state"], shown["status"], shown["driver"], shown["configs"]) == ("QUEUED", 0, "job", {"job": job.pk})
    assert (shown["name"], shown["trigger"]) == (job.name, "job")
    assert JobRun.objects.get(pk=shown["id"]).job_id == job.pk
    assert (execution.project_id, execution.graph_id, execution.params) == (job.project_id, None, {"force": True})
    assert (execution.trigger, execution.launched_by) == ("job", client.user)
    assert [ring.run_id for ring in rings] == [execution.pk]
    job.refresh_from_db()
    assert job.state == "pending"


def test_its_kind_need_not_be_named(client) -> None:
    job = factories.job_of("sheet")
    assert client.post(f"/scheduler/job/{job.pk}/run/").status_code == 201
    assert client.post(f"/scheduler/job/workflow/{job.pk}/run/").status_code == 404
    assert GraphRun.objects.count() == 1


def test_all_its_runs_share_one_copy(client) -> None:
    job = factories.job_of("sheet")
    for _ in range(3):
        assert run(client, job).status_code == 201
    assert ExecutionGraph.objects.count() == 1


def test_a_repeated_request_is_one_run(client) -> None:
    job = factories.job_of("sheet")
    first, again = (run(client, job, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert again.json() == first.json()
    assert GraphRun.objects.count() == 1


@pytest.mark.parametrize(("body", "field"), [({"params": 1}, "params"), ({"parms": {}}, "parms"), ({"force": True}, "force")])
def test_what_makes_no_sense_is_refused_by_name(client, body, field) -> None:
    answer = run(client, factories.job_of("sheet"), body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not GraphRun.objects.exists()


def test_it_is_written_down(client) -> None:
    job = factories.job_of("sheet")
    execution = run(client, job).json()["execution"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.project_id, entry.facts) == (
        "job.run",
        job.pk,
        job.project_id,
        {"execution": execution},
    )


# --- Its runs ---


def runs(client, job, **query):
    return client.get(f"/scheduler/job/{job.kind}/{job.pk}/runs/", query)


def in_a_graph(job, state="SUCCESS") -> JobRun:
    entries = {"load": {"driver": "job", "configs": {"job": job.pk}}}
    made = factories.run({"first": "SUCCESS", "load": state}, of=factories.graph(project=job.project), entries=entries)
    return factories.job(made, "load", job=job)


def test_its_runs_are_listed_newest_first_those_in_graphs_among_them(client) -> None:
    job, other = factories.job_of("sheet"), factories.job_of("sheet")
    run(client, other)
    alone = run(client, job).json()
    inside = in_a_graph(job, "FAILED")
    answer = runs(client, job).json()
    assert [row["id"] for row in answer] == [inside.pk, alone["id"]]
    assert answer[1] == alone
    first = answer[0]
    assert (first["execution"], first["trigger"], first["state"], first["name"]) == (
        inside.graph_run_id,
        "manual",
        "FAILED",
        "Load",
    )
    assert first["errors"] == {"error": "load broke"}
    assert GraphRun.objects.get(task_id=uuid.UUID(first["task_id"])).pk == inside.graph_run_id
    assert client.get(f"/scheduler/job/{job.pk}/runs/").json() == answer


def test_they_come_in_pages(client) -> None:
    job = factories.job_of("sheet")
    found = [in_a_graph(job).pk for _ in range(5)]
    first = runs(client, job, limit=3)
    assert [row["id"] for row in first.json()] == found[:1:-1]
    following = first.headers["Link"].split(";")[0].strip("<>")
    assert [row["id"] for row in client.get(following).json()] == found[1::-1]


def test_listing_them_takes_as_many_queries_for_many_as_for_one(client, django_assert_num_queries) -> None:
    few, many = factories.job_of("sheet"), factories.job_of("sheet")
    in_a_graph(few)
    for _ in range(7):
        in_a_graph(many)
    for job, count in ((few, 1), (many, 7)):
        with django_assert_num_queries(4):  # the token, the job, its runs, what their specs say of them
            assert len(runs(client, job).json()) == count


# --- Among executions ---


def test_executions_of_jobs_on_their_own_are_listed_only_if_asked_for(client) -> None:
    job = factories.job_of("sheet")
    alone, inside = run(client, job).json()["execution"], in_a_graph(job).graph_run_id

    def listed(**query) -> list[int]:
        return [row["graph_id"] for row in client.get("/scheduler/execution/list/", query).json()]

    assert listed() == listed(project=job.project_id) == listed(trigger="manual") == [inside]
    assert listed(trigger="job") == listed(trigger="job", project=job.project_id) == [alone]
    assert listed(trigger=["job", "manual"]) == [inside, alone]
    assert client.get("/scheduler/execution/list/", {"trigger": "nobody"}).status_code == 400
    assert client.get(f"/scheduler/execution/{alone}/").json()["trigger"] == "job"
