"""The SQL of the hot path, each statement named and described. Only `runs/transitions.py` executes what writes state.

Why raw: a job's life is a handful of these, and each must move many rows and record the moves in one round trip. Every
move is guarded by the states that it may come from, as `runs/states.py` lists them, and its transitions are inserted by
the same statement. `clock_timestamp()` and not `now()`: a transaction may have waited for the run's lock, and a child
must not appear to have started before its parent ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from runs import states
from runs.prepared import Statement


def _list(values: Iterable[Enum]) -> str:
    """Write our own constants as an SQL list."""
    return "(" + ", ".join(f"'{value.value}'" for value in values) + ")"


UNFINISHED = _list(states.UNFINISHED)
FINISHED = _list(states.FINISHED)
OWED = _list(states.OWED)
GRAPH_UNFINISHED = _list(states.GRAPH_UNFINISHED)
GRAPH_FINISHED = _list(states.GRAPH_FINISHED)
# One text a move and not a pair: PostgreSQL sets up a list of pairs anew at every execution, one comparison after another.
LEGAL = "ANY ('{" + ", ".join(f"{s.value}>{t.value}" for t, sources in states.SOURCES.items() for s in sources) + "}'::text[])"
GRAPH_LEGAL = (
    "(" + ", ".join(f"('{s.value}', '{t.value}')" for t, sources in states.GRAPH_SOURCES.items() for s in sources) + ")"
)

_RUN = "id, state, expanded, execution_graph_id, cancel_requested_at IS NOT NULL, walkers"
_MOVED = "j.id, j.graph_run_id, j.node, old.state AS from_state, j.state, j.attempt, j.queue, j.reason"

# Lock runs before anything of them moves. Of two children that end together each would otherwise count the other as
# unfinished, and nobody would close the run. Ordered by id, so that two that lock many cannot deadlock; NO KEY, so that
# inserting rows that refer to the run is not held up. A process that is frozen in mid-transaction keeps its locks for no
# longer than a lease: then the server ends its session.
_LOCKED_RUNS = f"""
    SELECT {_RUN}, set_config('idle_in_transaction_session_timeout', %(patience)s, true)
    FROM runs_graphrun WHERE id = ANY(%(to_lock)s) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_RUNS = Statement("lock_runs", _LOCKED_RUNS)
LOCK_FREE_RUNS = Statement("lock_free_runs", f"{_LOCKED_RUNS} SKIP LOCKED")

# One step of a run: record the outcomes of attempts, release what they decide, claim what is ready. Each part may be empty,
# and each job run is written once, though what is released and claimed at once has moved twice.
#
# settled: the end of an attempt, its wait, or its return to the queue. The attempt's number fences it: a write of an older
# try finds another number and moves nothing. Only what is owed can be settled: an attempt that was given back keeps its
# number until it is claimed again. What was ready never returns to the queue: others have started on the strength of it.
# released: the counters of children, and for the decided ones QUEUED or SKIPPED. Nothing is released or claimed unless all
# the given attempts were settled: the decisions follow from them.
# chosen: highest priority first, then topological order. Several at once only where all of them may be quick and none was
# ever lost: what kills its worker is claimed alone from then on.
#
# alone_to: nothing moves unless that node is still PENDING and of these queues: the run goes on, and something is claimed.
#
# The run's own facts stand beside each move, for who has locked it in the same message.
#
# OFFSET 0 has each row looked up by its key and then guarded: left to itself, the planner would look for the guard's states
# first, and read all that ever had them.
STEP = Statement(
    "step",
    f"""
    WITH given AS (
        SELECT * FROM unnest(
            %(ids)s::bigint[], %(attempts)s::int[], %(states)s::text[], %(results)s::text[], %(errors)s::text[],
            %(reasons)s::text[], %(delays)s::float8[], %(failures)s::int[], %(losses)s::int[], %(ready)s::bool[]
        ) AS g (id, attempt, state, results, errors, reason, delay, failed, lost, ready)
        WHERE %(alone_to)s::int IS NULL OR EXISTS (
            SELECT FROM runs_jobrun
            WHERE graph_run_id = %(run)s AND node = %(alone_to)s AND state = 'PENDING' AND queue = ANY(%(queues)s)
        )
    ),
    settled AS (
        UPDATE runs_jobrun j SET
            state = g.state, results = g.results::jsonb, errors = g.errors::jsonb, reason = g.reason,
            failures = j.failures + g.failed, losses = j.losses + g.lost,
            available_at = CASE WHEN g.state = 'QUEUED' OR (g.state = 'WAITING' AND g.delay > 0)
                THEN clock_timestamp() + g.delay * interval '1 second' END,
            deadline_at = CASE WHEN g.state = 'WAITING' THEN j.deadline_at END,
            completed_at = CASE WHEN g.state IN {FINISHED} THEN clock_timestamp() END,
            ready_at = CASE WHEN g.ready THEN clock_timestamp() ELSE j.ready_at END
        FROM given g, LATERAL (SELECT o.id, o.state, o.attempt, o.ready_at FROM runs_jobrun o WHERE o.id = g.id OFFSET 0) old
        WHERE j.id = old.id AND old.attempt = g.attempt AND old.state IN {OWED} AND old.state || '>' || g.state = {LEGAL}
            AND (old.ready_at IS NULL OR g.state <> 'QUEUED')
        RETURNING {_MOVED}
    ),
    released AS (
        SELECT r.* FROM unnest(
            %(nodes)s::int[], %(decisions)s::text[], %(waiting_on)s::int[], %(met)s::int[], %(failed)s::int[], %(why)s::text[]
        ) AS r (node, state, waiting_on, met, failed, reason)
        WHERE (SELECT count(*) FROM settled) = cardinality(%(ids)s::bigint[])
    ),
    ready AS (
        (SELECT node, priority, quick AND losses = 0 AS quick FROM runs_jobrun
        WHERE graph_run_id = %(run)s AND state = 'QUEUED' AND queue = ANY(%(queues)s) AND available_at <= clock_timestamp()
            AND (SELECT count(*) FROM settled) = cardinality(%(ids)s::bigint[]) AND node NOT IN (SELECT node FROM released)
        ORDER BY priority DESC, node LIMIT %(limit)s)
        UNION ALL
        SELECT r.node, j.priority, j.quick AND j.losses = 0 FROM released r, LATERAL (
            SELECT o.priority, o.quick, o.losses, o.queue, o.state FROM runs_jobrun o
            WHERE o.graph_run_id = %(run)s AND o.node = r.node OFFSET 0
        ) j WHERE r.state = 'QUEUED' AND j.state = 'PENDING' AND j.queue = ANY(%(queues)s)
    ),
    in_order AS (
        SELECT node, bool_and(quick) OVER places AS quick, row_number() OVER places AS place
        FROM ready WINDOW places AS (ORDER BY priority DESC, node)
    ),
    changes AS (
        SELECT COALESCE(r.node, c.node) AS node, r.state, r.waiting_on, r.met, r.failed, r.reason, c.node IS NOT NULL AS claimed
        FROM released r FULL JOIN (
            SELECT node FROM in_order WHERE place <= %(limit)s AND (quick OR place = 1)
        ) c ON c.node = r.node
    ),
    moved AS (
        UPDATE runs_jobrun j SET
            state = CASE WHEN c.claimed THEN 'RUNNING' ELSE c.state END, reason = c.reason,
            waiting_on = COALESCE(c.waiting_on, j.waiting_on), parents_met = COALESCE(c.met, j.parents_met),
            parents_failed = COALESCE(c.failed, j.parents_failed),
            available_at = CASE WHEN c.state = 'QUEUED' THEN clock_timestamp() WHEN c.claimed THEN j.available_at END,
            completed_at = CASE WHEN c.state = 'SKIPPED' THEN clock_timestamp() END,
            attempt = j.attempt + c.claimed::int,
            claimed_by = CASE WHEN c.claimed THEN %(worker)s::uuid ELSE j.claimed_by END,
            ran_on = CASE WHEN c.claimed THEN %(ran_on)s ELSE j.ran_on END,
            walk_id = CASE WHEN c.claimed THEN %(walk)s ELSE j.walk_id END,
            started_at = CASE WHEN c.claimed THEN clock_timestamp() ELSE j.started_at END,
            deadline_at = CASE WHEN c.claimed THEN clock_timestamp() + j.timeout * interval '1 second' END,
            results = CASE WHEN c.claimed THEN NULL ELSE j.results END,
            errors = CASE WHEN c.claimed THEN NULL ELSE j.errors END,
            progress = NULL, report_digest = NULL
        FROM changes c, LATERAL (
            SELECT o.id, o.state FROM runs_jobrun o WHERE o.graph_run_id = %(run)s AND o.node = c.node OFFSET 0
        ) old
        WHERE j.id = old.id AND (old.state = c.state OR old.state || '>' || COALESCE(c.state, 'RUNNING') = {LEGAL})
        RETURNING {_MOVED}, j.priority, c.state AS released, c.claimed
    ),
    recorded AS (
        INSERT INTO runs_transition (graph_run_id, job_run_id, from_state, to_state, attempt, cause, reason, ran_on, at)
        SELECT %(run)s, id, from_state, to_state, attempt, cause, reason, ran_on, clock_timestamp() FROM (
            SELECT 1 AS place, id, from_state, state AS to_state, attempt, %(cause)s AS cause, reason, NULL AS ran_on
            FROM settled WHERE state <> from_state
            UNION ALL
            SELECT 2, id, from_state, released, attempt - claimed::int, 'unlocked', reason, NULL FROM moved
            WHERE released <> from_state
            UNION ALL
            SELECT 3, id, 'QUEUED', state, attempt, 'claimed', NULL, %(ran_on)s FROM moved WHERE claimed
        ) moves ORDER BY place, id
    )
    SELECT part, m.id, graph_run_id, node, from_state, m.state, attempt, queue, r.* FROM (
        SELECT 'settled' AS part, id, graph_run_id, node, from_state, state, attempt, queue, 0 AS priority
        FROM settled WHERE state <> from_state
        UNION ALL
        SELECT CASE WHEN claimed THEN 'claimed' ELSE 'released' END, id, graph_run_id, node, from_state, state, attempt, queue,
            priority
        FROM moved WHERE state <> from_state
    ) m, (SELECT {_RUN} FROM runs_graphrun WHERE id = %(run)s) r
    ORDER BY priority DESC, node
    """,
)

# Cancel whatever of the runs no worker holds; the running ones are stopped by their drivers.
CANCEL = Statement(
    "cancel",
    f"""
    WITH moved AS (
        UPDATE runs_jobrun j SET
            state = 'CANCELLED', reason = %(reason)s, completed_at = clock_timestamp(), deadline_at = NULL
        FROM runs_jobrun old
        WHERE j.id = old.id AND old.graph_run_id = ANY(%(runs)s) AND old.state IN ('PENDING', 'QUEUED', 'WAITING')
        RETURNING {_MOVED}
    ),
    recorded AS (
        INSERT INTO runs_transition (graph_run_id, job_run_id, from_state, to_state, attempt, cause, reason, at)
        SELECT graph_run_id, id, from_state, state, attempt, %(cause)s, reason, clock_timestamp() FROM moved ORDER BY id
    )
    SELECT id, graph_run_id, node, from_state, state, attempt, queue FROM moved
    """,
)
REQUEST_CANCEL = Statement(
    "request_cancel",
    f"""
    UPDATE runs_graphrun SET cancel_requested_at = COALESCE(cancel_requested_at, clock_timestamp())
    WHERE id = ANY(%(runs)s) AND state IN {GRAPH_UNFINISHED}
""",
)

# What the roll-up asks of each run. "Is anything unfinished?" is asked from the last node backwards, which tends to end
# last: from the front it would wade through the dead index entries of all that has ended.
CHILDREN = Statement(
    "children",
    f"""
    SELECT r.id, r.state, r.expanded,
        (SELECT j.node FROM runs_jobrun j WHERE j.graph_run_id = r.id AND j.state IN {UNFINISHED}
            ORDER BY j.graph_run_id DESC, j.node DESC LIMIT 1) IS NOT NULL,
        r.state <> 'PENDING' OR EXISTS (
            SELECT 1 FROM runs_jobrun j WHERE j.graph_run_id = r.id AND (j.attempt > 0 OR j.state IN {FINISHED})),
        EXISTS (SELECT 1 FROM runs_jobrun j WHERE j.graph_run_id = r.id AND j.state = 'FAILED'),
        EXISTS (SELECT 1 FROM runs_jobrun j WHERE j.graph_run_id = r.id AND j.state = 'CANCELLED')
    FROM runs_graphrun r WHERE r.id = ANY(%(runs)s)
""",
)

# Move runs, and record it. The counts are taken once, when a run ends.
MOVE_RUNS = Statement(
    "move_runs",
    f"""
    WITH given AS (SELECT * FROM unnest(%(ids)s::bigint[], %(states)s::text[]) AS g (id, state)),
    counted AS (
        SELECT j.graph_run_id,
            count(*) FILTER (WHERE j.state = 'SUCCESS') AS successes, count(*) FILTER (WHERE j.state = 'FAILED') AS failures
        FROM runs_jobrun j JOIN given g ON g.id = j.graph_run_id AND g.state IN {GRAPH_FINISHED}
        GROUP BY j.graph_run_id
    ),
    moved AS (
        UPDATE runs_graphrun r SET
            state = g.state,
            started_at = COALESCE(r.started_at, clock_timestamp()),
            completed_at = CASE WHEN g.state IN {GRAPH_FINISHED} THEN clock_timestamp() END,
            success_count = CASE WHEN g.state IN {GRAPH_FINISHED} THEN COALESCE(c.successes, 0) END,
            fail_count = CASE WHEN g.state IN {GRAPH_FINISHED} THEN COALESCE(c.failures, 0) END
        FROM given g JOIN runs_graphrun old ON old.id = g.id LEFT JOIN counted c ON c.graph_run_id = g.id
        WHERE r.id = g.id AND (old.state, g.state) IN {GRAPH_LEGAL}
        RETURNING r.id, r.project_id, old.state AS from_state, r.state, r.placement IS NOT NULL AS placed, r.reason
    ),
    recorded AS (
        INSERT INTO runs_transition (graph_run_id, job_run_id, from_state, to_state, attempt, cause, reason, at)
        SELECT id, NULL, from_state, state, NULL, %(cause)s, reason, clock_timestamp() FROM moved ORDER BY id
    )
    SELECT id, project_id, from_state, state, placed FROM moved
""",
)

# Lock jobs before looking at their latest runs, like projects, and before them.
LOCK_JOBS = Statement(
    "lock_jobs",
    """
    SELECT id FROM dags_job WHERE id IN (
        SELECT job_id FROM runs_jobrun
        WHERE job_id IS NOT NULL AND (id = ANY(%(moved)s::bigint[]) OR graph_run_id = ANY(%(expanded)s::bigint[]))
    ) ORDER BY id FOR NO KEY UPDATE
    """,
)

# Give jobs the state that their latest run leads to. One that was skipped before it began, or before it was tried again,
# leaves things as they were; one that began and found nothing to do found that the last success stands.
# A success without an attempt leaves them too: a rerun took it over from an earlier run.
ROLL_UP_JOBS = Statement(
    "roll_up_jobs",
    """
    UPDATE dags_job j SET state = new.state, succeeded_at = COALESCE(new.succeeded_at, j.succeeded_at)
    FROM (
        SELECT i.id,
            CASE latest.state WHEN 'PENDING' THEN 'pending' WHEN 'QUEUED' THEN 'pending' WHEN 'RUNNING' THEN 'load'
                WHEN 'WAITING' THEN 'load' WHEN 'SUCCESS' THEN 'done' WHEN 'FAILED' THEN 'error' WHEN 'CANCELLED' THEN 'error'
                WHEN 'SKIPPED' THEN CASE WHEN i.succeeded_at IS NULL THEN 'update' ELSE 'done' END
                ELSE 'update' END AS state,
            CASE latest.state WHEN 'SUCCESS' THEN latest.started_at END AS succeeded_at
        FROM dags_job i LEFT JOIN LATERAL (
            SELECT r.state, r.started_at FROM runs_jobrun r
            WHERE r.job_id = i.id AND (r.state <> 'SKIPPED' OR (r.started_at IS NOT NULL AND r.errors IS NULL))
                AND (r.state <> 'SUCCESS' OR r.attempt > 0)
            ORDER BY r.id DESC LIMIT 1
        ) latest ON true WHERE i.id = ANY(%(ids)s::bigint[])
    ) new
    WHERE j.id = new.id AND (j.state, j.succeeded_at) IS DISTINCT FROM (new.state, COALESCE(new.succeeded_at, j.succeeded_at))
    """,
)

# Lock projects before looking at their latest runs, ordered by id and always after the runs: of two runs that move together
# the second to write must see the first. A project that has a later run than the one that moved is left alone, or all the
# runs of a busy project would queue here. A later one that has not committed yet comes to this lock itself.
LOCK_PROJECTS = Statement(
    "lock_projects",
    """
    SELECT p.id FROM dags_project p
    JOIN unnest(%(projects)s::bigint[], %(runs)s::bigint[]) AS moved (project, run) ON moved.project = p.id
    WHERE NOT EXISTS (
        SELECT 1 FROM runs_graphrun r WHERE r.project_id = p.id AND r.id > moved.run AND r.trigger <> 'job')
    ORDER BY p.id FOR NO KEY UPDATE OF p
    """,
)

# Give projects the state of their latest run, where it is another one. The run of a job on its own says nothing of the whole.
ROLL_UP_PROJECTS = Statement(
    "roll_up_projects",
    """
    UPDATE dags_project p SET state = latest.state
    FROM (
        SELECT i.id, (
            SELECT r.state FROM runs_graphrun r WHERE r.project_id = i.id AND r.trigger <> 'job' ORDER BY r.id DESC LIMIT 1
        ) AS state
        FROM unnest(%(ids)s::bigint[]) AS i (id)
    ) latest
    WHERE p.id = latest.id AND p.state IS DISTINCT FROM latest.state
    """,
)
