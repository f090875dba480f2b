"""The overview of a service that has been used for a while: 1,000 graphs and 1,000,000 JobRuns, shown in half a second."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests import factories

GRAPHS, RUNS, TASKS, PROJECTS = 1000, 50, 20, 50
LIMIT = 0.5  # seconds
TRIES = 20  # of which the best counts, and the first good one ends them: other tests may keep the machine busy

MAKE_GRAPHS = """
    INSERT INTO dags_graph (project_id, name, execution_key, description, on_failure, revision, created_at)
    SELECT (%(projects)s::bigint[])[1 + n %% %(count)s], 'graph ' || n, 'default', '', 'skip', 1, now()
    FROM generate_series(1, %(graphs)s) n
"""
# One graph in twenty has a run that goes on.
MAKE_RUNS = """
    INSERT INTO runs_graphrun (execution_graph_id, graph_id, project_id, name, state, params, task_id, trigger, size, expanded,
        walkers, note, labels, created_at, started_at, completed_at, success_count, fail_count, rung_at)
    SELECT %(content)s, graph_id, project_id, name,
        CASE WHEN runs THEN 'RUNNING' WHEN n %% 7 = 0 THEN 'FAILED' ELSE 'SUCCESS' END,
        '{}', gen_random_uuid(), 'manual', %(tasks)s, true, '{}', '', '{}', now(), now(),
        CASE WHEN NOT runs THEN now() END, 0, 0, now()
    FROM generate_series(1, %(runs)s) n CROSS JOIN dags_graph,
        LATERAL (SELECT n = %(runs)s AND graph_id %% 20 = 0 AS runs) going_on
    ORDER BY n, graph_id
"""
MAKE_TASKS = """
    INSERT INTO runs_jobrun (graph_run_id, node, key, state, attempt, losses, failures, waiting_on, parents_met, parents_failed,
        queue, priority, quick, available_at, started_at, completed_at)
    SELECT id, n, 'task ' || n, told.state, 1, 0, 0, 0, 0, 0, 'default', 0, false,
        CASE WHEN told.state = 'QUEUED' THEN now() END, now(), CASE WHEN told.state = 'SUCCESS' THEN now() END
    FROM runs_graphrun run CROSS JOIN generate_series(0, %(tasks)s - 1) n,
        LATERAL (SELECT CASE WHEN run.state = 'RUNNING'
            THEN (ARRAY['PENDING', 'QUEUED', 'RUNNING', 'WAITING', 'SUCCESS'])[1 + n %% 5] ELSE 'SUCCESS' END AS state) told
"""


@pytest.fixture
def boss(db: None) -> Client:
    """A superuser, for whom nothing is left out."""
    client = Client()
    client.force_login(factories.client().user)
    return client


@pytest.fixture
def member(boss: Client) -> Client:
    """Someone of most projects; made after them, as all of this is."""
    projects = [factories.project(f"project {number:02}") for number in range(PROJECTS)]
    facts: dict[str, Any] = {
        "projects": [project.pk for project in projects],
        "count": PROJECTS,
        "graphs": GRAPHS,
        "runs": RUNS,
        "tasks": TASKS,
        "content": factories.execution_graph([factories.task("a")]).pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # a million checks of foreign keys take half a minute
        for statement in (MAKE_GRAPHS, MAKE_RUNS, MAKE_TASKS):
            cursor.execute(statement, facts)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(factories.member("operator", *projects[: PROJECTS - 10]))
    return client


@pytest.mark.timeout(300)
def test_the_overview_comes_in_half_a_second(boss: Client, member: Client) -> None:
    for client in (boss, member):
        for asked in ("", "?q=graph+99", "?state=RUNNING", "?after=500"):
            assert best(client, f"/{asked}") < LIMIT, asked


def best(client: Client, path: str) -> float:
    """Return the shortest of a few tries, in seconds."""
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        times.append(time.perf_counter() - began)
        assert answer.status_code == 200
        assert len(answer.content) < 50_000
        if times[-1] < LIMIT:
            break
    return min(times)
