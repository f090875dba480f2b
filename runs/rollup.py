"""The roll-up: JobRuns into their GraphRun and their Job, GraphRuns into their Project. Recomputed, never counted up.

Receivers of the two signals, connected in `runs/apps.py`; they run inside the transaction of the move, under the lock
that `transitions.moving` took, so that no crash can part a child from its parent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from runs import sql, states, transitions
from runs.compiled import compile_all
from runs.states import JobRunState
from runs.transitions import LockedRun


def roll_up_graph_runs(sender: Any, *, graph_run_ids: Sequence[int], moves: Sequence[Any] = (), **kwargs: Any) -> None:
    """Give each run the state that its JobRuns add up to; write only what changed."""
    unchanged = _unchanged(moves)
    runs = [run_id for run_id in graph_run_ids if run_id not in unchanged]
    if not runs:
        return
    changed = {}
    for run_id, state, expanded, unfinished, started, failed, cancelled in sql.CHILDREN.rows({"runs": runs}):
        children = states.Children(unfinished=unfinished or not expanded, started=started, failed=failed, cancelled=cancelled)
        new = states.graph_run_state(children)
        if new != state and state in states.GRAPH_UNFINISHED:
            changed[run_id] = new
    if changed:
        transitions.move_graph_runs(changed, cause="rolled up")


def _unchanged(moves: Sequence[Any]) -> set[int]:
    """Return the runs that these moves alone show to keep their state: on the happy path all but a run's first and last.

    A JobRun that is queued or claimed now says that its run has not ended. That the run has started is nothing new when
    one of these came from an attempt, and not so when they were only queued.
    """
    unfinished = {move.graph_run_id for move in moves if move.state in (JobRunState.QUEUED, JobRunState.RUNNING)}
    had_started = {move.graph_run_id for move in moves if move.from_state in states.OWED}
    has_started = {move.graph_run_id for move in moves if move.state not in (JobRunState.PENDING, JobRunState.QUEUED)}
    return unfinished & (had_started | (unfinished - has_started))


def roll_up_jobs(
    sender: Any, *, runs: Mapping[int, LockedRun], moves: Sequence[Any] = (), expanded: Collection[int] = (), **kwargs: Any
) -> None:
    """Give each Job the state that its latest run leads to. Runs of graphs without Jobs cost nothing."""
    graphs = compile_all(runs[pk].execution_graph_id for pk in {*expanded, *(move.graph_run_id for move in moves)})
    if not any(graph.has_jobs for graph in graphs.values()):
        return
    locked = sql.LOCK_JOBS.rows({"moved": [move.id for move in moves], "expanded": list(expanded)})
    if locked:
        sql.ROLL_UP_JOBS.rows({"ids": [pk for (pk,) in locked]})


def roll_up_projects(sender: Any, *, moves: Sequence[transitions.RunMoved], **kwargs: Any) -> None:
    """Give each project the state of its latest run."""
    projects = {"ids": sorted({move.project_id for move in moves})}
    sql.LOCK_PROJECTS.rows(projects)
    sql.ROLL_UP_PROJECTS.rows(projects)
