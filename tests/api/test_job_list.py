"""`job/list/`: jobs of all kinds."""

from __future__ import annotations

import pytest

from dags.models import Job
from jobs.doors import KINDS
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/scheduler/job/list/"
KEYS = [
    *("id", "kind", "name", "project", "description", "state", "is_scheduled", "latest_run"),
    *("succeeded_at", "changed_at", "created_at"),
]


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


def ids(client, **query) -> list[int]:
    return [row["id"] for row in client.get(LIST, query).json()]


def test_it_shows_what_all_kinds_share(client) -> None:
    jobs = [factories.job_of(kind, description="what for") for kind in KINDS]
    rows = client.get(LIST).json()
    assert [(row["id"], row["kind"]) for row in rows] == [(job.pk, job.kind) for job in reversed(jobs)]
    assert all(list(row) == KEYS for row in rows)
    assert (rows[0]["state"], rows[0]["latest_run"], rows[0]["succeeded_at"]) == ("update", None, None)
    assert rows[0]["changed_at"].endswith("Z")


def test_a_job_shows_its_latest_run(client) -> None:
    job = factories.job_of("sheet")
    for state in ("SUCCESS", "RUNNING"):
        run = factories.job(factories.run({"a": state}), "a", job=job)
    (row,) = client.get(LIST).json()
    assert row["latest_run"].keys() == {"id", "state", "started_at", "completed_at"}
    assert (row["latest_run"]["id"], row["latest_run"]["state"]) == (run.pk, "RUNNING")
    assert (row["latest_run"]["started_at"][-1], row["latest_run"]["completed_at"]) == ("Z", None)


def test_it_is_narrowed(client) -> None:
    sheet = factories.job_of("sheet", name="orders", is_scheduled=True)
    workflow = factories.job_of("workflow", description="of orders")
    Job.objects.filter(pk=workflow.pk).update(**{"state": "done"})
    assert ids(client, kind="sheet") == ids(client, is_scheduled="true") == [sheet.pk]
    assert ids(client, kind=["sheet", "workflow"]) == ids(client, search="orders") == [workflow.pk, sheet.pk]
    assert ids(client, state="done") == ids(client, is_scheduled="false") == ids(client, search="of orders") == [workflow.pk]
    assert ids(client, project=sheet.project_id) == [sheet.pk]
    for query in ({"kind": "spreadsheet"}, {"state": "SUCCESS"}, {"is_scheduled": "yes"}, {"project": "x"}, {"kind": ""}):
        assert client.get(LIST, query).status_code == 400, query


def test_it_takes_as_many_queries_for_many_as_for_one(client, django_assert_num_queries) -> None:
    for count in (1, 9):
        while Job.objects.count() < count:
            factories.job(factories.run({"a": "SUCCESS"}), "a", job=factories.job_of("sheet"))
        with django_assert_num_queries(2):  # the token, and the jobs with their runs
            assert len(client.get(LIST).json()) == count
