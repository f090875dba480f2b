"""The roll-up: JobRuns into their GraphRun, GraphRuns into their Project. Recomputed, never counted up.

Receivers of the two signals, connected in `runs/apps.py`; they run inside the transaction of the move, under the lock
that `transitions.moving` took, so that no crash can part a child from its parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Subquery

from dags.models import Project
from runs import sql, states, transitions
from runs.models import GraphRun
from runs.states import JobRunState


def roll_up_graph_runs(sender: Any, *, graph_run_ids: Sequence[int], moves: Sequence[Any] = (), **kwargs: Any) -> None:
    """Give each run the state that its JobRuns add up to; write only what changed."""
    open_runs = _plainly_running(moves)
    runs = [run_id for run_id in graph_run_ids if run_id not in open_runs]
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


def _plainly_running(moves: Sequence[Any]) -> set[int]:
    """Return the runs that these moves alone show to be RUNNING, before and after.

    One JobRun that came from an attempt says the run had started; one that is now claimed or queued says it has not
    ended. On the happy path that is every step but a run's first and last, and saves it a query.
    """
    started = {move.graph_run_id for move in moves if move.from_state in states.OWED}
    unfinished = {move.graph_run_id for move in moves if move.state in (JobRunState.QUEUED, JobRunState.RUNNING)}
    return started & unfinished


def roll_up_projects(sender: Any, *, moves: Sequence[transitions.RunMoved], **kwargs: Any) -> None:
    """Give each project the state of its latest run."""
    projects = sorted({move.project_id for move in moves})
    # Locked in an earlier statement than the look at the runs, ordered by id, always after the runs: of two runs that
    # move together the second to write must see the first.
    list(Project.objects.select_for_update(no_key=True).filter(pk__in=projects).order_by("pk").values_list("pk"))
    latest = GraphRun.objects.filter(project=OuterRef("pk")).order_by("-pk").values("state")[:1]
    Project.objects.filter(pk__in=projects).update(state=Subquery(latest))
