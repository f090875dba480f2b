"""The SQL of what the engine looks for: what is due, what is lost, what is free. It writes no state; `runs/sql.py` does."""

from __future__ import annotations

from runs.prepared import Statement
from runs.sql import GRAPH_UNFINISHED

# What a run walks, with what, and on which nodes.
CONTENT_OF_RUN = Statement(
    "content_of_run", "SELECT execution_graph_id, params, placement FROM runs_graphrun WHERE id = %(run)s"
)

# Take the alarm of runs that are due, and set the one of the next retry that is not due yet.
# Runs that somebody is moving just now are left for the next sweep: it must not wait for a walker that is frozen.
TAKE_DUE_ALARMS = Statement(
    "take_due_alarms",
    """
    UPDATE runs_graphrun r SET wake_at = (
        SELECT min(j.available_at) FROM runs_jobrun j
        WHERE j.graph_run_id = r.id AND j.state = 'QUEUED' AND j.available_at > clock_timestamp())
    FROM (
        SELECT id FROM runs_graphrun WHERE wake_at <= clock_timestamp() ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE r.id = due.id RETURNING r.id
""",
)

# Unfinished runs with work that nobody came for within the grace time, or without their JobRuns still, unless they wait for
# nodes; each is told once per grace time.
TAKE_OVERDUE_RUNS = Statement(
    "take_overdue_runs",
    f"""
    UPDATE runs_graphrun r SET rung_at = clock_timestamp()
    FROM (
        SELECT o.id FROM runs_graphrun o
        WHERE o.state IN {GRAPH_UNFINISHED} AND o.rung_at < clock_timestamp() - %(grace)s * interval '1 second'
            AND (NOT o.expanded AND o.reason IS NULL OR EXISTS (
                SELECT 1 FROM runs_jobrun j WHERE j.graph_run_id = o.id AND j.state = 'QUEUED'
                    AND j.available_at < clock_timestamp() - %(grace)s * interval '1 second'))
        ORDER BY o.id FOR NO KEY UPDATE SKIP LOCKED
    ) overdue
    WHERE r.id = overdue.id RETURNING r.id
""",
)

# Runs that wait for their nodes, oldest first, and whether their time for that is over.
UNPLACED = Statement(
    "unplaced",
    """
    SELECT id, execution_graph_id, task_id::text, reason, COALESCE(place_by < clock_timestamp(), false)
    FROM runs_graphrun WHERE state = 'PENDING' AND NOT expanded AND reason IS NOT NULL ORDER BY id
    """,
)

# Write down why runs have no nodes yet.
WRITE_REASONS = Statement(
    "write_reasons",
    """
    UPDATE runs_graphrun r SET reason = g.reason
    FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS g (id, reason) WHERE r.id = g.id
    """,
)

# How many slots of the workers of a queue run something: a walk may have claimed several quick jobs, and is one slot.
BUSY_SLOTS = Statement(
    "busy_slots",
    """
    SELECT count(DISTINCT j.walk_id) FROM runs_jobrun j JOIN runs_worker w ON w.boot_id = j.claimed_by
    WHERE j.state = 'RUNNING' AND w.queues ? %(queue)s
    """,
)

# The run of the oldest claimable job on some queues.
CLAIMABLE_ELSEWHERE = Statement(
    "claimable_elsewhere",
    """
    SELECT graph_run_id, queue FROM runs_jobrun
    WHERE state = 'QUEUED' AND queue = ANY(%(queues)s) AND available_at <= clock_timestamp()
        AND graph_run_id <> ALL(%(besides)s::bigint[])
    ORDER BY available_at LIMIT 1
    """,
)

# Running attempts whose worker is not among the living. An anti-join, so that a Worker row that is gone is a dead worker;
# the claim itself is a lease too, so that a worker whose row comes a moment late is not one. So is a start of the server:
# after an outage nobody is dead before everybody could tell that he lives.
LOST_ATTEMPTS = Statement(
    "lost_attempts",
    """
    SELECT j.id, j.graph_run_id, j.attempt FROM runs_jobrun j
    WHERE j.state = 'RUNNING' AND j.started_at < clock_timestamp() - %(lease)s * interval '1 second' AND NOT EXISTS (
        SELECT 1 FROM runs_worker w
        WHERE w.boot_id = j.claimed_by AND GREATEST(w.heartbeat_at, pg_postmaster_start_time())
            > clock_timestamp() - %(lease)s * interval '1 second')
""",
)

# Attempts past their deadline: waiting ones at once, running ones after a grace in which their own worker acts.
TIMED_OUT = Statement(
    "timed_out",
    """
    SELECT id, graph_run_id, attempt, timeout FROM runs_jobrun
    WHERE state IN ('RUNNING', 'WAITING') AND deadline_at IS NOT NULL
        AND deadline_at < clock_timestamp() - CASE state WHEN 'RUNNING' THEN %(grace)s ELSE 0 END * interval '1 second'
""",
)

# Waits whose time has come.
WAITED = Statement(
    "waited",
    """
    SELECT id, graph_run_id, attempt FROM runs_jobrun WHERE state = 'WAITING' AND available_at <= clock_timestamp()
""",
)

# Unfinished runs and the nodes that they were placed on, of which nobody was heard for so long. A start of the server counts
# as word of them all: after an outage nobody is gone before everybody could tell that he is there.
RUNS_OF_GONE_NODES = Statement(
    "runs_of_gone_nodes",
    f"""
    SELECT r.id, n.name FROM runs_node n JOIN runs_graphrun r ON r.placement IS NOT NULL AND r.state IN {GRAPH_UNFINISHED}
        AND EXISTS (SELECT 1 FROM jsonb_each(r.placement) p WHERE p.value ->> 'name' = n.name)
    WHERE GREATEST(n.heartbeat_at, pg_postmaster_start_time()) < clock_timestamp() - %(seconds)s * interval '1 second'
    ORDER BY r.id
""",
)

# Is there work for a worker of these queues in a run that nobody works on, overdue for longer than the grace time?
IS_NEGLECTED = Statement(
    "is_neglected",
    """
    SELECT EXISTS (
        SELECT 1 FROM runs_jobrun j
        WHERE j.state = 'QUEUED' AND j.queue = ANY(%(queues)s)
            AND j.available_at < clock_timestamp() - %(grace)s * interval '1 second'
            AND NOT EXISTS (SELECT 1 FROM runs_jobrun o WHERE o.graph_run_id = j.graph_run_id AND o.state = 'RUNNING'))
""",
)

# Count the claimable job runs of a run by queue; no more than the limit are looked at.
READY_WORK = Statement(
    "ready_work",
    """
    SELECT queue, count(*) FROM (
        SELECT queue FROM runs_jobrun
        WHERE graph_run_id = %(run)s AND state = 'QUEUED' AND available_at <= clock_timestamp() LIMIT %(limit)s
    ) ready GROUP BY queue
    """,
)

# Write how many walkers runs have.
WRITE_WALKERS = Statement(
    "write_walkers",
    """
    UPDATE runs_graphrun r SET walkers = g.walkers::jsonb, rung_at = clock_timestamp()
    FROM unnest(%(ids)s::bigint[], %(walkers)s::text[]) AS g (id, walkers) WHERE r.id = g.id
""",
)

# Note when a run's next retry is due; an earlier one stays.
WAKE_IN = Statement(
    "wake_in",
    """
    UPDATE runs_graphrun SET wake_at = LEAST(wake_at, clock_timestamp() + %(seconds)s * interval '1 second') WHERE id = %(run)s
""",
)

# The counters of undecided job runs: those at the given nodes, or all of a run.
PENDING_AT = Statement(
    "pending_at",
    """
    SELECT node, waiting_on, parents_met, parents_failed, state FROM runs_jobrun
    WHERE graph_run_id = %(run)s AND node = ANY(%(nodes)s) AND state = 'PENDING'
""",
)
PENDING_OF_RUN = Statement(
    "pending_of_run",
    """
    SELECT node, waiting_on, parents_met, parents_failed, state FROM runs_jobrun
    WHERE graph_run_id = %(run)s AND state = 'PENDING'
""",
)
NOT_STARTED_OF_RUN = Statement(
    "not_started_of_run",
    """
    SELECT node, waiting_on, parents_met, parents_failed, state FROM runs_jobrun
    WHERE graph_run_id = %(run)s AND state IN ('PENDING', 'QUEUED')
""",
)
