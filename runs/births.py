"""How runs and their JobRuns come into being: the SQL, and what it is given. `runs/transitions.py` alone executes it.

What is written travels as JSON: one parameter, whatever its length.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from runs.compiled import Compiled
from runs.models import GraphRun
from runs.prepared import Statement
from runs.states import JobRunState

_RUN = {
    "execution_graph_id": "bigint",
    "graph_id": "bigint",
    "project_id": "bigint",
    "name": "text",
    "params": "jsonb",
    "task_id": "uuid",
    "trigger": "text",
    "launched_by_id": "bigint",
    "scheduled_for": "timestamptz",
    "parent_run_id": "bigint",
    "size": "int",
    "expanded": "boolean",
    "walkers": "jsonb",
    "labels": "jsonb",
    "reason": "text",
}
_TASK = {
    "node": "int",
    "key": "text",
    "queue": "text",
    "priority": "smallint",
    "waiting_on": "int",
    "timeout": "float8",
    "quick": "boolean",
    "job_id": "bigint",
}
_BEGINNING = {"state": "text", "parents_met": "int", "reason": "text", "source": "bigint"}


class Beginning(NamedTuple):
    """How a JobRun of a rerun begins: what it waits for, and for a success that is reused the JobRun which had it."""

    node: int
    state: JobRunState
    waiting_on: int = 0
    parents_met: int = 0
    reason: str | None = None
    source: int | None = None


class Placed(NamedTuple):
    """A run that gets its nodes: what it walks, its nodes by their names there, and the queue of each."""

    content: Compiled
    nodes: Mapping[str, Mapping[str, str]]
    queues: Mapping[str | None, str]


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


# Insert fresh runs, in the order given, and tell their graphs, which are locked, when they were last launched.
CREATE_RUNS = Statement(
    "create_runs",
    f"""
    WITH given AS (
        SELECT * FROM ROWS FROM (
            json_to_recordset(%(runs)s::json) AS ({_typed(_RUN)}, place_within float8)
        ) WITH ORDINALITY
    ),
    born AS (
        INSERT INTO runs_graphrun ({", ".join(_RUN)}, state, note, place_by, created_at, rung_at)
        SELECT {", ".join(_RUN)}, 'PENDING', '', statement_timestamp() + place_within * interval '1 second',
            statement_timestamp(), statement_timestamp()
        FROM given ORDER BY ordinality
        RETURNING id, task_id, params, created_at, rung_at
    ),
    launched AS (
        UPDATE dags_graph SET last_launched = statement_timestamp() WHERE graph_id IN (SELECT graph_id FROM given)
    )
    SELECT task_id, id, params, created_at, rung_at FROM born
    """,  # noqa: S608  # built of our own constants
)

# Give runs their nodes.
PLACE = Statement(
    "place",
    """
    UPDATE runs_graphrun r SET placement = g.placement::jsonb, expanded = true, reason = NULL
    FROM unnest(%(ids)s::bigint[], %(placements)s::text[]) AS g (id, placement) WHERE r.id = g.id
    """,
)

# Give runs their JobRuns, in topological order, those that wait for nobody QUEUED at once, which is recorded. Returned are
# these or, for who shows all, every one.
EXPAND = Statement(
    "expand",
    f"""
    WITH given AS (
        SELECT * FROM json_to_recordset(%(runs)s::json) AS r (run bigint, graph bigint)
        JOIN json_to_recordset(%(tasks)s::json) AS t (graph bigint, {_typed(_TASK)}) USING (graph)
    ),
    born AS (
        INSERT INTO runs_jobrun (graph_run_id, {", ".join(_TASK)}, state, available_at,
            attempt, failures, losses, parents_met, parents_failed)
        SELECT run, {", ".join(_TASK)}, CASE waiting_on WHEN 0 THEN 'QUEUED' ELSE 'PENDING' END,
            CASE waiting_on WHEN 0 THEN clock_timestamp() END, 0, 0, 0, 0, 0
        FROM given ORDER BY run, node
        RETURNING id, graph_run_id, node, state, queue
    ),
    recorded AS (
        INSERT INTO runs_transition (graph_run_id, job_run_id, from_state, to_state, attempt, cause, at)
        SELECT graph_run_id, id, 'PENDING', state, 0, %(cause)s, clock_timestamp() FROM born WHERE state = 'QUEUED' ORDER BY id
    )
    SELECT id, graph_run_id, node, 'PENDING', state, 0, queue FROM born WHERE %(all)s OR state = 'QUEUED' ORDER BY id
    """,  # noqa: S608  # likewise
)

# Give reruns their JobRuns: some have ended before they begin, and what has left PENDING is recorded. A success that had
# been taken over itself says from where it comes first. A start is when work began, so that what is reused has none.
BEGIN = Statement(
    "begin",
    f"""
    WITH given AS (
        SELECT t.*, o.results, CASE WHEN o.attempt = 0 THEN o.reason ELSE t.reason END AS told
        FROM json_to_recordset(%(tasks)s::json) AS t (run bigint, {_typed(_TASK | _BEGINNING)})
        LEFT JOIN LATERAL (
            SELECT j.results, j.attempt, j.reason FROM runs_jobrun j WHERE j.id = t.source OFFSET 0
        ) o ON true
    ),
    born AS (
        INSERT INTO runs_jobrun (graph_run_id, {", ".join(_TASK)}, state, parents_met, reason, results,
            available_at, completed_at, attempt, failures, losses, parents_failed)
        SELECT run, {", ".join(_TASK)}, state, parents_met, told, results,
            CASE state WHEN 'QUEUED' THEN clock_timestamp() END,
            CASE WHEN state IN ('SUCCESS', 'SKIPPED') THEN clock_timestamp() END, 0, 0, 0, 0
        FROM given ORDER BY run, node
        RETURNING id, graph_run_id, node, state, queue, reason
    ),
    recorded AS (
        INSERT INTO runs_transition (graph_run_id, job_run_id, from_state, to_state, attempt, cause, reason, at)
        SELECT graph_run_id, id, 'PENDING', state, 0, CASE state WHEN 'SUCCESS' THEN 'reused' ELSE 'launched' END, reason,
            clock_timestamp()
        FROM born WHERE state <> 'PENDING' ORDER BY id
    )
    SELECT id, graph_run_id, node, 'PENDING', state, 0, queue FROM born WHERE state <> 'PENDING' ORDER BY id
    """,  # noqa: S608  # likewise
)


def told_runs(runs: Iterable[GraphRun]) -> str:
    """Return fresh runs as `CREATE_RUNS` takes them."""
    columns = (*_RUN, "place_within")
    return json.dumps([{name: getattr(run, name) for name in columns} for run in runs], default=str)


def told_jobs(graphs: Mapping[int, tuple[int, Compiled]]) -> dict[str, str]:
    """Return runs by id, each with the id and the content of its ExecutionGraph, as `EXPAND` takes them."""
    contents = dict(graphs.values())
    return {
        "runs": json.dumps([{"run": run, "graph": graph} for run, (graph, _) in graphs.items()]),
        "tasks": json.dumps([task for graph, content in contents.items() for task in _tasks(graph, content)]),
    }


def told_placements(runs: Mapping[int, Placed]) -> dict[str, Any]:
    """Return placed runs by id as `PLACE` takes them."""
    return {"ids": list(runs), "placements": [json.dumps(placed.nodes) for placed in runs.values()]}


def told_placed(runs: Mapping[int, Placed]) -> dict[str, str]:
    """Return placed runs by id as `EXPAND` takes them: each is its own graph, for the queues are its own."""
    tasks = (task for run, placed in runs.items() for task in _tasks(run, placed.content, placed.queues))
    return {"runs": json.dumps([{"run": run, "graph": run} for run in runs]), "tasks": json.dumps(list(tasks))}


def _tasks(graph: int, content: Compiled, *queues: Mapping[str | None, str]) -> Iterator[Mapping[str, Any]]:
    columns: Sequence[str] = ("graph", *_TASK)
    return (dict(zip(columns, (graph, *row), strict=True)) for row in content.rows(*queues))


def told_beginnings(runs: Mapping[int, tuple[Compiled, Iterable[Beginning]]]) -> str:
    """Return runs by id, each with its content and how its JobRuns begin, as `BEGIN` takes them."""
    return json.dumps([task for run, (content, beginnings) in runs.items() for task in _begun(run, content, beginnings)])


def _begun(run: int, content: Compiled, beginnings: Iterable[Beginning]) -> Iterator[Mapping[str, Any]]:
    by_node = {beginning.node: beginning._asdict() for beginning in beginnings}
    return ({"run": run, **dict(zip(_TASK, row, strict=True)), **by_node[row[0]]} for row in content.rows())
