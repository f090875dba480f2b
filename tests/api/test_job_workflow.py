"""`job/workflow/<id>/` and `job/<kind>/<id>/rows/`: what a workflow depends on, and what is in a job's table."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import warehouse
from jobs.warehouse import Column
from tests import factories

pytestmark = pytest.mark.django_db

COLUMNS = [Column("name", "text"), Column("amount", "numeric")]


@pytest.fixture
def client() -> factories.Client:
    return factories.client()


def show(client, job) -> dict[str, Any]:
    return client.get(f"/scheduler/job/{job.kind}/{job.pk}/").json()


def workflow(project, name: str, sql: str, reads: list[str]) -> Any:
    return factories.job_of("workflow", project, name=name, table=name, sql=sql, reads=reads)


def test_it_shows_what_it_depends_on(client) -> None:
    orders = factories.job_of("sheet", table="orders")
    totals = workflow(orders.project, "totals", "SELECT * FROM orders", ["orders"])
    shown = show(client, workflow(orders.project, "report", "SELECT * FROM totals, orders", ["orders", "totals"]))
    assert (shown["has_been_run"], shown["is_out_of_date"]) == (False, True)
    assert shown["why_out_of_date"][0] == "it has never succeeded"
    assert shown["reads"] == ["orders", "totals"]
    assert [(parent["id"], parent["kind"]) for parent in shown["parents"]] == [(orders.pk, "sheet"), (totals.pk, "workflow")]


def test_it_shows_that_it_has_been_run(client) -> None:
    job = factories.job_of("workflow")
    factories.job(factories.run({"a": "FAILED"}), "a", job=job)
    assert (show(client, job)["has_been_run"], show(client, job)["is_out_of_date"]) == (True, True)


def test_what_it_reads_follows_from_its_sql_alone(client) -> None:
    project = factories.project()
    sent = {"name": "totals", "project": project.pk, "sql": "SELECT count(*) FROM orders", "table": "totals", "reads": ["x"]}
    shown = client.post("/scheduler/job/workflow/create/", sent).json()
    assert shown["reads"] == ["orders"]
    assert client.patch(f"/scheduler/job/workflow/{shown['id']}/", {"sql": "SELECT 1 AS one"}).json()["reads"] == []


# --- Rows ---


def rows(client, job, **query) -> Any:
    return client.get(f"/scheduler/job/{job.kind}/{job.pk}/rows/", query)


@pytest.mark.parametrize("kind", ["sheet", "connector"])
def test_a_table_that_nothing_has_filled_has_no_columns(client, kind) -> None:
    job = factories.job_of(kind)
    assert rows(client, job).json() == {"table": getattr(job, "table", None), "columns": [], "rows": []}


@pytest.fixture
def filled(transactional_db: None) -> Any:
    """Return a connector, and its two tables filled."""
    job = factories.job_of("connector", tables=["contacts", "deals"])
    with warehouse.connected(job.project_id) as own:
        warehouse.replace_table(own, "contacts", COLUMNS, [["Ada", "1.5"], ["<b>", None], ["Bob", "NaN"]])
        warehouse.replace_table(own, "deals", COLUMNS[:1], [[str(n)] for n in range(30)])
        warehouse.replace_table(own, "others", COLUMNS[:1], [["x"]])
    yield job
    warehouse.drop(job.project_id)


def test_the_first_rows_are_shown_with_their_columns(client, filled) -> None:
    assert rows(client, filled).json() == {
        "table": "contacts",
        "columns": [{"name": "name", "type": "text"}, {"name": "amount", "type": "numeric"}],
        "rows": [["Ada", 1.5], ["<b>", None], ["Bob", "NaN"]],
    }
    assert len(rows(client, filled, limit=2).json()["rows"]) == 2
    assert len(rows(client, filled, table="deals").json()["rows"]) == 20
    assert len(rows(client, filled, table="deals", limit=1000).json()["rows"]) == 30


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "x"}, {"table": "others"}, {"table": ""}])
def test_what_makes_no_sense_is_refused_by_name(client, query) -> None:
    answer = rows(client, factories.job_of("connector", tables=["contacts"]), **query)
    assert (answer.status_code, list(answer.json())) == (400, list(query))
