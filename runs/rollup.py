"""The roll-up: JobRuns into their GraphRun and their Job, GraphRuns into their Project. Recomputed, never counted up.

Receivers of the two signals, connected in `runs/apps.py`; they run inside the transaction of the move, under the lock
that `transitions.moving` took, so that no crash can part a child from its parent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from runs import sql, states, transitions
from runs.compiled import compile_all
from runs.states import GraphRunState, JobRunState
from runs.transitions import LockedRun


def roll_up_graph_runs(
    sender: Any, *, graph_run_ids: Sequence[int], runs: Mapping[int, LockedRun], moves: Sequence[Any] = (), **kwargs: Any
) -> None:
    """Give each run the state that its JobRuns add up to; write only what changed."""
    going, started = _told(moves)
    changed = {pk: GraphRunState.RUNNING for pk in going & started if runs[pk].state == GraphRunState.PENDING}
    unclear = [pk for pk in graph_run_ids if pk not in going]
    for pk, state, expanded, unfinished, begun, failed, cancelled in sql.CHILDREN.rows({"runs": unclear}) if unclear else ():
        children = states.Children(unfinished=unfinished or not expanded, started=begun, failed=failed, cancelled=cancelled)
        new = states.graph_run_state(children)
        if new != state and state in states.GRAPH_UNFINISHED:
            changed[pk] = new
    if changed:
        transitions.move_graph_runs(changed, cause="rolled up")


def _told(moves: Sequence[Any]) -> tuple[set[int], set[int]]:
    """Return the runs that the moves alone show not to have ended, and those that they show to have started.

    A JobRun that is queued or claimed now says that its run has not ended, and one that comes from an attempt, or has gone
    beyond the queue, that it has started. So nothing needs to be looked up before a run's last move.
    """
    going = {move.graph_run_id for move in moves if move.state in (JobRunState.QUEUED, JobRunState.RUNNING)}
    begun = {move.graph_run_id for move in moves if move.from_state in states.OWED}
    return going, begun | {m.graph_run_id for m in moves if m.state not in (JobRunState.PENDING, JobRunState.QUEUED)}


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
    latest: dict[int, int] = {}
    for move in moves:
        latest[move.project_id] = max(move.id, latest.get(move.project_id, 0))
    locked = sql.LOCK_PROJECTS.rows({"projects": list(latest), "runs": list(latest.values())})
    if locked:
        sql.ROLL_UP_PROJECTS.rows({"ids": [pk for (pk,) in locked]})
