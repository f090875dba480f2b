"""A million JobRuns, as a year of runs would leave them: real runs, copied within the database."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models

from runs.models import GraphRun, JobRun


def copy_runs(runs: Sequence[int], copies: int) -> None:
    """Copy ended runs with all their JobRuns, each so many times, and let the planner know."""
    run_columns = _columns(GraphRun, without={"id", "task_id"})
    job_columns = _columns(JobRun, without={"id", "graph_run_id"})
    named = ", ".join(f"j.{column}" for column in job_columns)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (origin bigint, copy bigint)")
        cursor.execute(
            f"""
            WITH numbered AS (
                SELECT r.id AS origin, nextval(pg_get_serial_sequence('runs_graphrun', 'id')) AS copy
                FROM generate_series(1, %s), runs_graphrun r WHERE r.id = ANY(%s)
            ),
            written AS (
                INSERT INTO runs_graphrun (id, task_id, {", ".join(run_columns)})
                SELECT copy, gen_random_uuid(), {", ".join(f"r.{column}" for column in run_columns)}
                FROM numbered JOIN runs_graphrun r ON r.id = origin
            )
            INSERT INTO copied SELECT origin, copy FROM numbered
            """,
            [copies, list(runs)],
        )
        cursor.execute(
            f"""
            INSERT INTO runs_jobrun (graph_run_id, {", ".join(job_columns)})
            SELECT copy, {named} FROM copied JOIN runs_jobrun j ON j.graph_run_id = origin ORDER BY copy, j.node
            """
        )
        cursor.execute("DROP TABLE copied")
        # What autovacuum would get to within minutes, in the midst of the measurement.
        cursor.execute("VACUUM ANALYZE runs_graphrun, runs_jobrun")
        cursor.execute("CHECKPOINT")


def _columns(model: type[models.Model], without: set[str]) -> list[str]:
    columns = [field.column for field in model._meta.concrete_fields if field.column and not field.generated]
    return [column for column in columns if column not in without]
