"""One job: what it does, what it has made, its runs."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from api.access import may, user_of, visible
from api.errors import CeleriacError
from api.rights import Scope
from api.sealed_fields import SealedField
from console.asked import filled
from console.doors import Deed, action, back, find, page
from console.listing import newest
from dags.models import Job
from jobs import kinds, services, tables, workflows
from jobs.fillers import tables_of
from jobs.models import Workflow
from runs.models import GraphRun, JobRun
from runs.states import UNFINISHED, JobRunState
from scheduler import launching
from scheduler.job_contents import contents_of_jobs
from scheduler.launching import Launch

ROWS, RUNS = 20, 20
UNSHOWN = {"job_ptr", "file", "digest", "seen", "reads", "sql"}  # what says nothing to people, or is shown elsewhere
FORCE = "force"
JOB = "job"  # the part of the page that is fetched on its own
EMPTY: tuple[Any, ...] = ("", None, {}, [])


class Asked(forms.Form):
    """What the page can be asked."""

    table = forms.CharField(required=False, max_length=63)
    before = forms.IntegerField(required=False)


@page(right=Scope.READ)
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """GET /jobs/<id>/"""
    told = filled(Asked(request.GET))
    job = kinds.load(find(request, Job.objects.all(), int(pk)))
    runs = visible(JobRun.objects.filter(job=job), request, "graph_run__project_id").select_related("graph_run")
    listed = newest(runs.defer("results"), told["before"], RUNS)
    context = {
        "job": job,
        "fields": _fields(job),
        "tables": tables_of(job),
        "runs": listed,
        "latest": listed.rows[0] if listed.rows and not told["before"] else None,
        "may_run": may(request, Scope.RUN, job.project_id),
        "may_edit": may(request, Scope.EDIT, job.project_id),
        **_content(job, told["table"]),
    }
    state = context["latest"].state if context["latest"] else None
    context |= {"failed": state == JobRunState.FAILED, "at_work": state in UNFINISHED}
    part = request.headers.get("HX-Target") == JOB
    return render(request, "console/jobs/job.html" if part else "console/job.html", context)


@action(right=Scope.RUN, verb="job.run")
def run(request: HttpRequest, pk: str) -> Deed:
    """POST /jobs/<id>/run/: run it on its own; `force` has it do its work though nothing has changed."""
    job = find(request, Job.objects.all(), int(pk))
    (content,) = contents_of_jobs([job])
    params = {FORCE: True} if request.POST.get(FORCE) else {}
    wanted = Launch(content=content, params=params, trigger=GraphRun.Trigger.JOB, launched_by=user_of(request))
    (launched,) = launching.launch([wanted])
    goto = back(request, reverse("console:job", args=[job.pk]))
    return Deed(on=job, facts={"execution": launched.pk}, said=f"{job.name} runs as #{launched.pk}.", goto=goto)


@action(right=Scope.EDIT, verb="job.delete")
def delete(request: HttpRequest, pk: str) -> Deed:
    """POST /jobs/<id>/delete/: its table stays."""
    job = find(request, Job.objects.all(), int(pk))
    services.delete_jobs([job.pk])
    return Deed(on=job, said=f"{job.name} is deleted; what it filled stays.", goto=reverse("console:jobs"))


def _content(job: Job, table: str) -> dict[str, Any]:
    """Return the first rows of a table, and of a workflow what it reads and why it is out of date."""
    found: dict[str, Any] = {}
    try:
        if isinstance(job, Workflow):
            found = {"why": workflows.why_out_of_date(job), "parents": workflows.parents(job)}
        return {**found, "made": tables.first_rows(job, table or None, ROWS)}
    except CeleriacError as error:
        return {**found, "unreadable": error.message}


def _fields(job: Any) -> list[tuple[str, Any]]:
    """Return what is set of a kind's own, secrets aside: by name, as text or as JSON."""
    columns = [column for column in job._meta.local_fields if column.name not in UNSHOWN]
    plain = [column for column in columns if not isinstance(column, SealedField)]
    values = {column: getattr(job, column.attname) for column in plain}
    told = [(column.verbose_name, _told(column.name, value)) for column, value in values.items() if value not in EMPTY]
    return [*told, *(("secret", "stored, never shown") for column in columns if column not in plain and job.secret)]


def _told(name: str, value: Any) -> str:
    if name == "size":
        return filesizeformat(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return "tab" if value == "\t" else str(value)
