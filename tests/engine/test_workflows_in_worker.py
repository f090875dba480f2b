"""Workflows inside a real worker: a derived graph from end to end, a cancel in the middle of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from dags import services as graphs
from dags.models import Job, Project
from jobs import derive, services, warehouse
from runs.models import GraphRun, JobRun
from scheduler import engine
from scheduler.launching import Launch, launch
from tests.engine import warehouses
from tests.running import Running, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(worker: Running) -> Iterator[Project]:
    with warehouses.project_with_warehouse() as project:
        warehouses.fill(project, "orders", (1, "anne"), (2, "bob"))
        yield project


def _workflow(project: Project, name: str, sql: str) -> Job:
    return services.create_jobs("workflow", [{"project": project, "name": name, "sql": sql, "table": name}])[0]


def _launch(project: Project) -> GraphRun:
    derived = derive.derive(project.pk)
    (graph,) = graphs.create_graphs([{"name": "derived", "project": project, "tasks": derived.tasks, "edges": derived.edges}])
    return launch([Launch(graph=graph)])[0]


def _ended(run: GraphRun) -> dict[str, Any]:
    wait_for(lambda: GraphRun.objects.get(pk=run.pk).completed_at, "the end of the run")
    return dict(JobRun.objects.filter(graph_run=run).values_list("key", "state"))


def test_a_projects_graph_does_what_has_changed_and_skips_the_rest(project: Project) -> None:
    counts = _workflow(project, "counts", "SELECT count(*) AS n FROM orders")
    _workflow(project, "doubled", "SELECT n * 2 AS n FROM counts")
    _workflow(project, "apart", "SELECT 1 AS one")
    assert _ended(_launch(project)) == {"counts": "SUCCESS", "doubled": "SUCCESS", "apart": "SUCCESS"}
    assert warehouses.rows(project, "doubled") == [[4]]
    run = _launch(project)
    assert set(_ended(run).values()) == {"SKIPPED"}
    assert "it reads (counts)" in str(JobRun.objects.get(graph_run=run, key="doubled").reason)
    warehouses.fill(project, "orders", (1, "anne"))
    assert _ended(_launch(project)) == {"counts": "SUCCESS", "doubled": "SUCCESS", "apart": "SKIPPED"}
    assert warehouses.rows(project, "doubled") == [[2]]
    counts.refresh_from_db()
    assert (counts.state, GraphRun.objects.filter(state="SUCCESS").count()) == ("done", 3)


def test_a_cancel_ends_a_query_and_leaves_the_table(project: Project) -> None:
    slow = _workflow(project, "slow", "SELECT count(*) AS n FROM generate_series(1, 10)")
    _ended(_launch(project))
    services.update_jobs("workflow", {slow.pk: {"sql": "SELECT count(*) AS n FROM generate_series(1, 1000000000000)"}})
    run = _launch(project)
    wait_for(lambda: _queries(project), "the query")
    engine.cancel([run.pk], cause="test")
    assert _ended(run) == {"slow": "CANCELLED"}
    wait_for(lambda: not _queries(project), "the end of the query")
    assert warehouses.rows(project, "slow") == [[10]]


def _queries(project: Project) -> int:
    """Return how many queries the project's role has under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'", [warehouse.role_of(project.pk)]
        )
        return int(cursor.fetchone()[0])
