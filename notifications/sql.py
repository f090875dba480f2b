"""The SQL that writes down what is to be told, in the transaction of the move: one statement for any number of runs.

Raw and prepared, because the end of every run executes it; where a project has no notification, it is one look at an index.
A run's end is told only by what was committed with it; the unique key keeps each event of a run from being told twice.
"""

from __future__ import annotations

from notifications.rules import WATCHED, Event
from runs import states
from runs.models import OF_NO_GRAPH
from runs.prepared import Statement

USUAL = 10  # last successes of a graph, whose median is what it usually takes
FEWEST = 3  # of them: fewer tell nothing
LOOKED_AT = 100  # latest runs of a graph or a job, among which these and the one that ended before are looked for
LOOKED_AT_OF_PROJECT = 1000  # latest runs in a project, for those of its jobs as a whole

_ENDED = "r.id = ANY(%(ids)s)"
_UNFINISHED = "r.state IN (" + ", ".join(f"'{state.value}'" for state in states.GRAPH_UNFINISHED) + ")"
_ONLY_WATCHED = "n.events && ARRAY[" + ", ".join(f"'{event}'" for event in WATCHED) + "]::varchar[]"


# Runs `r` with the notifications `n` that they concern. `kin` says what it is a run of, null but for one of the three: a graph;
# where it is of none, a job on its own, or all jobs of a project. Content of no graph is told by its revision from that of
# graphs that were deleted, whose runs have no kin.
_CONCERNED = f"""
    SELECT r.id, r.graph_id, r.project_id, r.name, r.state, r.trigger, r.scheduled_for, r.created_at, r.started_at,
        r.completed_at, r.reason, n.id AS notification_id, ARRAY[r.graph_id,
            CASE WHEN r.graph_id IS NULL AND r.trigger = 'job' THEN (
                SELECT j.job_id FROM runs_jobrun j WHERE j.graph_run_id = r.id LIMIT 1) END,
            CASE WHEN r.graph_id IS NULL AND r.trigger <> 'job' THEN (
                SELECT r.project_id FROM runs_executiongraph x
                WHERE x.id = r.execution_graph_id AND x.revision = {OF_NO_GRAPH}) END] AS kin
    FROM runs_graphrun r
    JOIN notifications_notification n ON n.project_id = r.project_id AND n.enabled
        AND (n.graph_id IS NULL OR n.graph_id = r.graph_id)
        AND (n.schedule_id IS NULL OR EXISTS (
            SELECT 1 FROM schedules_firing f WHERE f.graph_run_id = r.id AND f.schedule_id = n.schedule_id))
"""

# The latest runs of the same kin as `r`.
_KIN = f"""
    (SELECT q.id, q.state, q.started_at, q.completed_at FROM runs_graphrun q
        WHERE q.graph_id = r.kin[1] ORDER BY q.id DESC LIMIT {LOOKED_AT})
    UNION ALL
    (SELECT q.id, q.state, q.started_at, q.completed_at FROM runs_jobrun j JOIN runs_graphrun q ON q.id = j.graph_run_id
        WHERE j.job_id = r.kin[2] AND q.trigger = 'job' ORDER BY j.id DESC LIMIT {LOOKED_AT})
    UNION ALL
    (SELECT q.id, q.state, q.started_at, q.completed_at FROM (
            SELECT p.* FROM runs_graphrun p WHERE p.project_id = r.kin[3] AND p.trigger <> 'job'
            ORDER BY p.id DESC LIMIT {LOOKED_AT_OF_PROJECT}
        ) q JOIN runs_executiongraph x ON x.id = q.execution_graph_id AND x.revision = {OF_NO_GRAPH})
"""

# What runs of a kin take: once for each, of which there are fewer than runs.
_USUAL = f"""
    SELECT r.kin, t.typical
    FROM (
        SELECT DISTINCT r.kin FROM runs r JOIN notifications_notification n ON n.id = r.notification_id
        WHERE n.slow_factor IS NOT NULL AND '{Event.SLOW}' = ANY(n.events)
    ) r
    CROSS JOIN LATERAL (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took) AS typical, count(*) AS known
        FROM (
            SELECT p.completed_at - p.started_at AS took FROM ({_KIN}) p
            WHERE p.state = 'SUCCESS' AND p.started_at IS NOT NULL ORDER BY p.id DESC LIMIT {USUAL}
        ) s
    ) t WHERE t.known >= {FEWEST}
"""

_FACTS = """
    jsonb_build_object(
        'execution', r.id, 'name', r.name, 'state', r.state, 'project', r.project_id, 'graph', r.graph_id,
        'trigger', r.trigger, 'scheduled_for', r.scheduled_for, 'created_at', r.created_at,
        'started_at', r.started_at, 'completed_at', r.completed_at, 'reason', r.reason, 'at', now(),
        'usual_seconds', extract(epoch FROM u.typical)::float)
"""

# How the run of the same kin that ended last before this one has ended; for a schedule, of the runs that it launched. By the
# end and not by the launch: of runs that overlap, it is the last word that was told which this one takes back.
_BEFORE = f"""
    SELECT p.state FROM ({_KIN}) p WHERE p.id <> r.id AND (n.schedule_id IS NULL OR EXISTS (
        SELECT 1 FROM schedules_firing f WHERE f.graph_run_id = p.id AND f.schedule_id = n.schedule_id))
    AND p.state IN ('SUCCESS', 'FAILED') ORDER BY p.completed_at DESC LIMIT 1
"""

# Whether an event `e` has happened to a run. A CASE, because it looks at no more than the event asks for; and nothing is
# slow for less than a second more than usual, whatever the factor.
_HAPPENED = f"""
    CASE e.event
        WHEN '{Event.FAILURE}' THEN r.state = 'FAILED'
        WHEN '{Event.SUCCESS}' THEN r.state = 'SUCCESS'
        WHEN '{Event.RECOVERY}' THEN r.state = 'SUCCESS' AND 'FAILED' = ({_BEFORE})
        WHEN '{Event.LATE}' THEN coalesce(r.started_at, now()) - r.scheduled_for > make_interval(secs => n.late_after)
        WHEN '{Event.SLOW}' THEN coalesce(r.completed_at, now()) - r.started_at > least(
            make_interval(secs => n.slow_after), greatest(u.typical * n.slow_factor, u.typical + interval '1 second'))
    END
"""


def _recorded(which: str) -> str:
    """Return the statement for these runs and notifications."""
    return f"""
        WITH runs AS MATERIALIZED ({_CONCERNED} WHERE {which}), usual AS MATERIALIZED ({_USUAL})
        INSERT INTO notifications_delivery
            (notification_id, graph_run_id, event, message_id, status, facts, tries, failures, due_at, rung_at, log, created_at)
        SELECT n.id, r.id, e.event, 'msg_' || replace(gen_random_uuid()::text, '-', ''), 'pending', {_FACTS},
            0, 0, now(), now(), '[]', now()
        FROM runs r
        JOIN notifications_notification n ON n.id = r.notification_id
        LEFT JOIN usual u ON u.kin = r.kin
        CROSS JOIN LATERAL unnest(n.events) AS e(event)
        WHERE {_HAPPENED}
        ORDER BY r.id, n.id
        ON CONFLICT (notification_id, graph_run_id, event) DO NOTHING
        RETURNING id
    """


RECORD_ENDED = Statement("notify_ended", _recorded(_ENDED))
RECORD_WATCHED = Statement("notify_watched", _recorded(f"{_UNFINISHED} AND {_ONLY_WATCHED}"))

# Deliveries whose time has come and that nobody was rung for, or came for, within the grace: taken once per grace.
TAKE_DUE = Statement(
    "notify_take_due",
    """
        UPDATE notifications_delivery SET rung_at = now() WHERE id IN (
            SELECT d.id FROM notifications_delivery d JOIN notifications_notification n ON n.id = d.notification_id
            WHERE d.status = 'pending' AND d.due_at <= now() AND (d.leased_until IS NULL OR d.leased_until <= now())
                AND (d.rung_at IS NULL OR d.rung_at <= now() - make_interval(secs => %(grace)s))
            ORDER BY d.due_at LIMIT 1000 FOR UPDATE OF d SKIP LOCKED
        ) RETURNING id
    """,
)

# Whether a text stands in what a run's tasks have put out, their results or their errors. Pieces of an output are joined,
# for a word may be cut where one ends.
HAS_TEXT = Statement(
    "notify_has_text",
    """
        SELECT EXISTS (
            SELECT 1 FROM runs_jobrun j WHERE j.graph_run_id = %(run)s AND position(%(text)s IN concat_ws(E'\\n',
                j.results ->> 'result', j.errors ->> 'error', j.errors ->> 'traceback', j.reason)) > 0
        ) OR EXISTS (
            SELECT 1 FROM runs_jobrun j JOIN runs_logchunk l ON l.job_run_id = j.id WHERE j.graph_run_id = %(run)s
            GROUP BY j.id, l.attempt, l.stream HAVING position(%(text)s IN string_agg(l.text, '' ORDER BY l.id)) > 0
        )
    """,
)
