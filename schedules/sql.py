"""The SQL of firing: a handful of statements for one schedule or for a thousand."""

from __future__ import annotations

from runs.prepared import Statement
from runs.sql import GRAPH_FINISHED

# How many runs of schedules have not ended, and how many firings wait. Two indexes hold just these rows.
PRESENT = Statement(
    "schedules_present",
    """
    SELECT schedule_id, sum(running), sum(queued) FROM (
        SELECT schedule_id, 1 AS running, 0 AS queued FROM schedules_firing
            WHERE running AND schedule_id = ANY(%(schedules)s::bigint[])
        UNION ALL
        SELECT schedule_id, 0, 1 FROM schedules_firing
            WHERE became = 'queued' AND schedule_id = ANY(%(schedules)s::bigint[])
    ) open GROUP BY schedule_id
    """,
)

# Write down times and what they become. What another process has written is left out, and not returned: it has launched.
INSERT_FIRINGS = Statement(
    "insert_firings",
    """
    INSERT INTO schedules_firing (schedule_id, due, became, reason, by_hand, running, at)
    SELECT schedule_id, due, became, reason, %(by_hand)s, false, clock_timestamp()
    FROM unnest(%(schedules)s::bigint[], %(dues)s::timestamptz[], %(became)s::text[], %(reasons)s::text[])
        AS given (schedule_id, due, became, reason)
    ORDER BY due, schedule_id
    ON CONFLICT (schedule_id, due) DO NOTHING
    RETURNING id, schedule_id, due
    """,
)

# Write down the runs of firings or, where there is none, why it could not be launched. A run without tasks has ended by now.
RECORD_RUNS = Statement(
    "record_runs",
    """
    UPDATE schedules_firing f SET
        graph_run_id = g.run, running = COALESCE(r.completed_at IS NULL AND r.id IS NOT NULL, false), reason = g.reason,
        became = CASE WHEN g.run IS NULL THEN 'failed' ELSE 'launched' END, at = clock_timestamp()
    FROM unnest(%(ids)s::bigint[], %(runs)s::bigint[], %(reasons)s::text[]) AS g (id, run, reason)
        LEFT JOIN runs_graphrun r ON r.id = g.run
    WHERE f.id = g.id
    """,
)

# Write down until when schedules have been considered, and what comes next.
BOOK = Statement(
    "book_schedules",
    """
    UPDATE schedules_schedule s SET
        considered_until = g.considered, next_due = g.next_due, due_at = g.due_at, last_due = GREATEST(s.last_due, g.last_due)
    FROM unnest(
        %(ids)s::bigint[], %(considered)s::timestamptz[], %(next_due)s::timestamptz[], %(due_at)s::timestamptz[],
        %(last_due)s::timestamptz[]
    ) AS g (id, considered, next_due, due_at, last_due)
    WHERE s.id = g.id
    """,
)

# Write down what was launched for last, of schedules whose firings had waited.
BOOK_LAST = Statement(
    "book_last_due",
    """
    UPDATE schedules_schedule s SET last_due = GREATEST(s.last_due, g.last_due)
    FROM unnest(%(ids)s::bigint[], %(last_due)s::timestamptz[]) AS g (id, last_due) WHERE s.id = g.id
    """,
)

# Is anything due, of graphs (false) and of projects (true)?
DUE = Statement(
    "schedules_due",
    "SELECT DISTINCT graph_id IS NULL FROM schedules_schedule WHERE due_at <= clock_timestamp() ORDER BY 1",
)

# Note that runs have ended, and return the schedules that have firings waiting for that. A cast, so that the firing is found
# by its run: in the index of what runs stand the dead entries of all that has ended.
CLOSE_FIRINGS = Statement(
    "close_firings",
    """
    WITH closed AS (
        UPDATE schedules_firing SET running = false WHERE running::int = 1 AND graph_run_id = ANY(%(runs)s::bigint[])
        RETURNING schedule_id
    )
    SELECT DISTINCT schedule_id FROM closed c
    WHERE EXISTS (SELECT 1 FROM schedules_firing q WHERE q.schedule_id = c.schedule_id AND q.became = 'queued')
    """,
)

# Schedules whose firings wait though nothing goes on, or for runs that should be cancelled and are not asked to end.
NEGLECTED = Statement(
    "neglected_firings",
    f"""
    SELECT s.id FROM schedules_schedule s
    WHERE s.id IN (SELECT schedule_id FROM schedules_firing WHERE became = 'queued') AND (
        s.overlap = 'allow'
        OR NOT EXISTS (SELECT 1 FROM schedules_firing f WHERE f.schedule_id = s.id AND f.running)
        OR s.overlap = 'cancel' AND EXISTS (
            SELECT 1 FROM schedules_firing f JOIN runs_graphrun r ON r.id = f.graph_run_id
            WHERE f.schedule_id = s.id AND f.running AND r.cancel_requested_at IS NULL AND r.state NOT IN {GRAPH_FINISHED})
    )
    """,
)

# Keep projects from being deleted until the transaction ends; those that are being deleted are missing.
KEEP_PROJECTS = Statement(
    "keep_projects",
    "SELECT id FROM dags_project WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR KEY SHARE SKIP LOCKED",
)

NOW = Statement("now", "SELECT clock_timestamp()")
