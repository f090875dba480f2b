"""A task of a run: what it is, why it waits, what it said and came to, and the report that it waits for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from rest_framework.exceptions import Throttled

from api import throttles
from api.access import may
from api.errors import CeleriacError
from api.rights import Scope
from console.asked import checked, read_json
from console.doors import Deed, action, find, page
from runs import selectors
from runs.attempts import of_task
from runs.compiled import compiled
from runs.models import JobRun, LogChunk
from runs.states import GRAPH_FINISHED, JobRunState
from runs.waiting import waiting_for
from scheduler import reports
from scheduler.serializers import ReportSerializer

PROJECT = "graph_run__project_id"
MAX_TEXT = 20_000  # characters of a result or an error that a page shows
MAX_NEIGHBOURS = 20  # tasks before it, and after it, that are told by name
PIECES = 500  # of a log, read at once


class TooManyReports(CeleriacError):
    """There were too many reports to this task. Wait a minute."""

    code = "throttled"
    status = 429


@page(right=Scope.READ)
def task(request: HttpRequest, pk: str, task: str) -> HttpResponse:
    """GET /runs/<id>/tasks/<id>/: what the run page shows of a task."""
    found = find(request, _of(pk), int(task), PROJECT)
    told = selectors.task_run(found).task
    project_id = found.graph_run.project_id
    context = {
        "run": found.graph_run,
        "one": found,
        "task": told,
        "took": found.completed_at - found.started_at if found.completed_at and found.started_at else None,
        "waiting": waiting_for(found),
        "attempts": of_task(found),
        "results": _shown(found.results),
        "errors": _errors(found.errors),
        "configs": _shown(told["configs"]),
        "owed": _is_owed_a_report(found, told),
        "may_report": may(request, Scope.REPORT, project_id),
        "may_rerun": found.graph_run.state in GRAPH_FINISHED and may(request, Scope.RUN, project_id),
        **_neighbours(found),
    }
    return render(request, "console/run/task.html", context)


@page(right=Scope.READ)
def log(request: HttpRequest, pk: str, task: str) -> StreamingHttpResponse:
    """GET /runs/<id>/tasks/<id>/log/: all that the task has said, as a file."""
    found = find(request, _of(pk), int(task), PROJECT)
    name = f"run-{found.graph_run_id}-{found.key}.log"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"}
    return StreamingHttpResponse(_said(found.pk), content_type="text/plain; charset=utf-8", headers=headers)


@action(right=Scope.REPORT, verb="task_run.report")
def report(request: HttpRequest, pk: str, task: str) -> Deed:
    """POST /runs/<id>/tasks/<id>/report/: tell what became of a task that waits for that."""
    found = find(request, _of(pk), int(task), PROJECT)
    try:
        throttles.reported(str(found.pk))
    except Throttled as throttled:
        raise TooManyReports from throttled
    text = request.POST.get("result", "").strip()
    result = read_json(text, field="result") if text else {}
    told = checked(ReportSerializer, {"success": request.POST.get("success") == "true", "result": result}).report()
    duplicate = reports.report_to(found.pk, told)
    return Deed(
        on=found,
        project=PROJECT,
        facts=None if duplicate else {"success": told.success},
        said=f"{found.key} is reported: {'success' if told.success else 'failed'}.",
        goto=f"{reverse('console:run', args=[found.graph_run_id])}?{urlencode({'task': found.key})}",
        stays=True,
    )


def _of(pk: str) -> Any:
    return selectors.job_runs().filter(graph_run=int(pk))


def _said(job_run_id: int) -> Iterator[str]:
    """Yield the log piece by piece: a page of them is held in memory, never all."""
    after, pieces = 0, [LogChunk()]
    while pieces:
        pieces = list(selectors.log(job_run_id, after)[:PIECES])
        yield from (piece.text for piece in pieces)
        after = pieces[-1].pk if pieces else after


def _shown(value: Any) -> str | None:
    """Return a JSON value as text that can be read, cut where it is too long for a page."""
    if value is None:
        return None
    return _cut(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))


def _cut(text: str) -> str:
    more = len(text) - MAX_TEXT
    return f"{text[:MAX_TEXT]}\n… and {more} more characters, which the API tells" if more > 0 else text


def _errors(errors: Any) -> dict[str, Any] | None:
    """Return the error, its traceback, and the rest of what is known of it."""
    if not isinstance(errors, dict):
        return None if errors is None else {"error": _shown(errors)}
    rest = {name: value for name, value in errors.items() if name not in ("error", "traceback")}
    return {
        "error": _shown(errors.get("error")),
        "traceback": _shown(errors.get("traceback")),
        "rest": _shown(rest) if rest else None,
    }


def _is_owed_a_report(run: JobRun, task: Any) -> bool:
    """Tell whether a report would end the task, or its present attempt."""
    if run.state == JobRunState.WAITING:
        return run.ready_at is None
    return run.state == JobRunState.RUNNING and reports.expects_report(task)


def _neighbours(run: JobRun) -> dict[str, Any]:
    """Return the keys of the tasks that it waits for, and of those that wait for it."""
    graph = compiled(run.graph_run.execution_graph_id)
    before, after = graph.parents(run.node), graph.children(run.node)
    return {
        "before": [graph.key(node) for node in before[:MAX_NEIGHBOURS]],
        "after": [graph.key(node) for node in after[:MAX_NEIGHBOURS]],
        "more_before": max(0, len(before) - MAX_NEIGHBOURS),
        "more_after": max(0, len(after) - MAX_NEIGHBOURS),
    }
